"""What else a widget can be told: styles, layouts, bounds, formulas, focus, its end; what is too long; gamepads."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from sandbox.appserver.traffic import MOST_JSON, PER_SECOND
from tests.appserver.portal import Portal
from tests.appserver.site import OTHER, Hardened
from tests.appserver.test_page import come_from_portal
from tests.helpers.browser import new_context

pytestmark = pytest.mark.browser

PAD = """
self.pad = {
  index: 1, id: 'Fake pad', mapping: 'standard', connected: true, timestamp: 1, axes: [0, 0],
  buttons: Array.from({ length: 17 }, () => ({ value: 0, pressed: false })) };
Object.defineProperty(navigator, 'getGamepads', { value: () => [null, self.plugged ? self.pad : null] });
"""


@pytest.fixture(scope="module")
def app(gallery: Hardened, browser: Any, portal_server: Portal) -> Iterator[Any]:
    """The open app; the tests of this file follow one another in one page. It has no gamepad yet."""
    context = new_context(browser)
    page = context.new_page()
    page.problems = []
    page.on("pageerror", lambda error: page.problems.append(str(error)))
    page.add_init_script("self.realPads = navigator.getGamepads && navigator.getGamepads()")
    page.add_init_script(PAD)
    come_from_portal(page, gallery, portal_server, OTHER)
    page.wait_for_selector("body.sb-ready")
    yield page
    context.close()


def part(page: Any, name: str, inside: str = "") -> Any:
    return page.locator(f".t-{name} {inside}" if inside else f".t-{name}").first


def css(place: Any, name: str) -> str:
    return str(place.evaluate("(e, name) => getComputedStyle(e).getPropertyValue(name)", name))


def press(page: Any, name: str) -> None:
    page.get_by_role("button", name=name, exact=True).click()


def test_formulas_beside_controls_stand_there_from_the_start(app: Any) -> None:
    assert app.evaluate("performance.getEntriesByType('resource').filter(e => e.name.includes('/markup/')).length") == 0
    label = part(app, "alpha", ".widget-label")
    assert label.locator("math").count() == 2 and "$" not in label.inner_text()
    assert part(app, "bold", "b.bolder math").count() == 1, "markup where the app says so"
    assert part(app, "money", ".widget-label").inner_text() == "Money $5 and $10"
    assert part(app, "plain").inner_text() == "$\\delta$", "on a button ipywidgets draws none"


def test_a_description_is_no_markup(app: Any) -> None:
    label = part(app, "wild", ".widget-label")
    assert label.locator("math").count() == 1
    assert label.locator("img, b").count() == 0 and "<b class=wilder>" in label.inner_text()
    part(app, "bold", "b.bolder").click()
    assert not app.evaluate("'ran' in self")


def test_styles_reach_what_they_are_about(app: Any) -> None:
    field = part(app, "styled", "input")
    assert (css(field, "background-color"), css(field, "color")) == ("rgb(1, 2, 3)", "rgb(9, 8, 7)")
    assert css(part(app, "styled"), "background-color") == "rgba(0, 0, 0, 0)"
    assert css(part(app, "handle", "input"), "accent-color") == "rgb(1, 2, 3)"
    thumb = part(app, "ends", "input").evaluate("e => getComputedStyle(e, '::-webkit-slider-thumb').backgroundColor")
    assert thumb == "rgb(1, 2, 3)" or css(part(app, "ends", "input"), "--handle") == "rgb(1, 2, 3)"
    assert css(part(app, "painted", "progress"), "accent-color") == "rgb(1, 2, 3)"
    red = css(part(app, "rows", "label:last-child span"), "background-color")
    assert css(part(app, "toned", "progress"), "accent-color") == red == "rgb(156, 49, 40)"
    assert css(part(app, "upload", ".jupyter-button"), "background-color") == "rgb(1, 2, 3)"
    assert css(part(app, "taken", ".widget-tag"), "background-color") == "rgb(39, 104, 60)"
    assert css(part(app, "wide", ".widget-choices"), "flex-direction") == "row"
    assert part(app, "indented", "label").bounding_box()["x"] > part(app, "laid").bounding_box()["x"] + 200


def test_fields_of_their_own_kind(app: Any) -> None:
    assert part(app, "hue", "input[type=text]").input_value() == "teal"
    assert not part(app, "short", "input[type=text]").is_visible()
    part(app, "hue", "input[type=text]").fill("olive")
    part(app, "hue", "input[type=text]").press("Enter")
    assert part(app, "hue", "input[type=color]").input_value() == "#808000"
    assert part(app, "taken", "datalist option").count() == 2 or part(app, "taken", "option").count() > 0
    assert part(app, "clock", "input").get_attribute("step") == "any"
    assert part(app, "bounded", "input").get_attribute("max") == "2026-05-01"


def test_what_has_no_field_of_its_own(app: Any) -> None:
    assert css(part(app, "stack"), "background-color") == "rgb(251, 240, 218)"
    assert part(app, "reached").evaluate("e => e.tabIndex") == 0
    assert app.get_by_role("group", name="Years").count() == 1


def test_focus_is_moved_by_the_app(app: Any) -> None:
    press(app, "Focus")
    app.wait_for_function("() => document.activeElement.closest('.t-styled')")
    app.evaluate("document.activeElement.blur()")
    press(app, "Focus")
    app.wait_for_function("() => document.activeElement.closest('.t-styled')")
    app.evaluate("[...document.querySelectorAll('button')].find(b => b.innerText == 'Blur').click()")
    app.wait_for_function("() => !document.activeElement.closest('.t-styled')")


def test_shown_twice_it_counts_once(app: Any) -> None:
    assert app.locator(".t-counter").count() == 2
    part(app, "counter", "button").click()
    app.wait_for_function("() => Number(document.querySelector('.t-counted').innerText) >= 3")
    rate = app.evaluate("""async () => {
      const at = () => Number(document.querySelector('.t-counted').innerText);
      const [from, begun] = [at(), performance.now()];
      await new Promise(r => setTimeout(r, 2000));
      return (at() - from) / (performance.now() - begun) * 1000;
    }""")
    assert 0 < rate < 7, "an interval of 200 ms is five a second, not ten"


def test_what_the_app_changes_later(app: Any) -> None:
    press(app, "Change")
    app.wait_for_function("() => document.querySelector('.t-laid').getBoundingClientRect().width == 200")
    app.wait_for_selector(".t-closing", state="hidden")
    assert app.locator(".t-counter:visible").count() == 0
    assert css(part(app, "styled", "input"), "background-color") == "rgb(5, 5, 5)"
    assert css(part(app, "styled", "input"), "color") != "rgb(9, 8, 7)"
    assert part(app, "skipped", "input").evaluate("e => e.tabIndex") == 0
    assert not part(app, "bounded", "input").get_attribute("max")
    assert part(app, "rows", "label").get_attribute("title") == "three"
    app.wait_for_selector(".t-alpha .widget-label math")
    app.wait_for_function("() => document.querySelector('.t-alpha .widget-label').innerText.includes('Now')")
    app.wait_for_function("() => document.querySelectorAll('.t-alpha .widget-label math').length == 1")


def test_what_is_too_long_is_told_beside_the_field(app: Any) -> None:
    assert f"2 ** {MOST_JSON.bit_length() - 1}" == "2 ** 20", "connection.ts says the same"
    fill = """text => {
      const field = document.querySelector('.t-long textarea');
      field.value = text;
      field.dispatchEvent(new Event('change'));
    }"""
    app.evaluate(f"({fill})('x'.repeat(1000))")
    app.wait_for_function("() => document.querySelector('.t-heard').innerText == 'heard 1000'")
    app.evaluate(f"({fill})('x'.repeat(2 ** 20))")
    said = part(app, "long", ".widget-said")
    said.wait_for()
    assert "the app has not received it" in said.inner_text()
    assert part(app, "long", "textarea").get_attribute("aria-invalid") == "true"
    assert part(app, "long", "textarea").evaluate("f => f.value.length") == 2**20
    app.evaluate(f"({fill})('x'.repeat(2 ** 20 - 2000))")
    app.wait_for_function("() => document.querySelector('.t-heard').innerText == 'heard 1046576'")
    assert said.inner_text() == "" and part(app, "long", "textarea").get_attribute("aria-invalid") == "false"


def told(page: Any, wanted: str) -> None:
    page.wait_for_function("wanted => document.querySelector('.told').innerText.startsWith(wanted)", arg=wanted)


def test_a_gamepad_comes_speaks_and_goes(app: Any) -> None:
    assert app.evaluate("self.realPads.length") >= 0, "the page may ask for gamepads"
    assert app.get_by_text("Connect a gamepad").is_visible()
    app.evaluate("self.plugged = true")
    told(app, "True Fake pad standard [0.0, 0.0] [] 17")
    assert app.get_by_role("meter", name="Gamepad button").count() == 17
    app.evaluate(
        "Object.assign(pad, { axes: [0.5, -0.25], timestamp: 2 }); pad.buttons[3] = { value: 1, pressed: true }"
    )
    told(app, "True Fake pad standard [0.5, -0.25] [3]")
    assert app.get_by_role("meter", name="Gamepad axis 0").get_attribute("aria-valuenow") == "0.5"
    app.evaluate("self.plugged = false")
    told(app, "False [] [] 0")
    assert app.get_by_role("meter").count() == 0
    app.evaluate("pad.buttons[3] = { value: 0, pressed: false }; self.plugged = true")
    told(app, "True Fake pad standard [0.5, -0.25] [] 17")


def test_a_restless_gamepad_stays_within_what_a_viewer_may_say(app: Any) -> None:
    sent = app.evaluate("""async () => {
      const socket = sandboxApp.connection.socket, send = socket.send;
      let count = 0;
      socket.send = function (frame) { count++; return send.call(this, frame); };
      const end = performance.now() + 2500;
      while (performance.now() < end) {
        pad.axes = [Math.random(), Math.random()];
        pad.timestamp++;
        const pressed = Math.floor(performance.now() / 50) % 2 == 0;
        for (const at of [0, 1, 2, 3]) pad.buttons[at] = { value: Math.random(), pressed };
        await new Promise(requestAnimationFrame);
      }
      socket.send = send;
      pad.axes = [0.75, 0.125];
      for (const at of [0, 1, 2, 3]) pad.buttons[at] = { value: 0, pressed: false };
      return count;
    }""")
    assert sent <= 2.5 * PER_SECOND, "a slider can be dragged at the same time"
    told(app, "True Fake pad standard [0.75, 0.12] [] 17")
    assert not app.locator("#sb-notice").is_visible()


def test_nothing_went_wrong(app: Any) -> None:
    assert not app.problems
