"""What happens to an open page when its connection or its kernel goes, and when it comes back."""

from __future__ import annotations

from typing import Any

import pytest

from tests.appserver.portal import Portal
from tests.appserver.site import Hardened, Viewer
from tests.appserver.test_page import come_from_portal

pytestmark = pytest.mark.browser

DROP = "() => sandboxApp.connection.socket.close()"
KERNEL = "() => JSON.parse(document.getElementById('sandbox-page').textContent).kernelId"


@pytest.fixture
def opened(page: Any, ours: Hardened, portal_server: Portal) -> tuple[Any, Viewer]:
    come_from_portal(page, ours, portal_server)
    page.wait_for_selector(".result")
    page.wait_for_function("() => sandboxApp.connection.isReady")
    cookies = {c["name"]: c["value"] for c in page.context.cookies(ours.base)}
    return page, Viewer(ours.base, cookies, ours.base, ours.versions)


def move(page: Any, key: str = "ArrowRight") -> None:
    page.focus("input[type=range]")
    page.keyboard.press(key)


def says(page: Any, text: str) -> None:
    page.wait_for_function("text => document.querySelector('.result')?.innerText == text", arg=text)


def notice(page: Any) -> str:
    return str(page.inner_text("#sb-notice span"))


def test_a_lost_connection_is_taken_up_again_with_what_was_done_meanwhile(opened: tuple[Any, Viewer]) -> None:
    page, _ = opened
    move(page)
    says(page, "risk = 87 %")
    kernel = page.evaluate(KERNEL)
    page.evaluate(DROP)
    move(page)  # while nobody listens
    says(page, "risk = 86 %")
    assert page.evaluate(KERNEL) == kernel, "the same page, the same kernel"
    assert not page.is_visible("#sb-notice")


def test_what_the_kernel_did_meanwhile_is_not_missed(opened: tuple[Any, Viewer]) -> None:
    """The result was on its way when the connection broke."""
    page, _ = opened
    page.evaluate(
        """() => { const range = document.querySelector('input[type=range]'), page = sandboxApp;
          range.stepUp(1); range.dispatchEvent(new Event('input', {bubbles: true}));
          page.connection.socket.onmessage = null; setTimeout(() => page.connection.socket.close(), 400); }"""
    )
    says(page, "risk = 87 %")


def test_a_loss_is_told_and_mended(opened: tuple[Any, Viewer]) -> None:
    page, _ = opened
    page.context.set_offline(True)
    page.evaluate(DROP)
    page.wait_for_selector("#sb-notice", state="visible")
    assert notice(page) == "The connection to the app is lost. It will be tried again."
    move(page)
    page.context.set_offline(False)
    says(page, "risk = 87 %")
    page.wait_for_selector("#sb-notice", state="hidden")


def test_a_mistake_of_the_app_is_told_and_one_can_go_on(opened: tuple[Any, Viewer]) -> None:
    page, _ = opened
    careless = page.get_by_role("button", name="Careless")
    for _time in range(2):
        careless.click()
        page.wait_for_selector("#sb-notice", state="visible")
        assert "please tell its owner" in notice(page) and page.is_visible("#sb-notice .sb-number")
        assert "ZeroDivision" not in page.content()
        assert page.is_enabled("input[type=range]")
    move(page)
    says(page, "risk = 87 %")
    page.wait_for_selector("#sb-notice", state="hidden")
    page.evaluate(  # what follows a mistake before the kernel has dealt with it
        """() => { const range = document.querySelector('input[type=range]');
          [...document.querySelectorAll('button')].find(button => button.innerText == 'Careless').click();
          range.stepUp(1); range.dispatchEvent(new Event('input', {bubbles: true})); }"""
    )
    says(page, "risk = 86 %")
    page.wait_for_selector("#sb-notice", state="hidden")
    page.get_by_role("button", name="Fail", exact=True).click()  # this one shows in its place that it failed
    page.get_by_text("This part of the app did not work.").wait_for()
    assert not page.is_visible("#sb-notice")


def test_a_kernel_that_died_is_told_with_a_way_on(opened: tuple[Any, Viewer]) -> None:
    page, viewer = opened
    kernel = page.evaluate(KERNEL)
    assert viewer.request("POST", f"/voila/api/shutdown/{kernel}").status_code == 204
    page.wait_for_selector("#sb-notice", state="visible")
    assert notice(page) == "This app page was closed because it was idle or had a problem."
    assert page.is_disabled("input[type=range]"), "or it would stand beside an answer to something else"
    page.get_by_role("link", name="Open again").click()
    page.wait_for_function(f"old => ({KERNEL})() != old", arg=kernel)
    says(page, "risk = 88 %")


def test_a_loss_that_outlasts_the_kernel_opens_the_app_anew_and_says_so(opened: tuple[Any, Viewer]) -> None:
    page, viewer = opened
    kernel = page.evaluate(KERNEL)
    page.context.set_offline(True)
    page.evaluate(DROP)
    page.wait_for_selector("#sb-notice", state="visible")
    assert viewer.request("POST", f"/voila/api/shutdown/{kernel}").status_code == 204
    page.context.set_offline(False)
    page.wait_for_function(f"old => document.querySelector('.result') && ({KERNEL})() != old", arg=kernel)
    page.wait_for_selector("#sb-notice", state="visible")
    assert notice(page).startswith("The connection was lost for too long")


def test_choices_go_along_to_the_other_language_and_are_there_after_back(opened: tuple[Any, Viewer]) -> None:
    page, _ = opened
    move(page)
    says(page, "risk = 87 %")
    page.click("nav a[lang='zh-CN']")
    page.wait_for_selector("html[lang='zh-CN'] .result")
    says(page, "risk = 87 %")
    assert page.input_value("input[type=range]") == "13" and "#" not in page.url
    move(page)
    says(page, "risk = 86 %")
    page.go_back()
    page.wait_for_selector("html[lang='en'] .result")
    says(page, "risk = 87 %")
    page.reload()  # is how one begins anew
    says(page, "risk = 88 %")
    assert "#" not in page.url


def test_an_address_cannot_choose_what_a_hand_could_not(opened: tuple[Any, Viewer]) -> None:
    """Texts, other keys, other controls and what is no JSON are left out, and the page works on."""
    page, _ = opened
    chosen = '[[1,"IntSliderModel",{"value":"<b>x</b>","max":9}],[0,"IntSliderModel",{"value":1}],[99,"A",{"value":1}]]'
    url = page.url
    for kept in (chosen, "%7B", "[1]", "null"):
        page.goto("about:blank")
        page.goto(f"{url}#kept={kept}")
        says(page, "risk = 88 %")
        assert page.get_attribute("input[type=range]", "max") == "60" and "#" not in page.url
    move(page)
    says(page, "risk = 87 %")


def test_a_sign_out_is_told(opened: tuple[Any, Viewer]) -> None:
    page, viewer = opened
    assert viewer.request("POST", "/leave").status_code == 200
    page.evaluate("() => sandboxApp.connection.check()")
    page.wait_for_selector("#sb-notice", state="visible")
    assert notice(page) == "Your sign-in has ended. Open the app again from the portal."


def test_a_newer_version_is_told(opened: tuple[Any, Viewer]) -> None:
    page, _ = opened

    def answer(route: Any) -> None:
        route.fulfill(json={"id": "x", "newer": True}, headers={"Access-Control-Allow-Origin": "null"})

    page.route("**/api/kernels/*", answer)
    page.evaluate("() => sandboxApp.life.look()")
    page.wait_for_selector("#sb-notice", state="visible")
    assert "different version" in notice(page) and page.is_enabled("input[type=range]")
    move(page)
    says(page, "risk = 87 %")


def test_a_notice_is_in_sight_wherever_one_has_scrolled_to(opened: tuple[Any, Viewer]) -> None:
    page, _ = opened
    page.set_viewport_size({"width": 390, "height": 300})
    page.evaluate("scrollTo(0, document.body.scrollHeight)")
    assert page.evaluate("scrollY") > 100
    page.evaluate("sandboxApp.connection.end('closed')")
    box = page.locator("#sb-notice").bounding_box()
    assert box["y"] >= 0 and box["y"] + box["height"] <= 300
