/** The number beside a slider. One can type over it: Enter takes it over; Escape, or what is no number, puts it back. */

import { element } from './view';

export interface Reading {
  /** What stands beside the slider; `field` lies in it, out of reach of an app's own rules for its controls' inputs. */
  readonly whole: HTMLElement;
  readonly field: HTMLInputElement;
  /** Show `text`, unless somebody is typing. */
  show(text: string): void;
  /** Keep room for the longest of `texts`, so that nothing moves under the hand that moves the slider. */
  keep(...texts: string[]): void;
}

/** `hint`: what may be typed; `take` takes it over, if it can. */
export function typedReading(hint: string, take: (text: string) => void): Reading {
  const whole = element('span', 'widget-readout');
  const field = element('input', 'widget-typed', { type: 'text', autocomplete: 'off', spellcheck: 'false', title: hint, 'aria-label': hint });
  whole.append(field);
  let shown = '';
  let typing = false;
  const show = (text: string) => {
    shown = text;
    if (typing) return;
    field.value = text;
  };
  const end = () => {
    typing = false;
    show(shown);
  };
  field.addEventListener('input', () => (typing = true));
  field.addEventListener('change', () => {
    if (typing) take(field.value);
    end();
  });
  field.addEventListener('keydown', event => event.key === 'Escape' && end());
  const keep = (...texts: string[]) => {
    const width = Math.max(...texts.map(text => text.length - (text.match(/[., ]/g)?.length ?? 0) / 2)); // which are narrow
    field.size = Math.ceil(width);
    field.style.minWidth = `clamp(3.4em, ${width}ch + 10px, 16em)`;
  };
  return { whole, field, show, keep };
}
