/** One chart of an output, in a frame of its own, drawn anew when there is less or more room than it was drawn for. */

import { debounce } from './debounce';
import { embed } from './embed';
import type { NotLoaded } from './loader';
import type { Json } from './narrower';

export interface Asked {
  figure: Json;
  /** 'vega' or 'vegalite': the output's type says it. */
  kind: string;
  /** What the chart is called. */
  name: string;
}

/** Milliseconds without a further change of size. */
const SETTLED = 150;

/** Draw it into `el`; `lacks` is told when pictures are missing. */
export async function chart(el: HTMLElement, { figure, kind, name }: Asked, lacks: (what: NotLoaded) => void): Promise<void> {
  const options = { mode: kind === 'vegalite' ? 'vega-lite' : 'vega', name, lacks };
  el.className = 'vega-chart';
  const draw = () => embed(el, figure, options);
  let drawn = await draw();
  let room = el.clientWidth;
  const fit = debounce(async () => {
    const changed = el.clientWidth !== room;
    room = el.clientWidth;
    if (changed && room && (drawn.squeezed || tooWide(el))) {
      drawn.finalize();
      drawn = await draw();
    }
    movable(el, name);
  }, SETTLED);
  addEventListener('resize', () => fit());
  movable(el, name);
}

const tooWide = (el: HTMLElement) => el.scrollWidth > el.clientWidth + 1;

/** A chart that is wider than its place can be moved by keyboard as well. */
function movable(el: HTMLElement, name: string): void {
  for (const [key, value] of Object.entries({ tabindex: '0', role: 'group', 'aria-label': name })) {
    if (tooWide(el)) el.setAttribute(key, value);
    else el.removeAttribute(key);
  }
}
