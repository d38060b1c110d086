/** The package comes without types. */
declare module 'd3-format' {
  export function format(specifier: string): (value: number) => string;
  export function formatSpecifier(specifier: string): { type: string; fill: string; width?: number };
}
