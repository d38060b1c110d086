"""Pictures of the templates' apps as viewers see them: ``app_pictures.py OUT [TEMPLATE…]``, for looking at all of them.

Each template is submitted, examined and published on the demo company's data, and opened in one real app server: on a
desktop and on a phone, in English and in 中文; ``--print`` adds the page as it is printed. Beside each picture it says
what can be measured: width that does not fit, cut text, and how far down the first result lies. The workspace stays in
OUT/home: what was published before is not published again, unless with ``--anew``.
"""

from __future__ import annotations

import argparse
import os
import sys
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))
os.environ.setdefault("OMP_NUM_THREADS", "1")

from sandbox.core.lifecycle import State  # noqa: E402 - after the path is set
from sandbox.core.messages import LANGUAGES, Language  # noqa: E402
from sandbox.core.project import Project  # noqa: E402
from sandbox.identity.tickets import Ticket, seal  # noqa: E402
from sandbox.notebooks.templates import load_template  # noqa: E402
from sandbox.publishing.shelf import NOTEBOOKS  # noqa: E402
from sandbox.settings import Settings  # noqa: E402
from sandbox.workflows.demo_content import DEMO_PEOPLE, ensure_people, ensure_snapshots  # noqa: E402
from sandbox.workflows.examiner import Examiner  # noqa: E402
from sandbox.workflows.review import approve  # noqa: E402
from sandbox.workflows.services import Services  # noqa: E402
from sandbox.workflows.start_project import project_starter, start_project  # noqa: E402
from sandbox.workflows.submit import submit  # noqa: E402

SCREENS = {"desktop": (1280, 860), "phone": (390, 844)}
OWNER, REVIEWER = DEMO_PEOPLE[-1], DEMO_PEOPLE[1]
WAIT_SECONDS = 900

#: What a picture cannot show at a glance. Scrolled boxes of their own are no fault, so only text that is cut counts.
MEASURE = """() => {
  const wide = document.documentElement.scrollWidth, screen = document.documentElement.clientWidth;
  const shown = element => element.getClientRects().length && getComputedStyle(element).visibility !== 'hidden';
  const name = element => `${element.tagName.toLowerCase()}.${String(element.className?.baseVal ?? element.className)}`
    .slice(0, 50) + ` “${(element.textContent || '').trim().slice(0, 40)}”`;
  const out = [], cut = [];
  for (const element of document.body.querySelectorAll('*')) {
    if (!shown(element)) continue;
    const style = getComputedStyle(element), box = element.getBoundingClientRect();
    if (element.scrollWidth > element.clientWidth + 1 && element.clientWidth && style.overflowX === 'hidden'
        && element.textContent.trim() && box.width > 8) cut.push(name(element));
    if (wide > screen && box.right > screen + 1 && !element.children.length) out.push(name(element));
  }
  const small = [...document.querySelectorAll('svg text')].filter(shown)
    .map(t => t.getBoundingClientRect().height).filter(h => h > 0);
  const first = [...document.querySelectorAll('svg, table')].filter(shown).map(e => e.getBoundingClientRect().top);
  return {wide, screen, out: out.slice(0, 5), cut: cut.slice(0, 5), high: document.documentElement.scrollHeight,
    smallest: Math.round(Math.min(...small)), first: Math.round(Math.min(...first))};
}"""


@dataclass(frozen=True)
class Opened:
    """An app that is live, and the ticket key of the server where it can be opened."""

    template: str
    slug: str
    version: str


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("out", type=Path)
    parser.add_argument("templates", nargs="*")
    parser.add_argument("--anew", action="store_true", help="publish again what is published already")
    parser.add_argument("--print", action="store_true", dest="printed", help="add each as it is printed (PDF, picture)")
    parser.add_argument("--scale", type=float, default=0.4, help="size of the demo company, when it is made")
    asked = parser.parse_intermixed_args()
    out = asked.out.resolve()
    names = asked.templates or sorted(folder.name for folder in (ROOT / "templates").iterdir())
    services = Services.open(Settings(home=out / "home", content=ROOT, examination_workers=2))
    try:
        ensure_people(services)
        ensure_snapshots(services, asked.scale, lambda what, share: print(f"{share:4.0%} {what}", end="\r"))
        apps = publish(services, names, anew=asked.anew)
        take_pictures(services, apps, out, printed=asked.printed)
    finally:
        services.close()
    return 0 if len(apps) == len(names) else 1


def publish(services: Services, names: list[str], *, anew: bool) -> list[Opened]:
    """The app of each template that is live afterwards; says why of one that is not."""
    from tests.templates.examined import described

    examiner = Examiner(services)
    waiting: list[tuple[Project, int]] = []
    apps = [] if anew else [app for app in live(services) if app.template in names]
    missing = [name for name in names if name not in {app.template for app in apps}]
    for name in missing:
        project = start_project(services, OWNER, described(load_template(services.content, name)))
        submission = submit(services, OWNER, project.slug, project_starter(services, OWNER, project.slug))
        waiting.append((project, submission.number))
    if waiting:
        examiner.start()
        try:
            for project, number in waiting:
                approve_when_examined(services, project, number)
        finally:
            examiner.stop()
    newest = {app.template: app for app in reversed(live(services))}  # the latest change comes first
    return [newest[name] for name in names if name in newest]


def live(services: Services) -> list[Opened]:
    with services.registry.reading() as reading:
        found = [p for p in reading.projects(owner=OWNER.name) if p.state is State.PUBLISHED and p.live_version]
    return [Opened(p.template, p.slug, str(p.live_version)) for p in found]


def approve_when_examined(services: Services, project: Project, number: int) -> None:
    deadline = time.monotonic() + WAIT_SECONDS
    while time.monotonic() < deadline:
        with services.registry.reading() as reading:
            submission = reading.submission(project.slug, number)
        if submission.examination in ("done", "broken"):
            break
        time.sleep(0.3)
    found = [f"{f['check']}: {f['message']}" for f in submission.findings if f["level"] == "fail"]
    print(f"{project.template}: examined, {submission.examination}", *found, sep="\n  ", flush=True)
    if not found and submission.version:
        approve(services, REVIEWER, project.slug, number, "For pictures.")


def take_pictures(services: Services, apps: list[Opened], out: Path, *, printed: bool) -> None:
    from tests.appserver.conftest import app_server
    from tests.helpers.browser import chromium

    versions = {app.slug: app.version for app in apps}
    nowhere = "http://127.0.0.1:9"  # there is no portal; an app stays open for an hour without its word
    with app_server(services.settings.home, out, nowhere, versions) as site, chromium() as browser:
        for app in apps:
            for language in LANGUAGES:
                for name, page in pages(services, browser, site.base, app, language):
                    print(f"{app.template} {language} {name}: {told(page.evaluate(MEASURE))}", flush=True)
                    page.screenshot(path=str(out / f"{app.template}-{language}-{name}.png"), full_page=True)
                    if printed and name == "desktop":
                        page.pdf(path=str(out / f"{app.template}-{language}.pdf"), format="A4", print_background=True)
                        page.set_viewport_size({"width": 794, "height": 1123})  # A4 at 96 dots per inch
                        page.emulate_media(media="print")
                        page.screenshot(path=str(out / f"{app.template}-{language}-print.png"), full_page=True)


def pages(services: Services, browser: Any, base: str, app: Opened, language: Language) -> Iterator[tuple[str, Any]]:
    """The app's page when it is ready, once per kind of screen."""
    for name, (width, height) in SCREENS.items():
        phone = {"is_mobile": True, "has_touch": True} if name == "phone" else {}
        context = browser.new_context(viewport={"width": width, "height": height}, **phone)
        try:
            ticket = Ticket(
                "app", REVIEWER.name, REVIEWER.display_name, language, datetime.now(UTC) + timedelta(seconds=60),
                app=app.slug, version=app.version, owner=OWNER.display_name,
            )  # fmt: skip
            sealed = seal(ticket, services.keys.ticket_key())
            context.request.post(f"{base}/enter", form={"ticket": sealed}, max_redirects=0)
            page = context.new_page()
            page.goto(f"{base}/voila/render/{app.slug}/{app.version}/{NOTEBOOKS[language]}")
            page.wait_for_selector("body.sb-ready", timeout=120_000)
            yield name, page
        finally:
            context.close()


def told(measured: Mapping[str, Any]) -> str:
    said = (
        f"{measured['high']} high, first result at {measured['first']}, smallest text of a chart {measured['smallest']}"
    )
    if measured["wide"] > measured["screen"]:
        said += f"\n  TOO WIDE {measured['wide']} > {measured['screen']}: {measured['out']}"
    return said + (f"\n  CUT {measured['cut']}" if measured["cut"] else "")


if __name__ == "__main__":
    sys.exit(main())
