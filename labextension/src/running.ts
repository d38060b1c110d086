// The notebook as a form: it gets itself ready when it is opened, and a kernel that ended loses nothing.

import { Cell, CodeCell } from '@jupyterlab/cells';
import { NotebookActions, NotebookPanel } from '@jupyterlab/notebook';
import { Notice } from './notice';
import { Texts } from './texts';

const FORM = 'form';
const WIDGET_VIEW = 'application/vnd.jupyter.widget-view+json';
const ASLEEP = 'sandbox-asleep';

/** The widgets that a cell shows. */
function views(cell: CodeCell): { model_id?: string }[] {
  const { outputs } = cell.model;
  const shown = Array.from({ length: outputs.length }, (_, i) => outputs.get(i).data[WIDGET_VIEW]);
  return shown.filter(view => view !== undefined) as { model_id?: string }[];
}

function wake(cell: Cell): void {
  cell.removeClass(ASLEEP);
}

export class Running {
  constructor(
    private _panel: NotebookPanel,
    private _texts: Texts
  ) {
    this._notice = new Notice(_panel, 'run');
    const session = _panel.sessionContext;
    const executed = (_: unknown, told: { cell: Cell; success: boolean }) => {
      if (_panel.content.widgets.includes(told.cell)) {
        wake(told.cell);
        if (told.success) {
          this._ran.add(told.cell.model.id);
        }
      }
    };
    NotebookActions.executed.connect(executed);
    session.statusChanged.connect((_, status) => {
      if (status === 'restarting' || status === 'autorestarting' || status === 'dead') {
        this._ran.clear();
      }
      if (status === 'autorestarting' || status === 'dead') {
        this._ended();
      }
    });
    session.kernelChanged.connect((_, change) => {
      this._ran.clear();
      if (change.oldValue && !change.newValue && !_panel.isDisposed && !session.isDisposed) {
        this._ended();
      }
    });
    // “See the result” asks the steps to run again; where they have not run yet, they run now.
    _panel.node.addEventListener('click', event => this._pressed(event), true);
    _panel.disposed.connect(() => NotebookActions.executed.disconnect(executed));
  }

  /**
   * Run the cells that make the form, unless they live already; visibly, and it can be stopped. Results of another day
   * are not in the file: they are brought back, unless the text is somebody else's.
   */
  async prepare(): Promise<void> {
    const { _panel: panel, _texts: texts } = this;
    await panel.sessionContext.ready;
    const cells = this._first();
    if (panel.isDisposed || !cells.length || (await this._lives(cells[cells.length - 1]))) {
      return;
    }
    this._sleep();
    if (!panel.context.canSave) {
      return;
    }
    if (cells.every(cell => cell.model.id !== FORM)) {
      await this._run(cells); // a learning path without a form: there is nothing to wait for
      return;
    }
    const stop = { label: texts.get('Stop'), press: () => void panel.sessionContext.session?.kernel?.interrupt() };
    this._notice.say(texts.get('The form is getting ready…'), [stop], true);
    const before = panel.content.widgets.some(cell => cell instanceof CodeCell && cell.model.executionCount !== null);
    const own = panel.content.widgets.every(cell => !(cell instanceof CodeCell) || cell.model.trusted);
    const ok = await this._run(cells);
    const again = { label: texts.get('Run all'), press: () => void this.all() };
    if (!ok) {
      this._notice.say(texts.get('The form did not come up.'), [again]);
    } else if (before && own) {
      this._notice.say(texts.get('Your choices are here. The results are being calculated again…'), [stop], true);
      const all = panel.content.widgets;
      if (await this._run(all.slice(all.indexOf(cells[cells.length - 1]) + 1))) {
        this._notice.clear();
        await this._save();
      } else {
        this._notice.say(texts.get('Not all results are back.'), [again]);
      }
    } else if (before) {
      this._notice.say(texts.get('The choices are here. “Run all” brings the results.'), [again]);
    } else {
      this._notice.clear();
    }
  }

  /** Run the whole notebook; who reads results stays where the reading began. */
  async all(): Promise<void> {
    await this._panel.sessionContext.ready;
    if (!this._panel.sessionContext.session?.kernel) {
      await this._panel.sessionContext.changeKernel({ name: 'python3' });
    }
    this._notice.clear();
    await this._run(this._panel.content.widgets);
    await this._save();
  }

  /** Whoever closes the page now finds the results again. */
  private async _save(): Promise<void> {
    if (!this._panel.isDisposed && this._panel.context.canSave) {
      await this._panel.context.save();
    }
  }

  private async _run(cells: readonly Cell[]): Promise<boolean> {
    const { content, sessionContext } = this._panel;
    const place = content.activeCellIndex;
    const scrolled = content.node.querySelector('.jp-WindowedPanel-outer');
    const top = scrolled?.scrollTop ?? 0;
    try {
      return await NotebookActions.runCells(content, cells, sessionContext);
    } finally {
      if (!this._panel.isDisposed) {
        content.activeCellIndex = place;
        scrolled?.scrollTo({ top });
      }
    }
  }

  /** Say in place of widgets of another day why nothing is there; JupyterLab would show their programmer's names. */
  private _sleep(): void {
    const { _panel: panel, _texts: texts } = this;
    const text = panel.context.canSave
      ? texts.get('The result comes with “Run all”.')
      : texts.get('You see the result when you work here.');
    for (const cell of panel.content.widgets) {
      if (cell instanceof CodeCell && !this._ran.has(cell.model.id) && views(cell).length) {
        cell.addClass(ASLEEP);
        cell.outputArea.node.dataset.sandboxAsleep = text;
      }
    }
  }

  private _ended(): void {
    const { _texts: texts } = this;
    const again = { label: texts.get('Run again'), press: () => void this.all() };
    this._notice.say(
      texts.get('The calculation ended by itself; perhaps it needed too much memory. Nothing is lost: your choices and your text are saved.'),
      [again]
    );
  }

  /** Whether the form on the page is connected to a kernel that runs: another window, or this one reloaded. */
  private async _lives(form: Cell): Promise<boolean> {
    const kernel = this._panel.sessionContext.session?.kernel;
    const reply = await kernel?.requestCommInfo({ target_name: 'jupyter.widget' });
    if (reply?.content.status !== 'ok' || !(form instanceof CodeCell)) {
      return false;
    }
    const { comms } = reply.content;
    return views(form).some(view => (view.model_id ?? '') in comms);
  }

  private _pressed(event: Event): void {
    const target = event.target as HTMLElement;
    if (!target.closest?.('.sb-see')) {
      return;
    }
    const all = this._panel.content.widgets;
    const later = all.slice(all.findIndex(cell => cell.model.id === FORM) + 1);
    const waiting = later.filter(cell => cell instanceof CodeCell && !this._ran.has(cell.model.id));
    if (waiting.length) {
      // The button itself would have the steps that exist run a second time.
      event.stopPropagation();
      this._notice.clear();
      void this._run(later).then(() => this._save());
    }
  }

  /** The cells before and with the form: what sets the notebook up, and the form itself. */
  private _first(): Cell[] {
    const all = this._panel.content.widgets;
    const form = all.find(cell => cell.model.id === FORM && cell.model.type === 'code');
    const about = this._panel.content.model?.getMetadata('sandbox') as { template?: string; learning?: string } | undefined;
    if (form ? !about?.template && !about?.learning : !about?.learning) {
      return [];
    }
    const setup = all.slice(0, form ? all.indexOf(form) : all.length).filter(cell => {
      const tags = cell.model.getMetadata('tags');
      return cell.model.type === 'code' && Array.isArray(tags) && tags.includes('setup');
    });
    return form ? [...setup, form] : setup;
  }

  private _ran = new Set<string>();
  private _notice: Notice;
}
