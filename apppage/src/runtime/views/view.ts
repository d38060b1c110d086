/** What all views share: how they are made, follow their model, look, and go. */

import { showHtml, showMade } from '../html';
import type { Model } from '../models';
import type { Json } from '../wire';

export interface View {
  readonly el: HTMLElement;
  dispose(): void;
}

/** What views need of the page around them. */
export interface Page {
  view(model: Model | undefined): View;
  text(name: string): string;
  /** The address of a script of the environment, if it is there. */
  script(name: string): string | undefined;
  /** Markdown or formulas as inert markup of the server's. */
  markup(kind: string, source: string): Promise<string>;
  /** The same at once, if the server has sent it along. */
  made(kind: string, source: string): string | undefined;
  /** The file that the model offers; a `Refusal` when there is none. */
  fetchFile(modelId: string): Promise<{ name: string; file: Blob }>;
}

export type Maker = (model: Model, page: Page) => View;

let numbered = 0;
export const newId = () => `w${++numbered}`;

export function element<K extends keyof HTMLElementTagNameMap>(
  name: K, classes = '', attributes: Record<string, string> = {}, ...inside: (Node | string)[]
): HTMLElementTagNameMap[K] {
  const made = document.createElement(name);
  if (classes) made.className = classes;
  for (const [key, value] of Object.entries(attributes)) made.setAttribute(key, value);
  made.append(...inside);
  return made;
}

/** Bring `wanted` into `place` in order, touching only what is not there yet. */
export function arrange(place: Element, wanted: Element[]): void {
  const kept = new Set(wanted);
  for (const each of [...place.children]) if (!kept.has(each)) each.remove();
  wanted.forEach((each, index) => {
    if (place.children[index] !== each) place.insertBefore(each, place.children[index] ?? null);
  });
}

/** A view that calls `update` now and whenever one of `keys` changes (any key, if none is given). */
export function follow(model: Model, el: HTMLElement, update: () => void, keys: string[] = []): View {
  const undo: (() => void)[] = [dress(model, el)];
  const changed = (found: ReadonlySet<string>) => {
    if (!keys.length || keys.some(key => found.has(key))) update();
  };
  const closed = () => el.classList.add('sb-closed');
  model.changed.add(changed);
  model.closing.add(closed);
  update();
  return {
    el,
    dispose() {
      model.changed.delete(changed);
      model.closing.delete(closed);
      for (const each of undo) each();
    }
  };
}

/** Layout, style, classes, tooltip and focus of any widget, followed while it is shown; returns how to stop. */
function dress(model: Model, el: HTMLElement): () => void {
  let parts: Model[] = [];
  let classes: string[] = [];
  const laid = new Set<string>();
  const update = () => {
    const layout = model.refer(model.get('layout'));
    const style = model.refer(model.get('style'));
    follows(...[model, layout, style].filter(part => part !== undefined));
    el.classList.remove(...classes);
    classes = (model.get<string[]>('_dom_classes') ?? []).filter(name => /^\S+$/.test(name));
    el.classList.add('jupyter-widgets', ...classes);
    const tip = model.get<string>('tooltip');
    if (tip) el.title = tip;
    else el.removeAttribute('title');
    if (!el.matches(HAS_FIELDS)) reach(model, el);
    lay(el, layout?.state ?? {}, laid);
    paint(el, style?.name ?? '', style?.state ?? {});
  };
  const follows = (...wanted: Model[]) => {
    for (const part of parts) if (!wanted.includes(part)) part.changed.delete(update);
    for (const part of wanted) part.changed.add(update);
    parts = wanted;
  };
  const asked = (content: any) => attend(el, content?.do);
  model.custom.add(asked);
  update();
  return () => (follows(), void model.custom.delete(asked));
}

const HAS_FIELDS = 'button, .widget-inline-hbox:not(.widget-html, .widget-htmlmath, .widget-progress, .widget-valid)';
const FOCUSABLE = 'input, select, textarea, button, summary, a[href], iframe, [tabindex]';

/** What `widget.focus()` and `widget.blur()` ask for. */
function attend(el: HTMLElement, what: unknown): void {
  if (what === 'focus') (el.matches(FOCUSABLE) ? el : el.querySelector<HTMLElement>(FOCUSABLE))?.focus();
  else if (what === 'blur' && el.contains(document.activeElement)) (document.activeElement as HTMLElement).blur();
}

/** Whether the Tab key stops at a field, where its app says so. */
function reach(model: Model, field: HTMLElement): void {
  const tabbable = model.get('tabbable');
  if (typeof tabbable === 'boolean') field.tabIndex = tabbable ? 0 : -1;
  else field.removeAttribute('tabindex');
}

/** `laid`: what this has set before. */
function lay(el: HTMLElement, layout: Json, laid: Set<string>): void {
  for (const name of laid) el.style.removeProperty(name);
  laid.clear();
  for (const [key, value] of Object.entries(layout)) {
    if (key.startsWith('_') || value === null || value === undefined) continue;
    const name = key.replaceAll('_', '-');
    el.style.setProperty(name, String(value));
    laid.add(name);
    if (key !== 'grid_template_areas') continue;
    el.style.setProperty('--areas', oneBelowTheOther(String(value)));
    laid.add('--areas');
  }
}

/** The areas of a grid as a phone shows them, in the order in which they are read. */
function oneBelowTheOther(areas: string): string {
  const names = new Set(areas.match(/[^\s"'.]+/g));
  return [...names].map(name => `"${name}"`).join(' ') || 'none';
}

const PAINTS: Record<string, string> = {
  background: 'background',
  button_color: 'background-color',
  bar_color: 'accent-color',
  handle_color: '--handle',
  font_family: 'font-family',
  font_style: 'font-style',
  font_variant: 'font-variant',
  font_weight: 'font-weight',
  font_size: 'font-size',
  text_color: 'color',
  text_decoration: 'text-decoration'
};
/** What of a widget a kind of style paints, where that is not the whole. */
const PAINTED: Record<string, string> = {
  TextStyleModel: 'input, textarea', SliderStyleModel: 'input', ProgressStyleModel: 'progress', ButtonStyleModel: '.jupyter-button'
};

function paint(el: HTMLElement, kind: string, style: Json): void {
  const parts = PAINTED[kind] && !el.matches(PAINTED[kind]) ? el.querySelectorAll<HTMLElement>(PAINTED[kind]) : [el];
  for (const part of parts) {
    for (const [key, name] of Object.entries(PAINTS)) {
      if (style[key]) part.style.setProperty(name, String(style[key]));
      else if (key in style) part.style.removeProperty(name);
    }
  }
  const width = style.description_width === 'initial' ? 'auto' : style.description_width;
  const label = el.querySelector<HTMLElement>(':scope > .widget-label');
  if (label) label.style.width = width || '';
  else if (width) el.style.setProperty('--label', width === 'auto' ? '0px' : width);
  else el.style.removeProperty('--label');
}

/**
 * A control with its description beside it. `field` gets the label; groups of fields name themselves by it. What is too
 * long for the kernel is said beside it.
 */
export function described(model: Model, page: Page, kind: string, field: HTMLElement, ...more: Node[]): { el: HTMLElement; update(): void } {
  const isGroup = !/^(?:input|select|textarea|meter|progress|output)$/.test(field.localName);
  const label = isGroup ? element('span', 'widget-label') : element('label', 'widget-label');
  label.id = newId();
  field.id ||= newId();
  if (isGroup) field.setAttribute('aria-labelledby', label.id);
  else label.setAttribute('for', field.id);
  const outer = more.find(part => part.contains(field)) ?? field;
  const el = element('div', `widget-inline-hbox ${kind}`, {}, label, outer, ...more.filter(part => part !== outer));
  const said = element('span', 'widget-said', { role: 'status', id: newId() });
  return {
    el,
    update() {
      const text = wording(model, label, page);
      label.hidden = !text;
      if (model.isTooLong || said.isConnected) complain(model.isTooLong ? page.text('too_long') : '', el, field, said);
      if (isGroup) return;
      if (text) field.removeAttribute('aria-label');
      else field.setAttribute('aria-label', model.get<string>('tooltip') || model.get<string>('placeholder') || kindName(model));
    }
  };
}

function complain(problem: string, el: HTMLElement, field: HTMLElement, said: HTMLElement): void {
  if (said.parentElement !== el) el.append(said);
  if (said.textContent === problem) return;
  said.textContent = problem;
  field.setAttribute('aria-invalid', String(Boolean(problem)));
  if (problem) field.setAttribute('aria-describedby', said.id);
  else field.removeAttribute('aria-describedby');
}

/** Show a widget's description, which is markup where its app says so; returns its text. */
export function wording(model: Model, place: HTMLElement, page: Page): string {
  const text = model.get<string>('description') ?? '';
  write(place, text, model.get('description_allow_html') ? 'htmlmath' : 'text', page);
  return text;
}

const FORMULA = /\$[^$]+\$|\\\(|\\\[/; // as in `page/widgets.py`

interface Written {
  kind: 'text' | 'htmlmath';
  source: string;
}
const written = new WeakMap<HTMLElement, Written>();
/** Places whose formulas the server is drawing. */
const drawing = new WeakSet<HTMLElement>();

/**
 * Show a text (or, if it is `htmlmath`, markup) with its formulas: those of the first view came with the page, later ones
 * the server draws while the text already stands there. What has become newer meanwhile stays.
 */
export function write(place: HTMLElement, source: string, kind: Written['kind'], page: Page): void {
  const before = written.get(place);
  if (before?.source === source && before.kind === kind) return;
  written.set(place, { kind, source });
  const made = FORMULA.test(source) ? page.made(kind, source) : undefined;
  if (made !== undefined) showMade(place, made);
  else if (kind === 'text') place.textContent = source;
  else showHtml(place, source);
  if (!drawing.has(place)) void drawFormulas(place, page);
}

/** Of the texts that follow one another while a hand is on a control, only the latest is drawn. */
async function drawFormulas(place: HTMLElement, page: Page): Promise<void> {
  drawing.add(place);
  for (let drawn: Written | undefined; drawn !== written.get(place); ) {
    drawn = written.get(place)!;
    const { kind, source } = drawn;
    const isOpen = FORMULA.test(source) && page.made(kind, source) === undefined;
    const made = isOpen ? await page.markup(kind, source).catch(() => '') : '';
    if (made && written.get(place) === drawn) showMade(place, made);
  }
  drawing.delete(place);
}

/** A slider or bar that stands upright, where its app wants that. */
export function upright(model: Model, el: HTMLElement, ...handles: HTMLElement[]): void {
  const stands = model.get('orientation') === 'vertical';
  el.classList.toggle('widget-vslider', stands);
  el.classList.toggle('widget-hslider', !stands);
  for (const handle of handles) handle.setAttribute('aria-orientation', stands ? 'vertical' : 'horizontal');
}

function kindName(model: Model): string {
  return model.name.replace(/Model$/, '').replace(/([a-z])([A-Z])/g, '$1 $2');
}

export function enable(model: Model, ...fields: (HTMLInputElement | HTMLSelectElement | HTMLTextAreaElement | HTMLButtonElement)[]): void {
  for (const field of fields) {
    field.disabled = Boolean(model.get('disabled'));
    reach(model, field);
  }
}
