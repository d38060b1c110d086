/** Numbers as a widget's `readout_format` wants them: the part of d3-format that ipywidgets uses. */

const FORMAT = /^([+( -])?([$])?(,)?(?:\.(\d+))?(~)?([a-zA-Z%])?$/;

export function formatNumber(value: number, format: string | null | undefined): string {
  const found = FORMAT.exec(format ?? '');
  if (!found || !Number.isFinite(value)) return String(value);
  const [, sign, currency, comma, digits, trim, type] = found;
  const precision = digits === undefined ? undefined : Number(digits);
  const size = Math.abs(value);
  let text = plain(size, type, precision);
  if (trim || (!type && precision !== undefined)) text = text.replace(/(\.\d*?)0+(?=$|\D)/, '$1').replace(/\.(?=$|\D)/, '');
  if (comma || type === 'n') text = text.replace(/^\d+/, whole => whole.replace(/\B(?=(\d{3})+$)/g, ','));
  const negative = value < 0 && /[1-9]/.test(text);
  return `${negative ? '−' : sign === '+' ? '+' : ''}${currency ?? ''}${text}`;
}

function plain(size: number, type: string | undefined, precision: number | undefined): string {
  const digits = Math.min(20, precision ?? 6);
  switch (type) {
    case 'd': return String(Math.round(size));
    case 'f': return size.toFixed(digits);
    case '%': return `${(100 * size).toFixed(digits)}%`;
    case 'e': return size.toExponential(digits);
    case 'x': return Math.round(size).toString(16);
    case 'b': return Math.round(size).toString(2);
    case 's': return scaled(size, digits);
    case 'g': case 'r': case 'n': return Number(size.toPrecision(Math.max(1, digits))).toString();
    case 'p': return `${Number((100 * size).toPrecision(Math.max(1, digits)))}%`;
    default: return precision === undefined ? String(size) : size.toPrecision(Math.max(1, precision));
  }
}

function scaled(size: number, digits: number): string {
  const steps = ['', 'k', 'M', 'G', 'T', 'P'];
  const step = size >= 1 ? Math.min(steps.length - 1, Math.floor(Math.log10(size) / 3)) : 0;
  return `${Number((size / 1000 ** step).toPrecision(Math.max(1, digits)))}${steps[step]}`;
}
