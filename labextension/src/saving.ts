// Saves of a notebook, one after the other.

import { DocumentRegistry } from '@jupyterlab/docregistry';

/**
 * JupyterLab takes its own save for somebody else's when it begins another one meanwhile (autosave, a run that ended,
 * Submit), and asks people which of the two shall be lost.
 */
export function saveInTurn(context: DocumentRegistry.Context): void {
  const save = context.save.bind(context);
  let last: Promise<void> = Promise.resolve();
  context.save = () => {
    last = last.catch(() => undefined).then(() => (context.isDisposed ? undefined : save()));
    return last;
  };
}
