// What the side panel's sections have in common.

import { NotebookPanel } from '@jupyterlab/notebook';

export interface ISection {
  readonly name: string;
  readonly node: HTMLElement;
  /** The notebook in front has changed (null: none of a micro-project), or this section comes to the front. */
  show(panel: NotebookPanel | null): void;
}
