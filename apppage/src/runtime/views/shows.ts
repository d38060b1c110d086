/** Widgets that only show something: text, markup, pictures, sound, and what a kernel printed. */

import { showHtml } from '../html';
import { drawOutputs, forget, type Drawn } from '../outputs';
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

/** A picture, sound or film that the kernel gave as bytes (or, if its format is `url`, as an address within the data). */
function media<K extends 'img' | 'audio' | 'video'>(name: K, kind: string): Maker {
  return model => {
    const el = element(name, kind);
    let url = '';
    const view = follow(model, el, () => {
      URL.revokeObjectURL(url);
      const { format, value, width, height } = model.state;
      url = value ? URL.createObjectURL(new Blob([value], { type: mediaType(name, format) })) : '';
      if (format === 'url' && value) el.src = new TextDecoder().decode(value);
      else el.src = url;
      if (el instanceof HTMLImageElement) el.alt = model.get('tooltip') ?? '';
      else Object.assign(el, { controls: model.get('controls') !== false, loop: model.get('loop'), autoplay: false });
      if (width) el.style.width = `${parseFloat(width)}px`;
      if (height) el.style.height = `${parseFloat(height)}px`;
    }, ['value', 'format', 'width', 'height', 'tooltip', 'controls', 'loop']);
    return { el, dispose: () => (view.dispose(), URL.revokeObjectURL(url)) };
  };
}

function mediaType(name: string, format: string | undefined): string {
  if (name === 'img') return `image/${format === 'svg' ? 'svg+xml' : format === 'jpg' ? 'jpeg' : (format ?? 'png')}`;
  return `${name}/${format === 'mp3' ? 'mpeg' : (format ?? '')}`;
}

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
  ImageModel: media('img', 'widget-image'),
  AudioModel: media('audio', 'widget-audio'),
  VideoModel: media('video', 'widget-video'),
  OutputModel: output
};

