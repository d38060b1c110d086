// The start page as a tab of JupyterLab: there at the start, back when nothing else is open.

import { ILabShell, JupyterFrontEnd } from '@jupyterlab/application';
import { PageConfig } from '@jupyterlab/coreutils';
import { showErrorMessage } from '@jupyterlab/apputils';
import { ITemplate, NOTEBOOK, openPath, openProject, SandboxProblem, start } from './api';
import { mark } from './icons';
import { askForProject } from './newproject';
import { StartPage } from './startpage';
import { Texts } from './texts';

// JupyterLab's own command for a new launcher: the buttons that ask for one get the start page.
const LAUNCHER = 'launcher:create';

/**
 * Who double-clicks a card must not close the form that the first click opened (JupyterLab closes a dialog that is
 * clicked beside), and who double-clicks its button must not press the card that lies below.
 */
function ignoreSecondClicks(): void {
  const stop = (event: MouseEvent) => {
    const target = event.target as Element;
    if (event.detail > 1 && (target.classList.contains('jp-Dialog') || target.closest('.sandbox-start-page'))) {
      event.stopImmediatePropagation();
      event.preventDefault();
    }
  };
  for (const kind of ['mousedown', 'click'] as const) {
    window.addEventListener(kind, stop, true);
  }
}

/** Gives back what shows the start page anew, for whoever knows that something changed. */
export function addStart(app: JupyterFrontEnd, shell: ILabShell, texts: Texts): () => void {
  // Asked before anything is drawn: the answer is there when the tab is.
  const first = start();
  first.catch(() => undefined);
  let page: StartPage | null = null;

  ignoreSecondClicks();
  const openNotebook = (project: string) => app.commands.execute('docmanager:open', { path: `${project}/${NOTEBOOK}` });
  const guarded = (work: () => Promise<unknown>) =>
    void work().catch(error => {
      const remedy = error instanceof SandboxProblem ? ` ${error.remedy}` : '';
      return showErrorMessage(texts.get('It did not work.'), `${error.message}${remedy}`);
    });
  const actions = {
    open: (project: string) =>
      guarded(async () => {
        await openProject(project);
        await openNotebook(project);
      }),
    learn: (path: string) =>
      guarded(async () => {
        const { notebook } = await openPath(path);
        await app.commands.execute('docmanager:open', { path: notebook });
      }),
    begin: (template: ITemplate) =>
      guarded(async () => {
        const project = await askForProject(template, texts);
        if (project) {
          page?.outdated(); // asked anew when it is looked at: the notebook needs the server now
          await openNotebook(project);
        }
      })
  };

  const show = (activate: boolean) => {
    if (!page || page.isDisposed) {
      page = new StartPage(texts, actions, page ? start() : first);
      shell.add(page, 'main', { mode: 'tab-before', activate: false });
    }
    if (activate) {
      shell.activateById(page.id);
    }
    return page;
  };

  app.commands.addCommand('sandbox:start', {
    label: texts.get('Start'),
    caption: texts.get('My projects and the templates'),
    icon: mark,
    execute: () => show(true)
  });
  if (!app.commands.hasCommand(LAUNCHER)) {
    app.commands.addCommand(LAUNCHER, { label: texts.get('Start'), icon: mark, execute: () => show(true) });
  }

  void app.started.then(() => performance.mark('sandbox:lab'));
  void app.restored.then(() => {
    // An address that names a notebook wants that notebook in front.
    const asked = Boolean(PageConfig.getOption('treePath'));
    show(!asked);
    if (!asked) {
      shell.collapseLeft(); // files are one click away
    }
    shell.layoutModified.connect(() => {
      if (shell.isEmpty('main')) {
        show(true);
      }
    });
  });
  return () => page?.refresh();
}
