"""The portal in a real Chromium: sign-in, languages, phone width, the way over to another origin, no broken policy."""

from __future__ import annotations

import json
import shutil
import threading
from collections.abc import Iterator
from dataclasses import dataclass, replace
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
import uvicorn

from sandbox.core.learning import BADGES
from sandbox.portal.addresses import Addresses
from sandbox.portal.app import create_app
from sandbox.settings import Settings
from sandbox.workflows.services import Services
from tests.helpers.browser import chromium, grave_findings, new_context
from tests.helpers.ports import free_port

from .test_signin import link_for
from .town import Town

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

pytestmark = pytest.mark.browser


class Elsewhere(BaseHTTPRequestHandler):
    """Stands for the app server: takes a ticket by form, and links back to the portal."""

    portal = ""
    received: list[str] = []  # noqa: RUF012 - a test double

    def do_GET(self) -> None:
        self._answer(f'<a href="{self.portal}/projects">back</a>')

    def do_POST(self) -> None:
        self.received.append(self.rfile.read(int(self.headers["content-length"])).decode())
        self._answer("<h1>app</h1>")

    def _answer(self, body: str) -> None:
        self.send_response(200)
        self.send_header("content-type", "text/html")
        self.end_headers()
        self.wfile.write(body.encode())

    def log_message(self, *_: object) -> None:
        """Quiet."""


@dataclass
class Running:
    town: Town
    portal: str
    elsewhere: str


@pytest.fixture(scope="module")
def running(settled: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    home = tmp_path_factory.mktemp("browser") / "home"
    shutil.copytree(settled, home)
    services = Services.open(Settings(home=home))
    port = free_port()
    other = HTTPServer(("localhost", 0), Elsewhere)
    threading.Thread(target=other.serve_forever, daemon=True).start()
    addresses = Addresses(f"http://127.0.0.1:{port}", f"http://localhost:{other.server_port}")
    Elsewhere.portal = addresses.portal
    town = Town(services)
    town.app = create_app(services, addresses)
    server = uvicorn.Server(uvicorn.Config(town.app, port=port, log_config=None, timeout_graceful_shutdown=1))
    thread = threading.Thread(target=server.run, daemon=True)
    thread.start()
    while not server.started:
        thread.join(0.05)
    yield Running(town, addresses.portal, addresses.apps)
    server.should_exit = True
    thread.join(5)
    other.shutdown()
    services.close()


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with chromium() as opened:
        yield opened


def enter(
    running: Running, browser: Browser, name: str, locale: str = "en", width: int = 1200
) -> tuple[Page, list[str]]:
    """A page signed in by pressing the link's button, and the complaints of its console."""
    page = new_context(browser, locale=locale, viewport={"width": width, "height": 800}).new_page()
    complaints: list[str] = []
    page.on("console", lambda m: complaints.append(m.text) if m.type in ("error", "warning") else None)
    page.goto(f"{running.portal}/signin?link={link_for(running.town, name)}")
    page.locator("main button").click()
    page.wait_for_url(f"{running.portal}/")
    return page, complaints


def test_signing_in_switching_language_and_signing_out(running: Running, browser: Browser) -> None:
    page, complaints = enter(running, browser, "lin-xia")
    page.get_by_role("button", name="中文").click()
    assert page.get_by_role("heading", name="您好，林夏").is_visible()
    page.get_by_role("button", name="English").click()
    page.locator("details.who summary").click()
    page.get_by_role("button", name="Sign out").click()
    page.wait_for_url(f"{running.portal}/signin")
    assert complaints == []


@pytest.mark.parametrize("locale", ["en", "zh-CN"])
def test_every_page_fits_a_phone_and_keeps_the_policy(running: Running, browser: Browser, locale: str) -> None:
    paths = {
        "lin-xia": ["/", "/apps", "/apps/early-warning", "/templates", "/templates/customer-churn", "/projects",
                    "/projects/came-back", "/datasets", "/datasets/leavers"],
        "zhao-min": ["/reviews", "/projects/keep-the-north/submissions/1", "/learn", "/me",
                     *(f"/learn/{path}" for path in BADGES)],
        "david": ["/portfolio", "/projects/early-warning", "/projects/early-warning/retire", "/audit", "/health"],
    }  # fmt: skip
    for name, places in paths.items():
        page, complaints = enter(running, browser, name, locale, 390)
        for path in places:
            page.goto(running.portal + path)
            assert page.evaluate("document.documentElement.scrollWidth") <= 390, path
            unnamed = page.evaluate(
                "[...document.querySelectorAll('input:not([type=hidden]),select,textarea,button,a[href]')]"
                ".filter(e => !(e.labels?.length || e.innerText?.trim() || e.textContent?.trim()"
                " || e.getAttribute('aria-label') || e.getAttribute('aria-hidden'))).map(e => e.outerHTML)"
            )
            assert unnamed == [], path
            assert page.locator("h1").count() == 1, path
            if locale == "en":  # colours and structure are the same in both
                assert grave_findings(page) == [], path
        assert complaints == []
        page.context.close()


def test_opening_an_app_posts_the_ticket_to_the_other_origin(running: Running, browser: Browser) -> None:
    page, complaints = enter(running, browser, "zhao-min")
    page.goto(f"{running.portal}/apps/early-warning")
    asked: list[str] = []
    page.context.on("request", lambda request: asked.append(request.url))
    with page.context.expect_page() as opened:
        page.get_by_role("button", name="Open app").click()
    opened.value.wait_for_url(f"{running.elsewhere}/enter")
    assert Elsewhere.received[-1].startswith("ticket=") and "?" not in opened.value.url
    assert opened.value.evaluate("[window.opener, history.length]") == [None, 1]
    # The portal is asked once, and no page of its own stands in between.
    pages = {url for url in asked if "/static/" not in url}  # a browser fetches a page's icon when it likes
    assert pages == {f"{running.portal}/apps/early-warning/open", f"{running.elsewhere}/enter"}
    assert page.url == f"{running.portal}/apps/early-warning" and complaints == []


def test_an_app_opens_without_scripts_too(running: Running, browser: Browser) -> None:
    page, _ = enter(running, browser, "zhao-min")
    plain = new_context(
        browser, locale="en", java_script_enabled=False, storage_state=page.context.storage_state()
    ).new_page()
    plain.goto(f"{running.portal}/apps/early-warning")
    with plain.context.expect_page() as opened:
        plain.get_by_role("button", name="Open app").click()
    opened.value.get_by_role("button", name="Go on").click()
    opened.value.wait_for_url(f"{running.elsewhere}/enter")


def test_what_keeps_an_app_from_opening_is_told(running: Running, browser: Browser) -> None:
    page, _ = enter(running, browser, "zhao-min")
    page.goto(f"{running.portal}/apps/early-warning")
    page.evaluate("document.querySelector('[data-hand-over]').action += '-not-there'")
    with page.context.expect_page() as opened:
        page.get_by_role("button", name="Open app").click()
    opened.value.locator(".failure h1").wait_for()
    assert opened.value.url == f"{running.portal}/apps/early-warning/open-not-there"


def test_after_a_long_wait_an_app_opens_in_the_same_window(running: Running, browser: Browser) -> None:
    """A browser would stop a new one: it holds a click to be over after some seconds."""
    page, _ = enter(running, browser, "zhao-min")
    page.goto(f"{running.portal}/apps/early-warning")
    page.evaluate("Object.defineProperty(navigator, 'userActivation', { value: { isActive: false } })")
    page.get_by_role("button", name="Open app").click()
    page.wait_for_url(f"{running.elsewhere}/enter")


def test_a_link_from_another_site_finds_the_session_again(running: Running, browser: Browser) -> None:
    page, _ = enter(running, browser, "lin-xia")
    page.goto(running.elsewhere)
    page.get_by_role("link", name="back").click()
    page.get_by_role("heading", name="My projects").wait_for()
    stranger = new_context(browser, locale="en").new_page()
    stranger.goto(running.elsewhere)
    stranger.get_by_role("link", name="back").click()
    stranger.get_by_text("You are not signed in.").wait_for()


def test_a_waiting_page_tells_how_far_the_examination_is_and_goes_on_by_itself(
    running: Running, browser: Browser
) -> None:
    registry = running.town.services.registry

    def put(examination: str, progress: str) -> None:
        with registry.transaction("examiner") as tx:
            tx.put_submission(replace(tx.submission("keep-the-north", 1), examination=examination, progress=progress))

    put("running", json.dumps({"step": "running", "done": 3, "total": 9, "title": "<b>Fit</b>"}))
    page, _ = enter(running, browser, "zhao-min")
    page.goto(f"{running.portal}/projects/keep-the-north/submissions/1")
    page.get_by_text("Running cell 3 of 9 · <b>Fit</b>").wait_for()
    put("done", "")
    page.get_by_role("button", name="Approve and publish").and_(page.locator(":enabled")).wait_for(timeout=100_000)


def test_a_page_of_another_origin_cannot_make_the_portal_act(running: Running, browser: Browser) -> None:
    page, _ = enter(running, browser, "lin-xia")
    page.goto(running.elsewhere)
    answer = page.evaluate(
        """async (url) => {
          const how = (options) => fetch(url, {credentials: 'include', ...options}).then(() => 'sent', () => 'refused');
          return [await how({method: 'POST', mode: 'no-cors'}), await how({})];
        }""",
        f"{running.portal}/api/v1/projects/keep-the-north/withdraw",
    )
    assert answer[1] == "refused"
    with running.town.services.registry.reading() as reading:
        assert reading.project("keep-the-north").state.value == "submitted"
