// Tabs: which notebook is in front, and what people call their project where all of them have the same file name.

import { INotebookTracker, NotebookPanel } from '@jupyterlab/notebook';
import { isPreview, NOTEBOOK, PREVIEW } from './api';

/** Show `name` on the notebook's tab. Not its label: JupyterLab would rename the file. The style sheet shows it. */
export function nameTab(notebook: NotebookPanel, name: string): void {
  if (name) {
    notebook.title.dataset = { ...notebook.title.dataset, 'sandbox-title': name };
    notebook.title.caption = name;
  }
}

/** The project's title, as it was given in the form; empty where the notebook does not say. */
export function titleOf(notebook: NotebookPanel): string {
  const about = notebook.content.model?.getMetadata('sandbox') as { fields?: { title?: unknown } } | undefined;
  const title = about?.fields?.title;
  return typeof title === 'string' ? title.replace(/\\(.)/g, '$1').slice(0, 60) : '';
}

/** The notebook that commands and panel are about: the one in front; for a preview, the one that it is of. */
export function inFront(tracker: INotebookTracker): NotebookPanel | null {
  const front = tracker.currentWidget;
  if (!front || !isPreview(front.context.path)) {
    return front;
  }
  const path = front.context.path.replace(PREVIEW, NOTEBOOK);
  return tracker.find(notebook => notebook.context.path === path) ?? null;
}
