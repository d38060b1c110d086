"""JupyterLab as a clerk meets it: ``python benchmarks/lab.py [rounds]``. Prints medians and ranges in milliseconds.

In a real Chromium, on a sandbox of its own: from JupyterLab being up to the start page on the screen (target 2 s), in a
fresh browser each time; and from the click on “Make the project” to the form that can be used (target 3 s), each in a
new project with a kernel forked from the warm one. The parts of the latter add up to it.
"""

from __future__ import annotations

import os
import shutil
import statistics
import sys
import tempfile
import time
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from sandbox.settings import Settings
from sandbox.workflows.demo_content import ensure_people, ensure_snapshots
from sandbox.workflows.services import Services
from tests.helpers.browser import chromium, new_context
from tests.helpers.running import RunningSandbox, running_sandbox

SCALE = 0.3
PANEL = ".jp-NotebookPanel:not(.lm-mod-hidden)"
START_TARGET, OPEN_TARGET = 2000, 3000

# From the press of the button, by the page's own clock: requests by address, the notebook, the kernel, the form.
_WATCH = """() => {
  const seen = (name, there) => {
    const look = () => (there() ? (window.seen[name] = performance.now()) : requestAnimationFrame(look));
    look();
  };
  addEventListener('click', event => {
    if (!event.target.closest('.jp-Dialog .jp-mod-accept') || window.seen) return;
    window.seen = { pressed: performance.now() };
    const panel = '.jp-NotebookPanel:not(.lm-mod-hidden)';
    const visible = query => { const node = document.querySelector(query); return node && node.offsetParent !== null; };
    seen('notebook', () => visible(panel + ' .jp-Cell'));
    seen('kernel', () => visible(panel + ' .jp-Notebook-ExecutionIndicator[data-status=busy]') ||
      visible(panel + ' .sb-see'));
    seen('form', () => visible(panel + ' .sb-see'));
  }, true);
}"""


def to_lab(sandbox: RunningSandbox, browser: Any) -> tuple[Any, Any]:
    """(browser profile, Lab's page) of a person who came from the portal, with nothing left over from before."""
    shutil.rmtree(sandbox.home / "run" / "lab" / "lin-xia" / "workspaces", ignore_errors=True)
    context = new_context(browser, viewport={"width": 1280, "height": 860})
    page = context.new_page()
    page.goto(sandbox.link("lin-xia"))
    page.locator(".gate__box button").click()
    page.wait_for_url(f"{sandbox.portal}/")
    with context.expect_page() as opened:
        page.locator("form[action$='/lab'] button").first.click()
    lab = opened.value
    lab.locator(".sandbox-start-page h1").wait_for()
    return context, lab


def start_page(lab: Any) -> dict[str, float]:
    """Milliseconds: ``loaded`` from the address to JupyterLab, ``start`` from there to the start page."""
    lab.wait_for_function("() => performance.getEntriesByName('sandbox:start').length")
    marks = lab.evaluate(
        "() => ['sandbox:lab', 'sandbox:start'].map(name => performance.getEntriesByName(name)[0].startTime)"
    )
    return {"loaded": marks[0], "start": marks[1] - marks[0]}


def open_template(lab: Any, template: str, title: str) -> dict[str, float]:
    """Milliseconds from the press of the button to ``notebook``, ``kernel`` (it runs the form) and ``form``."""
    lab.evaluate(_WATCH)
    lab.locator(f"[data-template={template}]").click()
    lab.locator(".sandbox-form input").first.fill(title)
    lab.locator(".jp-Dialog .jp-mod-accept").click()
    lab.locator(f"{PANEL} .sb-see").wait_for()
    lab.wait_for_function("() => window.seen.form")
    seen = lab.evaluate("() => window.seen")
    return {name: seen[name] - seen["pressed"] for name in ("notebook", "kernel", "form")}


def end_kernels(lab: Any) -> None:
    lab.evaluate(
        """async () => {
          const headers = { 'X-XSRFToken': (document.cookie.match(/_xsrf=([^;]+)/) || [])[1] };
          for (const kernel of await (await fetch('/api/kernels')).json())
            await fetch('/api/kernels/' + kernel.id, { method: 'DELETE', headers });
        }"""
    )


def tell(name: str, values: Sequence[float], target: int | None = None) -> None:
    held = (
        "" if target is None else f"   target {target}: {'held' if statistics.median(values) <= target else 'MISSED'}"
    )
    print(f"  {name:<44} {statistics.median(values):6.0f}  ({min(values):.0f} to {max(values):.0f}){held}")


def main(rounds: int) -> None:
    began = time.monotonic()
    with tempfile.TemporaryDirectory(prefix="sandbox-lab-") as folder:
        home = Path(folder) / "home"
        services = Services.open(Settings(home=home))
        ensure_people(services)
        ensure_snapshots(services, SCALE, lambda *_: None)
        services.close()
        print(f"prepared after {time.monotonic() - began:.0f} s; load {os.getloadavg()[0]:.1f}; {rounds} rounds")
        starts, opens = [], []
        with running_sandbox(home, ["--no-demo"]) as sandbox, chromium() as browser:
            for number in range(rounds + 1):
                context, lab = to_lab(sandbox, browser)
                started = start_page(lab)
                opened = open_template(lab, "customer-churn", f"Round {number}")
                if number:  # the first round warms the server's files and the fork server
                    starts.append(started)
                    opens.append(opened)
                end_kernels(lab)
                context.close()
        print("milliseconds: median (range)")
        tell("JupyterLab itself, in a fresh browser", [each["loaded"] for each in starts])
        tell("start page, from JupyterLab being up", [each["start"] for each in starts], START_TARGET)
        tell("template: from the button to the notebook", [each["notebook"] for each in opens])
        tell("template: … to the kernel running the form", [each["kernel"] for each in opens])
        tell("template: … to the form", [each["form"] for each in opens], OPEN_TARGET)
        print(f"load {os.getloadavg()[0]:.1f}; {time.monotonic() - began:.0f} s in all")


if __name__ == "__main__":
    with suppress(KeyboardInterrupt):
        main(int(sys.argv[1]) if len(sys.argv) > 1 else 7)
