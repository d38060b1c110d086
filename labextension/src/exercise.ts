// An exercise of a learning path, in place of a cell's output. The kernel says which exercise it is and perhaps a figure
// to begin with; question, judgement and reaction are the portal's.

import { NotebookPanel } from '@jupyterlab/notebook';
import { Widget } from '@lumino/widgets';
import { answer, exercise, IExercise } from './api';
import { button, make, problem } from './dom';
import { Texts } from './texts';

const EXERCISE = 'application/vnd.innovation-sandbox.exercise+json';

interface IShown {
  exercise?: unknown;
  number?: unknown;
}

/** Let the outputs of this learning notebook show exercises. `earned` is called when an answer completes the path. */
export function showExercises(panel: NotebookPanel, texts: Texts, earned: () => void): void {
  panel.content.rendermime.addFactory(
    {
      safe: true,
      mimeTypes: [EXERCISE],
      createRenderer: () => new Exercise(texts, earned)
    },
    0
  );
}

class Exercise extends Widget {
  constructor(
    private _texts: Texts,
    private _earned: () => void
  ) {
    super();
    this.addClass('sandbox-exercise');
  }

  async renderModel(model: { data: { readonly [type: string]: unknown } }): Promise<void> {
    const shown = (model.data[EXERCISE] ?? {}) as IShown;
    this._name = String(shown.exercise ?? '');
    this._number = String(shown.number ?? '').slice(0, 40);
    await this._ask();
  }

  private async _ask(): Promise<void> {
    if (!this.node.childNodes.length) {
      this.node.append(make('p', 'sandbox-busy', this._texts.get('Loading…')));
    }
    try {
      this._draw(await exercise(this._name));
    } catch (error) {
      const again = button(this._texts.get('Try again'), '', () => void this._ask());
      this.node.replaceChildren(problem(error, this._texts), again);
    }
  }

  private _draw(asked: IExercise, badge = false): void {
    const { _texts: texts } = this;
    this.toggleClass('sandbox-solved', asked.solved);
    const parts: (HTMLElement | false)[] = [make('h3', '', asked.solved ? `✓ ${asked.title}` : asked.title)];
    if (asked.waits_until && !asked.solved) {
      const time = texts.clock(asked.waits_until);
      parts.push(
        told('again', texts.get('That was three times not quite.'), texts.get('Read the part above once more; another question comes at {time}.', { time })),
        button(texts.get('Show the question'), '', () => void this._ask())
      );
      this.node.replaceChildren(...parts.filter(part => part !== false));
      return;
    }
    parts.push(make('p', '', ...withCode(asked.text)), asked.table !== null && table(asked.table));
    if (asked.solved) {
      parts.push(told('right', '', asked.said));
      parts.push(badge && told('right', texts.get('That was the last one: the badge is yours.'), texts.get('It is on your page in the portal.')));
      this.node.replaceChildren(...parts.filter(part => part !== false));
      return;
    }
    const controls = this._controls(asked);
    const reaction = make('div', 'sandbox-reaction');
    reaction.setAttribute('role', 'status');
    if (asked.again) {
      const left = asked.kind === 'done' ? '' : ` ${texts.get('{left} more tries with this question.', { left: asked.left })}`;
      reaction.append(told('again', texts.get('Not yet.'), asked.said + left));
    }
    const label = texts.get(asked.kind === 'done' ? 'I have done it' : 'Check');
    const press = button(label, 'sandbox-accent', () => void this._send(asked, controls, press, reaction));
    parts.push(controls, reaction, press);
    this.node.replaceChildren(...parts.filter(part => part !== false));
  }

  private _controls(asked: IExercise): HTMLElement {
    const controls = make('div', 'sandbox-answers');
    if (asked.kind === 'number') {
      const input = make('input');
      input.type = 'text';
      input.inputMode = 'decimal';
      input.maxLength = 40;
      input.value = this._number;
      controls.append(make('label', 'sandbox-figure', make('span', '', this._texts.get('Your answer')), input, asked.unit));
    }
    for (const option of asked.options) {
      const input = make('input');
      input.type = asked.kind === 'one' ? 'radio' : 'checkbox';
      input.name = `${this.id || this._name}-${asked.question}`;
      input.value = option.mark;
      controls.append(make('label', 'sandbox-option', input, make('span', '', ...withCode(option.text))));
    }
    // A key that is meant for the answer must not reach the notebook, where it may be a command.
    controls.addEventListener('keydown', event => event.stopPropagation());
    return controls;
  }

  private async _send(asked: IExercise, controls: HTMLElement, press: HTMLButtonElement, reaction: HTMLElement): Promise<void> {
    const inputs = Array.from(controls.querySelectorAll('input'));
    const marks = inputs.filter(input => input.checked).map(input => input.value);
    const figure = inputs.find(input => input.type === 'text');
    press.disabled = true;
    try {
      const reply = await answer(this._name, { question: asked.question, marks, number: figure?.value ?? '' });
      this._number = reply.right ? '' : (figure?.value ?? '');
      this._draw(reply.exercise, reply.badge);
      if (!reply.right && marks.length) {
        // What was chosen stays chosen: the hint is about it.
        for (const input of Array.from(this.node.querySelectorAll('input'))) {
          input.checked = marks.includes(input.value);
        }
      }
      if (reply.badge) {
        this._earned();
      }
    } catch (error) {
      reaction.replaceChildren(problem(error, this._texts));
      press.disabled = false;
    }
  }

  private _name = '';
  private _number = '';
}

function told(kind: 'right' | 'again', first: string, more: string): HTMLElement {
  return make('p', `sandbox-told-${kind}`, first && make('b', '', `${first} `), ...withCode(more));
}

function table(figures: { head: string[]; rows: string[][] }): HTMLElement {
  const head = make('tr', '', ...figures.head.map(text => make('th', '', text)));
  const rows = figures.rows.map(row => make('tr', '', ...row.map(text => make('td', '', text))));
  return make('div', 'sandbox-figures', make('table', '', make('thead', '', head), make('tbody', '', ...rows)));
}

/** What stands in back quotes set as code. */
function withCode(text: string): (Node | string)[] {
  return text.split('`').map((part, place) => (place % 2 ? make('code', '', part) : part));
}
