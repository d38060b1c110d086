/** Widgets that only show something: text, markup, what a kernel printed; and pictures and sound. */

import { showHtml } from '../html';
import { drawOutputs, forget, type Drawn } from '../outputs';
import { media } from './media';
import { element, follow, newId, wording, write, type Maker, type Page } from './view';

function markup(kind: string, show: (place: HTMLElement, value: string, page: Page) => void): Maker {
  return (model, page) => {
    const content = element('div', 'widget-html-content', { id: newId() });
    const label = element('span', 'widget-label');
    const el = element('div', `widget-inline-hbox ${kind}`, {}, label, content);
    let shown: string | undefined;
    return follow(model, el, () => {
      label.hidden = !wording(model, label, page);
      const value = String(model.get('value') ?? '');
      if (value !== shown) show(content, (shown = value), page);
    });
  };
}

const label: Maker = (model, page) => {
  const el = element('div', 'widget-label-text');
  return follow(model, el, () => {
    const text = `${model.get('description') ? `${model.get('description')} ` : ''}${model.get('value') ?? ''}`;
    write(el, text, 'text', page);
  });
};

const output: Maker = (model, page) => {
  const el = element('div', 'widget-output');
  let inside: Drawn[] = [];
  const view = follow(model, el, () => {
    inside = drawOutputs(el, model.get('outputs') ?? [], page, inside);
  }, ['outputs']);
  return { el, dispose: () => (view.dispose(), forget(inside)) };
};

export const shows: Record<string, Maker> = {
  HTMLModel: markup('widget-html', showHtml),
  HTMLMathModel: markup('widget-htmlmath', (place, value, page) => write(place, value, 'htmlmath', page)),
  LabelModel: label,
  ...media,
  OutputModel: output
};

