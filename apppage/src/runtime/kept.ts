/**
 * What was chosen in the page goes along to the same app in the other language, and is there again after Back. It stands
 * in the address, behind the #, for a page with an origin of its own has no storage; it is not sent to any server. Only
 * numbers and choices: what was typed might be about somebody, and browsers write down addresses.
 */

import type { Json } from './wire';

const MARK = '#kept=';
const MOST = 4000; // characters; an address is no store
const CHOSEN: ReadonlySet<string> = new Set(['value', 'index', 'selected_index']);

export interface Chooser {
  name: string;
  chosen: Json;
  set(changes: Json): void;
}

/** `shown`: the models that the page shows, in the order in which it shows them, which no language changes. */
export function keepChoices(shown: () => Chooser[]): void {
  const keep = (): string => {
    const found = shown().flatMap((model, at) => {
      const chosen = Object.entries(model.chosen).filter(([key, value]) => CHOSEN.has(key) && isChoice(value));
      return chosen.length ? [[at, model.name, Object.fromEntries(chosen)]] : [];
    });
    const hash = MARK + encodeURIComponent(JSON.stringify(found));
    if (!found.length || hash.length > MOST || (location.hash && !location.hash.startsWith(MARK))) return '';
    history.replaceState(null, '', hash);
    return hash;
  };
  for (const link of document.querySelectorAll<HTMLAnchorElement>('.sb-bar nav a')) {
    link.addEventListener('click', () => {
      const hash = keep();
      if (link.lang) link.hash = hash;
    });
  }
  addEventListener('pagehide', keep);
}

/** Choose again what was kept; after a reload nothing, for that is how one begins anew. */
export function chooseAgain(shown: Chooser[]): void {
  if (!location.hash.startsWith(MARK)) return;
  const kept = location.hash.slice(MARK.length);
  history.replaceState(null, '', location.pathname + location.search);
  const [entry] = performance.getEntriesByType('navigation') as PerformanceNavigationTiming[];
  if (entry?.type === 'reload' || kept.length > MOST) return;
  try {
    for (const [at, name, chosen] of JSON.parse(decodeURIComponent(kept)) as [number, string, Json][]) {
      const entries = Object.entries(chosen).filter(([key, value]) => CHOSEN.has(key) && isChoice(value));
      if (shown[at]?.name === name && entries.length) shown[at].set(Object.fromEntries(entries));
    }
  } catch {
    /* an address that somebody wrote by hand */
  }
}

/** No text anywhere in it, and nothing but what a control's value is made of. */
function isChoice(value: unknown): boolean {
  if (Array.isArray(value)) return value.every(isChoice);
  return value === null || typeof value === 'boolean' || Number.isFinite(value);
}
