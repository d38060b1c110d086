// A line above the notebook that says what is going on and what can be done about it.

import { NotebookPanel } from '@jupyterlab/notebook';
import { Widget } from '@lumino/widgets';
import { button, make } from './dom';

export interface IChoice {
  label: string;
  press: () => void;
}

/** One notice of a notebook; saying something else replaces it. */
export class Notice {
  constructor(
    private _panel: NotebookPanel,
    private _kind: string
  ) {}

  say(text: string, choices: IChoice[] = [], busy = false): void {
    this.clear();
    if (this._panel.isDisposed) {
      return;
    }
    const node = make(
      'div',
      `sandbox-notice sandbox-notice-${this._kind}`,
      make('span', busy ? 'sandbox-busy' : '', text),
      ...choices.map(choice => button(choice.label, '', choice.press))
    );
    node.setAttribute('role', 'status');
    this._widget = new Widget({ node });
    this._panel.contentHeader.addWidget(this._widget);
  }

  clear(): void {
    this._widget?.dispose();
    this._widget = null;
  }

  private _widget: Widget | null = null;
}
