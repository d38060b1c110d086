/** Binary values travel beside the JSON of a widget's state, with the path to where they belong. */

import type { Bytes, Json } from './wire';

export type Path = (string | number)[];

/** Put each buffer at its path, in place. A path leads through what the state itself holds: never to `__proto__`. */
export function putBuffers(state: Json, paths: Path[], buffers: Bytes[]): void {
  paths.forEach((path, index) => {
    let place: any = state;
    for (const step of path.slice(0, -1)) place = place && Object.hasOwn(place, step) ? place[step] : undefined;
    if (place && path.length && path.at(-1) !== '__proto__') place[path[path.length - 1]] = buffers[index];
  });
}

/** A copy of `state` without its binary values, their paths, and the values. */
export function takeBuffers(state: Json): { state: Json; paths: Path[]; buffers: Bytes[] } {
  const paths: Path[] = [];
  const buffers: Bytes[] = [];
  const copy = (value: any, path: Path): any => {
    if (value instanceof ArrayBuffer || ArrayBuffer.isView(value)) {
      paths.push(path);
      buffers.push(value);
      return null;
    }
    if (Array.isArray(value)) return value.map((item, index) => copy(item, [...path, index]));
    if (value && typeof value === 'object') {
      return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, copy(item, [...path, key])]));
    }
    return value;
  };
  return { state: copy(state, []), paths, buffers };
}

export function fromBase64(text: string): DataView {
  return new DataView(Uint8Array.from(atob(text), letter => letter.charCodeAt(0)).buffer);
}
