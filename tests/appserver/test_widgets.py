"""Every control of ipywidgets in a real browser: it shows what the kernel says and tells the kernel what is done."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

import pytest

from tests.appserver.portal import Portal
from tests.appserver.site import Hardened
from tests.appserver.test_page import come_from_portal
from tests.helpers.browser import new_context

pytestmark = pytest.mark.browser


@pytest.fixture(scope="module")
def app(gallery: Hardened, browser: Any, portal_server: Portal) -> Iterator[Any]:
    """The open app; the tests of this file follow one another in one page, as a viewer would."""
    context = new_context(browser)
    page = context.new_page()
    page.problems = []
    page.on("pageerror", lambda error: page.problems.append(str(error)))
    page.on("console", lambda m: page.problems.append(m.text) if m.type in ("error", "warning") else None)
    come_from_portal(page, gallery, portal_server)
    page.wait_for_selector("body.sb-ready")
    yield page
    context.close()


def field(page: Any, name: str, kind: str = "input") -> Any:
    return page.locator(f".x-{name} {kind}")


def type_key(page: Any, name: str, key: str = "ArrowRight") -> None:
    field(page, name).first.focus()
    page.keyboard.press(key)


def fill(page: Any, name: str, text: str, kind: str = "input") -> None:
    field(page, name, kind).fill(text)
    field(page, name, kind).dispatch_event("change")


def tag(page: Any) -> None:
    field(page, "tags", "input").fill("b")
    page.keyboard.press("Enter")


ACTIONS = {
    "intslider": (type_key, "4"),
    "floatslider": (type_key, "0.75"),
    "logslider": (type_key, "100.0"),
    "lazy": (type_key, "2"),
    "range": (type_key, "(3, 6)"),
    "inttext": (lambda page, name: fill(page, name, "99"), "20"),
    "floattext": (lambda page, name: fill(page, name, "2.25"), "2.25"),
    "check": (lambda page, name: field(page, name).check(), "True"),
    "toggle": (lambda page, name: page.locator("button.x-toggle").click(), "True"),
    "dropdown": (lambda page, name: field(page, name, "select").select_option("high"), "'high'"),
    "radio": (lambda page, name: page.locator(".x-radio label", has_text="middle").click(), "'middle'"),
    "select": (lambda page, name: field(page, name, "select").select_option("high"), "'high'"),
    "multiple": (lambda page, name: field(page, name, "select").select_option(["low", "high"]), "('low', 'high')"),
    "buttons": (lambda page, name: page.locator(".x-buttons label", has_text="high").click(), "'high'"),
    "along": (type_key, "'middle'"),
    "between": (lambda page, name: field(page, name).nth(1).press("ArrowRight"), "('low', 'high')"),
    "text": (lambda page, name: fill(page, name, "Lin <b>"), "'Lin &lt;b&gt;'"),
    "area": (lambda page, name: fill(page, name, "two\nlines", "textarea"), r"'two\nlines'"),
    "combo": (lambda page, name: fill(page, name, "own word"), "'own word'"),
    "date": (lambda page, name: fill(page, name, "2026-12-05"), "datetime.date(2026, 12, 5)"),
    "time": (lambda page, name: fill(page, name, "17:45"), "datetime.time(17, 45)"),
    "naive": (lambda page, name: fill(page, name, "2026-02-01T08:00"), "datetime.datetime(2026, 2, 1, 8, 0)"),
    "colour": (lambda page, name: fill(page, name, "#00ff00", "input[type=color]"), "'#00ff00'"),
    "tags": (lambda page, name: tag(page), "['a', 'b']"),
}


@pytest.mark.parametrize("name", ACTIONS)
def test_control_reaches_the_kernel(app: Any, name: str) -> None:
    act, wanted = ACTIONS[name]
    act(app, name)
    wanted = wanted.replace("&lt;b&gt;", "<b>") if name != "text" else wanted
    reading = "() => document.querySelector('.said')?.innerText"
    # The text field's value is markup where the author does not escape it; what counts is that it arrives.
    expected = "text: 'Lin" if name == "text" else f"{name}: {wanted}"
    app.wait_for_function(f"wanted => ({reading})()?.startsWith(wanted)", arg=expected)


def test_what_is_shown_at_first(app: Any) -> None:
    assert app.locator(".x-floatslider .widget-typed").input_value() == "75%"
    assert app.locator(".x-colour input[type=color]").input_value() == "#00ff00"
    assert app.locator("progress").evaluate("bar => bar.value / bar.max") == 0.4


def test_buttons_and_children_that_come_later(app: Any) -> None:
    app.get_by_role("button", name="Press").click()
    app.get_by_text("pressed", exact=True).wait_for()
    app.get_by_role("button", name="Grow").click()
    app.get_by_label("New").wait_for()
    assert app.get_by_label("New").input_value() == "7"


def test_output_widgets_catch_what_is_printed(app: Any) -> None:
    for _ in range(2):  # the second time replaces the first
        app.get_by_role("button", name="Speak").click()
        app.wait_for_timeout(300)
    app.wait_for_selector(".widget-output .shouted")
    assert app.locator(".widget-output pre").inner_text().strip() == "printed by the kernel"
    assert app.locator(".widget-output .shouted").count() == 1
    assert app.locator(".widget-output").get_by_text("Made later").count() == 1


def test_tabs_and_folds(app: Any) -> None:
    app.get_by_role("tab", name="First").focus()
    app.keyboard.press("ArrowRight")
    assert app.get_by_role("tab", name="Second").get_attribute("aria-selected") == "true"
    assert app.get_by_text("two", exact=True).is_visible() and not app.get_by_text("one", exact=True).is_visible()
    assert not app.get_by_text("hidden at first").is_visible()
    app.get_by_text("Unfold").click()
    assert app.get_by_text("hidden at first").is_visible()


def test_links_in_the_browser(app: Any) -> None:
    type_key(app, "source")
    assert app.locator(".x-target input").input_value() == "1"
    fill(app, "target", "5")
    assert app.locator(".x-source input").first.input_value() == "5"


def test_pictures_and_files(app: Any) -> None:
    assert app.locator("img.widget-image").evaluate("i => i.naturalWidth") == 1
    app.locator("input[type=file]").set_input_files({"name": "x.csv", "mimeType": "text/csv", "buffer": b"a,b\n1,2\n"})
    app.get_by_text("x.csv: 8 bytes").wait_for()
    # Too much is said at once, and the kernel is not told.
    large = {"name": "large.csv", "mimeType": "text/csv", "buffer": b"x" * (8 * 2**20 + 1)}
    app.locator("input[type=file]").set_input_files(large)
    app.get_by_text("These files are too large: at most 8 MB together.").wait_for()
    assert app.get_by_text("x.csv: 8 bytes").is_visible()


def test_outputs_are_in_the_page_and_inert(app: Any) -> None:
    text = app.locator("main").inner_text()
    assert "printed <b>while</b> it was made" in text and "M199" in text
    assert app.locator(".sb-cell > img").evaluate("i => i.naturalWidth") > 100
    assert app.locator("main circle").count() == 1
    assert app.locator(".red").evaluate("e => getComputedStyle(e).color") == "rgb(150, 0, 0)"
    assert app.locator("header.sb-bar").is_visible(), "an author's style stays within the app"
    assert app.locator("main .after").count() == 1, "an author's markup stays within the app"
    assert app.locator(".away").get_attribute("target") == "_blank"
    with app.expect_download() as download:
        app.locator(".data").click()
    assert download.value.suggested_filename == "figures.csv"


def test_one_request_and_no_complaint(app: Any) -> None:
    entries = app.evaluate("performance.getEntriesByType('resource').map(e => e.name)")
    # Once the app is usable the page says so: that costs nobody who waits for it.
    later = [name for name in entries if "/voila/api/ready/" in name]
    fetched = [name for name in entries if not name.startswith(("data:", "blob:")) and "/api/kernels/" not in name]
    assert fetched == later and len(later) <= 1
    assert not [problem for problem in app.problems if not re.search("favicon", problem)]
