/** Sliders, number fields and progress bars. */

import { formatNumber } from '../format';
import type { Model } from '../models';
import { described, element, enable, follow, upright, type Maker } from './view';

const isWhole = (model: Model) => model.name.includes('Int');

function reading(model: Model, value: number): string {
  return formatNumber(value, model.get('readout_format') ?? (isWhole(model) ? 'd' : '.2f'));
}

/**
 * Tell the kernel while a control moves, or only when it is let go, as the app wants it. Returns whether a hand has moved
 * it and not let go: until then it stands where the hand is, whatever the app changes about it.
 */
function onMove(model: Model, field: HTMLElement, moved: () => void): () => boolean {
  let held = false;
  field.addEventListener('input', () => {
    moved();
    if (model.get('continuous_update') !== false) tell();
    else held = true;
  });
  field.addEventListener('change', () => {
    held = false;
    moved();
    tell();
  });
  for (const end of ['pointerup', 'pointercancel', 'blur']) field.addEventListener(end, () => (held = false));
  const tell = () => field.dispatchEvent(new CustomEvent('tell'));
  return () => held;
}

/** One handle; `scale` maps between the handle's position and the value (an exponent, for the logarithmic one). */
function slider(from: (value: number, model: Model) => number, to: (place: number, model: Model) => number): Maker {
  return (model, page) => {
    const handle = element('input', '', { type: 'range', autocomplete: 'off' });
    const track = element('div', 'slider-container', {}, handle);
    const readout = element('output', 'widget-readout');
    const whole = described(model, page, 'widget-slider', handle, track, readout);
    readout.setAttribute('for', handle.id);
    const show = () => {
      const text = reading(model, to(Number(handle.value), model));
      readout.textContent = text;
      handle.setAttribute('aria-valuetext', text);
      const span = Number(handle.max) - Number(handle.min);
      handle.style.setProperty('--at', `${span > 0 ? (100 * (Number(handle.value) - Number(handle.min))) / span : 0}%`);
    };
    const held = onMove(model, handle, show);
    handle.addEventListener('tell', () => {
      const value = to(Number(handle.value), model);
      if (value !== model.get('value')) model.set({ value });
    });
    return follow(model, whole.el, () => {
      whole.update();
      const { min, max, step, value, readout: shown } = model.state;
      Object.assign(handle, { min, max, step: step || 'any' });
      if (!held()) handle.value = String(from(value, model));
      upright(model, whole.el, handle);
      readout.hidden = shown === false;
      enable(model, handle);
      show();
    });
  };
}

const plain = slider(value => value, place => place);
const logarithmic = slider(
  (value, model) => Math.log(value) / Math.log(model.get('base')),
  (place, model) => Number((model.get<number>('base') ** place).toPrecision(12))
);

/** What two handles stand on: their bounds, the key of their places, and the words for a place. */
interface Scale {
  key: string;
  bounds(model: Model): { min: number; max: number; step: number | string };
  words(model: Model, place: number): string;
}

const NUMBERS: Scale = {
  key: 'value', words: reading, bounds: model => ({ min: model.get('min'), max: model.get('max'), step: model.get('step') || 'any' })
};

/** Two handles on one track; neither passes the other. */
export const range = (scale: Scale = NUMBERS): Maker => (model, page) => {
  const low = element('input', '', { type: 'range', autocomplete: 'off', 'aria-label': page.text('from') });
  const high = element('input', '', { type: 'range', autocomplete: 'off', 'aria-label': page.text('to') });
  const track = element('div', 'slider-container widget-range', { role: 'group' }, low, high);
  const readout = element('output', 'widget-readout');
  const whole = described(model, page, 'widget-slider widget-hslider', track, readout);
  const places = (): [number, number] => [Number(low.value), Number(high.value)];
  const show = () => {
    const [a, b] = places();
    readout.textContent = `${scale.words(model, a)} – ${scale.words(model, b)}`;
    low.setAttribute('aria-valuetext', scale.words(model, a));
    high.setAttribute('aria-valuetext', scale.words(model, b));
    const span = Number(low.max) - Number(low.min) || 1;
    track.style.setProperty('--from', `${(100 * (a - Number(low.min))) / span}%`);
    track.style.setProperty('--to', `${(100 * (b - Number(low.min))) / span}%`);
  };
  const held = [low, high].map(handle => {
    handle.addEventListener('tell', () => model.set({ [scale.key]: places() }));
    return onMove(model, handle, () => {
      const [a, b] = places();
      if (a > b) handle.value = String(handle === low ? b : a);
      show();
    });
  });
  return follow(model, whole.el, () => {
    whole.update();
    const { min, max, step } = scale.bounds(model);
    const value = model.get<number[]>(scale.key) ?? [min, min];
    for (const [index, handle] of [low, high].entries()) {
      Object.assign(handle, { min, max, step });
      if (!held.some(each => each())) handle.value = String(value[index]);
    }
    upright(model, whole.el, low, high);
    readout.hidden = model.get('readout') === false;
    enable(model, low, high);
    show();
  });
};

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
    clock.run(buttons, playing && !model.isClosed ? interval : null);
  }, ['playing', 'interval', 'repeat', 'disabled', 'show_repeat']);
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
  IntSliderModel: plain,
  FloatSliderModel: plain,
  FloatLogSliderModel: logarithmic,
  IntRangeSliderModel: range(),
  FloatRangeSliderModel: range(),
  IntTextModel: numberField,
  FloatTextModel: numberField,
  BoundedIntTextModel: numberField,
  BoundedFloatTextModel: numberField,
  IntProgressModel: progress,
  FloatProgressModel: progress,
  PlayModel: play
};
