// The sandbox's mark, in the colour that JupyterLab gives its icons.

import { LabIcon } from '@jupyterlab/ui-components';

export const mark = new LabIcon({
  name: 'sandbox:mark',
  svgstr:
    '<svg xmlns="http://www.w3.org/2000/svg" width="16" viewBox="0 0 24 24"><path class="jp-icon3" fill="#616161" ' +
    'd="M4 4h16v3H4zM4 9h3v11H4zM17 9h3v11h-3zM9 17h6v3H9zM9 9h6v6H9z"/></svg>'
});
