"""Charts of Vega and Vega-Lite (altair) in an app's page: drawn by our own script in frames, and never a blank."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe

from tests.appserver.conftest import with_apps
from tests.appserver.gallery import ALTAIR, ALTAIR_WIDGET, HOSTILE_CHARTS, OLDER
from tests.appserver.portal import Portal
from tests.appserver.site import APP, OTHER, Hardened
from tests.appserver.test_page import come_from_portal
from tests.helpers.browser import new_context, watched

pytestmark = pytest.mark.browser

PLAIN = "app-without-charts"
NOT_LOADED = "This chart wants data or pictures from an address; an app's page loads none. Tell its owner."


@pytest.fixture(scope="module")
def charted(side_by_side: Hardened, portal_server: Portal) -> Hardened:
    """An app with charts of altair, one with hostile and broken ones, one without any."""
    charts = {APP: (ALTAIR, OLDER, ALTAIR_WIDGET), OTHER: (HOSTILE_CHARTS,), PLAIN: ("controls",)}
    return with_apps(side_by_side, portal_server, charts)


def opened(browser: Any, site: Hardened, portal: Portal, app: str, language: str = "en", **options: Any) -> Any:
    """A page whose charts are drawn; what it asked for is in ``asked``, what went wrong in ``problems``."""
    page = watched(new_context(browser, **options).new_page())
    come_from_portal(page, site, portal, app, language)
    page.wait_for_selector("body.sb-ready")
    page.wait_for_function("() => !document.querySelector('.sb-chart[aria-busy]')")
    return page


@pytest.fixture(scope="module")
def app(charted: Hardened, browser: Any, portal_server: Portal) -> Iterator[Any]:
    page = opened(browser, charted, portal_server, APP)
    yield page
    page.context.close()


@pytest.fixture(scope="module")
def hostile(charted: Hardened, browser: Any, portal_server: Portal) -> Iterator[Any]:
    page = opened(browser, charted, portal_server, OTHER)
    yield page
    page.context.close()


def chart(page: Any, title: str) -> Any:
    return page.frame_locator(f'iframe[title="{title}"]')


def test_what_altair_shows_by_itself_is_drawn(app: Any) -> None:
    """Without a word of the author's about renderers: altair's own choice would load its scripts from elsewhere."""
    assert chart(app, "By month").locator("svg .mark-line path").count() == 4
    assert chart(app, "By month").locator("svg .mark-symbol.layer_1_marks path").count() == 24
    assert chart(app, "Spread").locator("svg .mark-rect path").count() >= 4
    assert chart(app, "Facets").locator("svg .mark-rect.child_marks path").count() == 8
    assert chart(app, "Places").locator("svg .mark-shape path").count() == 3
    assert "销售" in chart(app, "部门").locator("svg").text_content()
    assert app.locator("#rendered_cells").get_by_text("cannot be").count() == 0
    assert not app.problems


def test_older_charts_are_drawn(app: Any) -> None:
    assert chart(app, "Three").locator("svg .mark-rect.marks path").count() == 2
    assert chart(app, "Five").locator("svg .mark-rect path").count() == 2
    four = chart(app, "Four")
    four.locator(".concat_0_marks path").first.click()
    four.locator(".concat_1_marks path").nth(1).wait_for(state="detached")  # the second shows what the first selects
    assert four.locator(".concat_1_marks path").count() == 1


def test_the_script_comes_once_and_from_here(app: Any, charted: Hardened) -> None:
    scripts = [url for url in app.asked if "/voila/script/" in url]
    assert len(scripts) == 1 and "/voila/script/vega-" in scripts[0]
    known = (charted.base, "http://127.0.0.1", "data:", "blob:", "ws:", "about:")
    assert not [url for url in app.asked if not url.startswith(known)]
    answer = charted.anonymous().request("GET", scripts[0].removeprefix(charted.base))
    assert "immutable" in answer.headers["Cache-Control"]
    assert int(answer.headers["Content-Length"]) < 320_000


def test_a_page_without_charts_fetches_nothing_for_them(browser: Any, charted: Hardened, portal_server: Portal) -> None:
    page = opened(browser, charted, portal_server, PLAIN)
    asked = [url for url in page.asked if url.startswith(charted.base) and not url.endswith("/enter")]
    page.context.close()
    assert [url for url in asked if "/script/" in url] == []
    viewer = charted.viewer("rita", PLAIN)
    assert len(viewer.request("GET", viewer.path(PLAIN)).text) < 110_000  # the code for charts alone has 300,000


def test_a_selection_answers(app: Any) -> None:
    faded = chart(app, "By month").locator('svg .mark-line path[opacity="0.2"]')
    assert faded.count() == 0
    chart(app, "By month").locator("svg .layer_1_marks path").first.click()
    faded.first.wait_for()
    assert faded.count() == 3


def test_a_tooltip_tells(app: Any) -> None:
    chart(app, "By month").locator("svg .layer_1_marks path").nth(2).hover()
    tip = chart(app, "By month").locator("#vg-tooltip-element.visible")
    tip.wait_for()
    assert "team" in tip.inner_text() and "customers" in tip.inner_text()


def test_inputs_of_a_chart_work(app: Any) -> None:
    frame = chart(app, "Bound")
    green = frame.locator('svg .mark-symbol path[stroke="#008000"]')
    before = green.count()
    slider = frame.get_by_label("At least")
    slider.focus()
    for _ in range(5):
        slider.press("ArrowRight")
    frame.locator('.vega-bind:has(input[type=range]) >> text="10"').wait_for()
    assert 0 < green.count() < before
    frame.get_by_label("Team").select_option("north")
    frame.locator("svg .mark-symbol path").nth(6).wait_for(state="detached")
    assert frame.locator("svg .mark-symbol path").count() == 6


def test_a_chart_that_comes_later_replaces_only_itself(app: Any) -> None:
    frames = app.locator(".widget-output iframe")
    app.get_by_role("button", name="Draw").click()
    chart(app, "First").locator("svg .mark-rect path").first.wait_for()
    chart(app, "Beside").locator("svg .mark-rect path").first.wait_for()
    chart(app, "Beside").locator("body").evaluate("body => { body.dataset.same = 'yes' }")
    before = len(app.frames)
    app.get_by_role("button", name="Draw").click()
    chart(app, "Second").locator("svg .mark-rect path").first.wait_for()
    assert [frame.get_attribute("title") for frame in frames.all()] == ["Second", "Beside"]
    assert len(app.frames) == before
    assert chart(app, "Beside").locator("body").get_attribute("data-same") == "yes"


def test_altairs_widget_follows_its_kernel_and_tells_it(app: Any) -> None:
    frame = app.frame_locator(".widget-frame iframe")
    frame.locator("svg .mark-symbol.marks path").first.wait_for()
    svg = frame.locator("svg")
    svg.drag_to(svg, source_position={"x": 100, "y": 60}, target_position={"x": 250, "y": 120})
    app.locator(".heard", has_text="['risk']").wait_for()
    app.get_by_role("button", name="Swap").click()
    frame.locator("svg .mark-text", has_text="Swapped").first.wait_for()


def test_on_a_phone_in_chinese(browser: Any, charted: Hardened, portal_server: Portal) -> None:
    page = opened(browser, charted, portal_server, APP, "zh-CN", viewport={"width": 360, "height": 740})
    for title in ("By month", "Facets", "部门", "Bound", "Four"):
        within = "body => [body.scrollWidth, document.querySelector('.vega-chart').scrollWidth, innerWidth]"
        body, drawn, room = chart(page, title).locator("body").evaluate(within)
        assert max(body, drawn) <= room + 1, title
    text = chart(page, "By month").locator("svg").text_content()
    assert "2026年" in text and "2026-" not in text
    assert "记录数" in chart(page, "Facets").locator("svg").text_content()
    assert not page.problems
    page.context.close()


def test_charts_have_names_and_nothing_grave(app: Any) -> None:
    frames = [frame for frame in app.frames if frame.parent_frame]
    assert len(frames) >= 9
    grave = []  # a frame is called by its title attribute, so it needs no title of its own
    for frame in frames:
        frame.wait_for_selector("svg")
        frame.evaluate(Axe().axe_script)
        found = frame.evaluate("() => axe.run({rules: {'document-title': {enabled: false}}})")["violations"]
        grave += [
            f"{each['id']}: {each['nodes'][0]['html'][:200]}"
            for each in found
            if each["impact"] in ("serious", "critical")
        ]
    assert not grave


def test_a_chart_fits_on_paper(app: Any) -> None:
    app.emulate_media(media="print")
    app.set_viewport_size({"width": 500, "height": 900})
    svg = chart(app, "By month").locator("svg")
    svg.wait_for()
    assert svg.bounding_box()["width"] <= 500
    assert not chart(app, "Bound").locator(".vega-bindings").is_visible()


def test_nothing_is_fetched_for_a_chart(hostile: Any, charted: Hardened, portal_server: Portal) -> None:
    assert hostile.get_by_text(NOT_LOADED).count() == 6  # four of data, one that looks up, and pictures
    assert chart(hostile, "Data").locator("svg").count() == 0
    assert chart(hostile, "Images").locator("svg").count() == 1  # the chart stays, without its pictures
    for number in range(2):
        links = hostile.locator('iframe[title="Links"]').nth(number).content_frame
        links.locator("svg .mark-rect path").first.click()
        assert links.locator("a[href]").count() == 0
    assert not [path for _, path, _ in portal_server.seen if "stolen" in path]
    assert len(hostile.context.pages) == 1 and hostile.url.startswith(charted.base)
    assert not [url for url in hostile.asked if "stolen" in url or "healthz" in url or url.startswith("file")]


def test_expressions_and_tooltips_run_nothing(hostile: Any) -> None:
    hostile.frame_locator('iframe[title="Tooltips"]').locator("svg .mark-rect path").first.hover()
    tip = hostile.frame_locator('iframe[title="Tooltips"]').locator("#vg-tooltip-element.visible")
    tip.wait_for()
    assert tip.locator("img, script").count() == 0 and "onerror" in tip.inner_text()
    assert chart(hostile, "Expressions").locator("svg").count() == 0  # told in words
    assert chart(hostile, "Options").locator("svg .mark-rect path").count() == 2
    assert not [frame.url for frame in hostile.frames if frame.evaluate("() => self.ran")]


def test_a_broken_chart_is_told(hostile: Any) -> None:
    # Four expressions that are none, and seven specifications.
    assert hostile.get_by_text("This part of the app cannot be shown here.").count() == 11
    assert hostile.locator("#rendered_cells .sb-chart:empty").count() == 0
