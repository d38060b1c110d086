/**
 * Markup that an app shows, made inert: what is not on the list of `allowed.json` is left out. The server does the same
 * with the outputs that it writes into the page. The nodes are moved, never written out and read again, so there is no
 * second reading that could see something else.
 */

import allowed from '../../../sandbox/appserver/page/allowed.json';

const ELEMENTS = new Set([...allowed.elements, ...allowed.drawing]);
const ATTRIBUTES = new Set([...allowed.attributes, ...allowed.drawingAttributes]);
const LOADS = /url\s*\(\s*(?!["']?(?:#|data:))|@import|image-set|\\/i;
const SCOPE = '@scope (#rendered_cells)';

export function safeHtml(html: string): DocumentFragment {
  const parsed = new DOMParser().parseFromString(html, 'text/html');
  const styles = [...parsed.head.children];
  parsed.body.prepend(...styles);
  clean(parsed.body);
  const fragment = document.createDocumentFragment();
  fragment.append(...[...parsed.body.childNodes].map(node => document.adoptNode(node)));
  return fragment;
}

/** Show markup that the server has made inert, formulas among it. */
export function showMade(place: Element, html: string): void {
  const parsed = new DOMParser().parseFromString(html, 'text/html');
  place.replaceChildren(...[...parsed.head.childNodes, ...parsed.body.childNodes].map(node => document.adoptNode(node)));
}

/** Show `html` in `place`. */
export function showHtml(place: Element, html: string): void {
  place.replaceChildren(safeHtml(html));
}

function clean(parent: Element): void {
  for (const child of [...parent.childNodes]) {
    if (child.nodeType === Node.TEXT_NODE) continue;
    if (!(child instanceof Element)) {
      child.remove();
      continue;
    }
    if (child.localName === 'style') child.replaceWith(...scoped(child.textContent ?? ''));
    else if (!ELEMENTS.has(child.localName)) child.remove();
    else {
      cleanAttributes(child);
      clean(child);
    }
  }
}

function cleanAttributes(element: Element): void {
  for (const { name, value } of [...element.attributes]) {
    const listed = ATTRIBUTES.has(name) || allowed.prefixes.some(prefix => name.startsWith(prefix));
    if (!listed || !harmless(element, name, value)) element.removeAttribute(name);
  }
  if (element.localName === 'a' && element.hasAttribute('href') && !element.getAttribute('href')!.startsWith('#')) {
    element.setAttribute('target', '_blank');
    element.setAttribute('rel', 'noopener noreferrer');
  }
}

function harmless(element: Element, name: string, value: string): boolean {
  const text = value.trim();
  if (name === 'style') return !LOADS.test(text);
  if (name === 'src') return allowed.imageTypes.some(type => text.startsWith(type));
  if (name === 'href' || name === 'xlink:href') {
    if (element.localName === 'use' || text.startsWith('#')) return text.startsWith('#');
    if (element.localName !== 'a') return false;
    if (text.startsWith('data:')) return element.hasAttribute('download');
    return allowed.linkSchemes.some(scheme => text.toLowerCase().startsWith(scheme));
  }
  return !/^\s*url\s*\(\s*(?!["']?#)/i.test(value);
}

/** An author's styles, which reach no further than the app's own part of the page; as the browser itself read them. */
function scoped(css: string): Element[] {
  const sheet = new CSSStyleSheet();
  try {
    sheet.replaceSync(css);
  } catch {
    return [];
  }
  const rules = [...sheet.cssRules].filter(rule => !(rule instanceof CSSImportRule) && !LOADS.test(rule.cssText));
  const outside = rules.filter(rule => rule instanceof CSSKeyframesRule);
  const inside = rules.filter(rule => !(rule instanceof CSSKeyframesRule));
  const style = document.createElement('style');
  style.textContent = `${outside.map(rule => rule.cssText).join('\n')}\n${SCOPE} {\n${inside.map(rule => rule.cssText).join('\n')}\n}`;
  return [style];
}
