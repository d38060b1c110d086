/** Buttons with an icon: FontAwesome's names, as ipywidgets takes them, as signs of the fonts that are there anyway. */

import type { Model } from '../models';
import { element } from './view';

const SIGNS: Record<string, string> = {
  check: '✓', times: '✕', close: '✕', remove: '✕', ban: '⊘', plus: '+', minus: '−', play: '▶', pause: '❚❚', stop: '■',
  'step-forward': '▶❙', 'step-backward': '❙◀', 'fast-forward': '▶▶', 'fast-backward': '◀◀', forward: '▶▶', backward: '◀◀',
  'arrow-up': '↑', 'arrow-down': '↓', 'arrow-left': '←', 'arrow-right': '→', 'chevron-up': '⌃', 'chevron-down': '⌄',
  'chevron-left': '‹', 'chevron-right': '›', 'angle-left': '‹', 'angle-right': '›', 'caret-up': '▲', 'caret-down': '▼',
  'caret-left': '◀', 'caret-right': '▶', download: '⤓', upload: '⤒', refresh: '⟳', sync: '⟳', rotate: '⟳', redo: '↷', repeat: '↷',
  undo: '↶', search: '⌕', star: '★', heart: '♥', info: 'ℹ', 'info-circle': 'ℹ', question: '?', 'question-circle': '?',
  exclamation: '!', warning: '⚠', 'exclamation-triangle': '⚠', home: '⌂', bars: '☰', cog: '⚙', gear: '⚙', cogs: '⚙', edit: '✎',
  pencil: '✎', envelope: '✉', phone: '☎', circle: '●', square: '■', flag: '⚑', list: '☰', sort: '↕', expand: '⤢', compress: '⤡',
  bolt: '↯', flash: '↯', filter: '▽', table: '▦', clock: '◷', cut: '✂', scissors: '✂', sun: '☀', cloud: '☁',
  'balance-scale': '⚖', 'external-link': '↗', reply: '↩', share: '↪', random: '⤨', exchange: '⇄', keyboard: '⌨', recycle: '♻',
  bullseye: '◎', eye: '◉', eraser: '⌫', trash: '⌫', save: '⤓', 'sort-up': '▲', 'sort-down': '▼', 'arrows-h': '↔', 'arrows-v': '↕'
};

/** What stands on a button: its sign, if there is one, and its words; never nothing. `rest` follows, such as a count. */
export function face(model: Model, button: HTMLElement, icon: unknown, words: string, rest = ''): void {
  const name = typeof icon === 'string' ? icon.replace(/^fa-|-(?:o|alt)$/g, '') : '';
  const sign = Object.hasOwn(SIGNS, name) ? SIGNS[name] : '';
  const said = words || (sign ? '' : model.get<string>('tooltip') || name.replaceAll('-', ' '));
  const parts = sign ? [element('span', 'sb-sign', { 'aria-hidden': 'true' }, sign)] : [];
  button.replaceChildren(...parts, ...(said + rest ? [said + rest] : []));
  if (said) button.removeAttribute('aria-label');
  else button.setAttribute('aria-label', model.get<string>('tooltip') || name.replaceAll('-', ' ') || 'Button');
}
