/**
 * The track of a slider with two handles: what a press beside them does, as the slider's `behavior` wants it. Browsers know
 * no such slider, so nothing of this is theirs. A slider with one handle is: a press beside it moves it, unless only
 * dragging is wanted.
 */

import type { Model } from '../models';

const THUMB = 18; // as in widgets.css
const behavior = (model: Model) => model.get<string>('behavior') ?? 'drag-tap';

/** Whether a press beside the handle moves it. */
export function takesPresses(model: Model): boolean {
  return /tap|snap/.test(behavior(model));
}

export function pressable(model: Model, track: HTMLElement, low: HTMLInputElement, high: HTMLInputElement): void {
  track.addEventListener('pointerdown', event => {
    if (event.target !== track || event.button !== 0 || low.disabled) return;
    const from = placeOf(event, model, track, low);
    const [a, b] = [Number(low.value), Number(high.value)];
    const isBetween = from > a && from < b && behavior(model).startsWith('drag');
    if (!isBetween && !takesPresses(model)) return;
    const handle = isBetween || Math.abs(from - a) < Math.abs(from - b) || (a === b && from < a) ? low : high;
    handle.focus({ preventScroll: true });
    const to = (at: number) => {
      if (isBetween) both(low, high, a, b, at - from);
      else handle.value = String(handle === low ? Math.min(at, Number(high.value)) : Math.max(at, Number(low.value)));
      handle.dispatchEvent(new Event('input'));
    };
    if (!isBetween) to(from);
    if (isBetween || behavior(model).endsWith('snap')) track.onpointermove = moved => to(placeOf(moved, model, track, low));
    track.setPointerCapture(event.pointerId);
    track.onpointerup = track.onpointercancel = () => {
      track.onpointermove = track.onpointerup = track.onpointercancel = null;
      handle.dispatchEvent(new Event('change'));
    };
  });
}

/** Where on the scale of `handle` a pointer is. */
function placeOf({ clientX, clientY }: PointerEvent, model: Model, track: HTMLElement, handle: HTMLInputElement): number {
  const { left, bottom, width, height } = track.getBoundingClientRect();
  const stands = model.get('orientation') === 'vertical';
  const part = ((stands ? bottom - clientY : clientX - left) - THUMB / 2) / Math.max(1, (stands ? height : width) - THUMB);
  const [min, max] = [Number(handle.min), Number(handle.max)];
  return min + Math.min(1, Math.max(0, part)) * (max - min);
}

/** Move both handles, in whole steps, until one is at an end. */
function both(low: HTMLInputElement, high: HTMLInputElement, a: number, b: number, by: number): void {
  const step = Number(low.step) || 0;
  const steps = step ? Math.round(by / step) * step : by;
  const way = Math.min(Number(high.max) - b, Math.max(Number(low.min) - a, steps));
  low.value = String(a + way);
  high.value = String(b + way);
}
