"""What is done with a hand, in a real browser: numbers typed over a reading, tracks pressed and dragged, tags moved."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from tests.appserver.gallery_hands import FORMATS
from tests.appserver.portal import Portal
from tests.appserver.site import Hardened
from tests.appserver.test_page import app_opened, come_from_portal
from tests.helpers.browser import grave_findings, new_context

pytestmark = pytest.mark.browser


@pytest.fixture(scope="module")
def app(hands: Hardened, browser: Any, portal_server: Portal) -> Iterator[Any]:
    with app_opened(browser, hands, portal_server, viewport={"width": 1100, "height": 2600}) as page:
        yield page


def said(page: Any, wanted: str) -> None:
    page.wait_for_function("wanted => document.querySelector('.said').innerText === wanted", arg=wanted)


def reading(page: Any, name: str) -> Any:
    return page.locator(f".x-{name} .widget-typed")


def type_in(page: Any, name: str, text: str, key: str = "Enter") -> str:
    field = reading(page, name)
    field.fill(text)
    field.press(key)
    return str(field.input_value())


@pytest.mark.parametrize("name", FORMATS)
def test_a_reading_says_what_python_says(app: Any, name: str) -> None:
    value, form = FORMATS[name]
    # d3, whose formats these are, writes a real minus sign.
    assert reading(app, f"f-{name}").input_value().replace("\N{MINUS SIGN}", "-") == format(value, form)


def test_dollars_and_thousands_that_python_does_not_write(app: Any) -> None:
    assert reading(app, "money").input_value() == "$1,500.00"
    assert reading(app, "short").input_value() == "1.50k"


TYPED = [
    ("int", "20", "20", "20"), ("int", "3.6", "4", "4"), ("int", "999", "60", "60"), ("int", "-5", "0", "0"),
    ("int", "２５", "25", "25"), ("share", "80%", "80%", "0.8"), ("share", "70", "70%", "0.7"),
    ("share", "0.3", "30%", "0.3"), ("share", "29％", "29%", "0.29"), ("log", "50", "50.00", "50.0"),
    ("log", "1e9", "1,000,000.00", "1000000.0"), ("log", "0", "1.00", "1.0"),
    ("money", "$2,000", "$2,000.00", "2000.0"), ("money", "2507", "$2,510.00", "2510.0"),
    ("short", "2k", "2.00k", "2000.0"), ("short", "0.5M", "100k", "100000.0"),
    ("range", "3 - 8", "3 – 8", "(3, 8)"), ("range", "0:99", "0 – 10", "(0, 10)"),
    ("range", "2 to 4", "2 – 4", "(2, 4)"), ("range", "4～5", "4 – 5", "(4, 5)"),
    ("range", "1 至 7", "1 – 7", "(1, 7)"),
    ("shares", "-50% – −20%", "\N{MINUS SIGN}50% – \N{MINUS SIGN}20%", "(-0.5, -0.2)"),
    ("shares", "10 - 20%", "10% – 20%", "(0.1, 0.2)"),
]  # fmt: skip


@pytest.mark.parametrize(("name", "text", "shown", "value"), TYPED)
def test_a_typed_number_counts(app: Any, name: str, text: str, shown: str, value: str) -> None:
    assert type_in(app, name, text) == shown
    said(app, f"{name}: {value}")
    handle = app.locator(f".x-{name} input[type=range]").first
    assert handle.get_attribute("aria-valuetext") == shown.split(" – ")[0]


@pytest.mark.parametrize(
    ("name", "text", "key"),
    [
        ("int", "abc", "Enter"), ("int", "", "Enter"), ("int", "1,0", "Enter"), ("int", "33", "Escape"),
        ("range", "9-1", "Enter"), ("range", "5", "Enter"), ("range", "3 - 4", "Escape"), ("share", "%", "Tab"),
    ],
)  # fmt: skip
def test_nonsense_and_escape_put_the_reading_back(app: Any, name: str, text: str, key: str) -> None:
    before, heard = reading(app, name).input_value(), app.locator(".said").inner_text()
    assert type_in(app, name, text, key) == before
    app.wait_for_timeout(200)
    assert app.locator(".said").inner_text() == heard


def test_what_is_being_typed_stays_while_the_app_moves_the_slider(app: Any) -> None:
    app.evaluate("document.querySelector('.x-int .widget-typed').focus()")
    reading(app, "int").press_sequentially("5")
    typed = reading(app, "int").input_value()
    app.evaluate("[...document.querySelectorAll('button')].find(b => b.innerText == 'Move').click()")
    said(app, "int: 30")
    assert reading(app, "int").input_value() == typed
    reading(app, "int").press("Escape")
    assert reading(app, "int").input_value() == "30"


def test_readings_have_names_and_their_room(app: Any) -> None:
    assert reading(app, "int").get_attribute("aria-label") == "Type a value"
    assert reading(app, "range").get_attribute("aria-label") == "Type from and to, such as 2 – 5"
    for name, label in (("int", "Months"), ("range", "Between")):
        whose = reading(app, name).get_attribute("aria-describedby")
        assert app.locator(f"#{whose}").inner_text() == label
    assert reading(app, "fixed").is_disabled()
    assert reading(app, "off-step").input_value() == "7", "what the app says, not the handle's nearest step"
    handle = app.locator(".x-range input").first
    before = handle.bounding_box()["width"]
    type_in(app, "range", "10 - 10")
    said(app, "range: (10, 10)")
    assert handle.bounding_box()["width"] == before, "the track keeps its length under a hand"


def press(page: Any, name: str, at: float, to: float | None = None) -> None:
    """Press the track at a part of its length; drag from there ``to`` another."""
    track = page.locator(f".x-{name} .slider-container").bounding_box()
    x, y, width, height = (track[side] for side in ("x", "y", "width", "height"))

    def place(part: float) -> tuple[float, float]:
        if height > width:
            return x + width / 2, y + height - 9 - (height - 18) * part
        return x + 9 + (width - 18) * part, y + height / 2

    page.mouse.move(*place(at))
    page.mouse.down()
    if to is not None:
        page.mouse.move(*place(to), steps=4)
    page.mouse.up()


@pytest.mark.parametrize(
    ("name", "at", "to", "wanted"),
    [
        ("range", 0.9, None, "(2, 9)"), ("range", 0.1, None, "(1, 6)"), ("range", 0.4, 0.6, "(4, 8)"),
        ("range", 0.4, 1.0, "(6, 10)"), ("only-drag", 0.4, 0.3, "(1, 5)"), ("only-tap", 0.9, 0.7, "(2, 9)"),
        ("only-tap", 0.3, None, "(3, 6)"), ("snap", 0.9, 0.7, "(2, 7)"), ("snap", 0.5, None, "(2, 5)"),
        ("upright", 0.9, None, "(2, 9)"), ("upright", 0.4, 0.2, "(0, 4)"), ("range", 0.2, 0.0, "(0, 6)"),
    ],
)  # fmt: skip
def test_a_press_beside_two_handles(app: Any, name: str, at: float, to: float | None, wanted: str) -> None:
    type_in(app, name, "0 - 10")
    type_in(app, name, "2 - 6")
    said(app, f"{name}: (2, 6)")
    press(app, name, at, to)
    said(app, f"{name}: {wanted}")


def test_ends_of_a_list_are_pressed_and_dragged_as_well(app: Any) -> None:
    press(app, "ends", 0.4, 0.5)
    said(app, "ends: ('d', 'h')")
    assert app.locator(".x-ends output").inner_text() == "d – h"


def test_where_only_dragging_is_wanted_a_press_does_nothing(app: Any) -> None:
    heard = app.locator(".said").inner_text()
    press(app, "handle", 0.9)
    press(app, "only-drag", 1.0)
    app.wait_for_timeout(200)
    assert app.locator(".said").inner_text() == heard
    press(app, "handle", 0.5, 0.8)
    said(app, "handle: 8")
    press(app, "int", 0.25)
    said(app, "int: 15")


def test_both_handles_at_the_end_can_be_parted_again(app: Any) -> None:
    type_in(app, "only-drag", "10 - 10")
    said(app, "only-drag: (10, 10)")
    press(app, "only-drag", 1.0, 0.5)
    said(app, "only-drag: (5, 10)")


def tags(page: Any, name: str) -> Any:
    return page.locator(f".x-{name} .widget-tag")


def test_tags_are_dragged_to_another_place(app: Any) -> None:
    tags(app, "tags").nth(0).drag_to(tags(app, "tags").nth(2), target_position={"x": 60, "y": 10})
    said(app, "tags: ['south', 'east', 'north']")
    tags(app, "ints").nth(2).drag_to(tags(app, "ints").nth(0), target_position={"x": 3, "y": 10})
    said(app, "ints: [3, 1000, 2]")
    assert tags(app, "ints").nth(1).inner_text().startswith("1,000")


def test_tags_are_moved_and_taken_away_with_the_keyboard(app: Any) -> None:
    app.get_by_role("button", name="Remove north").focus()
    app.keyboard.press("Shift+ArrowLeft")
    said(app, "tags: ['south', 'north', 'east']")
    assert app.evaluate("document.activeElement.ariaLabel") == "Remove north", "it can be moved on"
    assert "north: 2 / 3" in app.locator(".x-tags [role=status]").first.inner_text()
    app.keyboard.press("Shift+ArrowLeft")
    said(app, "tags: ['north', 'south', 'east']")
    app.keyboard.press("ArrowRight")
    assert app.evaluate("document.activeElement.ariaLabel") == "Remove south"
    app.keyboard.press("Delete")
    said(app, "tags: ['north', 'east']")
    assert app.evaluate("document.activeElement.ariaLabel") == "Remove east"
    app.locator(".x-tags input").press("Backspace")
    said(app, "tags: ['north']")


def test_a_row_takes_what_its_app_allows(app: Any) -> None:
    heard = app.locator(".said").inner_text()
    tags(app, "ints").nth(0).drag_to(tags(app, "tags").nth(0))  # a number among words
    field = app.locator(".x-tags input")
    for refused in ("north", "elsewhere"):  # there already; not listed
        field.fill(refused)
        field.press("Enter")
        assert field.get_attribute("aria-invalid") == "true"
    field.fill("")
    app.wait_for_timeout(200)
    assert app.locator(".said").inner_text() == heard
    tags(app, "more").nth(0).drag_to(tags(app, "ints").nth(0), target_position={"x": 3, "y": 10})
    said(app, "ints: [1000, 3, 1000, 2]")
    assert tags(app, "more").count() == 1, "a copy, as in ipywidgets"


def test_nothing_went_wrong(app: Any) -> None:
    assert not app.problems


def test_typed_before_the_kernel_answers(hands: Hardened, browser: Any, portal_server: Portal) -> None:
    context = new_context(browser)
    page = context.new_page()
    # No frame of the kernel's arrives until the test lets it.
    page.add_init_script("""
      const Real = WebSocket;
      let open; const opened = new Promise(resolve => { self.letKernelAnswer = resolve; });
      self.WebSocket = class extends Real {
        set onmessage(take) { super.onmessage = async event => { await opened; take(event); }; }
      };
    """)
    come_from_portal(page, hands, portal_server)
    page.wait_for_selector("body.sb-ready")
    assert type_in(page, "int", "44") == "44"
    assert page.locator(".x-int input[type=range]").input_value() == "44"
    page.wait_for_timeout(300)
    assert page.locator(".said").inner_text() == "nothing yet"
    page.evaluate("letKernelAnswer()")
    said(page, "int: 44")
    context.close()


def test_axe_finds_nothing_serious(hands: Hardened, browser: Any, portal_server: Portal) -> None:
    with app_opened(browser, hands, portal_server) as page:
        assert not grave_findings(page)
