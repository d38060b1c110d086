/** What all views share: how they are made, follow their model, look, and go. */

import { showHtml } from '../html';
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
  model.changed.add(changed);
  update();
  return {
    el,
    dispose() {
      model.changed.delete(changed);
      for (const each of undo) each();
    }
  };
}

/** Layout, style, classes and tooltip of any widget, followed while it is shown; returns how to stop. */
function dress(model: Model, el: HTMLElement): () => void {
  const layout = model.refer(model.get('layout'));
  const style = model.refer(model.get('style'));
  let classes: string[] = [];
  const update = () => {
    el.classList.remove(...classes);
    classes = (model.get<string[]>('_dom_classes') ?? []).filter(name => /^\S+$/.test(name));
    el.classList.add('jupyter-widgets', ...classes);
    const tip = model.get<string>('tooltip');
    if (tip) el.title = tip;
    else el.removeAttribute('title');
    lay(el, layout?.state ?? {});
    paint(el, style?.state ?? {});
  };
  const parts = [model, layout, style].filter(part => part !== undefined);
  for (const part of parts) part.changed.add(update);
  update();
  return () => parts.forEach(part => part.changed.delete(update));
}

const NOT_CSS = /^_|^(?:tabbable)$/;

function lay(el: HTMLElement, layout: Json): void {
  for (const [key, value] of Object.entries(layout)) {
    if (NOT_CSS.test(key)) continue;
    const name = key.replaceAll('_', '-');
    if (value === null || value === undefined) el.style.removeProperty(name);
    else el.style.setProperty(name, String(value));
  }
}

const PAINTS: Record<string, string> = {
  background: 'background',
  button_color: 'background-color',
  bar_color: 'accent-color',
  handle_color: 'accent-color',
  font_family: 'font-family',
  font_style: 'font-style',
  font_variant: 'font-variant',
  font_weight: 'font-weight',
  font_size: 'font-size',
  text_color: 'color',
  text_decoration: 'text-decoration'
};

function paint(el: HTMLElement, style: Json): void {
  for (const [key, name] of Object.entries(PAINTS)) {
    if (style[key]) el.style.setProperty(name, String(style[key]));
    else if (key in style) el.style.removeProperty(name);
  }
  const width = style.description_width;
  const label = el.querySelector<HTMLElement>(':scope > .widget-label');
  if (label && width) label.style.width = width === 'initial' ? 'auto' : width;
}

/** A control with its description beside it. `field` gets the label; groups of fields name themselves by it. */
export function described(model: Model, kind: string, field: HTMLElement, ...more: Node[]): { el: HTMLElement; update(): void } {
  const isGroup = !/^(?:input|select|textarea|meter|progress|output)$/.test(field.localName);
  const label = isGroup ? element('span', 'widget-label') : element('label', 'widget-label');
  label.id = newId();
  field.id ||= newId();
  if (isGroup) field.setAttribute('aria-labelledby', label.id);
  else label.setAttribute('for', field.id);
  const outer = more.find(part => part.contains(field)) ?? field;
  const el = element('div', `widget-inline-hbox ${kind}`, {}, label, outer, ...more.filter(part => part !== outer));
  return {
    el,
    update() {
      const text = wording(model, label);
      label.hidden = !text;
      if (isGroup) return;
      if (text) field.removeAttribute('aria-label');
      else field.setAttribute('aria-label', model.get<string>('tooltip') || model.get<string>('placeholder') || kindName(model));
    }
  };
}

/** Show a widget's description, which is markup where its app says so; returns its text. */
export function wording(model: Model, place: HTMLElement): string {
  const text = model.get<string>('description') ?? '';
  if (model.get('description_allow_html')) showHtml(place, text);
  else place.textContent = text;
  return text;
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
  const tabbable = model.get('tabbable');
  for (const field of fields) {
    field.disabled = Boolean(model.get('disabled'));
    if (tabbable === false) field.tabIndex = -1;
  }
}
