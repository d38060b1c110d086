"""Opening an app in a real Chromium, and when it became usable.

*Interactive* is when moving the slider with a key changed the text of the prediction, counted from the start of the
navigation. The key is pressed as soon as a slider can be seen and again when nothing came of it, as people do.
"""

from __future__ import annotations

import re
import time
from dataclasses import dataclass
from typing import Any

from benchmarks.apps.servers import Running

#: Runs in the page before anything else: notes when slider, prediction, table and picture are there to be seen.
WATCH = r"""
(() => {
  if (window.__bench) return;
  const bench = window.__bench = { at: {}, said: null, changed: 0, key: 0 };
  const seen = (e) => { const r = e.getBoundingClientRect();
    return r.width > 0 && r.height > 0 && getComputedStyle(e).visibility !== "hidden"; };
  const roots = (root, found) => { found.push(root);
    for (const e of root.querySelectorAll("*")) if (e.shadowRoot) roots(e.shadowRoot, found); return found; };
  const NOT_TEXT = new Set(["SCRIPT", "STYLE", "CODE", "NOSCRIPT", "TEMPLATE", "TITLE", "MARIMO-CODE"]);
  const look = () => {
    if (!document.body) return;
    const now = performance.now(), first = (name) => { bench.at[name] ??= now; };
    for (const root of roots(document, [])) {
      for (const e of root.querySelectorAll("[role=slider],input[type=range],.noUi-handle"))
        if (seen(e) || (e.parentElement && seen(e.parentElement))) { bench.slider ??= e;
          if (!bench.slider.isConnected) bench.slider = e; first("slider"); break; }
      for (const e of root.querySelectorAll("img"))
        if (e.complete && e.naturalWidth > 200 && seen(e)) { first("picture"); break; }
      for (const e of root.querySelectorAll("svg"))
        if (e.getBoundingClientRect().width > 200) { first("picture"); break; }
      for (const e of root.querySelectorAll("table")) if (e.rows.length >= 20 && seen(e)) { first("table"); break; }
      const walker = document.createTreeWalker(root.body || root, NodeFilter.SHOW_TEXT);
      for (let n = walker.nextNode(); n; n = walker.nextNode()) {
        if (!n.nodeValue.includes("Prediction for age=")) continue;
        const p = n.parentElement;
        if (p && (NOT_TEXT.has(p.tagName) || !seen(p))) continue;
        const said = /age=(\d+) region=\w+: ([\d.]+)/.exec(n.nodeValue);
        if (!said) continue;
        first("prediction");
        if (bench.said !== said[1]) { bench.said = said[1]; bench.changed = now; }
        break;
      }
    }
  };
  setInterval(look, 10);
  addEventListener("keydown", (e) => { if (e.key === "ArrowRight") bench.key = performance.now(); }, true);
})();
"""
_TRAFFIC = """() => {
  const page = performance.getEntriesByType("navigation")[0], rest = performance.getEntriesByType("resource");
  const sum = (name) => page[name] + rest.reduce((a, r) => a + r[name], 0);
  return { first_byte: page.responseStart, requests: rest.length + 1, sent: sum("transferSize"),
           decoded: sum("decodedBodySize") };
}"""


@dataclass(frozen=True)
class Opened:
    """Milliseconds from the start of the navigation; bytes; ``latency`` is key → text for further moves."""

    interactive: float
    first_byte: float
    complete: float
    requests: int
    sent: int
    decoded: int
    latency: tuple[float, ...] = ()


def new_context(browser: Any, server: Running) -> Any:
    """A browser profile of its own, let in at the server."""
    context = browser.new_context()
    context.add_init_script(WATCH)
    if server.cookies:
        site = re.match(r"https?://[^/]+", server.url)[0]
        context.add_cookies([{"name": n, "value": v, "url": site} for n, v in server.cookies])
    return context


def open_app(context: Any, server: Running, *, moves: int = 0, timeout: float = 60) -> tuple[Any, Opened]:
    """Open the app in a new page; raises TimeoutError when it does not become usable."""
    page = context.new_page()
    page.goto(server.url, wait_until="commit", timeout=timeout * 1000)
    deadline = time.monotonic() + timeout
    _until(page, "() => window.__bench && __bench.at.slider && __bench.at.prediction", deadline)
    interactive = _move(page, deadline)[1]
    _until(page, "() => __bench.at.table && __bench.at.picture", deadline)
    latency = []
    for _ in range(moves):
        time.sleep(0.3)
        pressed, changed = _move(page, deadline)
        latency.append(changed - pressed)
    complete = page.evaluate("() => Math.max(...Object.values(__bench.at))")
    traffic = page.evaluate(_TRAFFIC)
    return page, Opened(interactive=interactive, complete=complete, latency=tuple(latency), **traffic)


def _move(page: Any, deadline: float) -> tuple[float, float]:
    """Move the slider until the prediction changes; (time of the last key, time of the change)."""
    before = page.evaluate("() => __bench.said")
    patience = 0.4
    while True:
        page.evaluate("() => __bench.slider && __bench.slider.focus()")
        page.keyboard.press("ArrowRight")
        try:
            _until(page, f"() => __bench.said !== {before!r}", min(deadline, time.monotonic() + patience))
        except TimeoutError:
            if time.monotonic() >= deadline:
                raise
            continue
        pressed, changed = page.evaluate("() => [__bench.key, __bench.changed]")
        return float(pressed), float(changed)


def _until(page: Any, condition: str, deadline: float) -> None:
    while True:
        try:
            if page.evaluate(condition):
                return
        except Exception:
            if time.monotonic() > deadline:
                raise
        if time.monotonic() > deadline:
            raise TimeoutError(f"{page.url}: not within the time: {condition}")
        time.sleep(0.01)
