/** Numbers as a widget's `readout_format` wants them. */

import { format as reader } from 'd3-format';

const readers = new Map<string, (value: number) => string>();

/** As it is, if it is no number or the format is none. */
export function formatNumber(value: number, format: string | null | undefined): string {
  if (!format || !Number.isFinite(value)) return String(value);
  try {
    if (!readers.has(format)) readers.set(format, reader(format));
    return readers.get(format)!(value);
  } catch {
    return String(value);
  }
}
