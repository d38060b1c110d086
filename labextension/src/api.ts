// The Lab server's addresses for the sandbox. The server holds the token for the portal; the browser never does.

import { URLExt } from '@jupyterlab/coreutils';
import { ServerConnection } from '@jupyterlab/services';

export interface IFinding {
  level: 'pass' | 'review' | 'fail';
  message: string;
  remedy: string;
}

export interface ISubmission {
  number: number;
  /** queued, running, done or broken */
  examination: string;
  progress: string;
  findings: IFinding[];
  url: string;
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

async function request<T>(path: string, init: RequestInit = {}): Promise<T> {
  const settings = ServerConnection.makeSettings();
  const response = await ServerConnection.makeRequest(URLExt.join(settings.baseUrl, 'sandbox', path), init, settings);
  const body = await response.json().catch(() => ({}));
  if (!response.ok) {
    throw new SandboxProblem(body.detail ?? `HTTP ${response.status}`, body.remedy ?? '');
  }
  return body as T;
}

export function submit(project: string, note: string): Promise<ISubmission> {
  return request('submit', { method: 'POST', body: JSON.stringify({ project, note }) });
}

export function status(project: string, number: number): Promise<ISubmission> {
  return request(`status?project=${encodeURIComponent(project)}&number=${number}`);
}

/** The micro-project that a notebook belongs to: the first folder of its path; null outside of one. */
export function projectOf(path: string): string | null {
  const parts = path.replace(/^[^:]*:/, '').split('/');
  return parts.length === 2 && /^[a-z0-9](?:[a-z0-9-]{0,60}[a-z0-9])?$/.test(parts[0]) ? parts[0] : null;
}
