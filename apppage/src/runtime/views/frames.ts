/**
 * Widgets that bring their own script (anywidget). It is the app author's, so it gets a frame with an origin of its own:
 * it sees its widget's values and nothing else, no cookie, no storage, not this page, not the app server.
 */

import type { Model } from '../models';
import { element, follow, type Maker, type Page } from './view';
import { scriptText, title } from './charts';
import { guest } from './guest';

export const nonce = (document.currentScript as HTMLScriptElement | null)?.nonce ?? '';
export const MOST_HEIGHT = 4000;

const FONT = getComputedStyle(document.documentElement).getPropertyValue('--sans');

export function frame(title: string, program: string): HTMLIFrameElement {
  const style = `body{margin:0;font:15px/1.6 ${FONT};color:#1e2a2a;overflow-x:auto}`;
  const made = element('iframe', 'sb-frame', { sandbox: 'allow-scripts allow-downloads', title });
  // The page's policy holds in the frame as well; the nonce lets our own script start there.
  made.srcdoc = `<!DOCTYPE html><html lang="${document.documentElement.lang}"><meta charset="utf-8"><style>${style.replaceAll('<', '')}</style><body><script nonce="${nonce}">(${program})()</script>`;
  return made;
}

/** How altair's widget fetches what draws it; here it gets that from us. */
const EMBED = /^import vegaEmbed from "[^"]*\/vega-embed[^"]*";\s*import lodashDebounce from "[^"]*";/;

/** What a widget is, which its script does not change; its values may well have names of this kind. */
const OWN = /^_(?:esm|css|anywidget|model|view|dom|property)/;

export const anyWidget: Maker = (model, page) => {
  const el = element('div', 'widget-frame');
  const inside = frame(name(model, page), guest);
  el.append(inside);
  const { port1: port, port2 } = new MessageChannel();
  let told: Record<string, unknown> = {};
  inside.onload = async () => {
    inside.onload = null; // once: whatever else the frame may load gets nothing
    const { _esm: own, _css: css } = model.state;
    // A script that many apps bring stands in the page by its name only.
    const fetched = (name: string) => scriptText(page.script(name) ?? '').catch(() => '');
    let esm = typeof own === 'string' ? own : await fetched(own?.script);
    const script = EMBED.test(esm) ? await fetched('vega') : '';
    if (script) esm = esm.replace(EMBED, 'const { embed: vegaEmbed, debounce: lodashDebounce } = sandboxVega;');
    inside.contentWindow?.postMessage({ script, nonce, esm, css, state: values(model) }, '*', [port2]);
  };
  port.onmessage = ({ data }) => {
    if (data.failed) el.replaceChildren(element('p', 'sb-cell-failed', {}, page.text('unknown')));
    else if (typeof data.height === 'number') inside.style.height = `${Math.min(MOST_HEIGHT, Math.max(0, Math.ceil(data.height)))}px`;
    else if (data.save && typeof data.save === 'object') {
      told = data.save;
      model.set(Object.fromEntries(Object.entries(data.save).filter(([key]) => !OWN.test(key))));
      told = {};
    } else if ('send' in data) model.send(data.send, data.buffers ?? []);
  };
  const custom = (content: unknown, buffers: DataView[]) => port.postMessage({ custom: content, buffers });
  const changed = (keys: ReadonlySet<string>) => {
    const news = [...keys].filter(key => !(key in told));
    if (news.length) port.postMessage({ changed: Object.fromEntries(news.map(key => [key, model.get(key)])) });
  };
  model.custom.add(custom);
  model.changed.add(changed);
  const view = follow(model, el, () => undefined);
  return {
    el,
    dispose() {
      model.custom.delete(custom);
      model.changed.delete(changed);
      port.close();
      view.dispose();
    }
  };
};

/** The widget's values as they can be handed to another origin. */
function values(model: Model): Record<string, unknown> {
  const { _esm, _css, layout, ...rest } = model.state;
  return rest;
}

function name(model: Model, page: Page): string {
  const id = String(model.get('_anywidget_id') ?? '');
  return model.get('tooltip') || title(model.get('spec')) || id.split('.').at(-1) || page.text('choice');
}
