/** Number fields, progress bars and what counts by itself. */

import type { Model } from '../models';
import { isWhole, sliders } from './sliders';
import { described, element, enable, follow, type Maker } from './view';

/** A number to type. What is no number is put back. */
const numberField: Maker = (model, page) => {
  const field = element('input', '', { type: 'number', autocomplete: 'off', inputmode: isWhole(model) ? 'numeric' : 'decimal' });
  const whole = described(model, page, 'widget-text', field);
  const tell = () => {
    let value = isWhole(model) ? Math.round(field.valueAsNumber) : field.valueAsNumber;
    if (!Number.isFinite(value)) return void (field.value = String(model.get('value')));
    const { min, max } = model.state;
    if (typeof min === 'number') value = Math.max(min, value);
    if (typeof max === 'number') value = Math.min(max, value);
    if (Number(field.value) !== value) field.value = String(value);
    if (value !== model.get('value')) model.set({ value });
  };
  field.addEventListener('change', tell);
  field.addEventListener('input', () => model.get('continuous_update') && Number.isFinite(field.valueAsNumber) && tell());
  return follow(model, whole.el, () => {
    whole.update();
    const { min, max, step, value } = model.state;
    for (const [name, bound] of Object.entries({ min, max })) {
      if (typeof bound === 'number') field.setAttribute(name, String(bound));
    }
    field.step = step ? String(step) : isWhole(model) ? '1' : 'any';
    if (field.valueAsNumber !== value) field.value = value === null ? '' : String(value);
    enable(model, field);
  });
};

const progress: Maker = (model, page) => {
  const bar = element('progress');
  const whole = described(model, page, 'widget-progress', bar);
  return follow(model, whole.el, () => {
    whole.update();
    const { min = 0, max = 100, value, bar_style: tone } = model.state;
    Object.assign(bar, { max: max - min || 1, value: Math.max(0, value - min) });
    whole.el.classList.toggle('widget-upright', model.get('orientation') === 'vertical');
    bar.className = tone ? `progress-bar-${tone}` : '';
  });
};

/** Counts by itself; the counting is done here, as in every front end. */
const play: Maker = (model, page) => {
  const start = element('button', 'jupyter-button', { type: 'button' });
  const stop = element('button', 'jupyter-button', { type: 'button', title: page.text('stop') }, '■');
  const repeat = element('button', 'jupyter-button', { type: 'button', title: page.text('repeat') }, '⟳');
  const buttons = element('div', 'widget-play', { role: 'group' }, start, stop, repeat);
  const clock = clocks.get(model) ?? new Clock(model);
  clocks.set(model, clock);
  start.onclick = () => {
    const restart = !model.get('playing') && model.get<number>('value') + model.get<number>('step') > model.get<number>('max');
    model.set({ playing: !model.get('playing'), ...(restart && { value: model.get('min') }) });
  };
  stop.onclick = () => model.set({ playing: false, value: model.get('min') });
  repeat.onclick = () => model.set({ repeat: !model.get('repeat') });
  const view = follow(model, buttons, () => {
    const { playing, interval, show_repeat } = model.state;
    start.textContent = playing ? '❚❚' : '▶';
    start.title = page.text(playing ? 'pause' : 'play');
    for (const each of [start, stop, repeat]) each.setAttribute('aria-label', each.title);
    repeat.setAttribute('aria-pressed', String(Boolean(model.get('repeat'))));
    repeat.hidden = show_repeat === false;
    enable(model, start, stop, repeat);
    const name = model.get<string>('description') || model.get<string>('tooltip');
    if (name) buttons.setAttribute('aria-label', name);
    clock.run(buttons, playing && !model.isClosed ? interval : null);
  }, ['playing', 'interval', 'repeat', 'disabled', 'show_repeat', 'tabbable', 'description', 'tooltip']);
  return { el: view.el, dispose: () => (clock.run(buttons, null), view.dispose()) };
};

/** What counts for all views of one `Play`: shown twice, it is no faster. */
class Clock {
  private readonly views = new Set<HTMLElement>();
  private timer = 0;
  private interval: number | null = null;

  constructor(private readonly model: Model) {
    model.closing.add(() => clearInterval(this.timer));
  }

  /** The view counts every `interval` milliseconds, or not any more. */
  run(view: HTMLElement, interval: number | null): void {
    if (interval === null) this.views.delete(view);
    else this.views.add(view);
    const wanted = interval ?? (this.views.size ? this.interval : null);
    if (wanted === this.interval) return;
    clearInterval(this.timer);
    this.interval = wanted;
    if (wanted !== null) this.timer = window.setInterval(() => this.step(), Math.max(20, wanted));
  }

  private step(): void {
    const { value, step, max, min, repeat, _repeat } = this.model.state;
    const next = value + step;
    if (next <= max) this.model.set({ value: next });
    else if (repeat || _repeat) this.model.set({ value: min });
    else this.model.set({ playing: false });
  }
}

const clocks = new WeakMap<Model, Clock>();

export const numbers: Record<string, Maker> = {
  ...sliders,
  IntTextModel: numberField,
  FloatTextModel: numberField,
  BoundedIntTextModel: numberField,
  BoundedFloatTextModel: numberField,
  IntProgressModel: progress,
  FloatProgressModel: progress,
  PlayModel: play
};
