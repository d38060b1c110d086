// My data: the pinned snapshots, column by column in the reader's language; click or drag to insert.

import { CodeCell } from '@jupyterlab/cells';
import { NotebookActions, NotebookPanel } from '@jupyterlab/notebook';
import { IColumn, IData, IPanel, panel as askPanel, projectOf } from './api';
import { make, problem } from './dom';
import { ISection } from './section';
import { Texts } from './texts';

export class MyData implements ISection {
  readonly name = 'data';
  readonly node = make('div', 'sandbox-data');

  constructor(private _texts: Texts) {}

  show(panel: NotebookPanel | null): void {
    this._panel = panel;
    const project = panel && projectOf(panel.context.path);
    if (project === this._shown) {
      return;
    }
    this._shown = project;
    this.node.replaceChildren();
    if (project) {
      this.node.append(make('p', 'sandbox-busy', this._texts.get('Loading…')));
      askPanel(project).then(
        found => this._shown === project && this._draw(found),
        error => {
          if (this._shown === project) {
            this.node.replaceChildren(problem(error, this._texts));
            this._shown = null;
          }
        }
      );
    }
  }

  private _draw(found: IPanel): void {
    const { _texts: texts } = this;
    const search = make('input', 'sandbox-search');
    search.type = 'search';
    search.placeholder = texts.get('Find a column');
    search.setAttribute('aria-label', texts.get('Find a column'));
    const tables = make('div', '', ...found.data.map(data => this._table(data)));
    search.oninput = () => filter(tables, search.value);
    const about = texts.get('Click inserts into the notebook; you can also drag. Nobody can be recognised in these data.');
    this.node.replaceChildren(make('p', 'sandbox-muted', about), search, tables);
  }

  private _table(data: IData): HTMLElement {
    const { _texts: texts } = this;
    const code = `lab.data(${JSON.stringify(data.name)})`;
    const head = this._insertable(code, 'sandbox-insert-data', make('b', '', data.title), make('code', '', code));
    const rows = data.rows === null ? '' : texts.get('{rows} rows', { rows: data.rows.toLocaleString(texts.language) });
    const facts = [rows, data.version.slice(0, 8)].filter(Boolean).join(' · ');
    const list = make('ul', 'sandbox-columns', ...data.columns.map(column => make('li', '', this._column(column))));
    return make(
      'section',
      '',
      head,
      make('p', 'sandbox-muted', data.description),
      make('p', 'sandbox-muted', facts),
      list
    );
  }

  private _column(column: IColumn): HTMLElement {
    const node = this._insertable(
      JSON.stringify(column.name),
      'sandbox-column',
      make('span', '', column.description || column.name),
      make('code', '', column.name),
      make('span', 'sandbox-muted', [column.type, column.class, column.rule].filter(Boolean).join(' · '))
    );
    node.dataset.words = `${column.name} ${column.description}`.toLowerCase();
    return node;
  }

  private _insertable(text: string, className: string, ...children: Node[]): HTMLElement {
    const node = make('button', `sandbox-insert ${className}`, ...children);
    node.type = 'button';
    node.draggable = true;
    node.title = this._texts.get('Insert {text}', { text });
    node.ondragstart = event => event.dataTransfer?.setData('text/plain', text);
    node.onclick = () => this._panel && insert(this._panel, text);
    return node;
  }

  private _panel: NotebookPanel | null = null;
  private _shown: string | null = null;
}

function filter(tables: HTMLElement, text: string): void {
  const words = text.toLowerCase().split(/\s+/).filter(Boolean);
  for (const column of Array.from(tables.querySelectorAll<HTMLElement>('.sandbox-column'))) {
    column.parentElement!.hidden = !words.every(word => column.dataset.words!.includes(word));
  }
}

/** Into the cell that is being edited; where no code can be seen, into a new cell below. */
function insert(panel: NotebookPanel, text: string): void {
  if (!panel.context.canSave) {
    return;
  }
  const { content } = panel;
  const cell = content.activeCell;
  if (cell instanceof CodeCell && !cell.inputHidden && cell.editor) {
    content.mode = 'edit';
    cell.editor.replaceSelection?.(text);
    cell.editor.focus();
    return;
  }
  NotebookActions.insertBelow(content);
  NotebookActions.changeCellType(content, 'code');
  const made = content.activeCell;
  made?.model.setMetadata('tags', ['studio']);
  made?.model.sharedModel.setSource(text);
  // A new cell's editor comes a moment later.
  void made?.ready.then(() => {
    content.mode = 'edit';
    made.editor?.setCursorPosition({ line: 0, column: text.length });
    made.editor?.focus();
  });
}
