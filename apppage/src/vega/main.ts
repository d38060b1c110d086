/**
 * The script that draws charts of Vega and Vega-Lite (altair), for frames of an app's page. Loaded only by pages that
 * have such a chart; `sandboxVega` is all that it leaves.
 */

import { chart } from './chart';
import { debounce } from './debounce';
import { embed } from './embed';

const style = document.createElement('style');
style.textContent = `
.vega-chart { overflow-x: auto; }
.vega-chart svg, .vega-chart canvas { display: block; }
.vega-bindings { display: flex; flex-wrap: wrap; gap: .4rem 1.2rem; font-size: .9rem; }
.vega-bindings:empty { display: none; }
.vega-bind { display: inline-flex; align-items: center; }
.vega-bind label { display: inline-flex; flex-wrap: wrap; align-items: center; gap: .3rem .6rem; min-height: 2rem; }
.vega-bind :is(input, select) { font: inherit; max-width: 100%; accent-color: #1f5c57; }
.vega-bind .vega-bind-radio { display: inline-flex; flex-wrap: wrap; gap: .2rem .8rem; }
:focus-visible { outline: 2px solid #c27d1c; outline-offset: 2px; }
#vg-tooltip-element { font-family: inherit; font-size: .85rem; overflow-wrap: anywhere; }
@media print { .vega-chart { overflow: visible; } .vega-chart svg { max-width: 100%; height: auto; } .vega-bindings { display: none; } }
`;
document.head.append(style);

Object.assign(globalThis, { sandboxVega: { chart, debounce, embed } });
