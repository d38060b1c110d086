// Steps: the headings of the notebook, with what is done, where I am, and where something went wrong.

import { CodeCell, MarkdownCell } from '@jupyterlab/cells';
import { NotebookActions, NotebookPanel } from '@jupyterlab/notebook';
import { later, make } from './dom';
import { ISection } from './section';
import { Texts } from './texts';

type State = 'done' | 'busy' | 'wrong' | 'open' | 'text';

interface IStep {
  title: string;
  /** Index of the heading's cell. */
  cell: number;
  app: boolean;
  state: State;
}

const HEADING = /^#{1,2}\s+(.+?)\s*#*$/m;

export class Steps implements ISection {
  readonly name = 'steps';
  readonly node = make('div', 'sandbox-steps');

  constructor(private _texts: Texts) {
    // Busy and done are told by the notebook's actions; both are global signals.
    for (const signal of [NotebookActions.executed, NotebookActions.executionScheduled]) {
      (signal as { connect: (slot: () => void) => void }).connect(() => this._render());
    }
  }

  show(panel: NotebookPanel | null): void {
    this._leave();
    this._panel = panel;
    if (panel) {
      const model = panel.content.model;
      const scrolled = panel.content.node.querySelector('.jp-WindowedPanel-outer') ?? panel.content.node;
      model?.contentChanged.connect(this._render);
      panel.content.activeCellChanged.connect(this._render);
      scrolled.addEventListener('scroll', this._render, { passive: true });
      this._leave = () => {
        model?.contentChanged.disconnect(this._render);
        panel.content.activeCellChanged.disconnect(this._render);
        scrolled.removeEventListener('scroll', this._render);
        this._leave = () => undefined;
      };
    }
    this._draw();
  }

  private _draw(): void {
    const panel = this._panel;
    if (!panel || panel.isDisposed || !panel.content.model) {
      this.node.replaceChildren();
      return;
    }
    const steps = stepsOf(panel);
    const here = current(panel, steps);
    const list = make('ol', 'sandbox-step-list');
    let app = false;
    for (const step of steps) {
      if (step.app && !app) {
        app = true;
        list.append(make('li', 'sandbox-step-part', this._texts.get('The app, as colleagues will see it')));
      }
      list.append(this._item(panel, step, step === here));
    }
    const all = steps.filter(step => step.state !== 'text');
    const done = all.filter(step => step.state === 'done').length;
    const told = this._texts.get('{done} of {all} steps have a result', { done, all: all.length });
    this.node.replaceChildren(make('p', 'sandbox-muted', told), list);
  }

  private _item(panel: NotebookPanel, step: IStep, here: boolean): HTMLElement {
    const marks: Record<State, string> = { done: '✓', busy: '…', wrong: '!', open: '○', text: '·' };
    const told: Record<State, string> = {
      done: this._texts.get('done'),
      busy: this._texts.get('running'),
      wrong: this._texts.get('stopped with an error'),
      open: this._texts.get('not run yet'),
      text: ''
    };
    const sign = make('span', `sandbox-sign sandbox-sign-${step.state}`, marks[step.state]);
    sign.title = told[step.state];
    const item = make('button', 'sandbox-step', sign, make('span', '', step.title));
    item.type = 'button';
    if (here) {
      item.setAttribute('aria-current', 'step');
    }
    item.onclick = () => void goTo(panel, step.cell);
    return make('li', '', item);
  }

  private _panel: NotebookPanel | null = null;
  private _leave: () => void = () => undefined;
  private _render = later(() => this._draw(), 80);
}

/** Bring a cell into view and make it the active one. */
export async function goTo(panel: NotebookPanel, index: number): Promise<void> {
  const { content } = panel;
  if (index < 0 || index >= content.widgets.length) {
    return;
  }
  content.deselectAll();
  content.activeCellIndex = index;
  await content.scrollToItem(index, 'start');
  const cell = content.widgets[index];
  cell.node.classList.add('sandbox-found');
  window.setTimeout(() => cell.node.classList.remove('sandbox-found'), 1600);
}

function stepsOf(panel: NotebookPanel): IStep[] {
  const steps: IStep[] = [];
  panel.content.widgets.forEach((cell, index) => {
    const tags = cell.model.getMetadata('tags');
    const app = Array.isArray(tags) && tags.includes('app');
    if (cell instanceof MarkdownCell) {
      const heading = HEADING.exec(cell.model.sharedModel.getSource());
      if (heading) {
        steps.push({ title: plain(heading[1]), cell: index, app, state: 'text' });
      }
    } else if (cell instanceof CodeCell && steps.length) {
      const step = steps[steps.length - 1];
      step.state = worst(step.state, stateOf(cell));
    }
  });
  return steps;
}

function stateOf(cell: CodeCell): State {
  if (cell.model.executionState === 'running') {
    return 'busy';
  }
  const outputs = cell.model.outputs;
  for (let i = 0; i < outputs.length; i++) {
    if (outputs.get(i).type === 'error') {
      return 'wrong';
    }
  }
  return cell.model.executionCount ? 'done' : 'open';
}

function worst(one: State, other: State): State {
  const order: State[] = ['wrong', 'busy', 'open', 'done', 'text'];
  return order.find(state => state === one || state === other) ?? 'text';
}

/** The step that is being read: the last one whose heading has come up to the upper third of the notebook. */
function current(panel: NotebookPanel, steps: IStep[]): IStep | undefined {
  const frame = panel.content.node.getBoundingClientRect();
  const line = frame.top + frame.height / 3;
  let found = steps[0];
  for (const step of steps) {
    const node = panel.content.widgets[step.cell].node;
    if (node.isConnected && node.getBoundingClientRect().top <= line) {
      found = step;
    }
  }
  return found;
}

/** A heading's text without markdown's signs. */
function plain(text: string): string {
  return text.replace(/\\([\\`*_{}[\]<>|#~$&])/g, '$1').replace(/[*_`]{1,2}([^*_`]+)[*_`]{1,2}/g, '$1');
}
