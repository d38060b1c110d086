// The side panel: one section at a time beside the notebook, and Submit always in reach.

import { NotebookPanel } from '@jupyterlab/notebook';
import { Widget } from '@lumino/widgets';
import { button, make } from './dom';
import { mark } from './icons';
import { ISection } from './section';
import { Texts } from './texts';

export class SidePanel extends Widget {
  constructor(
    texts: Texts,
    private _sections: { section: ISection; label: string }[],
    submit: () => void
  ) {
    super();
    this.id = 'sandbox-panel';
    this.addClass('sandbox-panel');
    this.title.icon = mark;
    this.title.caption = texts.get('My project');
    const tabs = make('div', 'sandbox-tabs');
    tabs.setAttribute('role', 'tablist');
    for (const { section, label } of _sections) {
      tabs.append(this._tab(section, label));
      section.node.classList.add('sandbox-section');
      section.node.setAttribute('role', 'tabpanel');
      section.node.setAttribute('aria-label', label);
    }
    this._empty.textContent = texts.get('Open a micro-project to see its steps, data and checks here.');
    this._submit = button(texts.get('Submit for review'), 'sandbox-accent sandbox-submit', submit);
    this._notMine.textContent = texts.get('You are reading along. To submit, first choose “Work here instead”.');
    this._notMine.id = 'sandbox-not-mine';
    this.node.append(tabs, this._empty, ..._sections.map(({ section }) => section.node), this._notMine, this._submit);
    tabs.onkeydown = event => this._walk(event);
    this.open(_sections[0].section.name);
  }

  /** The notebook of a micro-project that is in front; null when there is none. */
  set notebook(panel: NotebookPanel | null) {
    this._panel = panel;
    this.open(this._open);
  }

  /** Bring a section to the front. */
  open(name: string): void {
    this._open = name;
    this._empty.hidden = this._panel !== null;
    this._submit.hidden = this._panel === null;
    this.turn();
    for (const { section } of this._sections) {
      const here = section.name === name;
      section.node.hidden = !here || this._panel === null;
      const tab = this._tabs.get(section.name)!;
      tab.setAttribute('aria-selected', String(here));
      tab.tabIndex = here ? 0 : -1;
      if (here && this.isVisible) {
        section.show(this._panel);
      }
    }
  }

  /** Show whether the notebook may be submitted from here; only the window that may change it may submit it. */
  turn(): void {
    const mine = this._panel?.context.canSave !== false;
    this._submit.disabled = !mine;
    this._notMine.hidden = mine;
    if (mine) {
      this._submit.removeAttribute('aria-describedby');
    } else {
      this._submit.setAttribute('aria-describedby', this._notMine.id);
    }
  }

  /** A number on a section's tab; none for 0. */
  badge(name: string, count: number): void {
    const tab = this._tabs.get(name)!;
    tab.querySelector('.sandbox-badge')?.remove();
    if (count) {
      tab.append(make('span', 'sandbox-badge', String(count)));
    }
  }

  protected onAfterShow(): void {
    this.open(this._open);
  }

  private _tab(section: ISection, label: string): HTMLElement {
    const tab = make('button', 'sandbox-tab', label);
    tab.type = 'button';
    tab.setAttribute('role', 'tab');
    tab.onclick = () => this.open(section.name);
    this._tabs.set(section.name, tab);
    return tab;
  }

  /** Arrow keys walk through the tabs, as screen readers expect of a tab list. */
  private _walk(event: KeyboardEvent): void {
    const by = { ArrowRight: 1, ArrowLeft: -1 }[event.key];
    if (by) {
      const all = this._sections.map(({ section }) => section.name);
      const next = all[(all.indexOf(this._open) + by + all.length) % all.length];
      this.open(next);
      this._tabs.get(next)!.focus();
      event.preventDefault();
    }
  }

  private _panel: NotebookPanel | null = null;
  private _open = '';
  private _tabs = new Map<string, HTMLElement>();
  private _empty = make('p', 'sandbox-muted sandbox-section');
  private _notMine = make('p', 'sandbox-muted sandbox-not-mine');
  private _submit: HTMLButtonElement;
}
