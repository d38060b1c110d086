// Innovation Sandbox in JupyterLab: a start page, a side panel, and notebooks that run as forms.

import { ILabShell, JupyterFrontEnd, JupyterFrontEndPlugin } from '@jupyterlab/application';
import { INotebookTracker, NotebookPanel } from '@jupyterlab/notebook';
import { ServerConnection } from '@jupyterlab/services';
import { ISettingRegistry } from '@jupyterlab/settingregistry';
import { ITranslator } from '@jupyterlab/translation';
import { isPreview, learningOf, projectOf, WINDOW, WINDOW_HEADER } from './api';
import { codeIsHidden, hasOurCode, hideCode } from './code';
import { showExercises } from './exercise';
import { Lock } from './lock';
import { addPanel } from './panel';
import { inFront, nameTab, titleOf } from './tabs';
import { dress } from './preview';
import { Running } from './running';
import { saveInTurn } from './saving';
import { addStart } from './start';
import { submitForReview } from './submission';
import { Texts } from './texts';

const ID = '@innovation-sandbox/lab:plugin';
/** The learning path for those who code: its code stands open. */
const OWN_CODE = 'making-your-own';

/** Every request says which page it comes from, so that the server can tell two windows apart. */
const nameWindow: JupyterFrontEndPlugin<void> = {
  id: '@innovation-sandbox/lab:window',
  description: 'Names this page in the requests to the server.',
  autoStart: true,
  activate: (app: JupyterFrontEnd) => {
    const { contents, serverSettings } = app.serviceManager;
    const drive = (contents as unknown as { _defaultDrive?: { serverSettings?: ServerConnection.ISettings } })
      ._defaultDrive;
    for (const settings of [serverSettings, contents.serverSettings, drive?.serverSettings]) {
      if (settings) {
        settings.init.headers = { ...settings.init.headers, [WINDOW_HEADER]: WINDOW };
      }
    }
  }
};

const plugin: JupyterFrontEndPlugin<void> = {
  id: ID,
  description: 'Start page, side panel, and the buttons of a micro-project’s notebook.',
  autoStart: true,
  requires: [INotebookTracker, ILabShell],
  optional: [ITranslator, ISettingRegistry],
  activate: (
    app: JupyterFrontEnd,
    tracker: INotebookTracker,
    shell: ILabShell,
    translator: ITranslator | null,
    settings: ISettingRegistry | null
  ) => {
    const texts = new Texts(translator?.languageCode ?? 'en');
    const running = new Map<NotebookPanel, Running>();
    const refresh = addStart(app, shell, texts);
    addCommands(app, tracker, running, texts);
    const panel = addPanel(app, shell, tracker, texts);

    const changed = () => {
      for (const command of ['sandbox:run-all', 'sandbox:submit', 'sandbox:toggle-code']) {
        app.commands.notifyCommandChanged(command);
      }
    };
    tracker.currentChanged.connect(changed);
    let restored = false;
    void app.restored.then(() => (restored = true));
    const opened = (notebook: NotebookPanel) => {
      if (translator) {
        // JupyterLab makes notebooks' panels without a translator: “Kernel Restarting” would always be English.
        (notebook as unknown as { _trans: unknown })._trans = translator.load('jupyterlab');
      }
      if (!restored && isPreview(notebook.context.path)) {
        // Brought back by JupyterLab from another day: it is made anew when it is asked for.
        notebook.dispose();
        return;
      }
      const learning = learningOf(notebook.context.path);
      if (learning !== null) {
        // Before anything is drawn: the notebook comes with its exercises in place.
        showExercises(notebook, texts, refresh);
      }
      void notebook.context.ready.then(() => {
        if (learning !== null && !notebook.isDisposed) {
          hideCode(notebook, learning !== OWN_CODE);
          nameTab(notebook, titleOf(notebook));
          const form = new Running(notebook, texts);
          running.set(notebook, form);
          notebook.disposed.connect(() => running.delete(notebook));
          void form.prepare();
        }
        const project = projectOf(notebook.context.path);
        if (project !== null && !notebook.isDisposed) {
          saveInTurn(notebook.context);
          hideCode(notebook, true);
          nameTab(notebook, titleOf(notebook));
          const form = new Running(notebook, texts);
          running.set(notebook, form);
          new Lock(notebook, project, texts, () => {
            changed();
            app.commands.notifyCommandChanged('docmanager:save');
            void form.prepare();
          });
          notebook.disposed.connect(() => running.delete(notebook));
          panel.beside(notebook);
          void form.prepare();
        }
        if (isPreview(notebook.context.path)) {
          dress(notebook, texts);
        }
        changed();
      });
    };
    tracker.forEach(opened);
    tracker.widgetAdded.connect((_, notebook) => opened(notebook));
    // The toolbar's buttons are declared in schema/plugin.json; loading the settings makes them appear.
    void settings?.load(ID);
  }
};

function addCommands(
  app: JupyterFrontEnd,
  tracker: INotebookTracker,
  running: Map<NotebookPanel, Running>,
  texts: Texts
): void {
  const current = () => inFront(tracker);
  const project = () => {
    const panel = current();
    return panel && projectOf(panel.context.path);
  };
  app.commands.addCommand('sandbox:run-all', {
    label: texts.get('Run all'),
    caption: texts.get('Run the whole notebook from top to bottom'),
    isEnabled: () => current() !== null,
    execute: async () => {
      const panel = current();
      await (panel && running.get(panel) ? running.get(panel)!.all() : app.commands.execute('notebook:run-all-cells'));
    }
  });
  app.commands.addCommand('sandbox:submit', {
    label: texts.get('Submit for review'),
    caption: () =>
      !project()
        ? texts.get('This notebook does not belong to a micro-project.')
        : current()!.context.canSave !== false
          ? texts.get('Save the micro-project and send it to the reviewers')
          : texts.get('You are reading along. To submit, first choose “Work here instead”.'),
    isEnabled: () => Boolean(project()) && current()!.context.canSave !== false,
    execute: async () => {
      const [panel, name] = [current(), project()];
      if (panel && name) {
        await submitForReview(name, panel.context, texts);
      }
    }
  });
  app.commands.addCommand('sandbox:toggle-code', {
    label: () => (current() && codeIsHidden(current()!) ? texts.get('Show code') : texts.get('Hide code')),
    caption: texts.get('Show or hide the code behind the results'),
    isEnabled: () => current() !== null && hasOurCode(current()!),
    execute: () => {
      const panel = current();
      if (panel) {
        hideCode(panel, !codeIsHidden(panel));
        app.commands.notifyCommandChanged('sandbox:toggle-code');
      }
    }
  });
}

export default [nameWindow, plugin];
