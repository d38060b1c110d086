"""Opening an app in a real Chromium, and when it became usable.

*Interactive* is when moving the slider with a key changed the text of the prediction, counted from the start of the
navigation. The key is pressed as soon as a slider can be seen and again when nothing came of it, as people do.
"""

from __future__ import annotations

import re
import time
from dataclasses import dataclass, field
from typing import Any

from benchmarks.apps.servers import Running

#: Runs in the page before anything else: notes when slider, prediction, table and picture are there to be seen.
WATCH = r"""
(() => {
  if (window.__bench) return;
  const bench = window.__bench = { at: {}, said: null, changed: 0, key: 0, waiting: [] };
  bench.when = (condition, ms) =>
    new Promise((done) => bench.waiting.push({ condition, done, end: performance.now() + ms }));
  const seen = (e) => { const r = e.getBoundingClientRect();
    return r.width > 0 && r.height > 0 && getComputedStyle(e).visibility !== "hidden"; };
  const roots = (root, found) => { found.push(root);
    for (const e of root.querySelectorAll("*")) if (e.shadowRoot) roots(e.shadowRoot, found); return found; };
  const NOT_TEXT = new Set(["SCRIPT", "STYLE", "CODE", "NOSCRIPT", "TEMPLATE", "TITLE", "MARIMO-CODE"]);
  const SAID = /Prediction for age=(\d+) region=\w+: [\d.]+/;
  const finders = {
    slider: (root) => { for (const e of root.querySelectorAll("[role=slider],input[type=range],.noUi-handle"))
      if (seen(e) || (e.parentElement && seen(e.parentElement))) return (bench.slider = e); },
    picture: (root) => [...root.querySelectorAll("img")].find((e) => e.complete && e.naturalWidth > 200 && seen(e))
      || [...root.querySelectorAll("svg")].find((e) => e.getBoundingClientRect().width > 200),
    table: (root) => [...root.querySelectorAll("table")].find((e) => e.rows.length >= 20 && seen(e)),
    prediction: (root) => {
      const walker = document.createTreeWalker(root.body || root, NodeFilter.SHOW_TEXT);
      for (let n = walker.nextNode(); n; n = walker.nextNode()) {
        const p = n.parentElement;
        if (SAID.test(n.nodeValue) && p && !NOT_TEXT.has(p.tagName) && seen(p)) return (bench.text = n);
      } },
  };
  // What was found is not looked for again: the watching must not be what takes the time.
  const look = () => {
    if (!document.body) return;
    const now = performance.now();
    if (bench.slider && !bench.slider.isConnected) finders.slider(document);
    const open = Object.keys(finders).filter((name) => !(name in bench.at)
      || (name === "prediction" && !(bench.text.isConnected && SAID.test(bench.text.nodeValue))));
    if (open.length) for (const root of roots(document, []))
      for (const name of open) if (finders[name](root)) bench.at[name] ??= now;
    const said = bench.text && SAID.exec(bench.text.nodeValue);
    if (said && said[1] !== bench.said) { bench.said = said[1]; bench.changed = now; }
    bench.waiting = bench.waiting.filter((one) => {
      const met = one.condition();
      if (met || now > one.end) one.done(!!met);
      return !met && now <= one.end; });
  };
  bench.timer = setInterval(look, 5);
  addEventListener("keydown", (e) => { if (e.key === "ArrowRight") bench.key = performance.now(); }, true);
})();
"""
#: A new tab comes to rest, seconds; and how long a person waits before pressing again, milliseconds.
SETTLE_SECONDS = 1.0
PATIENCE_MS = 400

_TRAFFIC = """() => {
  const page = performance.getEntriesByType("navigation")[0], rest = performance.getEntriesByType("resource");
  const sum = (name) => page[name] + rest.reduce((a, r) => a + r[name], 0);
  const paint = performance.getEntriesByName("first-contentful-paint")[0];
  const steps = { "request sent": page.requestStart, "first byte": page.responseStart, "last byte": page.responseEnd,
    "first paint": paint ? paint.startTime : 0, "page read": page.domInteractive, "slider seen": __bench.at.slider };
  return { steps, first_byte: page.responseStart, requests: rest.length + 1, sent: sum("transferSize"),
           decoded: sum("decodedBodySize") };
}"""


@dataclass(frozen=True)
class Opened:
    """Milliseconds from the start of the navigation; bytes; ``latency`` is key → text for further moves, ``steps`` what
    happened when."""

    interactive: float
    first_byte: float
    complete: float
    requests: int
    sent: int
    decoded: int
    latency: tuple[float, ...] = ()
    steps: dict[str, float] = field(default_factory=dict)


def new_context(browser: Any, server: Running) -> Any:
    """A browser profile of its own, let in at the server."""
    context = browser.new_context()
    context.add_init_script(WATCH)
    if server.cookies:
        site = re.match(r"https?://[^/]+", server.url)[0]
        context.add_cookies([{"name": n, "value": v, "url": site} for n, v in server.cookies])
    return context


def open_app(context: Any, server: Running, *, moves: int = 0, timeout: float = 60) -> tuple[Any, Opened]:
    """Open the app in a new tab; raises TimeoutError when it does not become usable.

    The browser first comes to rest: a new window of Chromium loads pages of its own (its address bar's list), which
    takes as long as a quick app does and says nothing about it.
    """
    page = context.new_page()
    time.sleep(SETTLE_SECONDS)
    page.goto(server.url, wait_until="commit", timeout=timeout * 1000)
    deadline = time.monotonic() + timeout
    _until(page, "() => __bench.at.slider && __bench.at.prediction", deadline)
    pressed, interactive = _move(page, deadline)
    _until(page, "() => __bench.at.table && __bench.at.picture", deadline)
    complete = page.evaluate("() => Math.max(...Object.values(__bench.at))")
    traffic = page.evaluate(_TRAFFIC)
    traffic["steps"] |= {"key pressed": pressed, "text changed": interactive}
    latency = []
    for _ in range(moves):
        time.sleep(0.3)
        pressed, changed = _move(page, deadline)
        latency.append(changed - pressed)
    return page, Opened(interactive=interactive, complete=complete, latency=tuple(latency), **traffic)


def _move(page: Any, deadline: float) -> tuple[float, float]:
    """Move the slider until the prediction changes; (time of the last key, time of the change)."""
    before = page.evaluate("() => { __bench.slider.focus(); return __bench.said; }")
    while True:
        page.keyboard.press("ArrowRight")
        if page.evaluate(f"() => __bench.when(() => __bench.said !== {before!r}, {PATIENCE_MS})"):
            pressed, changed = page.evaluate("() => [__bench.key, __bench.changed]")
            return float(pressed), float(changed)
        if time.monotonic() > deadline:
            raise TimeoutError(f"{page.url}: moving the slider changes nothing")
        page.evaluate("() => __bench.slider.focus()")


def _until(page: Any, condition: str, deadline: float) -> None:
    """Wait within the page: asking it again and again would disturb what is measured."""
    while True:
        left = deadline - time.monotonic()
        if left <= 0:
            raise TimeoutError(f"{page.url}: not within the time: {condition}")
        try:
            if page.evaluate(f"() => __bench.when({condition}, {left * 1000:.0f})"):
                return
        except Exception:  # a page that goes on to another one takes its promises with it
            if time.monotonic() > deadline:
                raise
            time.sleep(0.01)
