"""Charts of plotly in an app's page: drawn by the environment's own script in a frame, and never a blank."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from typing import Any

import pytest

from tests.appserver.portal import Portal
from tests.appserver.site import OTHER, Hardened
from tests.appserver.test_page import app_opened

pytestmark = pytest.mark.browser


@pytest.fixture(scope="module")
def app(offering: Hardened, browser: Any, portal_server: Portal) -> Iterator[Any]:
    with app_opened(browser, offering, portal_server, OTHER) as page:
        yield page


def chart(page: Any, title: str) -> Any:
    return page.frame_locator(f'iframe[title="{title}"]')


def test_a_figure_is_drawn(app: Any) -> None:
    chart(app, "Teams now").locator("svg .bars path").first.wait_for()
    assert chart(app, "Teams now").locator("svg .bars path").count() == 2
    assert chart(app, "Teams now").locator(".gtitle").text_content() == "Teams now"
    app.wait_for_function("""() => document.querySelector('iframe[title="Teams now"]').offsetHeight >= 440""")


def test_the_script_comes_once_from_the_environment(app: Any, offering: Hardened) -> None:
    chart(app, "Teams now").locator("svg .bars path").first.wait_for()
    scripts = [url for url in app.asked if "/voila/script/plotly-" in url and "widget" not in url]
    assert len(scripts) == 1
    known = (offering.base, "http://127.0.0.1", "data:", "blob:", "ws:", "about:")
    assert not [url for url in app.asked if not url.startswith(known)]
    answer = offering.anonymous().request("GET", scripts[0].removeprefix(offering.base))
    assert "immutable" in answer.headers["Cache-Control"] and "Plotly" in answer.text
    other = re.sub("-[0-9a-f]{32}", f"-{'0' * 32}", scripts[0]).removeprefix(offering.base)
    assert offering.anonymous().request("GET", other).status_code == 404
    unknown = other.replace("plotly", "passwd")
    assert offering.anonymous().request("GET", unknown).status_code == 404


def test_what_cannot_be_drawn_is_told(app: Any) -> None:
    # A figure that is none, and markup that waits for a script.
    assert app.get_by_text("This part of the app cannot be shown here.").count() == 2
    assert app.get_by_text("This chart cannot be drawn here").count() >= 1
    assert "VegaLite" not in app.inner_text("main")


def test_a_figure_that_comes_later(app: Any) -> None:
    app.get_by_role("button", name="Draw").click()
    chart(app, "Later").locator("svg .scatterlayer path").first.wait_for()
    assert app.locator(".instead").count() == 0
    assert app.locator(".widget-output").get_by_text("This chart cannot be drawn here").count() == 1


def test_a_figure_widget_follows_its_kernel(app: Any) -> None:
    frame = app.frame_locator(".widget-frame iframe")
    frame.locator("svg .gtitle").wait_for()
    assert frame.locator("svg .gtitle").text_content() == "Live"
    app.get_by_role("button", name="More").click()
    frame.locator("svg .gtitle", has_text="Grown").wait_for()


def test_the_page_is_not_burdened_with_the_widgets_script(offering: Hardened) -> None:
    viewer = offering.viewer("rita", OTHER)
    text = viewer.request("GET", viewer.path(OTHER)).text
    assert len(text) < 300_000
    widgets = re.findall(r'id="sandbox-widgets">(.*?)</script>', text, re.DOTALL)[0]
    assert {"script": "plotly-widget"} in [each["state"].get("_esm") for each in json.loads(widgets).values()]


def test_a_formula_is_drawn_by_the_browser(app: Any) -> None:
    app.locator("math mfrac").wait_for()
    letter, fraction = (app.locator(f"math {name}").first.bounding_box() for name in ("mi", "mfrac"))
    assert fraction["height"] > 1.5 * letter["height"]  # one above the other
