/** The websocket to the page's own kernel: opened at once, queued until the kernel answers, taken up again when lost. */

import { Refusal } from './views/download';
import { decode, encode, PROTOCOL, type Bytes, type Json, type Message } from './wire';

const TOO_MUCH = 429;
const MARKUP_TRIES = 3;
/** Most bytes of a message's JSON: the server drops what is longer, without a word (`traffic.py`). */
export const MOST_JSON = 2 ** 20;
const RETRY_MS = [250, 500, 1000, 2000, 4000, 8000];

export type Ending = 'gone' | 'closed' | 'expired' | 'lost';

/** What a refusal by the kernel's address means. */
const ENDINGS: Record<number, Ending> = { 404: 'gone', 410: 'closed' };

/** What a later question would not be answered otherwise; one that came too soon or found the server in trouble would. */
const isFinal = (status: number): boolean => status < 500 && status !== TOO_MUCH;

interface Waiting {
  /** What the kernel publishes while it deals with the message. */
  output?: (message: Message) => void;
  reply?: (message: Message) => void;
  /** The kernel is done with the message. */
  done?: () => void;
}

export interface Listener {
  message(message: Message): void;
  /** The kernel answers; `again` after a loss, when what was missed has to be asked for. */
  ready(again: boolean): void;
  /** Whether the kernel still has to deal with something that it was told. */
  working(busy: boolean): void;
  /** It has dealt with one such thing. */
  finished(): void;
  ended(why: Ending): void;
}

export class Connection {
  private socket?: WebSocket;
  private queue: ArrayBuffer[] = [];
  private waiting = new Map<string, Waiting>();
  private count = 0;
  private tries = 0;
  private timer = 0;
  private readonly session = Array.from(crypto.getRandomValues(new Uint8Array(16)), byte => byte.toString(16).padStart(2, '0')).join('');
  isReady = false;
  private wasReady = false;
  private closed = false;
  /** Something did not get through: the websocket may be dead without knowing it. */
  private doubted = false;
  /** The latest message that the kernel had not dealt with when it was last looked after. */
  private overdue = '';

  constructor(private readonly base: string, readonly kernel: string, private readonly key: string, private readonly listener: Listener) {}

  get kernelUrl(): string {
    return `${this.base}api/kernels/${this.kernel}`;
  }

  /** No cookie goes with what this page asks: it has an origin of its own, and shows its key instead. */
  private ask(): Promise<Response> {
    return fetch(this.kernelUrl, { method: 'POST', body: this.key, cache: 'no-store', credentials: 'omit' });
  }

  /** Say something on the way out or in passing; nobody waits for an answer. */
  private say(where: string, what = ''): void {
    navigator.sendBeacon(`${this.base}voila/api/${where}/${this.kernel}`, what ? `${this.key}\n${what}` : this.key);
  }

  open(): void {
    if (this.closed) return;
    this.doubted = false;
    clearTimeout(this.timer);
    const url = new URL(`${this.kernelUrl}/channels?session_id=${this.session}`, location.href);
    url.protocol = url.protocol.replace('http', 'ws');
    const socket = (this.socket = new WebSocket(url, [PROTOCOL, `sandbox-page.${this.key}`]));
    socket.binaryType = 'arraybuffer';
    socket.onopen = () => socket.send(this.pack('kernel_info_request', {}, {}).frame);
    socket.onmessage = event => socket === this.socket && event.data instanceof ArrayBuffer && this.receive(decode(event.data));
    socket.onclose = () => socket === this.socket && this.lost();
  }

  /** The file that a widget of the kernel offers; in words of the page's language if there is none. */
  async fetchFile(model: string): Promise<{ name: string; file: Blob }> {
    const body = `${this.key}\n${document.documentElement.lang}`;
    const where = `${this.base}voila/api/download/${this.kernel}/${model}`;
    const answer = await fetch(where, { method: 'POST', body, cache: 'no-store', credentials: 'omit' });
    if (!answer.ok) throw answer.headers.get('Content-Type')?.startsWith('text/plain') ? new Refusal(await answer.text()) : new Error();
    const name = /filename\*=UTF-8''(\S+)/.exec(answer.headers.get('Content-Disposition') ?? '')?.[1] ?? 'file';
    return { name: decodeURIComponent(name), file: await answer.blob() };
  }

  /** Markdown or formulas as the inert markup that the server makes of them, as it does for what stands in the page. */
  async fetchMarkup(kind: string, source: string): Promise<string> {
    const where = `${this.base}voila/api/markup/${this.kernel}`;
    for (let tries = 0; tries < MARKUP_TRIES; tries++) {
      const answer = await fetch(where, { method: 'POST', body: `${this.key}\n${kind}\n${source}`, cache: 'no-store', credentials: 'omit' });
      if (answer.ok) return answer.text();
      if (answer.status !== TOO_MUCH) break;
      await new Promise(resolve => setTimeout(resolve, 1000 * (Number(answer.headers.get('Retry-After')) || 1)));
    }
    throw new Error();
  }

  /** The page is being closed. */
  sayClosed(): void {
    this.say('shutdown');
  }

  /** After how many milliseconds the page answered to a hand. */
  sayReady(after: number): void {
    this.say('ready', String(after));
  }

  /** Send on the shell channel, now or as soon as the kernel listens. Returns the message's id; null if it is too long. */
  send(type: string, content: Json, waiting: Waiting = {}, buffers: Bytes[] = [], metadata: Json = {}): string | null {
    const { id, frame } = this.pack(type, content, metadata, buffers);
    if (buffers.reduce((size, buffer) => size - buffer.byteLength, frame.byteLength) > MOST_JSON) return null;
    this.waiting.set(id, waiting);
    this.listener.working(true);
    if (this.isReady) this.socket!.send(frame);
    else this.queue.push(frame);
    return id;
  }

  /** Look now whether the kernel is still there, instead of when the network says so. */
  async check(): Promise<Json | null> {
    if (this.closed) return null;
    try {
      const answer = await this.ask();
      if (answer.ok) {
        if (this.doubted) this.replace();
        else if (!this.isReady && this.wasReady && this.socket!.readyState > WebSocket.OPEN) this.open();
        const model = await answer.json();
        this.lookAfter(model.execution_state === 'idle');
        return model;
      }
      if (isFinal(answer.status)) this.end(ENDINGS[answer.status] ?? 'expired');
    } catch {
      this.doubt();
    }
    return null;
  }

  /** A kernel that has nothing to do will not deal any more with what it was sent before the last look. */
  private lookAfter(idle: boolean): void {
    if (idle && this.waiting.has(this.overdue)) this.finish(this.overdue);
    this.overdue = (this.isReady && [...this.waiting.keys()].pop()) || '';
  }

  /** The network is away, or was: a websocket that outlived that is not believed any more. */
  doubt(): void {
    if (this.closed) return;
    this.doubted = true;
    this.listener.ended('lost');
  }

  private replace(): void {
    const old = this.socket;
    if (this.isReady) this.lost();
    this.open();
    old?.close();
  }

  /** Nothing is sent or tried any more. */
  end(why: Ending): void {
    if (this.closed) return;
    this.closed = true;
    this.isReady = false;
    clearTimeout(this.timer);
    this.socket?.close();
    this.listener.ended(why);
  }

  private pack(type: string, content: Json, metadata: Json, buffers: Bytes[] = []): { id: string; frame: ArrayBuffer } {
    const id = `${this.session}_${++this.count}`;
    const date = new Date().toISOString();
    const header = { msg_id: id, msg_type: type, session: this.session, username: '', version: '5.4', date };
    return { id, frame: encode({ channel: 'shell', header, parent_header: {}, metadata, content, buffers }) };
  }

  private receive(message: Message): void {
    const type = message.header.msg_type;
    if (type === 'kernel_info_reply' && !this.isReady) this.begin();
    if (type === 'status' && message.content.execution_state === 'dead') return this.end('gone');
    const parent = message.parent_header.msg_id ?? '';
    const waiting = this.waiting.get(parent);
    this.listener.message(message);
    if (!waiting) return;
    if (type === 'status') {
      if (message.content.execution_state !== 'idle') return;
      this.finish(parent);
    } else if (message.channel === 'iopub') waiting.output?.(message);
    else waiting.reply?.(message);
  }

  /** The kernel takes messages in turn: one that was sent before this one and is not done was never let through. */
  private finish(last: string): void {
    for (const [id, waiting] of [...this.waiting]) {
      this.waiting.delete(id);
      waiting.done?.();
      if (id === last) break;
    }
    this.listener.finished();
    this.listener.working(this.waiting.size > 0);
  }

  private begin(): void {
    const again = this.wasReady;
    this.isReady = this.wasReady = true;
    this.tries = 0;
    this.listener.ready(again); // first what was entered, then what was pressed meanwhile
    for (const frame of this.queue.splice(0)) this.socket!.send(frame);
  }

  private lost(): void {
    this.isReady = false;
    this.waiting.clear();
    this.listener.working(false);
    if (this.closed) return;
    this.listener.ended('lost');
    this.timer = setTimeout(() => void this.again(), RETRY_MS[Math.min(this.tries++, RETRY_MS.length - 1)]);
  }

  /** A refused websocket does not say why; the address of the kernel does. */
  private async again(): Promise<void> {
    try {
      const answer = await this.ask();
      if (answer.ok) return this.open();
      if (isFinal(answer.status)) return this.end(ENDINGS[answer.status] ?? 'expired');
    } catch {
      /* still without a network */
    }
    this.timer = setTimeout(() => void this.again(), RETRY_MS[Math.min(this.tries++, RETRY_MS.length - 1)]);
  }
}
