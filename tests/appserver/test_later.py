"""What an app shows later, and widgets that are seldom used, in a real browser."""

from __future__ import annotations

import itertools
import threading
from collections.abc import Iterator
from typing import Any

import pytest

from tests.appserver.conftest import with_apps
from tests.appserver.portal import Portal
from tests.appserver.site import APP, Hardened
from tests.appserver.test_life import KERNEL
from tests.appserver.test_page import app_opened
from tests.helpers.browser import grave_findings

pytestmark = pytest.mark.browser

OUTPUTS = r"""
import ipywidgets as w
from IPython.display import HTML, JSON, Latex, Markdown, Math, clear_output, display
place, show = w.Output(), w.Button(description="Show")
place.add_class("x-place")
def shown(_):
    with place:
        clear_output()
        display(Markdown("**bold** <b onclick='x()'>word</b> of $a^2$"), Latex(r"so $\alpha$ < 1"))
        display(Math(r"\frac{1}{2}"), JSON({"a": ["<b>"]}))
show.on_click(shown)
first = display(Markdown("first *view*"), display_id=True)
held = w.Output()
with held:
    second = display(HTML("<i>held</i>"), display_id=True)
change = w.Button(description="Change")
def changed(_):
    first.update(HTML("<b class='new'>changed</b><img src=x onerror='document.title=1'>"))
    second.update(Markdown("**held too**"))
change.on_click(changed)
display(show, place, change, held, Math(r"\sqrt{2}"))
"""
WIDGETS = r"""
said = w.Label("nothing")
said.add_class("x-said")
def hear(control):
    control.observe(lambda change: setattr(said, "value", repr(control.value)), "value")
    return control
formula = w.HTMLMath(r"so $x^2$ and \(y\)")
formula.add_class("x-formula")
colours = hear(w.ColorsInput(value=["red"], description="Colours"))
numbers = hear(w.FloatsInput(value=[1.5], min=0, max=10, format=".2f", description="Numbers"))
upright = hear(w.IntRangeSlider(value=(3, 5), max=10, orientation="vertical", description="Upright"))
words = hear(w.Combobox(options=["high"], ensure_option=True, description="Words"))
for name, each in {"colours": colours, "numbers": numbers, "upright": upright, "words": words}.items():
    each.add_class("x-" + name)
bend = w.Button(description="Bend")
def bent(_):
    for path in (["__proto__", "bent"], ["constructor", "prototype", "bent"]):
        said.comm.send({"method": "update", "state": {"value": "sent"}, "buffer_paths": [path]}, buffers=[b"x"])
bend.on_click(bent)
four = w.TwoByTwoLayout(**{name: w.Button(description=name) for name in
                           ("top_left", "top_right", "bottom_left", "bottom_right")})
four.add_class("x-four")
sheet = w.AppLayout(header=w.Label("head"), left_sidebar=w.Label("left"), center=w.Label("centre"),
                    right_sidebar=w.Label("right"), footer=w.Label("foot"))
sheet.add_class("x-sheet")
bold = w.Checkbox(description="<b onclick='x()'>bold</b>", description_allow_html=True)
bold.add_class("x-bold")
display(bend, said, formula, colours, numbers, upright, words, four, sheet, bold,
        w.Button(icon="download", tooltip="Get it"), w.Button(icon="rocket"), w.ToggleButton(icon="check"),
        w.ToggleButtons(options=["A", "B"], icons=["plus", ""], description="Which"))
"""


@pytest.fixture(scope="module")
def site(side_by_side: Hardened, portal_server: Portal) -> Hardened:
    return with_apps(side_by_side, portal_server, {APP: (OUTPUTS, WIDGETS)})


@pytest.fixture(params=["computer", "phone"])
def app(request: pytest.FixtureRequest, site: Hardened, browser: Any, portal_server: Portal) -> Iterator[Any]:
    view = {"viewport": {"width": 390, "height": 844}, "is_mobile": True} if request.param == "phone" else {}
    with app_opened(browser, site, portal_server, **view) as page:
        page.wait_for_function("() => sandboxApp.connection.isReady")
        yield page


def press(page: Any, name: str) -> None:
    page.get_by_role("button", name=name, exact=True).click()


def test_an_app_whose_displays_change_later_is_ready_ahead(site: Hardened) -> None:
    """Their ids are drawn anew in every run and do not make the app another one."""
    first, second = site.viewer("ada").request, site.viewer("bob").request
    path = site.anonymous().path()
    ids = [answer("GET", path).text.partition("data-sandbox-display=")[2][:34] for answer in (first, second)]
    assert len(ids[0]) == 34 and ids[0] == ids[1]


def test_text_and_formulas_that_come_later_are_drawn(app: Any) -> None:
    assert app.locator("#rendered_cells math msqrt").count() == 1  # with the page
    press(app, "Show")
    app.wait_for_selector(".x-place mfrac")
    place = app.locator(".x-place")
    assert place.locator("strong", has_text="bold").count() == 1 and place.locator("msup").count() == 1
    assert place.get_by_text("word").get_attribute("onclick") is None
    assert '"<b>"' in place.inner_text() and "object at" not in place.inner_text()
    assert "IPython" not in app.inner_text("main")


def test_what_was_displayed_becomes_something_else(app: Any) -> None:
    assert app.locator("em", has_text="view").count() == 1
    press(app, "Change")
    app.wait_for_selector(".new")
    app.locator("strong", has_text="held too").wait_for()
    assert not app.locator("em", has_text="view").count() and not app.get_by_text("held", exact=True).count()
    assert app.locator(".new").evaluate("e => e.parentElement.querySelectorAll('[onerror]').length") == 0


def test_formulas_in_widgets(app: Any) -> None:
    app.wait_for_selector(".x-formula msup")
    assert app.locator(".x-formula math").count() == 2 and "$" not in app.inner_text(".x-formula")


def test_what_the_kernel_would_refuse_is_not_taken(app: Any) -> None:
    for name, wrong, right, told in (
        ("colours", "no-colour", "blue", "['red', 'blue']"),
        ("numbers", "99", "2.5", "[1.5, 2.5]"),
        ("words", "low", "high", "'high'"),
    ):
        field = app.locator(f".x-{name} input").last
        field.fill(wrong)
        field.press("Enter")
        assert field.get_attribute("aria-invalid") == "true"
        field.fill(right)
        field.press("Enter")
        app.get_by_text(told, exact=True).wait_for()
        assert field.get_attribute("aria-invalid") == "false"
    assert "1.50" in app.inner_text(".x-numbers")


def test_a_range_stands_upright(app: Any) -> None:
    box = app.locator(".x-upright .widget-range").bounding_box()
    assert box["height"] > 2 * box["width"]
    app.locator(".x-upright input").first.focus()
    app.keyboard.press("ArrowUp")
    app.get_by_text("(4, 5)", exact=True).wait_for()


def test_nothing_of_a_layout_lies_under_something_else(app: Any) -> None:
    boxes = [each.bounding_box() for each in app.locator(".x-four button").all()]
    assert len(boxes) == 4
    for one, other in itertools.combinations(boxes, 2):
        apart = (one["x"] + one["width"] <= other["x"] or other["x"] + other["width"] <= one["x"]
                 or one["y"] + one["height"] <= other["y"] or other["y"] + other["height"] <= one["y"])  # fmt: skip
        assert apart, (one, other)


def test_a_layout_is_read_in_its_order(app: Any) -> None:
    words = ("head", "left", "centre", "right", "foot")
    boxes = [app.locator(".x-sheet").get_by_text(word, exact=True).bounding_box() for word in words]
    places = [(round(box["y"]), round(box["x"])) for box in boxes]
    assert places == sorted(places), "on a phone one below the other, in the order in which the areas stand"
    if app.viewport_size["width"] < 400:
        assert len({y for y, _ in places}) == 5


def test_buttons_without_words_have_a_name(app: Any) -> None:
    for name in ("Get it", "rocket", "check"):
        assert app.get_by_role("button", name=name, exact=True).bounding_box()["width"] > 24
    assert app.locator(".sb-sign").all_inner_texts() == ["⤓", "✓", "+"]
    assert app.locator(".x-bold b").get_attribute("onclick") is None
    assert not grave_findings(app)


def test_a_kernels_values_reach_no_other_objects_of_the_page(app: Any) -> None:
    press(app, "Bend")
    app.get_by_text("sent", exact=True).wait_for()
    assert app.evaluate("() => [{}.bent, document.bent, [].bent]") == [None] * 3


def test_markup_is_made_for_the_own_page_only(app: Any, site: Hardened) -> None:
    kernel = app.evaluate(KERNEL)
    key = app.evaluate("JSON.parse(document.getElementById('sandbox-page').textContent).key")
    path = f"/voila/api/markup/{kernel}"

    def ask(body: str, viewer: Any = None) -> Any:
        return (viewer or site.anonymous()).request("POST", path, content=body, headers={"Origin": "null"})

    answer = ask(f"{key}\nmarkdown\n*a* <script>alert(1)</script><b onclick=x>b</b>")
    assert (answer.status_code, answer.text) == (200, "<p><em>a</em> <b>b</b></p>\n")
    assert answer.headers["content-type"].startswith("text/plain")
    assert ask(f"{key}\nhtml\n<b>x</b>").status_code == 404, "the page does that by itself"
    assert ask("forged.key\nmarkdown\n*a*").status_code == 401
    other = site.viewer("mallory")
    assert other.request("POST", path, content="\nmarkdown\n*a*").status_code == 404
    # One text at a time: what takes long keeps this kernel's page waiting and nobody else's.
    statuses: list[int] = []
    body = f"{key}\nmarkdown\na{' ' * 60_000}b"
    threads = [threading.Thread(target=lambda: statuses.append(ask(body).status_code)) for _ in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(statuses) == [429, 429, 503]
