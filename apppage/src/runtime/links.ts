/** `jslink` and `jsdlink`: two values kept equal in the page, without the kernel. */

import type { Model, Models } from './models';

export function followLinks(models: Models): void {
  models.appeared.add(model => {
    if (model.name === 'LinkModel') tie(model, true);
    else if (model.name === 'DirectionalLinkModel') tie(model, false);
  });
}

function tie(link: Model, both: boolean): void {
  const [source, from] = end(link, 'source');
  const [target, to] = end(link, 'target');
  if (!source || !target) return;
  const copy = (a: Model, key: string, b: Model, other: string) => () => {
    if (!link.isClosed && b.get(other) !== a.get(key)) b.set({ [other]: a.get(key) });
  };
  const there = copy(source, from, target, to);
  const back = copy(target, to, source, from);
  there();
  source.changed.add(keys => keys.has(from) && there());
  if (both) target.changed.add(keys => keys.has(to) && back());
}

function end(link: Model, name: string): [Model | undefined, string] {
  const [model, key] = link.get<[unknown, string]>(name) ?? [];
  return [link.refer(model), key];
}
