// One window at a time changes a notebook: who has it since when, taking it over, and what the other one sees.

import { NotebookPanel } from '@jupyterlab/notebook';
import { PartialJSONValue } from '@lumino/coreutils';
import { IPresence, leave, presence } from './api';
import { Notice } from './notice';
import { Texts } from './texts';

const ASK_MS = 10_000;

export class Lock {
  constructor(
    private _panel: NotebookPanel,
    private _project: string,
    private _texts: Texts,
    /** Called when this window may change the notebook from now on, or no longer. */
    private _turned: () => void
  ) {
    this._notice = new Notice(_panel, 'lock');
    this._mine = _panel.context.canSave ?? true;
    const timer = window.setInterval(() => void this.ask(), ASK_MS);
    const gone = () => void leave(_project);
    window.addEventListener('pagehide', gone);
    _panel.disposed.connect(() => {
      window.clearInterval(timer);
      window.removeEventListener('pagehide', gone);
      gone();
    });
    void this.ask();
  }

  /** Ask who works on the project; a window that lost it hands over what it has not saved. */
  async ask(take = false): Promise<void> {
    const { context } = this._panel;
    let told: IPresence;
    try {
      told = await presence(this._project, { take });
      if (!told.mine && this._mine && context.model.dirty) {
        told = await presence(this._project, { text: context.model.toJSON() as PartialJSONValue });
      }
    } catch {
      return; // The server does not answer: JupyterLab says so itself, and saving tells more.
    }
    if (this._panel.isDisposed) {
      return;
    }
    const before = this._mine;
    this._mine = told.mine;
    const turned = told.mine !== before || told.mine !== context.canSave;
    if (turned) {
      // Now the other's text, and whether it may be changed, as the server says.
      await context.revert();
    }
    this._freeze(!told.mine);
    if (turned) {
      this._turned();
    }
    const holder = told.mine ? '' : `${told.person} ${told.since} ${told.other}`;
    if (told.mine) {
      this._notice.clear();
    } else if (before || holder !== this._holder) {
      this._say(told);
    }
    this._holder = holder;
  }

  private _say(told: IPresence): void {
    const { _texts: texts } = this;
    const fields = { person: told.person, time: texts.clock(told.since) };
    const text = told.other
      ? texts.get('{person} has been working on this project since {time}. You can read along.', fields)
      : texts.get('{person} has been working on this project in another window since {time}. You can read along.', fields);
    const kept = told.kept ? ' ' + texts.get('What you had not saved is kept among the versions.') : '';
    this._notice.say(text + kept, [{ label: texts.get('Work here instead'), press: () => void this.ask(true) }]);
  }

  private _freeze(frozen: boolean): void {
    this._panel.toggleClass('sandbox-read-only', frozen);
    for (const cell of this._panel.content.widgets) {
      // Else the notebook itself would say so, and count as changed.
      cell.syncEditable = false;
      cell.readOnly = frozen;
    }
  }

  private _mine: boolean;
  /** Of whom the notice has spoken: it is said anew only when somebody else has the notebook. */
  private _holder = '';
  private _notice: Notice;
}
