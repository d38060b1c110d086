// Preview: the app part of the saved notebook beside it, in a kernel that may do what a viewer's may.

import { JupyterFrontEnd } from '@jupyterlab/application';
import { DocumentWidget } from '@jupyterlab/docregistry';
import { NotebookActions, NotebookPanel } from '@jupyterlab/notebook';
import { PREVIEW, projectOf } from './api';
import { button, make } from './dom';
import { ISection } from './section';
import { nameTab } from './tabs';
import { Texts } from './texts';

export class Preview implements ISection {
  readonly name = 'preview';
  readonly node = make('div', 'sandbox-preview-section');

  constructor(
    private _app: JupyterFrontEnd,
    private _texts: Texts
  ) {
    const { _texts: texts } = this;
    const about = texts.get(
      'The app as colleagues will see it: the cells below “The app”, with the model that was saved last. It can read the project, not change it.'
    );
    this.node.append(
      make('p', 'sandbox-muted', about),
      button(texts.get('Show the app'), 'sandbox-accent', () => void this._open()),
      button(texts.get('As on a phone'), '', () => this._narrow()),
      this._told
    );
    this._told.setAttribute('aria-live', 'polite');
  }

  show(panel: NotebookPanel | null): void {
    if (panel !== this._panel) {
      this._panel = panel;
      this._told.textContent = '';
    }
  }

  /** Open the preview, or make it anew from what is saved now. */
  private async _open(): Promise<void> {
    const panel = this._panel;
    const project = panel && projectOf(panel.context.path);
    if (!panel || !project) {
      return;
    }
    this._told.textContent = this._texts.get('Starting the app…');
    try {
      if (panel.context.model.dirty && panel.context.canSave) {
        await panel.context.save();
      }
      const view = await this._view(project, panel);
      await view.sessionContext.ready;
      await NotebookActions.runAll(view.content, view.sessionContext);
      view.content.activeCellIndex = 0;
      this._told.textContent = '';
    } catch {
      this._told.textContent = this._texts.get('The app could not be shown. Press “Run all” first, then try again.');
    }
  }

  private async _view(project: string, panel: NotebookPanel): Promise<NotebookPanel> {
    const path = `${project}/${PREVIEW}`;
    const known = this._shown;
    if (known && !known.isDisposed && known.context.path === path) {
      await known.context.revert();
      await known.sessionContext.restartKernel();
      this._app.shell.activateById(known.id);
      return known;
    }
    const options = { mode: 'split-right', ref: panel.id, activate: true };
    const opened: DocumentWidget = await this._app.commands.execute('docmanager:open', { path, options });
    const view = opened as NotebookPanel;
    await view.context.ready;
    this._shown = view;
    return view;
  }

  private _narrow(): void {
    if (this._shown && !this._shown.isDisposed) {
      this._shown.toggleClass('sandbox-narrow');
    } else {
      void this._open().then(() => this._shown?.addClass('sandbox-narrow'));
    }
  }

  private _panel: NotebookPanel | null = null;
  private _shown: NotebookPanel | null = null;
  private _told = make('p', 'sandbox-muted');
}

/** Make a notebook that is a preview look and behave like an app: nothing to edit, nothing to save. */
export function dress(view: NotebookPanel, texts: Texts): void {
  const { context, content, sessionContext } = view;
  const fold = () => {
    for (const cell of content.widgets) {
      cell.readOnly = true;
      cell.inputHidden = cell.model.type === 'code';
    }
  };
  view.addClass('sandbox-preview');
  view.toolbar.hide();
  nameTab(view, texts.get('The app'));
  fold();
  context.fileChanged.connect(fold);
  context.model.stateChanged.connect(() => {
    if (context.model.dirty) {
      context.model.dirty = false; // its outputs are no changes that anybody would save
    }
  });
  // Its kernel is of no use without it.
  view.disposed.connect(() => void sessionContext.shutdown().catch(() => undefined));
}
