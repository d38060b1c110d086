/**
 * Charts that a script of the environment draws (plotly): the figure is the app author's, and the script has had holes,
 * so both get a frame without an origin, like a widget's own script. The script is fetched once for all charts.
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
  addEventListener('message', async ({ data: { script, nonce, figure }, ports: [port] }) => {
    try {
      document.head.append(Object.assign(document.createElement('script'), { nonce, textContent: script }));
      const el = document.body.appendChild(document.createElement('div'));
      const { width, ...layout } = figure.layout || {};
      if (width && width <= innerWidth) layout.width = width;
      el.style.height = (layout.height || 450) + 'px';
      new ResizeObserver(() => port.postMessage({ height: document.documentElement.offsetHeight })).observe(document.documentElement);
      await Plotly.newPlot(el, figure.data || [], layout, { ...figure.config, responsive: true, displaylogo: false });
      if (figure.frames) await Plotly.addFrames(el, figure.frames);
      port.postMessage({ drawn: true });
    } catch { port.postMessage({ failed: true }); }
  }, { once: true });
}`;

/** A chart (its figure, or the JSON of it), or in words why there is none. */
export function chart(given: unknown, name: string, page: Page): View {
  const address = page.script(name);
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
  const inside = frame(title(figure) || page.text('chart'), guest);
  const { port1: port, port2 } = new MessageChannel();
  const failed = () => el.replaceChildren(sorry('unknown'));
  inside.onload = async () => {
    inside.onload = null;
    try {
      inside.contentWindow!.postMessage({ script: await scriptText(address), nonce, figure }, '*', [port2]);
    } catch {
      failed();
    }
  };
  port.onmessage = ({ data }) => {
    if (data.failed) failed();
    else if (data.drawn) el.removeAttribute('aria-busy');
    else if (typeof data.height === 'number') inside.style.height = `${Math.min(MOST_HEIGHT, Math.max(0, Math.ceil(data.height)))}px`;
  };
  el.append(inside);
  return { el, dispose: () => port.close() };
}

function title(figure: any): string {
  const text = figure?.layout?.title?.text ?? figure?.layout?.title;
  return typeof text === 'string' ? text.replace(/<[^>]*>/g, '').slice(0, 200) : '';
}
