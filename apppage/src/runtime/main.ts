/**
 * The page's own script, inlined: opens the kernel's websocket at once, and makes native controls of the widgets whose
 * states stand in the page, before the first paint. What is done with them meanwhile waits for the kernel.
 */

import { Connection } from './connection';
import { followGamepads } from './gamepads';
import { chooseAgain, keepChoices } from './kept';
import { Life } from './life';
import { followLinks } from './links';
import { Models, type Model } from './models';
import { Catching } from './outputs';
import { boxes } from './views/boxes';
import { chart } from './views/charts';
import { choices } from './views/choices';
import { anyWidget } from './views/frames';
import { gamepads } from './views/gamepads';
import { numbers } from './views/numbers';
import { shows } from './views/shows';
import { texts } from './views/texts';
import { element, type Maker, type Page, type View } from './views/view';

const MAKERS: Record<string, Maker> = { ...numbers, ...choices, ...texts, ...boxes, ...shows, ...gamepads };
const OURS = /^@jupyter-widgets\/(?:base|controls|output)$/;

interface Facts {
  kernelId: string;
  key: string;
  base: string;
  texts: Record<string, string>;
  scripts: Record<string, string>;
}

class AppPage implements Page {
  private readonly life: Life;
  private readonly models: Models;
  private readonly catching: Catching;
  private readonly connection: Connection;
  private readonly sent = new Map<string, string>();
  private readonly fetched = new Map<string, Promise<string>>();
  private readonly shown = new Set<Model>();
  private making: Promise<unknown> = Promise.resolve();

  constructor(private readonly facts: Facts) {
    this.life = new Life(facts.texts);
    this.connection = new Connection(facts.base, facts.kernelId, facts.key, {
      message: message => {
        if (this.catching.take(message)) return;
        if (message.header.msg_type === 'error') this.life.mistake();
        else this.models.handle(message);
      },
      ready: again => {
        this.life.answering();
        if (again) this.models.refresh();
        else for (const model of this.models.values()) model.resend();
      },
      working: busy => this.life.working(busy),
      finished: () => this.life.finished(),
      ended: why => {
        if (!this.connection.isReady) this.models.hold();
        this.life.ended(why);
      }
    });
    this.models = new Models(this.connection);
    this.catching = new Catching(this.models, this);
    followLinks(this.models);
    followGamepads(this.models);
    this.models.appeared.add(model => {
      if (model.name in shows) model.changed.add(() => this.life.followed());
    });
    this.connection.open();
    this.life.begin(this.connection);
  }

  /** Everything has arrived: make the widgets and put them where their cells show them. */
  finish(): void {
    for (const [kind, source, made] of read('sandbox-made') ?? []) this.sent.set(`${kind}\n${source}`, made);
    this.models.load(read('sandbox-widgets'));
    for (const place of document.querySelectorAll<HTMLElement>('[data-sandbox-view]')) {
      place.replaceChildren(this.view({ id: place.dataset.sandboxView } as Model).el);
    }
    for (const place of document.querySelectorAll<HTMLElement>('[data-sandbox-chart]')) {
      place.replaceChildren(chart(place.querySelector('script')!.textContent!, place.dataset.sandboxChart!, this).el);
    }
    chooseAgain([...this.shown]);
    keepChoices(() => [...this.shown]);
    this.life.ready();
  }

  failed(): void {
    this.life.failed();
  }

  view(wanted: Model | undefined): View {
    const model = wanted && this.models.get(wanted.id);
    if (!model) return { el: element('div', 'sb-missing'), dispose: () => undefined };
    this.shown.add(model);
    const make = OURS.test(model.module) ? MAKERS[model.name] : undefined;
    if (make) return make(model, this);
    if (model.module === 'anywidget' && model.name === 'AnyModel') return anyWidget(model, this);
    return { el: element('p', 'sb-cell-failed', {}, this.text('unknown')), dispose: () => undefined };
  }

  made(kind: string, source: string): string | undefined {
    return this.sent.get(`${kind}\n${source}`);
  }

  /** One after the other, as the server wants them; what was made once is kept. */
  markup(kind: string, source: string): Promise<string> {
    const name = `${kind}\n${source}`;
    let made = this.fetched.get(name);
    if (!made) {
      made = this.making.then(() => this.connection.fetchMarkup(kind, source));
      this.making = made.catch(() => this.fetched.delete(name));
      this.fetched.set(name, made);
    }
    return made;
  }

  async fetchFile(modelId: string): Promise<{ name: string; file: Blob }> {
    await this.models.settled();
    return this.connection.fetchFile(modelId);
  }

  script(name: string): string | undefined {
    return Object.hasOwn(this.facts.scripts, name) ? this.facts.scripts[name] : undefined;
  }

  text(name: string): string {
    return this.facts.texts[name] ?? '';
  }
}

function read(id: string): any {
  return JSON.parse(document.getElementById(id)?.textContent ?? 'null');
}

(window as any).sandboxApp = new AppPage(read('sandbox-page'));
