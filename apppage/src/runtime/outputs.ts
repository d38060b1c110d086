/** What a kernel printed or displayed, drawn; and `Output` widgets, which catch it. */

import { showHtml, showMade } from './html';
import type { Model, Models } from './models';
import { chart } from './views/charts';
import { arrange, element, type Page, type View } from './views/view';
import type { Json, Message } from './wire';

const KINDS = new Set(['stream', 'display_data', 'execute_result', 'error']);
const PICTURES = ['image/png', 'image/jpeg', 'image/gif', 'image/webp'];
const WIDGET = 'application/vnd.jupyter.widget-view+json';
const CHART = /^application\/vnd\.(plotly|vega|vegalite)\.v\d[+.]json$/;
const TOO_OLD = /vega\.v[1-4]|vegalite\.v[12]/;
const MOST_OUTPUTS = 2000;

const joined = (source: unknown) => (Array.isArray(source) ? source.join('') : String(source ?? ''));

/** An output as it stands in the page. */
export interface Drawn {
  output: Json;
  nodes: Element[];
  views: View[];
}

/** Draw `outputs` into `place`. Those that were drawn `before` stay untouched: a frame that is moved begins anew. */
export function drawOutputs(place: HTMLElement, outputs: Json[], page: Page, before: Drawn[] = []): Drawn[] {
  const known = new Map(before.map(each => [each.output, each]));
  const drawn = outputs.map(output => known.get(output) ?? drawOne(output, page));
  const kept = new Set(drawn);
  forget(before.filter(each => !kept.has(each)));
  arrange(place, drawn.flatMap(each => each.nodes));
  return drawn;
}

export function forget(drawn: Drawn[]): void {
  for (const each of drawn) each.views.forEach(view => view.dispose());
}

function drawOne(output: Json, page: Page): Drawn {
  const views: View[] = [];
  return { output, nodes: draw(output, page, views), views };
}

function draw(output: Json, page: Page, views: View[]): Element[] {
  if (output.output_type === 'stream') return output.name === 'stderr' ? [] : [element('pre', 'sb-text', {}, joined(output.text))];
  if (output.output_type === 'error') return [element('p', 'sb-cell-failed', {}, page.text('step_failed'))];
  const data: Json = output.data ?? {};
  if (data[WIDGET]) {
    const view = page.view({ id: data[WIDGET].model_id } as Model);
    views.push(view);
    return [view.el];
  }
  const kind = Object.keys(data).find(type => CHART.test(type));
  if (kind) {
    const view = chart(data[kind], TOO_OLD.test(kind) ? '' : CHART.exec(kind)![1], page);
    views.push(view);
    return [view.el];
  }
  if (data['text/html']) return [html(joined(data['text/html']), page)];
  if (data['image/svg+xml']) return [html(joined(data['image/svg+xml']), page)];
  if (data['text/markdown']) return [written('markdown', joined(data['text/markdown']), page)];
  const picture = PICTURES.find(type => data[type]);
  if (picture) {
    const alt = joined(data['text/plain']).startsWith('<') ? '' : joined(data['text/plain']);
    return [element('img', '', { src: `data:${picture};base64,${joined(data[picture]).replace(/\s/g, '')}`, alt })];
  }
  if (data['text/latex']) return [written('latex', joined(data['text/latex']), page)];
  if ('application/json' in data) return [element('pre', 'sb-text', {}, JSON.stringify(data['application/json'], null, 2))];
  return data['text/plain'] ? [element('pre', 'sb-text', {}, joined(data['text/plain']))] : [];
}

/** What the server draws, and has sent along if it stands there from the start; as it was written, if it does not. */
function written(kind: string, source: string, page: Page): HTMLElement {
  const made = element('div', 'sb-html');
  const sent = page.made(kind, source);
  if (sent !== undefined) showMade(made, sent);
  else page.markup(kind, source).then(html => showMade(made, html), () => made.append(element('pre', 'sb-text', {}, source)));
  return made;
}

function html(source: string, page: Page): HTMLElement {
  const made = element('div', 'sb-html');
  showHtml(made, source);
  return waits(made, source) ? element('p', 'sb-cell-failed', {}, page.text('unknown')) : made;
}

/** Whether nothing is shown but a place that a script would have filled; the server says the same (`cells.py`). */
function waits(made: HTMLElement, source: string): boolean {
  if (!/<script/i.test(source) || !made.querySelector('[id]') || made.querySelector('img, svg, table')) return false;
  return ![...made.children].some(part => part.localName !== 'style' && part.textContent!.trim());
}

/** Gives what the kernel publishes to the `Output` widget that asked for it, by the message it answers. */
export class Catching {
  private readonly catchers = new Map<string, Model[]>();
  private readonly clearing = new Set<Model>();
  private readonly all = new Set<Model>();
  private readonly inside = new WeakMap<Element, Drawn[]>();

  constructor(models: Models, private readonly page: Page) {
    models.closed.add(model => this.all.delete(model));
    models.appeared.add(model => {
      if (model.name !== 'OutputModel') return;
      this.all.add(model);
      let asked = '';
      const ask = () => {
        this.forget(asked, model);
        asked = model.get('msg_id') ?? '';
        if (asked) this.catchers.set(asked, [...(this.catchers.get(asked) ?? []), model]);
      };
      ask();
      model.changed.add(keys => keys.has('msg_id') && ask());
    });
  }

  /** Whether an `Output` widget took the message. */
  take(message: Message): boolean {
    if (message.header.msg_type === 'update_display_data') return this.change(message.content);
    const model = this.catchers.get(message.parent_header.msg_id ?? '')?.at(-1);
    if (!model || message.channel !== 'iopub') return false;
    const { header: { msg_type: type }, content } = message;
    if (type === 'clear_output') {
      if (content.wait) this.clearing.add(model);
      else model.set({ outputs: [] });
      return true;
    }
    if (!KINDS.has(type)) return false;
    const before = this.clearing.delete(model) ? [] : (model.get<Json[]>('outputs') ?? []);
    model.set({ outputs: added(before, { output_type: type, ...content }).slice(-MOST_OUTPUTS) });
    return true;
  }

  /** What `display(…, display_id=…)` shows, wherever it is shown, becomes something else. */
  private change({ data, metadata, transient }: Json): boolean {
    const id = transient?.display_id;
    if (!id) return true;
    for (const model of this.all) {
      const outputs = model.get<Json[]>('outputs') ?? [];
      if (!outputs.some(output => displayOf(output) === id)) continue;
      model.set({ outputs: outputs.map(output => (displayOf(output) === id ? { ...output, data, metadata, transient } : output)) });
    }
    for (const place of document.querySelectorAll<HTMLElement>('[data-sandbox-display]')) {
      if (place.dataset.sandboxDisplay !== id) continue;
      this.inside.set(place, drawOutputs(place, [{ output_type: 'display_data', data, metadata }], this.page, this.inside.get(place)));
    }
    return true;
  }

  private forget(asked: string, model: Model): void {
    const left = this.catchers.get(asked)?.filter(each => each !== model);
    if (left?.length) this.catchers.set(asked, left);
    else this.catchers.delete(asked);
  }
}

const displayOf = (output: Json) => output.transient?.display_id ?? output.metadata?.sandbox_display;

function added(outputs: Json[], output: Json): Json[] {
  const last = outputs.at(-1);
  if (output.output_type !== 'stream' || last?.output_type !== 'stream' || last.name !== output.name) return [...outputs, output];
  return [...outputs.slice(0, -1), { ...last, text: joined(last.text) + joined(output.text) }];
}
