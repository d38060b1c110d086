/** The widgets' states as the page knows them, kept equal with the kernel's. */

import { fromBase64, putBuffers, takeBuffers, type Path } from './buffers';
import type { Connection } from './connection';
import type { Bytes, Json, Message } from './wire';

const SETTLE_MS = 10_000;
const LOOK_MS = 20;
const REFERENCE = 'IPY_MODEL_';

/** A model as it stands in the page (what nbclient stores in a notebook's metadata). */
interface Stored {
  model_name: string;
  model_module: string;
  state: Json;
  buffers?: { path: Path; data: string }[];
}

export type Changed = (keys: ReadonlySet<string>) => void;

export class Model {
  readonly changed = new Set<Changed>();
  readonly custom = new Set<(content: any, buffers: DataView[]) => void>();
  /** Changes of the viewer that the kernel was told (by the message of that id), and those that wait until it is done. */
  private flying: { id: string; changes: Json } | null = null;
  private pending: Json | null = null;
  /** Called when the kernel has closed the widget: what shows it goes. */
  readonly closing = new Set<() => void>();
  isClosed = false;
  /** What the viewer entered last is more than a message may hold: the kernel was not told. */
  isTooLong = false;
  /** What was changed in this page, by its viewer. */
  readonly chosen: Json = {};

  constructor(
    readonly id: string, readonly module: string, readonly name: string, readonly state: Json, private readonly models: Models
  ) {}

  get<T = any>(key: string): T {
    return this.state[key];
  }

  /** The model that a value like `IPY_MODEL_…` refers to. */
  refer(value: unknown): Model | undefined {
    return typeof value === 'string' && value.startsWith(REFERENCE) ? this.models.get(value.slice(REFERENCE.length)) : undefined;
  }

  referAll(key: string): (Model | undefined)[] {
    const values = this.state[key];
    return Array.isArray(values) ? values.map(value => this.refer(value)) : [];
  }

  /** Take over `changes` that were made here, show them, and tell the kernel the latest of them. */
  set(changes: Json, tell = true): void {
    const keys = this.take(changes);
    Object.assign(this.chosen, changes);
    if (tell) this.push(changes);
    this.notify(keys);
  }

  push(changes: Json): void {
    if (this.isClosed) return;
    const latest = { ...this.pending, ...changes };
    this.pending = null;
    if (this.flying || !this.models.connection.isReady) {
      this.pending = latest;
      return;
    }
    const { state, paths, buffers } = takeBuffers(latest);
    const data = { method: 'update', state, buffer_paths: paths };
    const done = () => this.landed(id);
    const id: string | null = this.models.connection.send('comm_msg', { comm_id: this.id, data }, { done }, buffers);
    if (id !== null) this.flying = { id, changes: latest };
    if (this.isTooLong === (id === null)) return;
    this.isTooLong = !this.isTooLong;
    this.notify(new Set(['isTooLong']));
  }

  close(): void {
    this.isClosed = true;
    for (const tell of [...this.closing]) tell();
  }

  send(content: Json, buffers: Bytes[] = []): void {
    this.models.connection.send('comm_msg', { comm_id: this.id, data: { method: 'custom', content } }, {}, buffers);
  }

  /**
   * A change that the kernel made while it dealt with the message `cause`. What the viewer has changed since then is
   * newer: the kernel takes changes one after the other, so it will be told that, or has it before it still.
   */
  receive(changes: Json, cause?: string): void {
    const newer = { ...changes };
    const mine = { ...(this.flying?.id === cause ? {} : this.flying?.changes), ...this.pending };
    for (const key of Object.keys(mine)) delete newer[key];
    this.notify(this.take(newer));
  }

  /** After a loss: what was on its way may not have arrived. */
  resend(): void {
    this.hold();
    if (this.pending) this.push({});
  }

  /** The connection is lost: whatever was told is told again later. */
  hold(): void {
    if (this.flying) this.pending = { ...this.flying.changes, ...this.pending };
    this.flying = null;
  }

  get isSettled(): boolean {
    return !this.flying && !this.pending;
  }

  private landed(id: string | null): void {
    if (this.flying?.id !== id) return;
    this.flying = null;
    if (this.pending) this.push({});
  }

  private take(changes: Json): Set<string> {
    Object.assign(this.state, changes);
    return new Set(Object.keys(changes));
  }

  private notify(keys: Set<string>): void {
    if (!keys.size) return;
    for (const tell of [...this.changed]) tell(keys);
  }
}

export class Models {
  private readonly all = new Map<string, Model>();
  /** Called for each model that appears and for each that goes. */
  readonly appeared = new Set<(model: Model) => void>();
  readonly closed = new Set<(model: Model) => void>();

  constructor(readonly connection: Connection) {}

  get(id: string): Model | undefined {
    return this.all.get(id);
  }

  values(): Iterable<Model> {
    return this.all.values();
  }

  load(stored: Record<string, Stored>): void {
    for (const [id, { model_name, model_module, state, buffers = [] }] of Object.entries(stored)) {
      putBuffers(state, buffers.map(buffer => buffer.path), buffers.map(buffer => fromBase64(buffer.data)));
      this.all.set(id, new Model(id, model_module, model_name, state, this));
    }
    for (const model of this.all.values()) for (const tell of this.appeared) tell(model);
  }

  /** Whether the message was about a widget. */
  handle(message: Message): boolean {
    const { comm_id: id, data, target_name } = message.content;
    switch (message.header.msg_type) {
      case 'comm_open':
        if (target_name === 'jupyter.widget') this.appear(id, data, message.buffers);
        return true;
      case 'comm_close': {
        const model = this.all.get(id);
        this.all.delete(id);
        model?.close();
        if (model) for (const tell of this.closed) tell(model);
        return true;
      }
      case 'comm_msg':
        this.tell(this.all.get(id), data, message);
        return true;
    }
    return false;
  }

  /** When the kernel has been told everything that was entered, or after a while all the same. */
  async settled(): Promise<void> {
    const until = performance.now() + SETTLE_MS;
    while (performance.now() < until && ![...this.all.values()].every(model => model.isSettled)) {
      await new Promise(resolve => setTimeout(resolve, LOOK_MS));
    }
  }

  hold(): void {
    for (const model of this.all.values()) model.hold();
  }

  /**
   * Ask the kernel for every widget's state, through the widgets' own control channel, and say what it missed. It answers
   * before it hears that; so whatever the viewer changed is left out of the answer.
   */
  refresh(): void {
    const id = Array.from(crypto.getRandomValues(new Uint8Array(16)), byte => byte.toString(16).padStart(2, '0')).join('');
    this.connection.send('comm_open', { comm_id: id, target_name: 'jupyter.widget.control', data: {} }, {}, [], { version: '1.0.0' });
    const output = (message: Message) => {
      const data = message.content.data;
      if (message.header.msg_type === 'comm_msg' && data?.method === 'update_states') this.replace(data, message.buffers);
    };
    const done = () => this.connection.send('comm_close', { comm_id: id, data: {} });
    this.connection.send('comm_msg', { comm_id: id, data: { method: 'request_states' } }, { output, done });
    for (const model of this.all.values()) model.resend();
  }

  private replace(data: Json, buffers: DataView[]): void {
    const places = (data.buffer_paths ?? []) as Path[];
    for (const [id, stored] of Object.entries(data.states as Record<string, Stored>)) {
      const own = places.map((path, index) => ({ path, index })).filter(({ path }) => path[0] === id);
      putBuffers(stored as Json, own.map(({ path }) => path.slice(1)), own.map(({ index }) => buffers[index]));
      const known = this.all.get(id);
      if (known) known.receive(stored.state);
      else this.add(new Model(id, stored.model_module, stored.model_name, stored.state, this));
    }
  }

  private appear(id: string, data: Json, buffers: DataView[]): void {
    const state = data.state ?? {};
    putBuffers(state, data.buffer_paths ?? [], buffers);
    this.add(new Model(id, state._model_module, state._model_name, state, this));
  }

  private add(model: Model): void {
    this.all.set(model.id, model);
    for (const tell of this.appeared) tell(model);
  }

  private tell(model: Model | undefined, data: Json, { buffers, parent_header: { msg_id: cause } }: Message): void {
    if (!model) return;
    if (data.method === 'update') {
      putBuffers(data.state, data.buffer_paths ?? [], buffers);
      model.receive(data.state, cause);
    } else if (data.method === 'custom') for (const tell of [...model.custom]) tell(data.content, buffers);
  }
}
