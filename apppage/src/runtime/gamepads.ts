/**
 * Gamepads, for ipywidgets' `Controller`. The page makes no widgets in the kernel: it says what is connected, and the
 * kernel makes the buttons and axes (`sandbox/kernels/gamepads.py`). From then on the page tells their values.
 */

import type { Model, Models } from './models';

const WAIT_MS = 300;
const ASK_AGAIN_MS = 10_000;
/** Messages that gamepads may cost: less than the server allows, so that other controls still get through. */
const PER_SECOND = 60;
/** How far ahead of that a button may be: a short press is not left out for the sake of axes that move. */
const AHEAD_MS = 500;
/** As long as the kernel keeps it. */
const MOST_NAME = 200;

export function pads(): readonly (Gamepad | null)[] | undefined {
  try {
    return navigator.getGamepads?.();
  } catch {
    return undefined; // forbidden here
  }
}

export function followGamepads(models: Models): void {
  models.appeared.add(model => model.name === 'ControllerModel' && pads() && new Pad(model).look());
}

class Pad {
  /** When the kernel was last told that there is a pad, or none any more. */
  private asked = -Infinity;
  /** Until when the messages so far have used up what gamepads may cost. */
  private due = 0;

  constructor(private readonly model: Model) {
    model.changed.add(keys => keys.has('connected') && (this.asked = -Infinity));
  }

  look(): void {
    if (this.model.isClosed) return;
    const pad = pads()?.[this.model.get<number>('index') ?? 0];
    const isKnown = this.model.get<boolean>('connected') === true;
    if (isKnown && pad?.connected && name(pad) === this.model.get('name')) this.tell(pad, performance.now());
    else if (isKnown || pad?.connected) this.ask(isKnown ? null : pad!);
    if (isKnown) requestAnimationFrame(() => this.look());
    else setTimeout(() => this.look(), WAIT_MS);
  }

  private ask(pad: Gamepad | null): void {
    const now = performance.now();
    if (now - this.asked < ASK_AGAIN_MS) return;
    this.asked = now;
    const said = pad && { name: name(pad), mapping: pad.mapping, timestamp: pad.timestamp, buttons: pad.buttons.length, axes: pad.axes.length };
    this.model.send({ event: 'gamepad', connected: Boolean(pad), ...said });
  }

  private tell(pad: Gamepad, now: number): void {
    const isFree = this.due <= now;
    this.model.referAll('buttons').forEach((button, index) => {
      const { value, pressed } = pad.buttons[index] ?? { value: 0, pressed: false };
      if (!button || !(isFree || (button.get('pressed') !== pressed && this.due < now + AHEAD_MS))) return;
      if (button.get('pressed') !== pressed || button.get('value') !== value) this.set(button, { value, pressed }, now);
    });
    if (!isFree) return;
    this.model.referAll('axes').forEach((axis, index) => {
      const value = Math.max(-1, Math.min(1, pad.axes[index] ?? 0));
      if (axis && axis.get('value') !== value) this.set(axis, { value }, now);
    });
    if (this.model.get('timestamp') !== pad.timestamp) this.set(this.model, { timestamp: pad.timestamp }, now);
  }

  private set(model: Model, changes: Record<string, unknown>, now: number): void {
    this.due = Math.max(this.due, now) + 1000 / PER_SECOND;
    model.set(changes);
  }
}

const name = (pad: Gamepad) => pad.id.slice(0, MOST_NAME);
