"""Whatever happens while somebody moves a slider, in the end the app answers for the value that the slider shows."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from tests.appserver.conftest import with_apps
from tests.appserver.portal import Portal
from tests.appserver.site import APP, Hardened
from tests.appserver.test_life import DROP
from tests.appserver.test_page import come_from_portal

pytestmark = pytest.mark.browser

SLOW = """
import time
import ipywidgets as w
from IPython.display import display
slider = w.IntSlider(value=1, min=1, max=5, description="Points")
lazy = w.IntSlider(value=1, min=1, max=5, description="Later", continuous_update=False)
busy, put, both = w.Button(description="Work"), w.Button(description="Put"), w.Button(description="Both")
result, later = w.HTML(), w.HTML()
def show(change=None):
    if change:
        time.sleep(0.3)
    result.value = f"<p class='result'>points = {slider.value}</p>"
def show_later(_=None):
    later.value = f"<p class='later'>later = {lazy.value}</p>"
def put_two(_):
    time.sleep(1)
    slider.value = lazy.value = 2
def rename(_):
    time.sleep(1)
    lazy.description = "Renamed"
slider.observe(show, "value")
lazy.observe(show_later, "value")
busy.on_click(lambda _: time.sleep(2))
put.on_click(put_two)
both.on_click(rename)
show()
show_later()
display(w.VBox([slider, lazy, busy, put, both, result, later]))
"""
FIRST = "document.querySelectorAll('input[type=range]')[0]"
#: Moves the slider to each of the values as a hand does, with so many milliseconds between.
MOVE = """async ([values, pause]) => {
  const range = FIRST;
  for (const value of values) {
    range.value = value;
    range.dispatchEvent(new Event('input', {bubbles: true}));
    await new Promise(go => setTimeout(go, pause));
  }
  range.dispatchEvent(new Event('change', {bubbles: true}));
}""".replace("FIRST", FIRST)
#: The same, begun by the page itself as soon as a connection is taken up again.
MOVE_WHEN_READY = """values => new Promise(done => {
  const move = MOVE, look = () => sandboxApp.connection.isReady ? done(move([values, 0])) : setTimeout(look, 1);
  look();
})""".replace("MOVE", MOVE)
SETTLED = "() => [...sandboxApp.models.values()].every(model => model.isSettled)"


@pytest.fixture(scope="module")
def slow(side_by_side: Hardened, portal_server: Portal) -> Hardened:
    return with_apps(side_by_side, portal_server, {APP: (SLOW,)})


def move(page: Any, *values: int, pause: int = 40) -> None:
    page.evaluate(MOVE, [values, pause])


def press(page: Any, name: str) -> None:
    page.get_by_role("button", name=name, exact=True).click()


def at_rest(page: Any) -> None:
    move(page, 2, 3, 4, 5)


def slowly_enough_to_be_answered_between(page: Any) -> None:
    move(page, 2, 3, 4, 5, pause=200)


def while_the_kernel_is_busy(page: Any) -> None:
    press(page, "Work")
    move(page, 2, 3, 4, 5)


def while_the_connection_is_lost(page: Any) -> None:
    move(page, 2, 3)
    page.evaluate(DROP)
    move(page, 4, 5)


def just_after_the_connection_was_taken_up_again(page: Any) -> None:
    move(page, 2)
    page.evaluate(DROP)
    move(page, 3, pause=0)
    page.evaluate(MOVE_WHEN_READY, [5])


def before_after_and_while_the_connection_is_lost_and_the_kernel_busy(page: Any) -> None:
    press(page, "Work")
    move(page, 2)
    page.evaluate(DROP)
    move(page, 3)
    page.evaluate(MOVE_WHEN_READY, [5])


def when_a_question_after_the_kernel_failed(page: Any) -> None:
    """The websocket stays; only what is asked besides does not get through, as when a network changes."""
    move(page, 2, 3)
    page.route("**/api/kernels/*", lambda route: route.abort())
    page.evaluate("sandboxApp.connection.check()")
    page.unroute("**/api/kernels/*")
    move(page, 5)


def while_the_network_is_away(page: Any) -> None:
    move(page, 2, 3)
    page.context.set_offline(True)
    move(page, 4)
    page.wait_for_selector("#sb-notice", state="visible")
    move(page, 5)
    page.context.set_offline(False)


def while_the_app_is_about_to_move_it_itself(page: Any) -> None:
    press(page, "Put")
    move(page, 3, 4, 5)


MOMENTS: list[Callable[[Any], None]] = [
    at_rest,
    slowly_enough_to_be_answered_between,
    while_the_kernel_is_busy,
    while_the_connection_is_lost,
    just_after_the_connection_was_taken_up_again,
    before_after_and_while_the_connection_is_lost_and_the_kernel_busy,
    when_a_question_after_the_kernel_failed,
    while_the_network_is_away,
    while_the_app_is_about_to_move_it_itself,
]


def agree(page: Any, value: int) -> None:
    """Slider, number beside it and answer say ``value``, and nothing is on its way that would change that."""
    page.wait_for_function(SETTLED, timeout=20_000)
    page.wait_for_function(f"() => document.querySelector('.result').innerText == 'points = {value}'", timeout=5000)
    page.wait_for_timeout(700)
    assert page.evaluate(SETTLED)
    shown = page.evaluate(f"[{FIRST}.value, {FIRST}.closest('.widget-slider').querySelector('.widget-typed').value]")
    assert [*shown, page.inner_text(".result")] == [str(value), str(value), f"points = {value}"]


@pytest.fixture
def opened(page: Any, slow: Hardened, portal_server: Portal) -> Any:
    come_from_portal(page, slow, portal_server)
    page.wait_for_selector(".result")
    page.wait_for_function("() => sandboxApp.connection.isReady")
    return page


@pytest.mark.parametrize("moment", MOMENTS, ids=lambda moment: moment.__name__)
def test_the_last_value_wins(opened: Any, moment: Callable[[Any], None]) -> None:
    moment(opened)
    agree(opened, 5)
    opened.wait_for_selector("#sb-notice", state="hidden", timeout=15_000)
    move(opened, 4, 3)
    agree(opened, 3)


def test_what_is_pressed_while_the_connection_is_lost_is_done_after_what_was_entered(opened: Any) -> None:
    opened.evaluate(DROP)
    move(opened, 4, pause=0)
    press(opened, "Put")
    agree(opened, 2)


def test_before_the_websocket_is_open(page: Any, slow: Hardened, portal_server: Portal) -> None:
    page.add_init_script(
        "document.addEventListener('DOMContentLoaded', () => { if (!self.sandboxApp) return;"
        f" self.early = !sandboxApp.connection.isReady; ({MOVE})([[2, 3, 4, 5], 0]); }})"
    )
    come_from_portal(page, slow, portal_server)
    page.wait_for_selector(".result")
    agree(page, 5)
    assert page.evaluate("self.early"), "the moment was missed"


def test_a_hand_on_a_slider_that_tells_late_is_not_disturbed(opened: Any) -> None:
    """The app changes its description, and then its value, while a hand has moved it and has not let go."""
    handle = opened.get_by_label("Later")
    box = handle.bounding_box()
    press(opened, "Both")
    middle = box["y"] + box["height"] / 2
    opened.mouse.move(box["x"] + 8, middle)
    opened.mouse.down()
    opened.mouse.move(box["x"] + box["width"] - 2, middle, steps=4)
    handle = opened.get_by_label("Renamed")
    handle.wait_for()
    assert handle.input_value() == "5", "held where the hand is"
    opened.mouse.up()
    opened.wait_for_function("() => document.querySelector('.later').innerText == 'later = 5'")
    press(opened, "Put")
    opened.wait_for_function("() => document.querySelector('.later').innerText == 'later = 2'")
    assert handle.input_value() == "2", "and let go, it follows the app"


def test_what_takes_a_while_is_told_until_it_is_done(opened: Any) -> None:
    working = opened.locator("#sb-working")
    begun = opened.evaluate("performance.now()")
    move(opened, 2, pause=0)
    opened.wait_for_function("() => document.querySelector('.result').innerText == 'points = 2'")
    shown = working.is_visible()
    assert not shown or opened.evaluate("performance.now()") - begun > 500, "soon enough"
    working.wait_for(state="hidden")
    press(opened, "Work")
    opened.wait_for_function(
        "() => document.getElementById('sb-working').checkVisibility()"
        " && document.getElementById('sb-working').innerText == 'Calculating…'"
        " && document.getElementById('rendered_cells').ariaBusy == 'true'"
    )
    working.wait_for(state="hidden")
    assert opened.get_attribute("#rendered_cells", "aria-busy") == "false"


def test_a_message_that_was_not_let_through_holds_nothing_up(opened: Any) -> None:
    unheard = "sandboxApp.connection.send('comm_msg', {comm_id: 'nobody', data: {method: 'custom', content: {}}})"
    working = opened.locator("#sb-working")
    opened.evaluate(unheard)
    working.wait_for()
    move(opened, 5)
    agree(opened, 5)
    assert not working.is_visible(), "what was said after it was heard"
    opened.evaluate(unheard)
    working.wait_for()
    for _ in range(2):
        opened.evaluate("sandboxApp.connection.check()")
    working.wait_for(state="hidden")
