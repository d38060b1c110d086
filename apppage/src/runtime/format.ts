/** Numbers as a widget's `readout_format` wants them, and what somebody types in that manner. */

import { format as reader, formatSpecifier } from 'd3-format';

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

const THOUSANDS: Record<string, number> = {
  y: -24, z: -21, a: -18, f: -15, p: -12, n: -9, μ: -6, m: -3, k: 3, K: 3, M: 6, G: 9, T: 12, P: 15, E: 18, Z: 21, Y: 24
};
const RADIX: Record<string, number> = { b: 2, o: 8, x: 16, X: 16 };
const NUMBER = /^([+-]?)\$?((?:\d{1,3}(?:,\d{3})+|\d+)?(?:\.\d*)?)(?:e([+-]?\d+))?$/i;

/** A minus sign as d3 writes it, a Chinese keyboard's wide signs, spaces around. */
const plainly = (text: string) => text.normalize('NFKC').replaceAll('\u2212', '-').trim();

/**
 * The number that somebody has typed where `format` shows one; NaN if it is none. Where per cent are shown, `80` and `0.8`
 * are both 80 %: from 1 on it is taken for per cent, as Excel does it.
 */
export function readNumber(text: string, format: string | null | undefined): number {
  const { type = '', fill = ' ', width } = specified(format);
  let rest = plainly(width && !/[-\d.,%+]/.test(fill) ? text.replaceAll(fill, '') : text);
  if (/^\(.*\)$/.test(rest)) rest = `-${rest.slice(1, -1)}`;
  if (type in RADIX) return inRadix(rest, RADIX[type]);
  let shift = 0;
  const isPercent = rest.endsWith('%');
  if (isPercent) shift = -2;
  else if (type === 's') shift = THOUSANDS[rest.slice(-1)] ?? 0;
  const [, sign, digits, power = '0'] = NUMBER.exec(shift ? rest.slice(0, -1).trimEnd() : rest) ?? [];
  if (!digits || !/\d/.test(digits)) return NaN;
  const whole = `${sign}${digits.replaceAll(',', '')}`;
  if (!isPercent && (type === '%' || type === 'p') && Math.abs(Number(`${whole}e${power}`)) >= 1) shift = -2;
  return Number(`${whole}e${Number(power) + shift}`); // so that 29 % is 0.29, to the last digit
}

function inRadix(text: string, radix: number): number {
  const [, sign, digits] = /^([+-]?)(?:0[box])?([\da-f]+)$/i.exec(text) ?? [];
  const isOne = digits && [...digits].every(digit => parseInt(digit, 16) < radix);
  return isOne ? Number(`${sign}1`) * parseInt(digits, radix) : NaN;
}

function specified(format: string | null | undefined): { type?: string; fill?: string; width?: number } {
  try {
    return formatSpecifier(format ?? '');
  } catch {
    return {};
  }
}

const BETWEEN = /[-–—:~至到]|\bto\b/g;

/** Two numbers with something between them: `2 - 5`, `−5 – −2`, `10:20`, `2 to 5`, `2 至 5`; null if it is not that. */
export function readRange(text: string, format: string | null | undefined): [number, number] | null {
  const whole = plainly(text);
  for (const { index, 0: between } of whole.matchAll(BETWEEN)) {
    const high = whole.slice(index + between.length);
    const low = whole.slice(0, index).trim() + (high.endsWith('%') && !/%\s*$/.test(whole.slice(0, index)) ? '%' : '');
    const found = [readNumber(low, format), readNumber(high, format)] as [number, number];
    if (!found.some(Number.isNaN)) return found;
  }
  return null;
}
