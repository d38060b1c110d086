/** How a chart looks in an app's page unless its author says otherwise. */

import type { Config } from 'vega';

const INK = '#1e2a2a';
const GUIDE = { labelColor: INK, titleColor: INK, labelFontSize: 12, titleFontSize: 13 };

export function plain(): Config {
  const style = { font: getComputedStyle(document.body).fontFamily };
  return {
    background: 'transparent',
    axis: { ...GUIDE, titlePadding: 8 },
    legend: GUIDE,
    header: GUIDE,
    title: { color: INK, subtitleColor: INK, fontSize: 16, fontWeight: 600 },
    text: style,
    style: { 'guide-label': style, 'guide-title': style, 'group-title': style, 'group-subtitle': style },
    ...(document.documentElement.lang.startsWith('zh') ? { countTitle: '记录数' } : {})
  } as Config;
}

/** The words of a title, as Vega lets one write it: text, lines, or an object with either; undefined without any. */
export function wordsOf(title: unknown): string | undefined {
  const text = (title as { text?: unknown } | undefined)?.text ?? title;
  const lines = [text].flat().filter(line => typeof line === 'string');
  return lines.join(' ').trim() || undefined;
}
