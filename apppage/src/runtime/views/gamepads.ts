/** A gamepad's buttons and axes, as far as there is one. */

import { pads } from '../gamepads';
import { arrange, element, follow, type Maker, type Page, type View } from './view';
import type { Model } from '../models';

/** A button (0 to 1) or an axis (-1 to 1), upright like a thermometer. */
function gauge(kind: string, least: number): Maker {
  return (model, page) => {
    const bar = element('span', 'widget-gauge', { role: 'meter', 'aria-valuemin': String(least), 'aria-valuemax': '1' });
    const name = element('span');
    const el = element('div', `widget-controller-${kind}`, {}, bar, name);
    return follow(model, el, () => {
      const value = model.get<number>('value') ?? 0;
      name.textContent = String(model.get('description') ?? '');
      bar.setAttribute('aria-label', `${page.text(`pad_${kind}`)} ${name.textContent}`.trim());
      bar.setAttribute('aria-valuenow', String(value));
      bar.style.setProperty('--at', `${(100 * (value - least)) / (1 - least)}%`);
      bar.classList.toggle('mod-pressed', model.get('pressed') === true);
    });
  };
}

const controller: Maker = (model, page) => {
  const words = element('p', 'widget-controller-name', { role: 'status' });
  const places = { axes: element('div', 'widget-controller-row'), buttons: element('div', 'widget-controller-row') };
  const el = element('div', 'widget-controller', {}, words, places.axes, places.buttons);
  const inside = { axes: new Map<Model, View>(), buttons: new Map<Model, View>() };
  const view = follow(model, el, () => {
    words.textContent = model.get('name') || page.text(pads() ? 'pad_wanted' : 'pad_unknown');
    for (const kind of ['axes', 'buttons'] as const) show(model, kind, places[kind], inside[kind], page);
  }, ['axes', 'buttons', 'name']);
  const all = () => Object.values(inside).flatMap(views => [...views.values()]);
  return { el, dispose: () => (view.dispose(), all().forEach(each => each.dispose())) };
};

function show(model: Model, kind: 'axes' | 'buttons', place: HTMLElement, views: Map<Model, View>, page: Page): void {
  const wanted = model.referAll(kind).filter(each => each !== undefined);
  for (const [each, view] of views) if (!wanted.includes(each)) (view.dispose(), views.delete(each));
  wanted.forEach((each, index) => {
    each.set({ description: index }, false);
    if (!views.has(each)) views.set(each, page.view(each));
  });
  arrange(place, wanted.map(each => views.get(each)!.el));
}

export const gamepads: Record<string, Maker> = {
  ControllerModel: controller,
  ControllerButtonModel: gauge('button', 0),
  ControllerAxisModel: gauge('axis', -1)
};
