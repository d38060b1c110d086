/** Numbers and dates in a chart as the page's language writes them. */

import numbers from 'd3-format/locale/zh-CN';
import times from 'd3-time-format/locale/zh-CN';
import { formatLocale, timeFormatLocale, type LocaleFormatters, type View } from 'vega';

const MONTHS = Array.from({ length: 12 }, (_, month) => `${month + 1}月`);
/** What Vega shows where the author says nothing, which is put together in the English order. */
const STEPS = {
  year: '%Y年', quarter: '%Y年%-m月', month: '%-m月', week: '%-m月%-d日', date: '%-m月%-d日', hours: '%H:%M', minutes: '%H:%M', seconds: '%H:%M:%S'
};
const ORDER: [RegExp, string][] = [
  [/%[bB] %-?[de], %Y/g, '%Y年%-m月%-d日'],
  [/%[bB] %Y/g, '%Y年%-m月'],
  [/%[bB] %-?[de]/g, '%-m月%-d日'],
  [/%-?I(:%M)? ?%p/g, '%p%-I$1时']
];

/** Let `view` write numbers and dates in `language`; English is Vega's own. */
export function speak(view: View, language: string): void {
  if (!language.startsWith('zh')) return;
  formatLocale(numbers);
  timeFormatLocale({ ...times, shortMonths: MONTHS });
  const made = view.locale() as LocaleFormatters & Record<string, any>;
  const chinese = (format: Format): any => (given?: Given) =>
    format(typeof given === 'string' ? ORDER.reduce((text, [found, right]) => text.replace(found, right), given) : { ...STEPS, ...given });
  view.locale({ ...made, timeFormat: chinese(made.timeFormat), utcFormat: chinese(made.utcFormat) });
}

type Given = string | Record<string, string>;
type Format = (given?: any) => unknown;
