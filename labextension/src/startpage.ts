// The start page: my projects and what reviewers answered, and the templates to start another from.

import { Widget } from '@lumino/widgets';
import { ILearning, IProject, IStart, ITemplate, start, thumbnail } from './api';
import { button, later, make, problem } from './dom';
import { mark } from './icons';
import { Texts } from './texts';

const FRESH_MS = 60_000;
const SEEN = 'sandbox:start';

export interface IStartActions {
  open: (project: string) => void;
  begin: (template: ITemplate) => void;
  learn: (path: string) => void;
}

export class StartPage extends Widget {
  constructor(
    private _texts: Texts,
    private _actions: IStartActions,
    first: Promise<IStart>
  ) {
    super();
    this.id = 'sandbox-start';
    this.addClass('sandbox-start');
    this.title.label = _texts.get('Start');
    this.title.caption = _texts.get('My projects and the templates');
    this.title.icon = mark;
    this.title.closable = true;
    this.node.tabIndex = -1;
    this.node.append(make('p', 'sandbox-busy', _texts.get('Loading…')));
    this._show(first);
  }

  /** Ask anew: a reviewer may have answered meanwhile. */
  readonly refresh = later(() => this._show(start()), 50);

  /** What it shows is old; it asks anew when it is in front the next time. */
  outdated(): void {
    this._shown = 0;
  }

  protected onAfterShow(): void {
    this._seen();
    if (Date.now() - this._shown > FRESH_MS) {
      this.refresh();
    }
  }

  /** Note when people first see it, for whoever measures. */
  private _seen(): void {
    requestAnimationFrame(() => {
      if (this.isVisible && this.node.querySelector('h1') && !performance.getEntriesByName(SEEN).length) {
        performance.mark(SEEN);
      }
    });
  }

  private _show(asked: Promise<IStart>): void {
    this._shown = Date.now();
    asked.then(
      page => {
        this.node.replaceChildren(this._page(page));
        this._seen();
      },
      error => {
        const again = button(this._texts.get('Try again'), '', () => this.refresh());
        this.node.replaceChildren(make('div', 'sandbox-start-page', problem(error, this._texts), again));
      }
    );
  }

  private _page(page: IStart): HTMLElement {
    const { _texts: texts } = this;
    const projects = page.projects.length
      ? make('div', 'sandbox-projects', ...page.projects.map(project => this._project(project)))
      : make('p', 'sandbox-muted', texts.get('None yet. Pick the template that is closest to your problem.'));
    const templates = make('div', 'sandbox-cards', ...page.templates.map(template => this._card(template)));
    const mine = make('section', '', make('h2', '', texts.get('My projects')), projects);
    const begin =
      page.templates.length > 0 &&
      make('section', '', make('h2', '', texts.get('Start from a template')), templates);
    // Who has projects wants to go on; who has none wants to begin.
    const sections = page.projects.length ? [mine, begin] : [begin, mine];
    const paths = page.learning ?? [];
    const learn =
      paths.length > 0 &&
      make(
        'section',
        'sandbox-learn',
        make('h2', '', texts.get('Learn')),
        make('div', 'sandbox-paths', ...paths.map(path => this._path(path)))
      );
    return make(
      'div',
      'sandbox-start-page',
      make('h1', '', texts.get('Good to see you, {name}', { name: page.person })),
      make('p', 'sandbox-muted', texts.get('Safe data, a result in minutes, no code needed.')),
      ...sections,
      learn
    );
  }

  private _path(path: ILearning): HTMLElement {
    const { _texts: texts } = this;
    const way = path.badge
      ? texts.get('Completed: the badge is yours')
      : path.solved
        ? texts.get('{solved} of {total} exercises', { solved: path.solved, total: path.total })
        : texts.get('about {minutes} minutes', { minutes: path.minutes });
    const bar = make('progress', '');
    bar.max = path.total;
    bar.value = path.solved;
    bar.setAttribute('aria-hidden', 'true');
    const card = make(
      'button',
      `sandbox-path${path.badge ? ' sandbox-path-done' : ''}`,
      make('span', 'sandbox-card-title', path.badge ? `✓ ${path.title}` : path.title),
      make('span', '', path.summary),
      bar,
      make('span', 'sandbox-muted', way)
    );
    card.type = 'button';
    card.dataset.path = path.name;
    card.onclick = () => this._actions.learn(path.name);
    return card;
  }

  private _project(project: IProject): HTMLElement {
    const { _texts: texts } = this;
    const last = project.last;
    const row = make(
      'button',
      'sandbox-project',
      make('span', 'sandbox-project-title', project.title),
      make('span', `sandbox-stage sandbox-stage-${project.stage}`, project.stage_text),
      project.of ? make('span', 'sandbox-muted', texts.get('{person}’s project', { person: project.of })) : '',
      make('span', 'sandbox-muted sandbox-project-about', this._about(project))
    );
    row.type = 'button';
    row.dataset.project = project.slug;
    row.onclick = () => this._actions.open(project.slug);
    if (last && last.decision !== 'withdrawn' && (last.reasons || last.decision)) {
      const who = texts.get('{reviewer}: {decision}', { reviewer: last.reviewer, decision: last.decision_text });
      row.append(make('span', `sandbox-answer sandbox-answer-${last.decision}`, make('b', '', who), ` ${last.reasons}`));
    }
    return row;
  }

  private _about(project: IProject): string {
    const last = project.last;
    const { _texts: texts } = this;
    if (last && !last.decision && last.examination !== 'done') {
      return texts.get('Submission {number}', { number: last.number }) + ` · ${last.examination_text}`;
    }
    if (last && last.open && project.stage !== 'published') {
      return texts.get('The examination left {open} points to look at', { open: last.open });
    }
    return project.problem;
  }

  private _card(template: ITemplate): HTMLElement {
    const { _texts: texts } = this;
    const picture = make('img', '');
    picture.src = thumbnail(template.name);
    picture.alt = '';
    picture.loading = 'lazy';
    const card = make(
      'button',
      'sandbox-card',
      picture,
      make('span', 'sandbox-card-title', template.title),
      make('span', '', template.problem),
      make('span', 'sandbox-muted', texts.get('about {minutes} minutes', { minutes: template.minutes }))
    );
    card.type = 'button';
    card.dataset.template = template.name;
    card.onclick = () => this._actions.begin(template);
    return card;
  }

  private _shown = 0;
}
