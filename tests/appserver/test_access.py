"""The app page for people who use a keyboard or a screen reader, and on paper and phones."""

from __future__ import annotations

from typing import Any

import pytest

from tests.appserver.portal import Portal
from tests.appserver.site import Hardened
from tests.appserver.test_page import come_from_portal
from tests.helpers.browser import grave_findings, new_context

pytestmark = pytest.mark.browser


@pytest.mark.parametrize("language", ["en", "zh-CN"])
def test_every_control_is_named_and_readable(
    page: Any, gallery: Hardened, portal_server: Portal, language: str
) -> None:
    come_from_portal(page, gallery, portal_server, language=language)
    page.wait_for_selector("body.sb-ready")
    assert not grave_findings(page)


def test_a_change_is_told_to_screen_readers(page: Any, ours: Hardened, portal_server: Portal) -> None:
    come_from_portal(page, ours, portal_server)
    page.wait_for_selector(".result")
    assert page.inner_text("#sb-said") == ""
    page.focus("input[type=range]")
    page.keyboard.press("ArrowRight")
    page.wait_for_function("() => document.getElementById('sb-said').innerText == 'The results have been updated.'")


def test_the_keyboard_reaches_the_app_first(page: Any, ours: Hardened, portal_server: Portal) -> None:
    come_from_portal(page, ours, portal_server)
    page.wait_for_selector(".result")
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.className") == "sb-skip"
    page.keyboard.press("Enter")
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.type") == "range"


def test_on_a_phone_nothing_sticks_out(browser: Any, gallery: Hardened, portal_server: Portal) -> None:
    context = new_context(browser, viewport={"width": 360, "height": 740})
    page = context.new_page()
    come_from_portal(page, gallery, portal_server)
    page.wait_for_selector("body.sb-ready")
    assert page.evaluate("document.documentElement.scrollWidth") <= 360
    context.close()


def test_on_paper_without_what_cannot_be_pressed(page: Any, gallery: Hardened, portal_server: Portal) -> None:
    come_from_portal(page, gallery, portal_server)
    page.wait_for_selector("body.sb-ready")
    page.emulate_media(media="print")
    assert not page.get_by_role("button", name="Press").is_visible()
    assert page.locator("header h1").is_visible() and page.locator("main table").first.is_visible()


def test_states_are_seen_where_the_readers_colours_are_forced(
    page: Any, gallery: Hardened, portal_server: Portal
) -> None:
    """As in Windows' high contrast: what is shown by a background alone would be gone."""
    come_from_portal(page, gallery, portal_server)
    page.wait_for_selector("body.sb-ready")
    page.emulate_media(forced_colors="active")
    colour = "(([place, part]) => getComputedStyle(document.querySelector(place), part || null).backgroundColor)"
    chosen, other = ".x-buttons input:checked + span", ".x-buttons input:not(:checked) + span"
    assert page.evaluate(colour, [chosen, ""]) != page.evaluate(colour, [other, ""])
    track = "getComputedStyle(document.querySelector('.x-range .widget-range'), '::before')"
    assert "gradient" in page.evaluate(f"{track}.backgroundImage")
    assert page.evaluate(f"{track}.forcedColorAdjust") == "none"
