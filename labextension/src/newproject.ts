// The form that makes a micro-project from a template: everything is filled in already, so that one click will do.

import { Dialog } from '@jupyterlab/apputils';
import { Widget } from '@lumino/widgets';
import { INewProject, ITemplate, makeProject } from './api';
import { make, problem } from './dom';
import { Texts } from './texts';

class Form extends Widget {
  constructor(
    private _template: ITemplate,
    texts: Texts
  ) {
    super();
    this.addClass('sandbox-form');
    const { kpi, datasets } = _template;
    this._title = field('text', _template.title, 120);
    this._problem = make('textarea');
    this._problem.value = _template.problem;
    this._problem.maxLength = 600;
    this._problem.rows = 2;
    this._baseline = field('number', String(kpi.baseline));
    this._target = field('number', String(kpi.target));
    this._data = make('select');
    for (const dataset of datasets) {
      this._data.add(new Option(dataset.title, dataset.name));
    }
    const figure = kpi.unit ? `${kpi.name} (${kpi.unit})` : kpi.name;
    this.node.append(
      make('p', 'sandbox-muted', _template.summary),
      labelled(texts.get('What shall it be called?'), this._title),
      labelled(texts.get('Your problem in a sentence'), this._problem),
      make(
        'fieldset',
        '',
        make('legend', '', texts.get('The figure that should move: {kpi}', { kpi: figure })),
        labelled(texts.get('today'), this._baseline),
        labelled(texts.get('aimed at'), this._target)
      ),
      datasets.length
        ? labelled(texts.get('Data'), this._data)
        : make('p', 'sandbox-problem', texts.get('There is no data yet that you may use. Ask a data steward.')),
      ...(_template.locked ?? []).map(dataset =>
        make(
          'p',
          'sandbox-muted',
          make('b', '', dataset.title),
          ` ${texts.get('opens to you after the learning path “{paths}” (start page, under “Learn”).', { paths: dataset.paths.join(' + ') })}`
        )
      ),
      this._told
    );
  }

  value(): INewProject {
    const { kpi, name, department } = this._template;
    return {
      title: this._title.value,
      problem: this._problem.value,
      kpi: { ...kpi, baseline: this._baseline.valueAsNumber, target: this._target.valueAsNumber },
      department,
      template: name,
      datasets: this._data.value ? [this._data.value] : []
    };
  }

  say(...nodes: HTMLElement[]): void {
    this._told.replaceChildren(...nodes);
  }

  protected onAfterAttach(): void {
    this._title.select();
  }

  private _title: HTMLInputElement;
  private _problem: HTMLTextAreaElement;
  private _baseline: HTMLInputElement;
  private _target: HTMLInputElement;
  private _data: HTMLSelectElement;
  private _told = make('div', 'sandbox-told');
}

function field(type: string, value: string, most = 40): HTMLInputElement {
  const node = make('input');
  node.type = type;
  node.value = value;
  node.step = 'any';
  node.maxLength = most;
  return node;
}

function labelled(text: string, control: HTMLElement): HTMLLabelElement {
  return make('label', '', make('span', '', text), control);
}

/** Ask, make the project, and give its name; null when the person thought better of it. What was typed is not lost. */
export async function askForProject(
  template: ITemplate,
  texts: Texts,
  wrong?: unknown,
  heading = template.title
): Promise<string | null> {
  const form = new Form(template, texts);
  if (wrong) {
    form.say(problem(wrong, texts));
  }
  const dialog = new Dialog({
    title: heading,
    body: form,
    buttons: [
      Dialog.cancelButton({ label: texts.get('Cancel') }),
      Dialog.okButton({ label: texts.get('Make the project') })
    ]
  });
  const asked = await dialog.launch();
  if (!asked.button.accept) {
    return null;
  }
  const typed = form.value();
  try {
    return (await makeProject(typed)).project;
  } catch (error) {
    const filled = { ...template, title: typed.title, problem: typed.problem, kpi: typed.kpi };
    return askForProject(filled, texts, error, heading);
  }
}
