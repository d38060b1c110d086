/** A button that offers a file. The page asks the app server for it, which asks the kernel: no address of a file is known here. */

import { tone } from './choices';
import { element, enable, follow, type Maker } from './view';

const KEPT_MS = 60_000; // a browser may ask where to keep the file first

export const offer: Maker = (model, page) => {
  const button = element('button', 'widget-button jupyter-button', { type: 'button' });
  const said = element('span', 'widget-download-said', { role: 'status' });
  const el = element('div', 'widget-download', {}, button, said);
  let isBusy = false;
  button.addEventListener('click', async () => {
    if (isBusy) return;
    isBusy = true;
    said.textContent = page.text('making');
    try {
      const { name, file } = await page.fetchFile(model.id);
      save(name, file);
      said.textContent = page.text('saved');
    } catch (error) {
      // What the app server says is a sentence; what the network says is not.
      said.textContent = error instanceof Refusal ? error.message : page.text('not_saved');
    }
    isBusy = false;
  });
  return follow(model, el, () => {
    button.textContent = model.get('description') ?? '';
    tone(button, model.get('button_style'));
    enable(model, button);
  });
};

/** Why there is no file, in words. */
export class Refusal extends Error {}

function save(name: string, file: Blob): void {
  const link = element('a', '', { href: URL.createObjectURL(file), download: name });
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), KEPT_MS);
}
