/** What lodash's function of this name does for altair's widget, which asks for it. */
export function debounce<Given extends unknown[]>(
  act: (...given: Given) => void, wait = 0, { maxWait = Infinity }: { maxWait?: number } = {}
): (...given: Given) => void {
  let timer = 0;
  let since = 0;
  return (...given) => {
    clearTimeout(timer);
    if (!timer) since = Date.now();
    const left = Math.max(0, Math.min(wait, since + maxWait - Date.now()));
    timer = window.setTimeout(() => {
      timer = 0;
      act(...given);
    }, left);
  };
}
