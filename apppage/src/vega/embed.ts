/**
 * Draws a chart of Vega or Vega-Lite as an app's page allows it: expressions are interpreted, never compiled (the page's
 * policy has no unsafe-eval), and nothing is loaded. Part of a script of its own, which runs in frames without an origin.
 */

import { expressionInterpreter } from 'vega-interpreter';
import { compile } from 'vega-lite';
import * as themes from 'vega-themes';
import { Handler } from 'vega-tooltip';
import { mergeConfig, parse, View, type Spec } from 'vega';
import { plain, wordsOf } from './config';
import { closedLoader, NotLoaded } from './loader';
import { speak } from './locale';
import { narrower, narrowerStill, type Json } from './narrower';

export interface Options {
  /** 'vega' or 'vega-lite'; by default what the specification says of itself. */
  mode?: string;
  theme?: string;
  config?: object;
  renderer?: string;
  /** What the chart is called where it does not say itself. */
  name?: string;
  /** Told when a picture was left out; data that is missing ends the drawing. */
  lacks?: (what: NotLoaded) => void;
}

export interface Embedded {
  view: View;
  spec: object;
  vgSpec: object;
  /** Whether it is narrower than it was meant to be. */
  squeezed: boolean;
  finalize(): void;
}

/** With so many rows, one element for each mark is more than a browser draws smoothly. */
const MANY_ROWS = 4000;

/**
 * Draw `given` into `place`, not wider than that if possible; rejects when it cannot be drawn, with `NotLoaded` when it
 * wants data from an address. The names are those of vega-embed, which widgets (altair's JupyterChart) ask for.
 */
export async function embed(place: HTMLElement, given: Json, options: Options = {}): Promise<Embedded> {
  const mode = options.mode ?? (/\/vega\//.test(given.$schema) ? 'vega' : 'vega-lite');
  const called = options.name ?? wordsOf(given.title) ?? (document.documentElement.lang.startsWith('zh') ? '图表' : 'Chart');
  const spec: Json = { ...given, description: wordsOf(given.description) ?? called };
  const drawn = await draw(place, spec, mode, options);
  const natural = widthOf(place);
  const room = place.clientWidth;
  if (mode !== 'vega-lite' || !room || room >= natural) return drawn;
  let other = narrower(spec, room, natural);
  let made = drawn;
  for (const again of [true, false]) {
    if (!other) break;
    made.finalize();
    made = { ...(await draw(place, other, mode, options, natural)), squeezed: true };
    other = again ? narrowerStill(spec, room, natural, widthOf(place)) : undefined;
  }
  return made;
}

async function draw(place: HTMLElement, spec: Json, mode: string, options: Options, most = 0): Promise<Embedded> {
  const wanted: Json = { ...spec.usermeta?.embedOptions, ...options };
  const theme = Object.hasOwn(themes, wanted.theme ?? '') ? (themes as Json)[wanted.theme] : plain();
  const config = mergeConfig({}, theme, typeof wanted.config === 'object' ? wanted.config : {});
  const problems: unknown[] = [];
  const logger = quiet(problem => problems.push(problem));
  const vgSpec = mode === 'vega' ? (spec as Spec) : compile(spec as any, { config: config as any, logger }).spec;
  const runtime: any = parse(named(vgSpec, spec.description), mode === 'vega' ? config : {}, { ast: true });
  const box = document.createElement('div');
  const inputs = document.createElement('div');
  inputs.className = 'vega-bindings';
  if (spec.height === 'container') box.style.height = '22rem';
  if (most) box.style.maxWidth = `${most}px`;
  place.replaceChildren(box, inputs);
  const loader = closedLoader(what => (what.context === 'image' ? options.lacks?.(what) : problems.unshift(what)));
  const view = new View(runtime, { loader, logger, expr: expressionInterpreter, hover: mode === 'vega' } as any);
  const renderer = wanted.renderer ?? (rowsOf(spec) > MANY_ROWS ? 'canvas' : 'svg');
  view.renderer(renderer === 'canvas' ? 'canvas' : 'svg').tooltip(new Handler().call);
  if (!runtime.locale) speak(view, document.documentElement.lang);
  await view.initialize(box, inputs).runAsync();
  if (problems.length) {
    view.finalize();
    throw problems[0] instanceof NotLoaded ? problems[0] : new Error('Not drawn', { cause: problems[0] });
  }
  return { view, spec, vgSpec, squeezed: false, finalize: () => void view.finalize() };
}

/** With a name for every group of marks that has none: those who hear the chart would hear “graphic”. */
function named<Part extends { marks?: any[] }>(part: Part, name: string): Part {
  const label = (mark: any) =>
    /_brush(?:_bg)?$/.test(mark.name) ? { aria: false, ...mark } : mark.type === 'group' ? named(mark, name) : { description: name, ...mark };
  return part.marks ? { ...part, marks: part.marks.map(label) } : part;
}

/** A logger that passes on errors and nothing else. */
function quiet(problem: (what: unknown) => void): any {
  const silent = () => logger;
  const logger = { level: () => 1, error: (...what: unknown[]) => (problem(what), logger), warn: silent, info: silent, debug: silent };
  return logger;
}

function widthOf(place: HTMLElement): number {
  return parseFloat(place.querySelector('svg')?.getAttribute('width') ?? '') || (place.querySelector('canvas')?.clientWidth ?? 0);
}

function rowsOf(spec: Json): number {
  const inline = Object.values(spec.datasets ?? {}).concat([spec.data].flat().map(each => each?.values));
  return Math.max(0, ...inline.map(each => (Array.isArray(each) ? each.length : 0)));
}
