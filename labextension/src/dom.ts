// Small pieces of page: every text is set as text, never as markup.

import { SandboxProblem } from './api';
import { Texts } from './texts';

type Child = Node | string | null | undefined | false;

/** An element with a class and children. */
export function make<K extends keyof HTMLElementTagNameMap>(
  tag: K,
  className = '',
  ...children: Child[]
): HTMLElementTagNameMap[K] {
  const node = document.createElement(tag);
  if (className) {
    node.className = className;
  }
  node.append(...children.filter((child): child is Node | string => Boolean(child)));
  return node;
}

export function button(label: string, className: string, press: () => void): HTMLButtonElement {
  const node = make('button', `sandbox-button ${className}`.trim(), label);
  node.type = 'button';
  node.onclick = press;
  return node;
}

export function link(label: string, address: string): HTMLAnchorElement {
  const node = make('a', 'sandbox-link', label);
  node.href = address;
  node.target = '_blank';
  node.rel = 'noopener';
  return node;
}

/** What is the matter and what to do, for whatever was thrown. */
export function problem(error: unknown, texts: Texts): HTMLElement {
  const known = error instanceof SandboxProblem;
  const message = known ? error.message : texts.get('It did not work.');
  const remedy = known
    ? error.remedy
    : texts.get('JupyterLab is not reachable. Check whether the sandbox is still running.');
  return make(
    'div',
    'sandbox-problem',
    make('p', '', message),
    remedy && make('p', 'sandbox-remedy', `${texts.get('To do:')} ${remedy}`)
  );
}

/** Call `work` once, `ms` after the last of several calls. */
export function later(work: () => void, ms: number): () => void {
  let timer = 0;
  return () => {
    window.clearTimeout(timer);
    timer = window.setTimeout(work, ms);
  };
}
