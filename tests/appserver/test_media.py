"""Pictures, sound, films, uploads, and formulas in what `Output` widgets show at first; in a real browser."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from sandbox.appserver.page.cells import server_drawn
from tests.appserver.portal import Portal
from tests.appserver.site import OTHER, Hardened
from tests.appserver.test_page import app_opened
from tests.helpers.browser import grave_findings

ELSEWHERE = "is at an address elsewhere; an app's page loads none."
WRONG = "cannot be shown here: its data or its kind is not right."


@pytest.fixture(scope="module")
def app(hands: Hardened, browser: Any, portal_server: Portal) -> Iterator[Any]:
    with app_opened(browser, hands, portal_server, OTHER) as page:
        yield page


def part(page: Any, name: str) -> Any:
    return page.locator(f".m-{name}").first


def state(page: Any, name: str, *names: str) -> list[Any]:
    return list(part(page, name).evaluate("(e, names) => names.map(name => e[name])", list(names)))


def words_beside(page: Any, name: str) -> str:
    said = part(page, name).locator("xpath=following-sibling::p")
    said.wait_for()
    assert not part(page, name).is_visible(), "no broken picture beside the words"
    return str(said.inner_text())


def press(page: Any, name: str) -> None:
    """With a key: players that get their controls a moment later move what is below, also between down and up."""
    page.get_by_role("button", name=name, exact=True).press("Enter")


@pytest.mark.browser
def test_formulas_in_first_outputs_come_with_the_page(app: Any) -> None:
    assert part(app, "out").locator("math").count() == 2
    assert part(app, "out").locator("math mfrac").count() == 1
    assert "$" not in part(app, "out").inner_text() and "and this" in part(app, "out").inner_text()
    assert not [url for url in app.asked if "/markup/" in url]


@pytest.mark.browser
def test_pictures_and_their_sizes(app: Any) -> None:
    assert [part(app, "png").bounding_box()[side] for side in ("width", "height")] == [40, 30]
    whole = app.locator("main .sb-cell").last.bounding_box()["width"]
    assert part(app, "half").bounding_box()["width"] == pytest.approx(whole / 2, abs=2)
    assert part(app, "laid").bounding_box()["width"] == 70, "a layout has the last word"
    assert state(app, "data", "naturalWidth") == [20]


@pytest.mark.browser
def test_what_lies_elsewhere_is_told_and_not_asked_for(app: Any) -> None:
    for name in ("away", "relative", "sly", "film-away"):
        assert ELSEWHERE in words_beside(app, name)
    assert not [url for url in app.asked if "elsewhere.example" in url or "seen" in url]
    assert not app.evaluate("'ran' in self")


@pytest.mark.browser
def test_what_is_broken_is_told(app: Any) -> None:
    assert WRONG in words_beside(app, "broken") and WRONG in words_beside(app, "film")


@pytest.mark.browser
def test_sound_does_what_its_app_says(app: Any) -> None:
    assert state(app, "sound", "autoplay", "loop", "controls", "paused") == [False, False, True, True]
    assert state(app, "starts", "autoplay", "loop") == [True, True]
    # It plays by itself; where the browser lets no sound begin by itself, it can be started by hand.
    app.wait_for_function("() => (e => !e.paused || e.controls)(document.querySelector('.m-starts'))")
    part(app, "sound").evaluate("e => { e.currentTime = 7 }")
    press(app, "Change")
    app.wait_for_function("() => document.querySelector('.m-sound').loop")
    assert state(app, "sound", "loop", "autoplay") == [True, True]
    assert part(app, "sound").evaluate("e => e.currentTime") >= 7, "it does not begin anew for that"


@pytest.mark.browser
def test_a_picture_that_is_mended_is_shown(app: Any) -> None:
    press(app, "Mend")
    app.wait_for_function("() => document.querySelector('.m-broken').naturalWidth == 20")
    assert part(app, "broken").is_visible()
    assert ELSEWHERE not in app.locator(".m-away + p").inner_text()


@pytest.mark.browser
def test_an_upload_that_is_reset_takes_the_same_file_again(app: Any) -> None:
    file = {"name": "x.csv", "mimeType": "text/csv", "buffer": b"a,b\n1,2\n"}
    chosen = part(app, "files")
    for _ in range(2):
        chosen.locator("input").set_input_files(file)
        app.get_by_text("1 files, 8 bytes").wait_for()
        assert "(1)" in chosen.locator("label").inner_text() and "x.csv" in chosen.inner_text()
        press(app, "Reset")
        app.get_by_text("0 files, 0 bytes").wait_for()
        assert "(" not in chosen.locator("label").inner_text() and "x.csv" not in chosen.inner_text()
    chosen.locator("input").set_input_files(file)
    app.get_by_text("1 files, 8 bytes").wait_for()
    chosen.locator("input").set_input_files({**file, "buffer": b"longer,than,before\n"})
    app.get_by_text("1 files, 19 bytes").wait_for()


@pytest.mark.browser
def test_nothing_went_wrong(app: Any) -> None:
    assert not app.problems and not grave_findings(app)


@pytest.mark.browser
def test_in_chinese_and_with_less_motion(hands: Hardened, browser: Any, portal_server: Portal) -> None:
    phone = {"reduced_motion": "reduce", "viewport": {"width": 390, "height": 844}}
    with app_opened(browser, hands, portal_server, OTHER, "zh-CN", **phone) as page:
        assert "不会读取外部网址" in words_beside(page, "away") and "无法在此显示" in words_beside(page, "broken")
        assert state(page, "film", "autoplay", "controls") == [False, True]
        assert page.evaluate("document.documentElement.scrollWidth") == 390


@pytest.mark.parametrize(
    ("output", "wanted"),
    [
        ({"data": {"text/markdown": ["a", "b"], "text/plain": "x"}}, ("markdown", "ab")),
        ({"data": {"text/latex": "$a$"}}, ("latex", "$a$")),
        ({"data": {"text/latex": "$a$", "image/png": "AA=="}}, None),
        ({"data": {"text/markdown": "a", "text/html": "<p>"}}, None),
        ({"data": {"text/markdown": ["a", 5]}}, None),
        ({"data": {"text/markdown": {"a": 5}}}, None),
        ({"data": ["text/markdown"]}, None),
        ({"output_type": "stream", "text": "a"}, None),
        ("text/markdown", None),
        (None, None),
    ],
)
def test_what_a_widget_says_it_shows_may_be_anything(output: Any, wanted: object) -> None:
    assert server_drawn(output) == wanted
