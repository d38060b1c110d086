// The Lab server's addresses for the sandbox. The server holds the token for the portal; the browser never does.

import { URLExt } from '@jupyterlab/coreutils';
import { ServerConnection } from '@jupyterlab/services';
import { PartialJSONValue } from '@lumino/coreutils';

export type Level = 'pass' | 'review' | 'fail';

export interface IFinding {
  level: Level;
  message: string;
  remedy: string;
  /** The check's name in the reader's language. */
  check?: string;
  /** The id of the cell that it is about; none for the whole project. */
  cell?: string | null;
}

export interface ISubmission {
  number: number;
  /** queued, running, done or broken */
  examination: string;
  progress: string;
  findings: IFinding[];
  url: string;
}

export interface ILastSubmission {
  number: number;
  submitted: string;
  examination: string;
  examination_text: string;
  /** How many findings are left to look at. */
  open: number;
  /** '', approved, returned or withdrawn */
  decision: string;
  decision_text: string;
  reasons: string;
  reviewer: string;
}

export interface IProject {
  slug: string;
  title: string;
  /** Whose it is, for a project that a colleague shares; empty for one's own. */
  of?: string;
  problem: string;
  template: string;
  /** draft, returned, submitted, published, promoted or retired */
  stage: string;
  stage_text: string;
  changed: string;
  last: ILastSubmission | null;
}

export interface ITemplate {
  name: string;
  title: string;
  problem: string;
  summary: string;
  minutes: number;
  kpi: { name: string; unit: string; baseline: number; target: number };
  department: string;
  datasets: { name: string; title: string; suggested: boolean }[];
  /** Datasets that open to the person after learning paths (their titles). */
  locked?: { name: string; title: string; paths: string[] }[];
}

/** A learning path, and how far the person is. */
export interface ILearning {
  name: string;
  title: string;
  summary: string;
  minutes: number;
  solved: number;
  total: number;
  /** When the badge was earned; empty while there is none. */
  badge: string;
}

export interface IExercise {
  /** The id of this very question; an answer names it. */
  question: string;
  kind: 'one' | 'several' | 'number' | 'done';
  title: string;
  text: string;
  unit: string;
  options: { mark: string; text: string }[];
  table: { head: string[]; rows: string[][] } | null;
  solved: boolean;
  again: boolean;
  said: string;
  left: number;
  waits_until: string;
}

export interface IReaction {
  right: boolean;
  hint: string;
  badge: boolean;
  exercise: IExercise;
}

export interface IStart {
  person: string;
  projects: IProject[];
  templates: ITemplate[];
  learning?: ILearning[];
}

export interface INewProject {
  title: string;
  problem: string;
  kpi: { name: string; unit: string; baseline: number; target: number };
  department: string;
  template: string;
  datasets: string[];
}

export interface IColumn {
  name: string;
  description: string;
  type: string;
  class: string;
  rule: string;
}

export interface IData {
  name: string;
  title: string;
  description: string;
  version: string;
  rows: number | null;
  columns: IColumn[];
}

export interface IPanel extends IProject {
  data: IData[];
  findings: IFinding[];
  /** The last submission in the portal; empty when there is none. */
  url: string;
}

export interface IVersion {
  number: number;
  time: string;
  /** saved, aside, before or restored */
  reason: string;
  by: string;
  of: number;
  current: boolean;
}

export interface ILine {
  mark: '+' | '-' | ' ' | '…';
  text: string;
}

export interface IComparison {
  cells: { kind: 'added' | 'removed' | 'changed' | 'moved'; cell: string; lines: ILine[] }[];
  choices: { name: string; now: string; then: string }[];
}

export interface IPresence {
  mine: boolean;
  person: string;
  since: string;
  /** Another person has it, not another window of this one. */
  other?: boolean;
  /** The number of the version that keeps the text which was sent along; 0 for none. */
  kept: number;
}

/** What went wrong, in the reader's language: what is the matter and what to do. */
export class SandboxProblem extends Error {
  constructor(
    message: string,
    readonly remedy: string
  ) {
    super(message);
  }
}

/** This page's own id: the server lets one page at a time change a notebook. */
export const WINDOW = crypto.getRandomValues(new Uint32Array(3)).join('-');
export const WINDOW_HEADER = 'X-Sandbox-Window';

async function request<T>(path: string, init: RequestInit = {}): Promise<T> {
  const settings = ServerConnection.makeSettings();
  const headers = { [WINDOW_HEADER]: WINDOW };
  const url = URLExt.join(settings.baseUrl, 'sandbox', path);
  const response = await ServerConnection.makeRequest(url, { ...init, headers }, settings);
  const body = await response.json().catch(() => ({}));
  if (!response.ok) {
    throw new SandboxProblem(body.detail ?? `HTTP ${response.status}`, body.remedy ?? '');
  }
  return body as T;
}

function post<T>(path: string, body: object, init: RequestInit = {}): Promise<T> {
  return request(path, { ...init, method: 'POST', body: JSON.stringify(body) });
}

const named = encodeURIComponent;

export const submit = (project: string, note: string) => post<ISubmission>('submit', { project, note });

export const status = (project: string, number: number) =>
  request<ISubmission>(`status?project=${named(project)}&number=${number}`);

export const start = () => request<IStart>('start');

export const openProject = (project: string) => post<{ project: string }>('open', { project });

export const makeProject = (made: INewProject) => post<{ project: string }>('open', { new: made });

export const openPath = (path: string) => post<{ notebook: string }>('learning', { path });

export const exercise = (name: string) => request<IExercise>(`exercise?exercise=${named(name)}`);

export const answer = (name: string, given: { question: string; marks: string[]; number: string }) =>
  post<IReaction>('exercise', { exercise: name, ...given });

export const panel = (project: string) => request<IPanel>(`panel?project=${named(project)}`);

export const check = (project: string) => post<{ findings: IFinding[] }>('check', { project });

export const versions = (project: string) => request<{ versions: IVersion[] }>(`versions?project=${named(project)}`);

export const compare = (project: string, number: number) =>
  request<IComparison>(`versions?project=${named(project)}&number=${number}`);

export const restore = (project: string, number: number) => post<IVersion>('versions', { project, number });

export const presence = (project: string, asked: { take?: boolean; text?: PartialJSONValue } = {}) =>
  post<IPresence>('presence', { project, ...asked });

/** Sent while the page goes away: the next window need not wait until this one has been silent for long. */
export const leave = (project: string) =>
  post<IPresence>('presence', { project, leave: true }, { keepalive: true }).catch(() => undefined);

export function thumbnail(template: string): string {
  return URLExt.join(ServerConnection.makeSettings().baseUrl, 'sandbox', `thumbnail?template=${named(template)}`);
}

export const NOTEBOOK = 'notebook.ipynb';
export const PREVIEW = 'app-preview.ipynb';

/** The micro-project whose notebook lies at `path`; null for every other file. */
export function projectOf(path: string): string | null {
  const parts = path.replace(/^[^:]*:/, '').split('/');
  const inside = parts.length === 2 && parts[1] !== PREVIEW;
  return inside && /^[a-z0-9](?:[a-z0-9-]{0,60}[a-z0-9])?$/.test(parts[0]) ? parts[0] : null;
}

export function isPreview(path: string): boolean {
  return path.split('/').pop() === PREVIEW;
}

/** The learning path whose notebook lies at `path`; null for every other file. */
export function learningOf(path: string): string | null {
  return /^(?:[^:]*:)?learning\.([a-z-]+)\/notebook\.ipynb$/.exec(path)?.[1] ?? null;
}
