/** Vega's loader without a network: what stands in the specification is all there is. */

import { loader } from 'vega';

export class NotLoaded extends Error {
  constructor(readonly context: string) {
    super('An app’s page loads nothing from an address: put the data into the chart.');
  }
}

const DATA = /^data:[^,]*?(;base64)?,(.*)$/s;
const PICTURE = /^data:image\/(?:png|jpeg|gif|webp)[;,]/i;

/** `refused` hears of everything that was wanted from elsewhere: 'dataflow' (data) or 'image'. */
export function closedLoader(refused: (what: NotLoaded) => void): any {
  const refuse = (context: string): never => {
    const what = new NotLoaded(context);
    refused(what);
    throw what;
  };
  const load = async (uri: unknown) => {
    const [found, base64, content] = DATA.exec(String(uri)) ?? [];
    if (!found) return refuse('dataflow');
    if (!base64) return decodeURIComponent(content);
    return new TextDecoder().decode(Uint8Array.from(atob(content), letter => letter.charCodeAt(0)));
  };
  return {
    ...loader(),
    load,
    http: load,
    file: load,
    /** Of marks: a picture may stand in the specification itself; a link leads nowhere. */
    async sanitize(uri: unknown, { context }: { context?: string } = {}) {
      if (context === 'image' && PICTURE.test(String(uri))) return { href: uri };
      if (context === 'href') throw new NotLoaded('href');
      return refuse(context ?? 'dataflow');
    }
  };
}
