"""altair's charts in JupyterLab, as its own kernel gives them and its own renderer draws them: without a network."""

from __future__ import annotations

import nbformat
import pytest

from tests.helpers.browser import chromium, new_context

from .site import Lab

pytestmark = pytest.mark.browser

CELLS = """
import altair as alt
data = alt.Data(values=[{"team": "north", "cases": 3}, {"team": "south", "cases": 5}])
alt.Chart(data, title="Fixed").mark_bar().encode(x="team:N", y="cases:Q")
""", """
alt.Chart(data, title="Wide").mark_bar().encode(x="team:N", y="cases:Q").properties(width="container")
"""  # fmt: skip


def test_charts_are_drawn_once_and_from_here(lab: Lab) -> None:
    viewer = lab.owner()
    cells = [nbformat.v4.new_code_cell(source.strip()) for source in CELLS]
    spec = {"name": "python3", "display_name": "Python 3", "language": "python"}
    notebook = nbformat.v4.new_notebook(cells=cells, metadata={"kernelspec": spec})
    nbformat.write(notebook, lab.home / "projects" / "lin" / "churn" / "charts.ipynb")
    asked: list[str] = []
    with chromium() as browser:
        context = new_context(browser)
        context.add_cookies([{"name": name, "value": value, "url": lab.base} for name, value in viewer.cookies.items()])
        page = context.new_page()
        page.on("request", lambda request: asked.append(request.url))
        drawn: list[str] = []
        page.on("console", lambda message: drawn.append(message.text) if "Vega-Lite v6" in message.text else None)
        page.goto(f"{lab.base}/lab/tree/churn/charts.ipynb")
        page.locator('.jp-Notebook-ExecutionIndicator[data-status="idle"]').wait_for()
        page.get_by_role("button", name="Run all", exact=True).click()
        # A chart as wide as its place was drawn for ever, and nothing else answered.
        page.locator(".vega-embed canvas, .vega-embed svg.marks").nth(1).wait_for()
        wide = page.locator(".vega-embed").nth(1)
        assert wide.evaluate("wide => wide.clientWidth") > 300
        page.wait_for_timeout(1500)
        assert 1 <= len(drawn) < 12
        assert not [
            url for url in asked if not url.startswith((lab.base, "data:", "blob:", lab.base.replace("http", "ws")))
        ]
        context.close()
