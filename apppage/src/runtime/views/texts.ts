/** Text to enter: lines, areas, dates, colours, lists of words, files. */

import type { Model } from '../models';
import { tone } from './choices';
import { face } from './icons';
import { tags } from './tags';
import { described, element, enable, follow, newId, type Maker } from './view';

/** A field that holds a text; the kernel is told while it is typed or when it is left, as the app wants it. */
function text(kind: string, make: () => HTMLInputElement | HTMLTextAreaElement): Maker {
  return (model, page) => {
    const field = make();
    const whole = described(model, page, kind, field);
    const options = model.name === 'ComboboxModel' ? element('datalist', '', { id: newId() }) : null;
    if (options) {
      field.setAttribute('list', options.id);
      whole.el.append(options);
    }
    const tell = () => {
      const known = !model.get('ensure_option') || model.get<string[]>('options').includes(field.value);
      field.setAttribute('aria-invalid', String(!known));
      if (known && field.value !== model.get('value')) model.set({ value: field.value });
    };
    field.addEventListener('input', () => model.get('continuous_update') !== false && tell());
    field.addEventListener('change', tell);
    field.addEventListener('keydown', event => {
      // A text box submits with Enter; an area and a word being composed (Chinese input) do not.
      const key = event as KeyboardEvent;
      if (key.key !== 'Enter' || key.isComposing || field instanceof HTMLTextAreaElement) return;
      tell();
      model.send({ event: 'submit' });
    });
    return follow(model, whole.el, () => {
      whole.update();
      field.placeholder = model.get('placeholder') ?? '';
      const value = model.get<string>('value') ?? '';
      if (field.value !== value) field.value = value;
      if (field instanceof HTMLTextAreaElement && model.get('rows')) field.rows = model.get('rows');
      options?.replaceChildren(...(model.get<string[]>('options') ?? []).map(each => element('option', '', { value: each })));
      enable(model, field);
    });
  };
}

interface Moment {
  read(text: string): unknown;
  write(value: any): string;
}

const two = (value: number, width = 2) => String(value).padStart(width, '0');
const dayText = (v: any) => `${two(v.year, 4)}-${two(v.month + 1)}-${two(v.date)}`;
const timeText = (v: any) => `${two(v.hours)}:${two(v.minutes)}:${two(v.seconds)}${v.milliseconds ? `.${two(v.milliseconds, 3)}` : ''}`;
const readTime = (text: string) => {
  const [hours = 0, minutes = 0, seconds = 0] = text.split(':').map(Number);
  return { hours, minutes, seconds: Math.floor(seconds), milliseconds: Math.round((seconds % 1) * 1000) };
};
const readDay = (text: string) => {
  const [year, month, date] = text.split('-').map(Number);
  return { year, month: month - 1, date };
};
const readBoth = (text: string) => ({ ...readDay(text.split('T')[0]), ...readTime(text.split('T')[1] ?? '') });

const day: Moment = { read: readDay, write: dayText };
const clock: Moment = { read: readTime, write: timeText };
const naive: Moment = { read: readBoth, write: value => `${dayText(value)}T${timeText(value)}` };
/** The kernel counts in UTC, the viewer in the time of their place. */
const local: Moment = {
  read(text) {
    const v = new Date(text);
    return {
      year: v.getUTCFullYear(), month: v.getUTCMonth(), date: v.getUTCDate(), hours: v.getUTCHours(),
      minutes: v.getUTCMinutes(), seconds: v.getUTCSeconds(), milliseconds: v.getUTCMilliseconds()
    };
  },
  write(value) {
    const v = new Date(Date.UTC(value.year, value.month, value.date, value.hours, value.minutes, value.seconds, value.milliseconds));
    return naive.write({
      year: v.getFullYear(), month: v.getMonth(), date: v.getDate(), hours: v.getHours(),
      minutes: v.getMinutes(), seconds: v.getSeconds(), milliseconds: v.getMilliseconds()
    });
  }
};

function moment(type: string, kind: Moment): Maker {
  return (model, page) => {
    const field = element('input', '', { type, autocomplete: 'off' });
    const whole = described(model, page, 'widget-datepicker', field);
    field.addEventListener('change', () => {
      if (field.validity.badInput) return;
      model.set({ value: field.value ? kind.read(field.value) : null });
    });
    return follow(model, whole.el, () => {
      whole.update();
      const { value, min, max, step } = model.state;
      field.min = min ? kind.write(min) : '';
      field.max = max ? kind.write(max) : '';
      field.step = step === 'any' || step > 0 ? String(step) : '';
      field.value = value ? kind.write(value) : '';
      enable(model, field);
    });
  };
}

/** A colour to pick; and, unless the app wants it `concise`, its name or code to type. */
const colour: Maker = (model, page) => {
  const field = element('input', '', { type: 'color', autocomplete: 'off' });
  const typed = element('input', 'widget-colour-name', { type: 'text', autocomplete: 'off', spellcheck: 'false', 'aria-label': page.text('colour') });
  const whole = described(model, page, 'widget-colorpicker', field, typed);
  field.addEventListener('change', () => model.set({ value: field.value }));
  typed.addEventListener('change', () => {
    const isColour = CSS.supports('color', typed.value);
    typed.setAttribute('aria-invalid', String(!isColour));
    if (isColour) model.set({ value: typed.value });
  });
  return follow(model, whole.el, () => {
    whole.update();
    const value = String(model.get('value') ?? '');
    field.value = hex(value);
    typed.hidden = Boolean(model.get('concise'));
    if (typed.value !== value) typed.value = value;
    enable(model, field, typed);
  });
};

/** Browsers' colour fields take `#rrggbb` only; a canvas knows every name. */
function hex(colour: string): string {
  const context = document.createElement('canvas').getContext('2d')!;
  context.fillStyle = String(colour);
  return String(context.fillStyle).startsWith('#') ? String(context.fillStyle) : '#000000';
}

/** Most bytes of all files of one upload; the server closes a websocket that gets more. */
const MOST_BYTES = 8 * 2 ** 20;

const upload: Maker = (model, page) => {
  const field = element('input', 'sb-hidden', { type: 'file', id: newId() });
  const button = element('label', 'widget-upload jupyter-button', { for: field.id });
  const said = element('span', 'widget-upload-said', { role: 'status' });
  let had = false;
  const whole = element('div', 'widget-inline-hbox widget-upload-row', {}, field, button, said);
  field.addEventListener('change', () => void take(model, field, said, page.text('too_large')));
  return follow(model, whole, () => {
    const count = model.get<unknown[]>('value')?.length ?? 0;
    if (!count && had) said.textContent = '';
    had = count > 0;
    face(model, button, model.get('icon'), model.get('description') || page.text('upload'), count ? ` (${count})` : '');
    tone(button, model.get('button_style'));
    field.accept = model.get('accept') ?? '';
    field.multiple = Boolean(model.get('multiple'));
    button.classList.toggle('mod-disabled', Boolean(model.get('disabled')));
    enable(model, field);
  });
};

async function take(model: Model, field: HTMLInputElement, said: HTMLElement, tooLarge: string): Promise<void> {
  const files = [...(field.files ?? [])];
  field.value = '';
  if (!files.length) return;
  if (files.reduce((size, file) => size + file.size, 0) > MOST_BYTES) {
    said.textContent = tooLarge;
    return;
  }
  const value = await Promise.all(files.map(async file => ({
    name: file.name, type: file.type, size: file.size, last_modified: file.lastModified, content: await file.arrayBuffer()
  })));
  said.textContent = files.map(file => file.name).join(', ');
  model.set({ value, error: '' });
}

const line = (type: string) => () => element('input', '', { type, autocomplete: 'off' });

export const texts: Record<string, Maker> = {
  TextModel: text('widget-text', line('text')),
  PasswordModel: text('widget-text', line('password')),
  ComboboxModel: text('widget-text widget-combobox', line('text')),
  TextareaModel: text('widget-textarea', () => element('textarea', '', { autocomplete: 'off' })),
  DatePickerModel: moment('date', day),
  TimeModel: moment('time', clock),
  DatetimeModel: moment('datetime-local', local),
  NaiveDatetimeModel: moment('datetime-local', naive),
  ColorPickerModel: colour,
  TagsInputModel: tags,
  ColorsInputModel: tags,
  FloatsInputModel: tags,
  IntsInputModel: tags,
  FileUploadModel: upload
};
