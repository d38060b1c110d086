/** Controls to choose with: lists, buttons, boxes to tick. The kernel is told positions, never texts. */

import { offer } from './download';
import type { Model } from '../models';
import { face } from './icons';
import { range } from './sliders';
import { takesPresses } from './track';
import { described, element, enable, follow, newId, upright, wording, type Maker } from './view';

const labels = (model: Model) => (model.get<unknown[]>('_options_labels') ?? []).map(String);

function fill(list: HTMLSelectElement, texts: string[]): void {
  if (list.dataset.texts === texts.join('\0')) return;
  list.dataset.texts = texts.join('\0');
  list.replaceChildren(...texts.map(text => element('option', '', {}, text)));
}

/** `Dropdown` and `Select`: one of several. */
function one(kind: string, rows: (model: Model) => number): Maker {
  return (model, page) => {
    const list = element('select', '', { autocomplete: 'off' });
    const whole = described(model, page, kind, list);
    list.addEventListener('change', () => model.set({ index: list.selectedIndex < 0 ? null : list.selectedIndex }));
    return follow(model, whole.el, () => {
      whole.update();
      fill(list, labels(model));
      if (rows(model) > 1) list.size = rows(model);
      list.selectedIndex = model.get('index') ?? -1;
      enable(model, list);
    });
  };
}

const several: Maker = (model, page) => {
  const list = element('select', '', { multiple: '', autocomplete: 'off' });
  const whole = described(model, page, 'widget-select widget-select-multiple', list);
  list.addEventListener('change', () => {
    model.set({ index: [...list.options].flatMap((option, index) => (option.selected ? [index] : [])) });
  });
  return follow(model, whole.el, () => {
    whole.update();
    fill(list, labels(model));
    list.size = model.get('rows') || 5;
    const chosen = new Set(model.get<number[]>('index') ?? []);
    [...list.options].forEach((option, index) => (option.selected = chosen.has(index)));
    enable(model, list);
  });
};

/** `RadioButtons` and `ToggleButtons`: all choices in view. Arrow keys move, as in every group of radio buttons. */
function shown(kind: string): Maker {
  return (model, page) => {
    const group = element('div', 'widget-choices', { role: 'radiogroup' });
    const whole = described(model, page, kind, group);
    const name = newId();
    let faces = '';
    return follow(model, whole.el, () => {
      whole.update();
      if (!model.get('description')) group.setAttribute('aria-label', page.text('choice'));
      const wanted = JSON.stringify([labels(model), model.get('tooltips'), model.get('icons')]);
      if (faces !== wanted) {
        faces = wanted;
        group.replaceChildren(...labels(model).map((text, index) => choice(model, name, text, index)));
      }
      const width = model.refer(model.get('style'))?.get<string>('button_width');
      for (const words of group.querySelectorAll<HTMLElement>('.widget-choice > span')) words.style.width = width ?? '';
      tone(group, model.get('button_style'));
      group.classList.toggle('widget-in-a-row', model.get('orientation') === 'horizontal');
      const fields = [...group.querySelectorAll('input')];
      fields.forEach((field, index) => (field.checked = index === model.get('index')));
      enable(model, ...fields);
    });
  };
}

function choice(model: Model, name: string, text: string, index: number): HTMLElement {
  const field = element('input', '', { type: 'radio', name, autocomplete: 'off' });
  field.addEventListener('change', () => field.checked && model.set({ index }));
  const tip = model.get<string[]>('tooltips')?.[index];
  const words = element('span');
  face(model, words, model.get<string[]>('icons')?.[index], text);
  return element('label', 'widget-choice', tip ? { title: tip } : {}, field, words);
}

/** A slider over a list of texts. */
const along: Maker = (model, page) => {
  const handle = element('input', '', { type: 'range', min: '0', step: '1', autocomplete: 'off' });
  const track = element('div', 'slider-container', {}, handle);
  const readout = element('output', 'widget-readout');
  const whole = described(model, page, 'widget-slider widget-hslider', handle, track, readout);
  const show = () => {
    const text = labels(model)[Number(handle.value)] ?? '';
    readout.textContent = text;
    handle.setAttribute('aria-valuetext', text);
    handle.style.setProperty('--at', `${(100 * Number(handle.value)) / (Number(handle.max) || 1)}%`);
  };
  const tell = () => Number(handle.value) !== model.get('index') && model.set({ index: Number(handle.value) });
  handle.addEventListener('input', () => (show(), model.get('continuous_update') !== false && tell()));
  handle.addEventListener('change', () => (show(), tell()));
  return follow(model, whole.el, () => {
    whole.update();
    Object.assign(handle, { max: labels(model).length - 1, value: model.get('index') ?? 0 });
    upright(model, whole.el, handle);
    track.classList.toggle('widget-drag-only', !takesPresses(model));
    readout.hidden = model.get('readout') === false;
    enable(model, handle);
    show();
  });
};

/** Two ends of a list of texts. */
const between = range({
  key: 'index', words: (model, place) => labels(model)[place] ?? '', bounds: model => ({ min: 0, max: Math.max(0, labels(model).length - 1), step: 1 })
});

const checkbox: Maker = (model, page) => {
  const field = element('input', '', { type: 'checkbox', autocomplete: 'off' });
  const text = element('span');
  const whole = element('div', 'widget-inline-hbox widget-checkbox', {}, element('label', 'widget-label-basic', {}, field, text));
  field.addEventListener('change', () => model.set({ value: field.checked }));
  return follow(model, whole, () => {
    wording(model, text, page);
    if (!text.textContent) field.setAttribute('aria-label', model.get('tooltip') || 'Checkbox');
    whole.classList.toggle('widget-indent', model.get('indent') !== false);
    field.checked = Boolean(model.get('value'));
    enable(model, field);
  });
};

const toggle: Maker = model => {
  const button = element('button', 'widget-toggle-button jupyter-button', { type: 'button' });
  button.addEventListener('click', () => model.set({ value: !model.get('value') }));
  return follow(model, button, () => {
    face(model, button, model.get('icon'), model.get('description') ?? '');
    button.setAttribute('aria-pressed', String(Boolean(model.get('value'))));
    tone(button, model.get('button_style'));
    enable(model, button);
  });
};

const TONES = ['primary', 'success', 'info', 'warning', 'danger'];

export function tone(button: HTMLElement, style: string | undefined): void {
  for (const each of TONES) button.classList.toggle(`mod-${each}`, each === style);
}

const push: Maker = (model, page) => {
  if (model.get('sandbox_file')) return offer(model, page);
  const button = element('button', 'widget-button jupyter-button', { type: 'button' });
  button.addEventListener('click', () => model.send({ event: 'click' }));
  return follow(model, button, () => {
    face(model, button, model.get('icon'), model.get('description') ?? '');
    tone(button, model.get('button_style'));
    enable(model, button);
  });
};

const valid: Maker = (model, page) => {
  const sign = element('output', 'widget-valid-sign');
  const whole = described(model, page, 'widget-valid', sign);
  return follow(model, whole.el, () => {
    whole.update();
    const good = Boolean(model.get('value'));
    sign.textContent = good ? '✓' : `✗ ${model.get('readout') ?? ''}`;
    whole.el.classList.toggle('mod-valid', good);
    whole.el.classList.toggle('mod-invalid', !good);
  });
};

export const choices: Record<string, Maker> = {
  DropdownModel: one('widget-dropdown', () => 1),
  SelectModel: one('widget-select', model => Math.max(2, model.get('rows') ?? 5)),
  SelectMultipleModel: several,
  RadioButtonsModel: shown('widget-radio'),
  ToggleButtonsModel: shown('widget-toggle-buttons'),
  SelectionSliderModel: along,
  SelectionRangeSliderModel: between,
  CheckboxModel: checkbox,
  ToggleButtonModel: toggle,
  ButtonModel: push,
  ValidModel: valid
};
