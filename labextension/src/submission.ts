// The dialog that follows a submission: a note, then the examination as it goes, then what it found.

import { Dialog, showDialog } from '@jupyterlab/apputils';
import { DocumentRegistry } from '@jupyterlab/docregistry';
import { INotebookModel } from '@jupyterlab/notebook';
import { Widget } from '@lumino/widgets';
import { IFinding, ISubmission, SandboxProblem, status, submit } from './api';
import { Texts } from './texts';

const POLL_MS = 1000;

class NoteBody extends Widget implements Dialog.IBodyWidget<string> {
  constructor(texts: Texts) {
    super();
    this.addClass('sandbox-note');
    const about = document.createElement('p');
    about.textContent = texts.get(
      'The notebook is saved and a frozen copy is checked automatically; then a colleague reviews it.'
    );
    const label = document.createElement('label');
    label.textContent = texts.get('A note for the reviewers (optional)');
    this._text.maxLength = 2000;
    this._text.rows = 4;
    label.append(this._text);
    this.node.append(about, label);
  }

  getValue(): string {
    return this._text.value.trim();
  }

  private _text = document.createElement('textarea');
}

class ExaminationBody extends Widget {
  constructor(private _texts: Texts) {
    super();
    this.addClass('sandbox-examination');
    this.node.setAttribute('aria-live', 'polite');
    this.say(_texts.get('Saving…'));
  }

  say(text: string, busy = true): void {
    this.node.replaceChildren(paragraph(text, busy ? 'sandbox-busy' : 'sandbox-verdict'));
  }

  show_(submission: ISubmission): void {
    const running = submission.examination === 'queued' || submission.examination === 'running';
    const waiting = submission.examination === 'queued' ? 'Waiting for the examination…' : 'Examining…';
    this.say(running ? submission.progress || this._texts.get(waiting) : this._texts.get(verdict(submission)), running);
    const open = submission.findings.filter(finding => finding.level !== 'pass');
    if (!running && open.length) {
      this.node.append(this._list(open));
    }
    this.node.append(this._link(submission));
  }

  fail(problem: unknown): void {
    this.say(problem instanceof SandboxProblem ? problem.message : this._texts.get('It did not work.'), false);
    const remedy =
      problem instanceof SandboxProblem
        ? problem.remedy
        : this._texts.get('JupyterLab is not reachable. Check whether the sandbox is still running.');
    if (remedy) {
      this.node.append(paragraph(`${this._texts.get('To do:')} ${remedy}`, 'sandbox-remedy'));
    }
  }

  private _list(findings: IFinding[]): HTMLElement {
    const list = document.createElement('ul');
    for (const finding of findings) {
      const item = document.createElement('li');
      item.className = `sandbox-${finding.level}`;
      item.append(paragraph(finding.message, ''));
      if (finding.remedy) {
        item.append(paragraph(`${this._texts.get('To do:')} ${finding.remedy}`, 'sandbox-remedy'));
      }
      list.append(item);
    }
    return list;
  }

  private _link(submission: ISubmission): HTMLElement {
    const link = document.createElement('a');
    link.href = submission.url;
    link.target = '_blank';
    link.rel = 'noopener';
    link.textContent = `${this._texts.get('Submission {number}', { number: submission.number })} · ${this._texts.get('See it in the portal')}`;
    return link;
  }
}

function paragraph(text: string, className: string): HTMLElement {
  const node = document.createElement('p');
  node.textContent = text;
  node.className = className;
  return node;
}

function verdict(submission: ISubmission): string {
  if (submission.examination !== 'done') {
    return 'The examination could not be finished.';
  }
  const levels = submission.findings.map(finding => finding.level);
  if (levels.includes('fail')) {
    return 'The examination found what must be put right before it can be published.';
  }
  return levels.includes('review')
    ? 'The examination found points for the reviewers. They see it now.'
    : 'The examination found nothing that stands in the way. Reviewers see it now.';
}

/** Ask for a note, save, submit, and follow the examination until it is done or the dialog is closed. */
export async function submitForReview(
  project: string,
  context: DocumentRegistry.IContext<INotebookModel>,
  texts: Texts
): Promise<void> {
  const asked = await showDialog({
    title: texts.get('Submit for review'),
    body: new NoteBody(texts),
    buttons: [
      Dialog.cancelButton({ label: texts.get('Cancel') }),
      Dialog.okButton({ label: texts.get('Submit') })
    ]
  });
  if (!asked.button.accept) {
    return;
  }
  const body = new ExaminationBody(texts);
  const dialog = new Dialog({
    title: texts.get('Submit for review'),
    body,
    buttons: [Dialog.okButton({ label: texts.get('Close') })]
  });
  const closed = dialog.launch();
  try {
    await context.save();
    body.say(texts.get('Submitting…'));
    let submission = await submit(project, asked.value ?? '');
    body.show_(submission);
    while (!dialog.isDisposed && ['queued', 'running'].includes(submission.examination)) {
      await new Promise(resolve => setTimeout(resolve, POLL_MS));
      submission = await status(project, submission.number);
      if (!dialog.isDisposed) {
        body.show_(submission);
      }
    }
  } catch (problem) {
    if (!dialog.isDisposed) {
      body.fail(problem);
    }
  }
  await closed;
}
