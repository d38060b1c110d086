/** Sliders with one handle and with two, and the readings beside them. */

import { formatNumber, readNumber, readRange } from '../format';
import type { Model } from '../models';
import { typedReading } from './reading';
import { pressable, takesPresses } from './track';
import { described, element, enable, follow, upright, type Maker, type Page } from './view';

export const isWhole = (model: Model) => model.name.includes('Int');
const formatOf = (model: Model): string => model.get('readout_format') ?? (isWhole(model) ? 'd' : '.2f');
const words = (model: Model, value: number) => formatNumber(value, formatOf(model));

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

/** Put a handle where something else says, as if it had been dragged there: within its bounds, at one of its steps. */
function put(place: number, handle: HTMLInputElement): void {
  handle.value = String(place);
}

/** What a slider with one handle counts in: the handle's place for a value, and the value at a place. */
interface Measure {
  from(value: number, model: Model): number;
  to(place: number, model: Model): number;
  /** Whether a value may be typed that lies between two places. */
  exact?: boolean;
}

function slider({ from, to, exact }: Measure): Maker {
  return (model, page) => {
    const handle = element('input', '', { type: 'range', autocomplete: 'off' });
    const track = element('div', 'slider-container', {}, handle);
    const reading = typedReading(page.text('type_value'), text => {
      const typed = readNumber(text, formatOf(model));
      if (Number.isNaN(typed)) return;
      if (exact) return model.set({ value: Math.min(to(model.get('max'), model), Math.max(to(model.get('min'), model), typed)) });
      put(from(isWhole(model) ? Math.round(typed) : typed, model), handle);
      handle.dispatchEvent(new Event('change'));
    });
    const whole = described(model, page, 'widget-slider', handle, track, reading.whole);
    tellWhose(whole.el, reading.field);
    const show = (value: number) => {
      const text = words(model, value);
      reading.show(text);
      handle.setAttribute('aria-valuetext', text);
      const span = Number(handle.max) - Number(handle.min);
      handle.style.setProperty('--at', `${span > 0 ? (100 * (Number(handle.value) - Number(handle.min))) / span : 0}%`);
    };
    const held = onMove(model, handle, () => show(to(Number(handle.value), model)));
    handle.addEventListener('tell', () => {
      const value = to(Number(handle.value), model);
      if (value !== model.get('value')) model.set({ value });
    });
    return follow(model, whole.el, () => {
      whole.update();
      const { min, max, step, value, readout } = model.state;
      Object.assign(handle, { min, max, step: step || 'any' });
      if (!held()) put(from(value, model), handle);
      upright(model, whole.el, handle);
      track.classList.toggle('widget-drag-only', !takesPresses(model));
      reading.whole.hidden = readout === false;
      reading.keep(...[min, max].map(place => words(model, to(place, model))), words(model, value));
      enable(model, handle, reading.field);
      show(held() ? to(Number(handle.value), model) : value);
    });
  };
}

const plain = slider({ from: value => value, to: place => place });
const logarithmic = slider({
  from: (value, model) => Math.log(value) / Math.log(model.get('base')),
  to: (place, model) => Number((model.get<number>('base') ** place).toPrecision(12)),
  exact: true
});

/** A reading says what may be typed, and of which slider it is. */
function tellWhose(el: HTMLElement, field: HTMLInputElement): void {
  field.setAttribute('aria-describedby', el.querySelector('.widget-label')!.id);
}

/** What two handles stand on: their bounds, the key of their places, and the words for a place. */
interface Scale {
  key: string;
  bounds(model: Model): { min: number; max: number; step: number | string };
  words(model: Model, place: number): string;
  /** The places that somebody typed, if they can be typed. */
  read?(model: Model, text: string): [number, number] | null;
}

const NUMBERS: Scale = {
  key: 'value',
  words,
  bounds: model => ({ min: model.get('min'), max: model.get('max'), step: model.get('step') || 'any' }),
  read: (model, text) => readRange(text, formatOf(model))
};

interface Said {
  whole: HTMLElement;
  field?: HTMLInputElement;
  show(text: string): void;
  keep?(...texts: string[]): void;
}

/** What stands beside two handles; only numbers can be typed. `taken` is called with places that were. */
function beside(scale: Scale, model: Model, page: Page, taken: (places: [number, number]) => void): Said {
  if (!scale.read) {
    const whole = element('output', 'widget-readout');
    return { whole, show: text => void (whole.textContent = text) };
  }
  return typedReading(page.text('type_range'), text => {
    const places = scale.read!(model, text);
    if (places && places[0] <= places[1]) taken(places);
  });
}

/** Two handles on one track; neither passes the other. */
export const range = (scale: Scale = NUMBERS): Maker => (model, page) => {
  const low = element('input', '', { type: 'range', autocomplete: 'off', 'aria-label': page.text('from') });
  const high = element('input', '', { type: 'range', autocomplete: 'off', 'aria-label': page.text('to') });
  const handles = [low, high];
  const track = element('div', 'slider-container widget-range', { role: 'group' }, low, high);
  const reading = beside(scale, model, page, places => {
    places.forEach((place, index) => put(place, handles[index]));
    low.dispatchEvent(new Event('change'));
  });
  const whole = described(model, page, 'widget-slider widget-hslider', track, reading.whole);
  if (reading.field) tellWhose(whole.el, reading.field);
  const places = (): [number, number] => [Number(low.value), Number(high.value)];
  const show = ([a, b]: number[]) => {
    reading.show(`${scale.words(model, a)} – ${scale.words(model, b)}`);
    low.setAttribute('aria-valuetext', scale.words(model, a));
    high.setAttribute('aria-valuetext', scale.words(model, b));
    const [min, max] = [Number(low.min), Number(low.max)];
    track.style.setProperty('--from', `${(100 * (a - min)) / (max - min || 1)}%`);
    track.style.setProperty('--to', `${(100 * (b - min)) / (max - min || 1)}%`);
    low.style.zIndex = a === b && a > (min + max) / 2 ? '1' : ''; // at the end, the other one could not be seized
  };
  const held = handles.map(handle => {
    handle.addEventListener('tell', () => model.set({ [scale.key]: places() }));
    return onMove(model, handle, () => {
      const [a, b] = places();
      if (a > b) handle.value = String(handle === low ? b : a);
      show(places());
    });
  });
  pressable(model, track, low, high);
  return follow(model, whole.el, () => {
    whole.update();
    const { min, max, step } = scale.bounds(model);
    const value = model.get<number[]>(scale.key) ?? [min, min];
    const isHeld = held.some(each => each());
    handles.forEach((handle, index) => {
      Object.assign(handle, { min, max, step });
      if (!isHeld) put(value[index], handle);
    });
    upright(model, whole.el, low, high);
    reading.whole.hidden = model.get('readout') === false;
    reading.keep?.(...[min, max].map(place => `${scale.words(model, place)} – ${scale.words(model, place)}`));
    enable(model, ...handles, ...(reading.field ? [reading.field] : []));
    show(isHeld ? places() : value);
  });
};

export const sliders: Record<string, Maker> = {
  IntSliderModel: plain,
  FloatSliderModel: plain,
  FloatLogSliderModel: logarithmic,
  IntRangeSliderModel: range(),
  FloatRangeSliderModel: range()
};
