// Versions: every save of the notebook, what differs from it, and the way back. Going back loses nothing.

import { DocumentRegistry } from '@jupyterlab/docregistry';
import { NotebookPanel } from '@jupyterlab/notebook';
import { compare, IComparison, IVersion, projectOf, restore, versions } from './api';
import { button, make, problem } from './dom';
import { ISection } from './section';
import { Texts } from './texts';

export class Versions implements ISection {
  readonly name = 'versions';
  readonly node = make('div', 'sandbox-versions');

  constructor(private _texts: Texts) {}

  show(panel: NotebookPanel | null): void {
    if (panel !== this._panel) {
      this._panel?.context.saveState.disconnect(this._saved);
      panel?.context.saveState.connect(this._saved);
      this._panel = panel;
    }
    const project = panel && projectOf(panel.context.path);
    if (!project) {
      this.node.replaceChildren();
      return;
    }
    versions(project).then(
      found => this._panel === panel && !this._looking && this._draw(project, found.versions),
      error => this.node.replaceChildren(problem(error, this._texts))
    );
  }

  /** A save is a new version; the one that is being looked at stays open. */
  private _saved = (_: unknown, state: DocumentRegistry.SaveState) => {
    if (state === 'completed' && this.node.offsetParent) {
      this.show(this._panel);
    }
  };

  /** Whether a version is open: the list stays as it is then. */
  private get _looking(): boolean {
    return this.node.querySelector('[aria-expanded=true]') !== null;
  }

  private _draw(project: string, found: IVersion[]): void {
    const { _texts: texts } = this;
    const list = make('ul', 'sandbox-version-list', ...found.map(version => this._item(project, version)));
    const about = found.length
      ? texts.get('Every save is kept. Look what differs, and bring back what you need; nothing is lost by that.')
      : texts.get('Nothing was saved yet.');
    this.node.replaceChildren(make('p', 'sandbox-muted', about), list);
  }

  private _item(project: string, version: IVersion): HTMLElement {
    const { _texts: texts } = this;
    const reasons: Record<string, string> = {
      aside: texts.get('kept aside: it could not be saved'),
      before: texts.get('before an older version came back'),
      restored: texts.get('version {number} brought back', { number: version.of })
    };
    const more = make('div', 'sandbox-version-more');
    const when = texts.time(version.time);
    const about = [version.current ? texts.get('as it is now') : '', reasons[version.reason] ?? ''].filter(Boolean);
    const head = make(
      'button',
      'sandbox-version',
      make('b', '', when),
      make('span', 'sandbox-muted', [version.by, ...about].join(' · '))
    );
    head.type = 'button';
    head.setAttribute('aria-expanded', 'false');
    head.onclick = () => {
      const open = more.childElementCount > 0;
      head.setAttribute('aria-expanded', String(!open));
      more.replaceChildren();
      if (!open) {
        more.append(make('p', 'sandbox-busy', texts.get('Comparing…')));
        compare(project, version.number).then(
          found => more.replaceChildren(...this._compared(project, version, found)),
          error => more.replaceChildren(problem(error, texts))
        );
      }
    };
    return make('li', '', head, more);
  }

  private _compared(project: string, version: IVersion, found: IComparison): HTMLElement[] {
    const { _texts: texts } = this;
    const kinds = {
      added: texts.get('this cell would come back'),
      removed: texts.get('this cell would go'),
      changed: texts.get('this cell would change'),
      moved: texts.get('this cell would move')
    };
    const parts: HTMLElement[] = found.choices.map(choice =>
      make('p', 'sandbox-choice', make('b', '', choice.name), ` ${choice.now} → ${choice.then}`)
    );
    for (const cell of found.cells) {
      const lines = cell.lines.map(line => make('span', `sandbox-line sandbox-line-${names[line.mark]}`, line.text || ' '));
      parts.push(make('p', 'sandbox-muted', kinds[cell.kind]), make('pre', 'sandbox-lines', ...lines));
    }
    if (!parts.length) {
      parts.push(make('p', 'sandbox-muted', texts.get('No text and no choice differs; only results may.')));
    }
    if (!version.current || parts.length) {
      const back = button(texts.get('Bring this version back'), 'sandbox-accent', () => {
        back.disabled = true;
        this._restore(project, version).catch(error => parts[parts.length - 1].append(problem(error, texts)));
      });
      back.disabled = !this._panel?.context.canSave;
      parts.push(back);
    }
    return parts;
  }

  private async _restore(project: string, version: IVersion): Promise<void> {
    const panel = this._panel;
    if (!panel) {
      return;
    }
    if (panel.context.model.dirty) {
      await panel.context.save();
    }
    await restore(project, version.number);
    await panel.context.revert();
    this.node.replaceChildren();
    this.show(panel);
  }

  private _panel: NotebookPanel | null = null;
}

const names: Record<string, string> = { '+': 'new', '-': 'gone', ' ': 'same', '…': 'more' };
