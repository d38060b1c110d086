"""What a viewer with a phone is told when an app does not go on, in both languages: in words, and with a way on."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.appserver.conftest import app_server, publish
from tests.appserver.portal import Portal
from tests.appserver.site import APP, OTHER, Hardened, Viewer
from tests.appserver.test_life import DROP, KERNEL
from tests.helpers.browser import grave_findings

pytestmark = pytest.mark.browser

PHONE = {"width": 390, "height": 844}
#: The server as it is, but a viewer for whom there is no room tries again every second instead of every twenty.
IMPATIENT = ("-c", "import sys, sandbox.appserver.__main__ as m, sandbox.appserver.handlers as h\n"
             "h.RETRY_SECONDS = 2\nsys.exit(m.main())")  # fmt: skip

WORDS = {
    "died": ("closed because it was idle or had a problem", "由于长时间没有使用或出现问题"),
    "closed": ("it was retired or replaced, or you may no longer open it", "已下线或被取代，或者您已无权打开它"),
    "lost": ("The connection to the app is lost", "与小应用的连接断开了"),
    "expired": ("Your sign-in has ended", "登录已过期"),
    "busy": ("there is no room for one more page", "暂时没有空位再打开一个页面"),
    "refused": ("This app is not there, or not open to you.", "没有这个小应用，或者您不能打开它。"),
    "stranger": ("Please open the app from the portal.", "请从门户打开小应用。"),
}


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory, portal_server: Portal) -> Iterator[Hardened]:
    """With room for one page."""
    tmp = tmp_path_factory.mktemp("failures")
    versions = {name: publish(tmp / "home", name, portal_server.url, "controls") for name in (APP, OTHER)}
    # A quarter of it is what tests wait for at most, the whole what a busy machine may take for a round.
    settings = {"SANDBOX_APP_KERNELS": "1", "SANDBOX_APP_GRANT_SECONDS": "20"}
    with app_server(tmp / "home", tmp, portal_server.url, versions, IMPATIENT, **settings) as found:
        yield found


@pytest.fixture(params=["en", "zh-CN"])
def phone(request: pytest.FixtureRequest, browser: Any, site: Hardened, portal_server: Portal) -> Iterator[Any]:
    context = browser.new_context(viewport=PHONE, locale=request.param, is_mobile=True, has_touch=True)
    context.language = request.param
    portal_server.standing = "open"
    yield context.new_page()
    portal_server.standing = ""
    viewer(context.pages[0], site).request("POST", "/leave")
    context.close()


def language(page: Any) -> str:
    return str(page.context.language)


def viewer(page: Any, site: Hardened) -> Viewer:
    cookies = {c["name"]: c["value"] for c in page.context.cookies(site.base)}
    return Viewer(site.base, cookies, site.base, site.versions)


def enter(page: Any, site: Hardened, portal: Portal, person: str = "rita") -> None:
    ticket = site.ticket(person, APP, language(page))
    portal.form = f'<form method="post" action="{site.base}/enter"><input name="ticket" value="{ticket}"><button>'
    page.goto(portal.url)
    page.click("button")


def opened(page: Any, site: Hardened, portal: Portal) -> str:
    enter(page, site, portal)
    page.wait_for_selector(".result")
    page.wait_for_function("() => sandboxApp.connection.isReady")
    return str(page.evaluate(KERNEL))


def told(page: Any, what: str) -> None:
    """It is said in the reader's language, fits a phone, is readable with a screen reader and has a way on."""
    page.get_by_text(WORDS[what][language(page) == "zh-CN"]).wait_for(timeout=30_000)
    assert page.evaluate("document.documentElement.scrollWidth") <= PHONE["width"]
    # axe minds pages that go on by themselves; this one has nothing to read or lose, and says so before it does.
    assert not [finding for finding in grave_findings(page) if what != "busy" or not finding.startswith("meta-refresh")]
    portal = {"en": "Portal", "zh-CN": "门户"}[language(page)]
    ways = page.locator("#sb-notice a:visible, .ways a:visible")
    if what != "lost":  # that mends itself
        assert ways.count() and portal.lower() in " ".join(ways.all_inner_texts()).lower()
    for way in ways.all():
        assert way.bounding_box()["height"] >= 24, "large enough for a thumb"
    folder = os.environ.get("SANDBOX_TEST_SCREENSHOTS")
    if folder:
        page.screenshot(path=str(Path(folder) / f"failure-{what}-{language(page)}.png"))


def test_a_kernel_that_died(phone: Any, site: Hardened, portal_server: Portal) -> None:
    kernel = opened(phone, site, portal_server)
    assert viewer(phone, site).request("POST", f"/voila/api/shutdown/{kernel}").status_code == 204
    told(phone, "died")
    phone.locator("#sb-notice .sb-again").click()
    phone.wait_for_function(f"old => document.querySelector('.result') && ({KERNEL})() != old", arg=kernel)


def test_an_app_that_was_retired_while_it_is_open(phone: Any, site: Hardened, portal_server: Portal) -> None:
    opened(phone, site, portal_server)
    portal_server.standing = "closed"
    told(phone, "closed")
    assert phone.inner_text(".result") == "risk = 88 %", "what was read can be read on"
    assert not phone.locator("#sb-notice .sb-again").is_visible(), "that would lead nowhere"
    phone.reload()
    told(phone, "refused")


def test_a_connection_that_is_lost(phone: Any, site: Hardened, portal_server: Portal) -> None:
    opened(phone, site, portal_server)
    phone.context.set_offline(True)
    phone.evaluate(DROP)
    told(phone, "lost")
    phone.context.set_offline(False)
    phone.wait_for_selector("#sb-notice", state="hidden")


def test_a_sign_in_that_ended(phone: Any, site: Hardened, portal_server: Portal) -> None:
    opened(phone, site, portal_server)
    portal_server.standing = "signed-out"
    told(phone, "expired")


def test_no_room_and_then_room(phone: Any, site: Hardened, portal_server: Portal) -> None:
    other = site.viewer("bob")
    held = other.connect(other.open())
    with phone.expect_response(lambda answer: answer.status == 429) as refused:
        enter(phone, site, portal_server)
    assert int(refused.value.headers["retry-after"]) == 2
    told(phone, "busy")
    assert other.request("POST", "/leave").status_code == 200
    held.close()
    phone.wait_for_selector(".result", timeout=15_000)  # by itself


def test_an_app_that_is_not_open_to_the_viewer(phone: Any, site: Hardened, portal_server: Portal) -> None:
    opened(phone, site, portal_server)
    answer = phone.goto(f"{site.base}{viewer(phone, site).path(OTHER)}")
    assert answer.status == 404
    told(phone, "refused")
    hidden = phone.inner_text("main h1")
    phone.goto(f"{site.base}/voila/render/no-such-app/{site.versions[APP]}/app.ipynb")
    assert phone.inner_text("main h1") == hidden, "nothing tells whether there is such an app"


def test_somebody_who_does_not_come_from_the_portal(phone: Any, site: Hardened) -> None:
    assert phone.goto(f"{site.base}{site.anonymous().path(APP)}").status == 401
    told(phone, "stranger")
