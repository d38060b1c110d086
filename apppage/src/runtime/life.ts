/** What happens to the page as a whole: notices, a kernel that is gone, leaving, a word to screen readers. */

import type { Connection, Ending } from './connection';

const LOOK_EVERY_MS = 10_000; // also how soon a newer version is told
const SHOW_LOSS_AFTER_MS = 700; // a loss that is mended at once is nobody's concern
const SAY_AFTER_MS = 600;
const WORK_AFTER_MS = 500; // what is answered at once needs no word
const ENDS: readonly Kind[] = ['gone', 'closed', 'expired'];
const NUMBER_LENGTH = 13; // of a kernel's id: no two alike in any log
const REOPENED = '#reopened';

type Kind = Ending | 'failed' | 'newer' | 'reopened' | 'mistake' | '';

export class Life {
  private shown: Kind = '';
  private timer = 0;
  private saying = 0;
  private work = 0;
  private wasLost = false;
  private told = false;
  private mistaken = false;
  connection?: Connection;

  constructor(private readonly texts: Record<string, string>) {}

  begin(connection: Connection): void {
    this.connection = connection;
    setInterval(() => document.hidden || void this.look(), LOOK_EVERY_MS);
    addEventListener('online', () => void this.look());
    addEventListener('offline', () => connection.doubt());
    document.addEventListener('visibilitychange', () => document.hidden || void this.look());
    addEventListener('pagehide', event => {
      if (!event.persisted) connection.sayClosed();
    });
    // Kept in the address: an origin of its own has no storage, and its history forgets.
    if (location.hash === REOPENED) {
      this.notice('reopened');
      history.replaceState(null, '', location.pathname + location.search);
    }
  }

  /** The page is complete and alive. */
  ready(): void {
    document.body.classList.add('sb-ready');
    document.getElementById('sb-loading')?.remove();
    this.tellWhenAnswering();
  }

  /** Say once after how long the page is there and its kernel answers. A page that was brought back from memory was. */
  private tellWhenAnswering(): void {
    if (!this.connection!.isReady || this.told || !document.body.classList.contains('sb-ready')) return;
    this.told = true;
    this.connection!.sayReady(Math.max(1, Math.round(performance.now())));
  }

  /** The kernel answers. */
  answering(): void {
    this.back();
    this.tellWhenAnswering();
  }

  /** The kernel calculates: what is shown is not yet the answer to what was entered. */
  working(busy: boolean): void {
    if (busy && !this.work) this.work = window.setTimeout(() => this.showWork(true), WORK_AFTER_MS);
    if (busy || !this.work) return;
    clearTimeout(this.work);
    this.work = 0;
    this.showWork(false);
  }

  /** The kernel is done with one thing that it was told; what is asked faster than it answers never leaves it idle. */
  finished(): void {
    if (!this.mistaken && this.shown === 'mistake') this.notice('');
    this.mistaken = false;
  }

  private showWork(busy: boolean): void {
    document.getElementById('sb-working')!.hidden = !busy;
    document.getElementById('rendered_cells')?.setAttribute('aria-busy', String(busy));
  }

  /** The app's code failed at what was asked of it, and shows nothing of that itself. */
  mistake(): void {
    this.mistaken = true;
    if (!this.shown) this.notice('mistake');
  }

  ended(why: Ending): void {
    if (ENDS.includes(this.shown)) return;
    if (why === 'lost') {
      if (!this.timer) this.timer = window.setTimeout(() => ((this.wasLost = true), this.notice('lost')), SHOW_LOSS_AFTER_MS);
      return;
    }
    // After a loss that outlasted the kernel, the app is opened anew; a kernel that ended before everybody's eyes waits
    // for its viewer, who may want to read or copy what is there.
    if (why === 'gone' && this.wasLost && !this.editing()) {
      history.replaceState(null, '', REOPENED);
      location.reload();
      return;
    }
    clearTimeout(this.timer);
    this.notice(why);
  }

  back(): void {
    clearTimeout(this.timer);
    this.timer = 0;
    this.wasLost = false;
    if (this.shown === 'lost') this.notice('');
  }

  /** Tell a screen reader once, when a change has settled, that results have followed. */
  followed(): void {
    clearTimeout(this.saying);
    this.saying = window.setTimeout(() => {
      const place = document.getElementById('sb-said')!;
      place.textContent = '';
      requestAnimationFrame(() => (place.textContent = this.texts.followed));
    }, SAY_AFTER_MS);
  }

  failed(): void {
    this.notice('failed');
  }

  private async look(): Promise<void> {
    const model = await this.connection!.check();
    if (model?.newer && (!this.shown || this.shown === 'mistake')) this.notice('newer');
  }

  private editing(): boolean {
    return document.activeElement instanceof HTMLElement && document.activeElement.matches('textarea, input[type=text]');
  }

  private notice(kind: Kind): void {
    const box = document.getElementById('sb-notice')!;
    this.shown = kind;
    box.hidden = !kind;
    document.body.classList.toggle('sb-stopped', [...ENDS, 'lost', 'failed'].includes(kind));
    if (!kind) return;
    if (ENDS.includes(kind)) stop();
    box.querySelector('span')!.textContent = this.texts[kind];
    // The log names the kernel in each of its lines.
    const number = box.querySelector<HTMLElement>('.sb-number')!;
    number.hidden = ![...ENDS, 'failed', 'reopened', 'mistake'].includes(kind);
    number.querySelector('b')!.textContent = this.connection!.kernel.slice(0, NUMBER_LENGTH);
    box.querySelector<HTMLElement>('.sb-again')!.hidden = !['gone', 'failed'].includes(kind);
    document.getElementById('sb-loading')?.remove();
  }
}

const TYPED = /^(?:text|textarea|search|number|date|time|datetime-local|password)$/;

/** Nobody answers any more: a control that still moved would stand beside an answer to something else. */
function stop(): void {
  for (const field of document.querySelectorAll<HTMLInputElement>('#rendered_cells :is(input, textarea, select, button:not([role=tab]))')) {
    if (TYPED.test(field.type)) field.readOnly = true; // what was typed can still be copied
    else field.disabled = true;
  }
}
