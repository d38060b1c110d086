// The code behind the results: folded when a micro-project's notebook opens, shown to whoever wants it.

import { CodeCell } from '@jupyterlab/cells';
import { NotebookPanel } from '@jupyterlab/notebook';

const OURS = ['studio', 'app', 'setup'];

function ourCells(panel: NotebookPanel): CodeCell[] {
  return panel.content.widgets.filter((cell): cell is CodeCell => {
    const tags = cell.model.type === 'code' ? cell.model.getMetadata('tags') : null;
    return Array.isArray(tags) && tags.some(tag => OURS.includes(tag));
  });
}

export function codeIsHidden(panel: NotebookPanel): boolean {
  const cells = ourCells(panel);
  return cells.length > 0 && cells.every(cell => cell.inputHidden);
}

/** Whether the notebook has code that can be folded. */
export function hasOurCode(panel: NotebookPanel): boolean {
  return ourCells(panel).length > 0;
}

export function hideCode(panel: NotebookPanel, hidden: boolean): void {
  for (const cell of ourCells(panel)) {
    cell.inputHidden = hidden;
  }
  // Without the line that JupyterLab leaves in place of folded code.
  panel.toggleClass('sandbox-code-hidden', hidden);
}
