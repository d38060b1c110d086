"""Small groups inside a chart's data: read as its page would get them, held to the rule for tables."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import altair as alt
import numpy as np
import pandas as pd
import plotly.express as px
import plotly.graph_objects as go
import pytest
from nbformat.v4 import new_output

from sandbox.checks import Facts, small_cells
from sandbox.checks.chart_data import chart_tables, widget_tables
from sandbox.core.findings import Finding, Level, worst
from sandbox.core.notebook import WIDGET_STATE
from sandbox.core.run import RunReport
from tests.checks.conftest import PINS, code, notebook

Make = Callable[..., Facts]
PLOTLY, VEGALITE, VEGA = (f"application/vnd.{kind}+json" for kind in ("plotly.v1", "vegalite.v5", "vega.v5"))
FEW = pd.DataFrame({"team": ["a", "b"], "customers": [3, 50]})
MANY = pd.DataFrame({"team": ["a", "b"], "customers": [30, 50]})
ROWS = pd.DataFrame([["north", "flat", 12, 30.0]] * 9, columns=["region", "tariff", "months", "fee"])


def plotly(figure: Any) -> tuple[str, Any]:
    return PLOTLY, json.loads(figure.to_json())


def altair(chart: Any) -> tuple[str, Any]:
    return VEGALITE, chart.to_dict()


def bars(data: pd.DataFrame, **titles: Any) -> Any:
    return alt.Chart(data).mark_bar().encode(x="team:N", y=alt.Y(f"{data.columns[1]}:Q", **titles))


def named(name: str) -> pd.DataFrame:
    return FEW.rename(columns={"customers": name})


CHARTS: dict[str, tuple[tuple[str, Any], Level | None]] = {
    "plotly.express": (plotly(px.bar(FEW, x="team", y="customers")), Level.FAIL),
    "a pie": (plotly(px.pie(FEW, names="team", values="customers")), Level.FAIL),
    "a map of squares": (plotly(px.imshow([[30, 4], [50, 60]], labels={"color": "people"})), Level.FAIL),
    "the name of a trace": (plotly(go.Figure(go.Bar(x=["a", "b"], y=np.array([3, 50]), name="客户数"))), Level.FAIL),
    "the title of an axis": (
        plotly(go.Figure(go.Scatter(x=[1, 2], y=[3.0, None], yaxis="y2"), layout={"yaxis2": {"title": "customers"}})),
        Level.FAIL,
    ),
    "what is said below the pointer": (
        plotly(px.bar(FEW.assign(rate=[0.1, 0.2]), x="team", y="rate", hover_data=["customers"])),
        Level.FAIL,
    ),
    "a table of plotly's": (
        plotly(go.Figure(go.Table(header={"values": ["team", "customers"]}, cells={"values": [["a"], [3]]}))),
        Level.FAIL,
    ),
    "a figure as a text": ((PLOTLY, json.dumps(plotly(px.bar(FEW, x="team", y="customers"))[1])), Level.FAIL),
    "perhaps people": (plotly(px.bar(named("count"), x="team", y="count")), Level.REVIEW),
    "large groups": (plotly(px.bar(MANY, x="team", y="customers")), None),
    "shares": (plotly(px.bar(named("share of customers %"), x="team", y="share of customers %")), None),
    "altair": (altair(bars(FEW)), Level.FAIL),
    "an axis of altair's": (altair(bars(named("n"), title="客户数")), Level.FAIL),
    "altair, perhaps people": (altair(bars(named("n"))), Level.REVIEW),
    "altair, large groups": (altair(bars(MANY)), None),
    "altair, other numbers": (altair(bars(named("months"))), None),
    "ticks": (altair(bars(MANY, axis=alt.Axis(values=[1, 2, 3]))), None),
    "a layer": (altair(bars(MANY) + bars(FEW)), Level.FAIL),
    "a region's properties": (
        (VEGALITE, {"data": {"values": [{"type": "Feature", "properties": {"customers": 3}}]}, "mark": "geoshape"}),
        Level.FAIL,
    ),
    "separated values": (
        (VEGALITE, {"data": {"values": "team,customers\na,3\n", "format": {"type": "csv"}}}),
        Level.FAIL,
    ),
    "Vega": ((VEGA, {"data": [{"name": "t", "values": [{"people": 3}]}], "marks": []}), Level.FAIL),
    "rows that altair would count": (
        altair(alt.Chart(ROWS).mark_bar().encode(x="region:N", y="count()")),
        Level.REVIEW,
    ),
}


def judged(facts_of: Make, made: Any, **facts: Any) -> list[Finding]:
    return list(small_cells.check(facts_of(made, run=RunReport(made), **facts)))


@pytest.mark.parametrize("name", CHARTS)
def test_a_chart_is_judged_by_the_data_it_brings(facts_of: Make, name: str) -> None:
    (kind, chart), expected = CHARTS[name]
    cell = code("chart", "app", id="shows")
    cell.outputs = [new_output("display_data", {kind: chart, "text/plain": "a chart"})]
    findings = judged(facts_of, notebook(cell))
    assert worst(findings) is (expected or Level.PASS), [str(f.message) for f in findings]
    if expected:
        assert findings[0].cell == "shows" and "chart" in str(findings[0].message) and str(findings[0].remedy)
        machines = judged(facts_of, notebook(cell), pins={"telemetry": {**PINS["contracts"], "personal": False}})
        assert worst(machines) is Level.PASS


@pytest.mark.parametrize(
    "state",
    [alt.JupyterChart(bars(FEW)).get_state(), go.FigureWidget(px.bar(FEW, x="team", y="customers")).get_state()],
)
def test_a_chart_that_is_a_widget(facts_of: Make, state: dict[str, Any]) -> None:
    made = notebook(code("chart", "app", id="shows"))
    made.metadata["widgets"] = {WIDGET_STATE: {"state": {"x": {"model_name": "AnyModel", "state": state}}}}
    assert worst(judged(facts_of, made)) is Level.FAIL


def deep() -> Any:
    made: Any = 1
    for _ in range(5000):
        made = {"layer": [made]}
    return made


@pytest.mark.parametrize(
    "chart",
    [
        None,
        3,
        "text",
        "{",
        [1],
        {},
        {"data": 3},
        {"data": [3, None, {"x": 3, "y": {"dtype": "i4", "bdata": "A"}}]},
        {"data": [{"y": {"dtype": "i9", "bdata": 5}, "customdata": [[1], 2], "hovertemplate": [3]}], "layout": [1]},
        {"data": {"values": 5}},
        {"datasets": {"x": 5, "y": [1, [2]]}},
        {"data": {"values": 'a\n"b'}},
        deep(),
    ],
)
def test_what_is_no_chart_is_read_to_its_end(chart: Any) -> None:
    for kind in (PLOTLY, VEGALITE, VEGA):
        list(chart_tables({kind: chart}))
    list(widget_tables({"_widget_data": chart, "_widget_layout": chart, "_anywidget_id": "x", "spec": chart}))
