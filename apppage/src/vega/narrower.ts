/** Charts for a place that is narrower than they were meant for: a telephone. */

export type Json = Record<string, any>;

/** Narrower than this part of its own width, a chart is moved sideways instead. */
const MOST_SQUEEZED = 0.3;
/** About what axes and legends take of the width, pixels; they do not shrink. */
const GUIDES = 150;
/** Pixels for each bar, so that its label does not run into the next one's. */
const LEAST_STEP = 15;

/** `spec` (Vega-Lite) for `room` pixels instead of `natural`; none when nothing could be read there. */
export function narrower(spec: Json, room: number, natural: number): Json | undefined {
  if (room < MOST_SQUEEZED * natural || spec.width === 'container') return undefined;
  if (isOne(spec)) return { ...spec, width: 'container', autosize: { type: 'fit-x', contains: 'padding' } };
  return scaledWhole(spec, (room - GUIDES) / (natural - GUIDES));
}

/** The same once more, when that became `got` pixels wide: by then it is known what does not shrink. */
export function narrowerStill(spec: Json, room: number, natural: number, got: number): Json | undefined {
  if (got <= room || got >= natural || isOne(spec)) return undefined;
  const part = (room - GUIDES) / (natural - GUIDES);
  return scaledWhole(spec, part - ((got - room) * (1 - part)) / (natural - got));
}

/** Whether it is one chart, which can follow its place; not several side by side. */
function isOne(spec: Json): boolean {
  const { row, column, facet } = spec.encoding ?? {};
  return ('mark' in spec || 'layer' in spec) && !row && !column && !facet;
}

function scaledWhole(spec: Json, part: number): Json {
  const view = spec.config?.view ?? {};
  const { continuousWidth = 300, discreteWidth = { step: view.step ?? 20 } } = view;
  const least = Math.max(0.05, part);
  const widths = { continuousWidth: continuousWidth * least, discreteWidth: scaledWidth(discreteWidth, least) };
  return { ...scaled(spec, least), config: { ...spec.config, view: { ...view, ...widths } } };
}

function scaled(spec: Json, part: number): Json {
  const made = { ...spec };
  if ('width' in made) made.width = scaledWidth(made.width, part);
  for (const parts of ['hconcat', 'vconcat', 'concat']) {
    if (Array.isArray(made[parts])) made[parts] = made[parts].map((each: Json) => scaled(each, part));
  }
  if (made.spec) made.spec = scaled(made.spec, part);
  return made;
}

function scaledWidth(width: unknown, part: number): unknown {
  if (typeof width === 'number') return width * part;
  const step = (width as Json | undefined)?.step;
  return typeof step === 'number' ? { ...(width as Json), step: Math.max(Math.min(step, LEAST_STEP), step * part) } : width;
}
