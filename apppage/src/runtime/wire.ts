/** Jupyter's websocket protocol v1: a table of offsets, the channel, four JSON parts and the buffers. */

export const PROTOCOL = 'v1.kernel.websocket.jupyter.org';

export type Json = Record<string, any>;
export type Bytes = ArrayBuffer | ArrayBufferView;

export interface Header {
  msg_id: string;
  msg_type: string;
  session?: string;
  username?: string;
  version?: string;
  date?: string;
}

export interface Message {
  channel: string;
  header: Header;
  parent_header: Partial<Header>;
  metadata: Json;
  content: Json;
  buffers: DataView[];
}

const encoder = new TextEncoder();
const decoder = new TextDecoder();

export function encode(message: Omit<Message, 'buffers'> & { buffers?: Bytes[] }): ArrayBuffer {
  const texts = [message.header, message.parent_header, message.metadata, message.content].map(part => JSON.stringify(part));
  const parts = [message.channel, ...texts].map(text => encoder.encode(text));
  for (const buffer of message.buffers ?? []) {
    parts.push(ArrayBuffer.isView(buffer) ? new Uint8Array(buffer.buffer as ArrayBuffer, buffer.byteOffset, buffer.byteLength) : new Uint8Array(buffer));
  }
  const head = 8 * (parts.length + 2);
  const frame = new Uint8Array(parts.reduce((size, part) => size + part.byteLength, head));
  const table = new DataView(frame.buffer);
  let offset = head;
  table.setUint32(0, parts.length + 1, true);
  table.setUint32(8, offset, true);
  parts.forEach((part, index) => {
    frame.set(part, offset);
    offset += part.byteLength;
    table.setUint32(8 * (index + 2), offset, true);
  });
  return frame.buffer;
}

export function decode(frame: ArrayBuffer): Message {
  const table = new DataView(frame);
  const count = table.getUint32(0, true);
  const offset = (index: number) => table.getUint32(8 * (index + 1), true);
  const text = (index: number) => decoder.decode(new Uint8Array(frame, offset(index), offset(index + 1) - offset(index)));
  const buffers: DataView[] = [];
  for (let index = 5; index < count - 1; index++) {
    buffers.push(new DataView(frame, offset(index), offset(index + 1) - offset(index)));
  }
  const [header, parent_header, metadata, content] = [1, 2, 3, 4].map(index => JSON.parse(text(index)));
  return { channel: text(0), header, parent_header, metadata, content, buffers };
}
