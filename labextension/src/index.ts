// Innovation Sandbox in JupyterLab: three buttons in the toolbar of a micro-project's notebook.

import { ILabShell, JupyterFrontEnd, JupyterFrontEndPlugin } from '@jupyterlab/application';
import { Notification } from '@jupyterlab/apputils';
import { INotebookTracker, NotebookPanel } from '@jupyterlab/notebook';
import { ISettingRegistry } from '@jupyterlab/settingregistry';
import { ITranslator } from '@jupyterlab/translation';
import { projectOf } from './api';
import { codeIsHidden, hasOurCode, hideCode } from './code';
import { submitForReview } from './submission';
import { Texts } from './texts';

const ID = '@innovation-sandbox/lab:plugin';

const plugin: JupyterFrontEndPlugin<void> = {
  id: ID,
  description: 'Run everything, show the code, submit for review.',
  autoStart: true,
  requires: [INotebookTracker],
  optional: [ITranslator, ISettingRegistry, ILabShell],
  activate: (
    app: JupyterFrontEnd,
    tracker: INotebookTracker,
    translator: ITranslator | null,
    settings: ISettingRegistry | null,
    shell: ILabShell | null
  ) => {
    const texts = new Texts(translator?.languageCode ?? 'en');
    const inProject = () => {
      const panel = tracker.currentWidget;
      return panel !== null && projectOf(panel.context.path) !== null;
    };

    app.commands.addCommand('sandbox:run-all', {
      label: texts.get('Run all'),
      caption: texts.get('Run the whole notebook from top to bottom'),
      isEnabled: () => tracker.currentWidget !== null,
      execute: async () => {
        // Until the session is ready, JupyterLab would ask which kernel to use; there is only one.
        const panel = tracker.currentWidget;
        await panel?.sessionContext.ready;
        const place = panel?.content.activeCellIndex ?? 0;
        try {
          await app.commands.execute('notebook:run-all-cells');
        } finally {
          // JupyterLab ends at the last cell; who reads results wants to stay where the reading began.
          if (panel && !panel.isDisposed) {
            panel.content.activeCellIndex = place;
            await panel.content.scrollToItem(place);
            // Whoever closes the page now finds the results again.
            await panel.context.save();
          }
        }
      }
    });
    app.commands.addCommand('sandbox:submit', {
      label: texts.get('Submit for review'),
      caption: () =>
        inProject()
          ? texts.get('Save the micro-project and send it to the reviewers')
          : texts.get('This notebook does not belong to a micro-project.'),
      isEnabled: inProject,
      execute: async () => {
        const panel = tracker.currentWidget;
        const project = panel && projectOf(panel.context.path);
        if (panel && project) {
          await submitForReview(project, panel.context, texts);
        }
      }
    });
    app.commands.addCommand('sandbox:toggle-code', {
      label: () =>
        tracker.currentWidget && codeIsHidden(tracker.currentWidget) ? texts.get('Show code') : texts.get('Hide code'),
      caption: texts.get('Show or hide the code behind the results'),
      isEnabled: () => tracker.currentWidget !== null && hasOurCode(tracker.currentWidget),
      execute: () => {
        const panel = tracker.currentWidget;
        if (panel) {
          hideCode(panel, !codeIsHidden(panel));
          app.commands.notifyCommandChanged('sandbox:toggle-code');
        }
      }
    });

    const tellWhenKernelDies = (panel: NotebookPanel) => {
      panel.sessionContext.statusChanged.connect((_, status) => {
        if (status === 'autorestarting' || status === 'dead') {
          Notification.warning(texts.get('The calculation stopped. Your choices are saved; press “Run all”.'), {
            autoClose: false
          });
        }
      });
    };

    const changed = () => {
      for (const command of ['sandbox:run-all', 'sandbox:submit', 'sandbox:toggle-code']) {
        app.commands.notifyCommandChanged(command);
      }
    };
    tracker.currentChanged.connect(changed);
    tracker.widgetAdded.connect((_, panel: NotebookPanel) => {
      void panel.context.ready.then(() => {
        if (projectOf(panel.context.path) !== null) {
          hideCode(panel, true);
          tellWhenKernelDies(panel);
          // Who comes from the portal sees the notebook alone; files are one click away.
          void app.restored.then(() => {
            shell?.collapseLeft();
            shell?.collapseRight();
          });
        }
        changed();
      });
    });
    // The toolbar's buttons are declared in schema/plugin.json; loading the settings makes them appear.
    void settings?.load(ID);
  }
};

export default plugin;
