/** What a kernel printed or displayed, drawn; and `Output` widgets, which catch it. */

import { showHtml } from './html';
import type { Model, Models } from './models';
import { chart } from './views/charts';
import { element, type Page, type View } from './views/view';
import type { Json, Message } from './wire';

const KINDS = new Set(['stream', 'display_data', 'execute_result', 'error']);
const PICTURES = ['image/png', 'image/jpeg', 'image/gif', 'image/webp'];
const WIDGET = 'application/vnd.jupyter.widget-view+json';
const CHART = /^application\/vnd\.(?:plotly|vega|vegalite)\.v\d\+json$/;
const MOST_OUTPUTS = 2000;

const joined = (source: unknown) => (Array.isArray(source) ? source.join('') : String(source ?? ''));

/** Draw `outputs` into `place`; returns the widget views within. */
export function drawOutputs(place: HTMLElement, outputs: Json[], page: Page): View[] {
  const views: View[] = [];
  place.replaceChildren(...outputs.flatMap(output => draw(output, page, views)));
  return views;
}

function draw(output: Json, page: Page, views: View[]): Node[] {
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
    const view = chart(data[kind], kind.includes('plotly') ? 'plotly' : '', page);
    views.push(view);
    return [view.el];
  }
  if (data['text/html']) return [html(joined(data['text/html']), page)];
  if (data['image/svg+xml']) return [html(joined(data['image/svg+xml']), page)];
  const picture = PICTURES.find(type => data[type]);
  if (picture) {
    const alt = joined(data['text/plain']).startsWith('<') ? '' : joined(data['text/plain']);
    return [element('img', '', { src: `data:${picture};base64,${joined(data[picture]).replace(/\s/g, '')}`, alt })];
  }
  return data['text/plain'] ? [element('pre', 'sb-text', {}, joined(data['text/plain']))] : [];
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

  constructor(models: Models) {
    models.appeared.add(model => {
      if (model.name !== 'OutputModel') return;
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

  private forget(asked: string, model: Model): void {
    const left = this.catchers.get(asked)?.filter(each => each !== model);
    if (left?.length) this.catchers.set(asked, left);
    else this.catchers.delete(asked);
  }
}

function added(outputs: Json[], output: Json): Json[] {
  const last = outputs.at(-1);
  if (output.output_type !== 'stream' || last?.output_type !== 'stream' || last.name !== output.name) return [...outputs, output];
  return [...outputs.slice(0, -1), { ...last, text: joined(last.text) + joined(output.text) }];
}
