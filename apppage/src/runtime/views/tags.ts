/**
 * Words, numbers or colours in a row: typed and taken over with Enter, taken away with their button, dragged to another
 * place; with the keyboard, Shift and an arrow key move the tag whose button has the focus.
 */

import { formatNumber } from '../format';
import type { Model } from '../models';
import { tone } from './choices';
import { described, element, enable, follow, newId, type Maker, type Page } from './view';

const values = (model: Model) => model.get<unknown[]>('value') ?? [];
const isNumeric = (model: Model) => /^(?:Floats|Ints)/.test(model.name);

/** The tag that is being dragged: into another place, or (as a copy) into another row. */
let dragged: { model: Model; index: number } | null = null;

export const tags: Maker = (model, page) => {
  const shown = element('span', 'widget-tags-shown');
  const step = model.name.startsWith('Ints') ? '1' : 'any';
  const field = element('input', '', { type: isNumeric(model) ? 'number' : 'text', step, autocomplete: 'off' });
  const known = element('datalist', '', { id: newId() });
  const said = element('span', 'sb-hidden', { role: 'status' });
  const group = element('span', 'widget-tags-group', {}, shown, field, known, said);
  const whole = described(model, page, 'widget-tags', field, group);
  field.setAttribute('list', known.id);
  const add = () => {
    const value = isNumeric(model) ? field.valueAsNumber : field.value.trim();
    field.setAttribute('aria-invalid', 'false');
    if (value === '' || Number.isNaN(value)) return;
    const taken = insert(model, value, values(model).length);
    if (taken) field.value = '';
    else field.setAttribute('aria-invalid', 'true');
  };
  field.addEventListener('keydown', event => {
    if (event.key === 'Enter' && !event.isComposing) add();
    else if (event.key === 'Backspace' && !field.value && !field.validity.badInput) remove(model, values(model).length - 1);
  });
  field.addEventListener('change', add);
  const focus = (index: number) => (shown.children[index]?.querySelector('button') ?? field).focus();
  const keys = (event: KeyboardEvent, index: number) => {
    const way = { ArrowLeft: -1, ArrowUp: -1, ArrowRight: 1, ArrowDown: 1 }[event.key];
    const last = values(model).length - 1;
    if (event.altKey || event.ctrlKey || event.metaKey) return;
    if (event.key === 'Delete' || event.key === 'Backspace') {
      event.preventDefault();
      remove(model, index);
      focus(Math.min(index, last - 1));
    } else if (way) {
      event.preventDefault();
      const to = index + way;
      if (event.shiftKey && to >= 0 && to <= last) {
        move(model, index, to);
        said.textContent = `${said.textContent ? '' : '\u200b'}${worded(model, values(model)[to])}: ${to + 1} / ${last + 1}`;
      }
      focus(Math.max(0, to));
    }
  };
  droppable(model, group, shown);
  return follow(model, whole.el, () => {
    whole.update();
    field.placeholder = model.get('placeholder') ?? '';
    const listed = model.get<unknown[]>('allowed_tags') ?? [];
    known.replaceChildren(...listed.map(each => element('option', '', { value: String(each) })));
    const focused = [...shown.children].findIndex(each => each.contains(document.activeElement));
    const gone = (index: number) => focus(Math.min(index, values(model).length - 1));
    shown.replaceChildren(...values(model).map((value, index) => tag(model, page, value, index, keys, gone)));
    if (focused >= 0) focus(Math.min(focused, shown.children.length - 1));
    enable(model, field, ...shown.querySelectorAll('button'));
  });
};

type Keys = (event: KeyboardEvent, index: number) => void;

function tag(model: Model, page: Page, value: unknown, index: number, keys: Keys, gone: (index: number) => void): HTMLElement {
  const hint = page.text('move_tag');
  const away = element('button', 'jupyter-button', { type: 'button', 'aria-label': `${page.text('remove')} ${value}`, 'aria-description': hint }, '×');
  away.onclick = () => (remove(model, index), gone(index));
  away.onkeydown = event => keys(event, index);
  const made = element('span', 'widget-tag', { draggable: String(!model.get('disabled')), title: hint }, worded(model, value), away);
  tone(made, model.get('tag_style'));
  if (model.name === 'ColorsInputModel') made.prepend(swatch(String(value)));
  made.ondragstart = event => {
    dragged = { model, index };
    event.dataTransfer!.setData('text/plain', String(value)); // Firefox drags nothing without it
    event.dataTransfer!.effectAllowed = 'copyMove';
  };
  made.ondragend = () => (dragged = null);
  return made;
}

/** Where a tag that is let go over a row comes to stand: at the nearest gap, which is marked meanwhile. */
function droppable(model: Model, group: HTMLElement, shown: HTMLElement): void {
  const gap = ({ clientX, clientY }: DragEvent): number => {
    const at = [...shown.children].findIndex(each => {
      const { left, width, top, bottom } = each.getBoundingClientRect();
      return clientY < top || (clientY < bottom && clientX < left + width / 2);
    });
    return at < 0 ? shown.children.length : at;
  };
  const mark = (at: number) => {
    [...shown.children].forEach((each, index) => {
      each.classList.toggle('mod-before', index === at);
      each.classList.toggle('mod-after', index === at - 1 && at === shown.children.length);
    });
  };
  group.ondragover = event => {
    if (!dragged || model.get('disabled')) return;
    event.preventDefault();
    event.dataTransfer!.dropEffect = dragged.model === model ? 'move' : 'copy';
    mark(gap(event));
  };
  group.ondragleave = event => group.contains(event.relatedTarget as Node | null) || mark(-1);
  group.ondrop = event => {
    if (!dragged || model.get('disabled')) return;
    event.preventDefault();
    const [from, to] = [dragged, gap(event)];
    mark(-1);
    if (from.model !== model) insert(model, values(from.model)[from.index], to);
    else move(model, from.index, to > from.index ? to - 1 : to);
  };
}

/** Whether the app takes `value`: the kernel refuses others without a word. */
function insert(model: Model, value: unknown, at: number): boolean {
  const listed = model.get<unknown[]>('allowed_tags') ?? [];
  if ((listed.length && !listed.includes(value)) || !fits(model, value)) return false;
  if (model.get('allow_duplicates') === false && values(model).includes(value)) return false;
  const list = [...values(model)];
  list.splice(at, 0, value);
  model.set({ value: list });
  return true;
}

function move(model: Model, from: number, to: number): void {
  if (from === to) return;
  const list = [...values(model)];
  list.splice(to, 0, ...list.splice(from, 1));
  model.set({ value: list });
}

function remove(model: Model, index: number): void {
  if (index >= 0) model.set({ value: values(model).filter((_, other) => other !== index) });
}

function worded(model: Model, value: unknown): string {
  return typeof value === 'number' && model.get('format') ? formatNumber(value, model.get('format')) : String(value);
}

function swatch(colour: string): HTMLElement {
  const made = element('span', 'widget-tag-colour', { 'aria-hidden': 'true' });
  made.style.backgroundColor = colour;
  return made;
}

function fits(model: Model, value: unknown): boolean {
  if ((typeof value === 'number') !== isNumeric(model)) return false;
  if (model.name === 'IntsInputModel' && !Number.isInteger(value)) return false;
  if (model.name === 'ColorsInputModel') return CSS.supports('color', String(value));
  const { min, max } = model.state;
  return typeof value !== 'number' || ((typeof min !== 'number' || value >= min) && (typeof max !== 'number' || value <= max));
}
