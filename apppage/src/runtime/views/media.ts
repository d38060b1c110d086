/** Pictures, sound and films that the kernel gives as bytes or, if their format is `url`, as an address. */

import type { Model } from '../models';
import { element, follow, type Maker, type Page } from './view';

type Medium = HTMLImageElement | HTMLAudioElement | HTMLVideoElement;
const STARTS_MS = 500; // by then a browser that lets a film start by itself has started it

/** A page loads nothing, not even from its own server, which serves no files: an address must be the data itself. */
const isData = (address: string, kind: string) => address.toLowerCase().startsWith(`data:${kind}/`);

/** What a medium shows, and in its place words when it cannot be shown. */
class Source {
  private value: unknown;
  private format = '';
  private blob = '';

  constructor(private readonly el: Medium, private readonly kind: string, private readonly said: HTMLElement, private readonly page: Page) {
    el.addEventListener('error', () => el.hasAttribute('src') && this.sorry('undrawable'));
  }

  /** What is the same stays as it is: a film would begin anew. */
  show(value: any, format: string): void {
    if (value === this.value && format === this.format) return;
    [this.value, this.format] = [value, format];
    this.forget();
    this.sorry('');
    this.el.removeAttribute('src');
    if (!value?.byteLength) return;
    if (format === 'url') {
      const address = new TextDecoder().decode(value).trim();
      if (isData(address, this.kind)) this.el.src = address;
      else this.sorry('elsewhere');
    } else this.el.src = this.blob = URL.createObjectURL(new Blob([value], { type: mediaType(this.kind, format) }));
  }

  forget(): void {
    URL.revokeObjectURL(this.blob);
  }

  private sorry(why: string): void {
    this.said.textContent = why && this.page.text(why);
    this.said.hidden = !why;
    this.el.hidden = Boolean(why);
  }
}

function medium(make: () => Medium, kind: string): Maker {
  return (model, page) => {
    const el = make();
    const said = element('p', 'sb-cell-failed');
    const whole = element('span', 'sb-media', {}, el, said);
    const source = new Source(el, kind, said, page);
    if (!(el instanceof HTMLImageElement)) el.addEventListener('canplaythrough', () => setTimeout(() => startable(el), STARTS_MS));
    const view = follow(model, el, () => {
      if (el instanceof HTMLImageElement) el.alt = model.get('tooltip') ?? '';
      else play(model, el);
      size(model, el);
      source.show(model.get('value'), model.get('format') ?? '');
    });
    return { el: whole, dispose: () => (view.dispose(), source.forget()) };
  };
}

/** As its app wants it; whoever asked their system for less motion starts films by hand. */
function play(model: Model, el: HTMLMediaElement): void {
  const calm = el instanceof HTMLVideoElement && matchMedia('(prefers-reduced-motion: reduce)').matches;
  const starts = Boolean(model.get('autoplay'));
  el.loop = Boolean(model.get('loop'));
  el.autoplay = starts && !calm;
  el.controls = Boolean(model.get('controls')) || (starts && calm);
}

/** Browsers refuse sound that nobody asked for. What was to start by itself and has no controls gets some. */
function startable(el: HTMLMediaElement): void {
  if (el.autoplay && el.paused && !el.ended) el.controls = true;
}

/** Pixels or per cent; a layout has the last word. */
function size(model: Model, el: Medium): void {
  const layout = model.refer(model.get('layout'));
  for (const side of ['width', 'height'] as const) {
    const given = /^\s*(\d+(?:\.\d+)?)\s*(px|%)?\s*$/.exec(String(model.get(side) ?? ''));
    if (!layout?.get(side)) el.style[side] = given ? `${given[1]}${given[2] ?? 'px'}` : '';
  }
}

function mediaType(kind: string, format: string): string {
  const names: Record<string, string> = { svg: 'svg+xml', jpg: 'jpeg', mp3: 'mpeg' };
  return `${kind}/${names[format] ?? (format || 'png')}`;
}

export const media: Record<string, Maker> = {
  ImageModel: medium(() => element('img', 'widget-image'), 'image'),
  AudioModel: medium(() => element('audio', 'widget-audio'), 'audio'),
  VideoModel: medium(() => element('video', 'widget-video'), 'video')
};
