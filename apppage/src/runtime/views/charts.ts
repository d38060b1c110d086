/**
 * Charts that a large script draws (plotly's, or ours with Vega): the figure is the app author's, and such scripts have
 * had holes, so both get a frame without an origin, like a widget's own script. Each script is fetched once for all charts.
 */

import { element, type Page, type View } from './view';
import { frame, MOST_HEIGHT, nonce } from './frames';

const fetched = new Map<string, Promise<string>>();

/** The text of a script at `address`. */
export function scriptText(address: string): Promise<string> {
  let text = fetched.get(address);
  if (!text) {
    text = fetch(address, { credentials: 'omit' }).then(answer => (answer.ok ? answer.text() : Promise.reject(new Error())));
    text.catch(() => fetched.delete(address));
    fetched.set(address, text);
  }
  return text;
}

/** Written out into the frame as text: it must use nothing from outside itself. */
const guest = `function () {
  addEventListener('message', async ({ data: { script, nonce, asked }, ports: [port] }) => {
    try {
      document.head.append(Object.assign(document.createElement('script'), { nonce, textContent: script }));
      const el = document.body.appendChild(document.createElement('div'));
      new ResizeObserver(() => port.postMessage({ height: document.documentElement.offsetHeight })).observe(document.documentElement);
      if (globalThis.sandboxVega) await sandboxVega.chart(el, asked, () => port.postMessage({ lacks: true }));
      else {
        const { layout: { width, ...layout } = {}, data, config, frames } = asked.figure;
        if (width && width <= innerWidth) layout.width = width;
        el.style.height = (layout.height || 450) + 'px';
        await Plotly.newPlot(el, data || [], layout, { ...config, responsive: true, displaylogo: false });
        if (frames) await Plotly.addFrames(el, frames);
      }
      port.postMessage({ drawn: true });
    } catch (problem) { port.postMessage({ failed: problem && problem.context ? 'not_loaded' : 'unknown' }); }
  }, { once: true });
}`;

/** A chart (its figure, or the JSON of it) of a `kind`, or in words why there is none. */
export function chart(given: unknown, kind: string, page: Page): View {
  const address = page.script(kind === 'vegalite' ? 'vega' : kind);
  const sorry = (why: string) => element('p', 'sb-cell-failed', {}, page.text(why));
  if (!address) return { el: sorry('no_renderer'), dispose: () => undefined };
  let figure: any = given;
  try {
    if (typeof given === 'string') figure = JSON.parse(given);
  } catch {
    figure = null; // such as a number that JSON does not know
  }
  if (!figure || typeof figure !== 'object') return { el: sorry('unknown'), dispose: () => undefined };
  const el = element('div', 'sb-chart', { 'aria-busy': 'true' });
  const name = title(figure) || page.text('chart');
  const inside = frame(name, guest);
  const { port1: port, port2 } = new MessageChannel();
  const failed = (why = 'unknown') => {
    el.removeAttribute('aria-busy');
    el.replaceChildren(sorry(why));
  };
  inside.onload = async () => {
    inside.onload = null;
    try {
      inside.contentWindow!.postMessage({ script: await scriptText(address), nonce, asked: { figure, kind, name } }, '*', [port2]);
    } catch {
      failed();
    }
  };
  port.onmessage = ({ data }) => {
    if (data.failed) failed(data.failed);
    else if (data.lacks && el.childElementCount === 1) el.append(sorry('not_loaded'));
    else if (data.drawn) el.removeAttribute('aria-busy');
    else if (typeof data.height === 'number') inside.style.height = `${Math.min(MOST_HEIGHT, Math.max(0, Math.ceil(data.height)))}px`;
  };
  el.append(inside);
  return { el, dispose: () => port.close() };
}

/** What a figure of plotly's, or a specification of Vega's, calls itself. */
export function title(figure: any): string {
  const given = figure?.layout?.title ?? figure?.title;
  const text = [given?.text ?? given ?? figure?.description].flat().filter(line => typeof line === 'string').join(' ');
  return text.replace(/<[^>]*>/g, '').slice(0, 200);
}
