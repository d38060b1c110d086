/** Widgets that hold other widgets. A child that stays keeps its place, its focus and what is being typed in it. */

import type { Model } from '../models';
import { arrange, element, follow, newId, type Maker, type Page, type View } from './view';

/** The views of a box's children, kept while their models stay. */
class Children {
  private views = new Map<Model | undefined, View>();

  constructor(private readonly model: Model, private readonly page: Page) {}

  current(): View[] {
    const wanted = this.model.referAll('children');
    const kept = new Map<Model | undefined, View>();
    for (const child of wanted) kept.set(child, this.views.get(child) ?? this.page.view(child));
    for (const [child, view] of this.views) {
      if (kept.get(child) === view) continue;
      view.dispose();
      view.el.remove();
    }
    this.views = kept;
    return wanted.map(child => kept.get(child)!);
  }

  dispose(): void {
    for (const view of this.views.values()) view.dispose();
  }
}

function holding(el: HTMLElement, model: Model, page: Page, update: (children: View[]) => void, keys: string[]): View {
  const children = new Children(model, page);
  let views: View[] = [];
  let listed = '';
  const view = follow(model, el, () => {
    const now = JSON.stringify(model.get('children'));
    if (now !== listed || !views.length) views = children.current();
    listed = now;
    update(views);
  }, ['children', ...keys]);
  return { el, dispose: () => (view.dispose(), children.dispose()) };
}

function frame(model: Model, el: HTMLElement): void {
  for (const name of ['success', 'info', 'warning', 'danger']) el.classList.toggle(`alert-${name}`, model.get('box_style') === name);
}

function box(classes: string): Maker {
  return (model, page) => {
    const el = element('div', `widget-container ${classes}`);
    return holding(el, model, page, views => {
      arrange(el, views.map(view => view.el));
      frame(model, el);
    }, ['box_style']);
  };
}

const title = (model: Model, index: number) => model.get<string[]>('titles')?.[index] || String(index + 1);

const accordion: Maker = (model, page) => {
  const el = element('div', 'widget-container widget-accordion');
  const folds = new Map<View, HTMLDetailsElement>();
  return holding(el, model, page, views => {
    const shown = views.map((view, index) => {
      let fold = folds.get(view);
      if (!fold) {
        fold = element('details', 'widget-fold', {}, element('summary'), view.el);
        folds.set(view, fold);
        // `toggle` comes late and also for what the app itself did: only a difference is news.
        fold.addEventListener('toggle', () => {
          const at = [...el.children].indexOf(fold!);
          if (fold!.open && model.get('selected_index') !== at) model.set({ selected_index: at });
          else if (!fold!.open && model.get('selected_index') === at) model.set({ selected_index: null });
        });
      }
      fold.firstElementChild!.textContent = title(model, index);
      fold.open = model.get('selected_index') === index;
      return fold;
    });
    arrange(el, shown);
    for (const view of folds.keys()) if (!views.includes(view)) folds.delete(view);
  }, ['selected_index', 'titles']);
};

const tab: Maker = (model, page) => {
  const list = element('div', 'widget-tabs', { role: 'tablist' });
  const panels = element('div', 'widget-tab-contents');
  const el = element('div', 'widget-container widget-tab', {}, list, panels);
  list.addEventListener('keydown', event => {
    const step = { ArrowRight: 1, ArrowLeft: -1 }[event.key];
    const count = list.children.length;
    if (!step || !count) return;
    const next = ((model.get<number>('selected_index') ?? 0) + step + count) % count;
    model.set({ selected_index: next });
    (list.children[next] as HTMLElement).focus();
  });
  return holding(el, model, page, views => {
    while (list.children.length > views.length) list.lastElementChild!.remove();
    while (list.children.length < views.length) {
      const at = list.children.length;
      const made = element('button', 'widget-tab-name', { type: 'button', role: 'tab', id: newId() });
      made.onclick = () => model.set({ selected_index: at });
      list.append(made);
    }
    const chosen = model.get<number | null>('selected_index') ?? -1;
    views.forEach((view, index) => {
      const name = list.children[index] as HTMLElement;
      name.textContent = title(model, index);
      name.setAttribute('aria-selected', String(index === chosen));
      name.tabIndex = index === Math.max(0, chosen) ? 0 : -1;
      const panel = view.el.parentElement?.matches('.widget-tab-panel') ? view.el.parentElement : element('div', 'widget-tab-panel', { role: 'tabpanel', id: newId() }, view.el);
      panel.setAttribute('aria-labelledby', name.id);
      name.setAttribute('aria-controls', panel.id);
      panel.hidden = index !== chosen;
    });
    arrange(panels, views.map(view => view.el.parentElement!));
  }, ['selected_index', 'titles']);
};

const stack: Maker = (model, page) => {
  const el = element('div', 'widget-container widget-box widget-stack');
  return holding(el, model, page, views => {
    arrange(el, views.map(view => view.el));
    views.forEach((view, index) => view.el.classList.toggle('sb-away', index !== model.get('selected_index')));
    frame(model, el);
  }, ['selected_index', 'box_style']);
};

export const boxes: Record<string, Maker> = {
  BoxModel: box('widget-box'),
  HBoxModel: box('widget-box widget-hbox'),
  VBoxModel: box('widget-box widget-vbox'),
  GridBoxModel: box('widget-gridbox'),
  AccordionModel: accordion,
  TabModel: tab,
  StackModel: stack
};
