// The side panel's place in JupyterLab: open beside a notebook where there is room for it.

import { ILabShell, JupyterFrontEnd } from '@jupyterlab/application';
import { INotebookTracker, NotebookPanel } from '@jupyterlab/notebook';
import { projectOf } from './api';
import { Checks } from './checks';
import { MyData } from './data';
import { Versions } from './history';
import { Preview } from './preview';
import { SidePanel } from './sidepanel';
import { Steps } from './steps';
import { inFront } from './tabs';
import { Texts } from './texts';

/** Narrower pages show the notebook alone; the panel is one click away. */
const WIDE_ENOUGH = 1100;

export interface IPanelPlace {
  /** Show the panel beside a notebook that was opened, if there is room. */
  beside: (notebook: NotebookPanel) => void;
}

export function addPanel(
  app: JupyterFrontEnd,
  shell: ILabShell,
  tracker: INotebookTracker,
  texts: Texts
): IPanelPlace {
  const checks = new Checks(texts);
  const sections = [
    { section: new Steps(texts), label: texts.get('Steps') },
    { section: new MyData(texts), label: texts.get('My data') },
    { section: checks, label: texts.get('Check') },
    { section: new Preview(app, texts), label: texts.get('Preview') },
    { section: new Versions(texts), label: texts.get('Versions') }
  ];
  const panel = new SidePanel(texts, sections, () => void app.commands.execute('sandbox:submit'));
  app.commands.commandChanged.connect((_, { id }) => id === 'sandbox:submit' && panel.turn());
  checks.openChanged.connect((_, open) => panel.badge('check', open));
  shell.add(panel, 'right', { rank: 1 });

  const follow = () => {
    const notebook = inFront(tracker);
    const ours = notebook && projectOf(notebook.context.path) !== null;
    panel.notebook = ours ? notebook : null;
  };
  tracker.currentChanged.connect(follow);

  return {
    beside: notebook => {
      follow();
      // Who comes from the portal sees the notebook; files are one click away.
      void app.restored.then(() => {
        shell.collapseLeft();
        if (window.innerWidth >= WIDE_ENOUGH) {
          shell.activateById(panel.id);
          // The keyboard stays with the notebook, unless another tab lies over it.
          if (notebook.isVisible) {
            shell.activateById(notebook.id);
          }
        } else {
          shell.collapseRight();
        }
        follow();
      });
    }
  };
}
