// Check: what the examination would find by reading the project, after every save; click to go to the cell.

import { CodeCell } from '@jupyterlab/cells';
import { DocumentRegistry } from '@jupyterlab/docregistry';
import { NotebookPanel } from '@jupyterlab/notebook';
import { ISignal, Signal } from '@lumino/signaling';
import { check, IFinding, IPanel, panel as askPanel, projectOf } from './api';
import { later, link, make, problem } from './dom';
import { ISection } from './section';
import { goTo } from './steps';
import { Texts } from './texts';

const IDLE_MS = 4000;

export class Checks implements ISection {
  readonly name = 'check';
  readonly node = make('div', 'sandbox-checks');

  constructor(private _texts: Texts) {
    this.node.setAttribute('aria-live', 'polite');
  }

  /** How many findings are open, for the mark on the section's tab. */
  get openChanged(): ISignal<this, number> {
    return this._openChanged;
  }

  show(panel: NotebookPanel | null): void {
    if (panel !== this._panel) {
      this._leave();
      this._panel = panel;
      this._found = null;
      this.node.replaceChildren();
      if (panel) {
        this._follow(panel);
      }
    }
    this._ask();
  }

  private _follow(panel: NotebookPanel): void {
    const { context } = panel;
    const model = context.model;
    const saved = (_: unknown, state: DocumentRegistry.SaveState) => {
      if (state === 'completed') {
        this._ask();
      }
    };
    // Who stops writing for a moment wants to know: save, and the save brings the check.
    const changed = later(() => {
      const wanted = this.node.offsetParent !== null && model.dirty && context.canSave;
      if (wanted && !panel.isDisposed && panel.sessionContext.session?.kernel?.status !== 'busy') {
        void context.save();
      }
    }, IDLE_MS);
    context.saveState.connect(saved);
    model.contentChanged.connect(changed);
    this._leave = () => {
      context.saveState.disconnect(saved);
      model.contentChanged.disconnect(changed);
      this._leave = () => undefined;
    };
  }

  private _ask = later(() => {
    const panel = this._panel;
    const project = panel && !panel.isDisposed && projectOf(panel.context.path);
    if (!panel || !project) {
      return;
    }
    if (!this._found) {
      this.node.replaceChildren(make('p', 'sandbox-busy', this._texts.get('Reading…')));
    }
    Promise.all([check(project), askPanel(project)]).then(
      ([now, before]) => {
        if (this._panel === panel && !panel.isDisposed) {
          this._found = now.findings;
          this._draw(panel, [...stopped(panel, this._texts), ...now.findings], before);
        }
      },
      error => {
        if (this._panel === panel) {
          this.node.replaceChildren(problem(error, this._texts));
        }
      }
    );
  }, 400);

  private _draw(panel: NotebookPanel, now: IFinding[], before: IPanel): void {
    const { _texts: texts } = this;
    const open = now.filter(finding => finding.level !== 'pass');
    this._openChanged.emit(open.length);
    const told = open.length
      ? texts.get('{open} points as it is saved now', { open: open.length })
      : texts.get('Nothing found by reading. What only a run can show is checked when you submit.');
    this.node.replaceChildren(make('p', open.length ? '' : 'sandbox-good', told), this._list(panel, open));
    if (before.last && before.findings.length && before.last.decision !== 'withdrawn') {
      const title = texts.get('From the examination of submission {number}', { number: before.last.number });
      const more = link(texts.get('See it in the portal'), before.url);
      this.node.append(make('h3', '', title), this._list(panel, before.findings), more);
    }
  }

  private _list(panel: NotebookPanel, findings: IFinding[]): HTMLElement {
    return make('ul', 'sandbox-findings', ...findings.map(finding => this._item(panel, finding)));
  }

  private _item(panel: NotebookPanel, finding: IFinding): HTMLElement {
    const { _texts: texts } = this;
    const cell = panel.content.widgets.findIndex(widget => widget.model.id === finding.cell);
    const text = [
      make('p', '', finding.message),
      finding.remedy && make('p', 'sandbox-remedy', `${texts.get('To do:')} ${finding.remedy}`)
    ];
    if (cell < 0) {
      return make('li', `sandbox-${finding.level}`, ...text);
    }
    const go = make('button', 'sandbox-go', ...text);
    go.type = 'button';
    go.title = texts.get('Go to the cell');
    go.onclick = () => void goTo(panel, cell);
    return make('li', `sandbox-${finding.level}`, go);
  }

  private _panel: NotebookPanel | null = null;
  private _found: IFinding[] | null = null;
  private _leave: () => void = () => undefined;
  private _openChanged = new Signal<this, number>(this);
}

/** Cells that stopped with an error: seen here, without asking anybody. */
function stopped(panel: NotebookPanel, texts: Texts): IFinding[] {
  const wrong = panel.content.widgets.filter(cell => {
    if (!(cell instanceof CodeCell)) {
      return false;
    }
    const { outputs } = cell.model;
    return Array.from({ length: outputs.length }, (_, i) => outputs.get(i).type).includes('error');
  });
  return wrong.map(cell => ({
    level: 'fail',
    message: texts.get('A cell stops with an error.'),
    remedy: texts.get('Read the last line below it, correct the form or the code, then press “Run all”.'),
    cell: cell.model.id
  }));
}
