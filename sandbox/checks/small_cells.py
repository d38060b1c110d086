"""Refuses shown tables and charts that give few units away: counts below the threshold, and rows about single units.

A count of units in (0, threshold) may name a person to somebody who knows a little more; a pseudonym or a row of the
snapshot shows one outright. Tables of ``lab.table`` say what they count; in others headings are read, and where they
do not tell, a person is asked. A chart is judged by the data that it brings to the page (``chart_data``). Datasets
about machines (not personal) are left alone.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from sandbox.checks.chart_data import chart_tables, dataset_names, widget_tables
from sandbox.checks.facts import Facts
from sandbox.checks.html import Table, read_html
from sandbox.core.findings import Finding, Level
from sandbox.core.messages import Message
from sandbox.core.notebook import Json, iter_outputs, iter_texts, iter_widgets, joined
from sandbox.core.run import RunReport

PHASE, NAME = "run", "small_cells"

_UNITS = re.compile(
    r"\b(?:customers?|clients?|employees?|people|persons?|patients?|members?|users?|units?|households?)\b|"
    r"人数|客户数|员工数|会员数|用户数|户数|单元数",
    re.IGNORECASE,
)
_COUNTS = re.compile(r"^(?:count|counts|n|number|size|total|freq(?:uency)?|数量|计数|频数|个数|总数)$", re.IGNORECASE)
_NOT_A_COUNT = re.compile(r"\b(?:share|rate|percent|average|mean|avg|per|id)\b|%|率|占比|平均|编号", re.IGNORECASE)
_STATISTICS = frozenset({"count", "mean", "std", "min", "25%", "50%", "75%", "max"})
_PSEUDONYM = re.compile(
    r"(?<![0-9A-Za-z])(?:[a-z]+[_:-])?(?=[0-9a-f]*[0-9])(?=[0-9]*[a-f])[0-9a-f]{16,64}(?![0-9A-Za-z])"
)
_SERIES = re.compile(r"(?:^|\n)Name: count, dtype: int\d+\s*$")
_FEW_PSEUDONYMS = 1
_SHARED_COLUMNS = 4


@dataclass(frozen=True)
class Shown:
    """A table and the cell that shows it; ``units`` is the heading of its unit counts when lab.table says so."""

    cell: str | None
    table: Table
    units: str | None = None
    is_chart: bool = False


def check(facts: Facts) -> Iterable[Finding]:
    personal = {name: pin for name, pin in facts.pins.items() if pin.get("personal", True)}
    if not personal:
        yield Finding(
            NAME, Level.PASS, Message("None of the {count} datasets is about people.", {"count": len(facts.pins)})
        )
        return
    reports = [report for report in (facts.run, *facts.app_runs.values()) if report]
    tables = [shown for report in reports for shown in _tables(report)]
    findings = [f for shown in tables for f in _judge(shown, personal, facts.limits.small_cell)]
    findings += [f for report in reports for f in _pseudonyms(report)]
    yield from _by_place(findings)
    if not findings:
        fields = {"tables": len(tables), "least": facts.limits.small_cell}
        yield Finding(
            NAME, Level.PASS, Message("{tables} shown tables and charts: no count below {least} was found.", fields)
        )


#: What is said of a table, and what of a chart.
_SURE, _MAYBE, _ROWS = (
    (
        Message("A table shows {value} under “{heading}”; fewer than {least} must not be shown."),
        Message("A chart holds {value} under “{heading}”; fewer than {least} must not be shown."),
    ),
    (
        Message("A table shows the figure {value} under “{heading}”; if it counts people, it is too small."),
        Message("A chart holds the figure {value} under “{heading}”; if it counts people, it is too small."),
    ),
    (
        Message("A table seems to show single rows of the dataset {dataset}."),
        Message("A chart seems to hold single rows of the dataset {dataset}: all of its data goes to the page."),
    ),
)
_LARGER = (
    Message('Show the table with lab.table(…, units="…"), which hides small groups, or make larger groups.'),
    Message("Leave small groups out of the chart's data, or make larger groups."),
)
_IF_PEOPLE = (
    Message('If it counts people, show the table with lab.table(…, units="…"), which hides small groups.'),
    Message("If it counts people, leave small groups out of the chart's data, or make larger groups."),
)
_GROUPS = (
    Message("Show groups with their counts instead; for a look at the data while working, use the Lab only."),
    Message("Count before you draw, and give the chart the groups with their counts instead of the rows."),
)


def _judge(shown: Shown, personal: dict[str, Json], least: int) -> Iterator[Finding]:
    found = _small_counts(shown, least)
    if found is not None:
        heading, value, sure = found
        fields = {"heading": heading or "–", "value": value, "least": least}
        said, remedy, level = (_SURE, _LARGER, Level.FAIL) if sure else (_MAYBE, _IF_PEOPLE, Level.REVIEW)
        message = Message(said[shown.is_chart].template, fields)
        yield Finding(NAME, level, message, remedy[shown.is_chart], shown.cell)
    dataset = _single_rows(shown.table, personal)
    if dataset:
        message = Message(_ROWS[shown.is_chart].template, {"dataset": dataset})
        yield Finding(NAME, Level.REVIEW, message, _GROUPS[shown.is_chart], shown.cell)


def _small_counts(shown: Shown, least: int) -> tuple[str, int, bool] | None:
    """(heading, smallest count in (0, least), is it surely a count of units) of a table; None when all are large."""
    table = shown.table
    width = max((len(row) for row in table.rows), default=0)
    head = ("",) * (width - len(table.head)) + table.head
    columns = [(heading, [_integer(row[place]) for row in table.rows if place < len(row)])
               for place, heading in enumerate(head[:width])]  # fmt: skip
    small = [(h, min(v for v in values if v is not None and 0 < v < least))
             for h, values in columns if any(v is not None and 0 < v < least for v in values)]  # fmt: skip
    for heading, value in small:
        if heading == shown.units or (_UNITS.search(heading) and not _NOT_A_COUNT.search(heading)):
            return heading, value, True
    for heading, value in small:
        if _COUNTS.match(heading):
            return heading, value, False
    if small and not shown.is_chart and _is_cross_table(columns):  # a chart's columns are often whole numbers
        return (*small[0], False)
    return None


def _is_cross_table(columns: list[tuple[str, list[int | None]]]) -> bool:
    """Counts by two attributes: after the first column everything is a whole number, in two columns or more."""
    body = [values for _, values in columns[1:]]
    return len(body) >= 2 and all(values and None not in values for values in body)


def _single_rows(table: Table, personal: dict[str, Json]) -> str | None:
    if not table.rows or {row[0] for row in table.rows if row} & _STATISTICS:
        return None
    head = {heading for heading in table.head if heading}
    for name, pin in personal.items():
        columns = pin.get("columns")
        named = (
            {str(c.get("name")) for c in columns if isinstance(c, dict)} if isinstance(columns, list | tuple) else set()
        )
        if len(head & named) >= min(_SHARED_COLUMNS, max(1, len(named))):
            return name
    return None


def _pseudonyms(report: RunReport) -> Iterator[Finding]:
    bundles = [data for _, output in iter_outputs(report.notebook) if isinstance(data := output.get("data"), dict)]
    states = [dict(state) for _, state in iter_widgets(report.notebook)]
    unseen = {name for bundle in (*bundles, *states) for name in dataset_names(bundle)}
    for shown in iter_texts(report.notebook):
        text = read_html(shown.text).text if shown.kind in ("text/html", "image/svg+xml") else shown.text
        found = set(_PSEUDONYM.findall(text)) - unseen if shown.kind != "application/javascript" else set()
        if len(found) >= _FEW_PSEUDONYMS:
            yield Finding(
                NAME,
                Level.FAIL,
                Message("This cell shows {count} pseudonym(s), so it lists single customers or other units.",
                        {"count": len(found)}),
                Message("Leave the column with the pseudonyms out and show groups with their counts instead."),
                shown.cell,
            )  # fmt: skip


def _tables(report: RunReport) -> Iterator[Shown]:
    pages: set[str] = set()
    for cell, output in iter_outputs(report.notebook):
        data = output.get("data")
        if isinstance(data, dict):
            page, units = joined(data.get("text/html")), _declared_units(output)
            pages.add(page)
            yield from (Shown(cell, table, units) for table in read_html(page).tables)
            yield from (Shown(cell, table, units, is_chart=True) for table in chart_tables(data))
            if not page:
                yield from (Shown(cell, table) for table in _series(joined(data.get("text/plain"))))
        elif output.get("output_type") == "stream":
            yield from (Shown(cell, table) for table in _series(joined(output.get("text"))))
    for cell, state in iter_widgets(report.notebook):
        yield from (Shown(cell, table, is_chart=True) for table in widget_tables(state))
    for shown in iter_texts(report.notebook):
        if shown.kind == "text/html" and shown.text not in pages:  # the values of HTML widgets
            yield from (Shown(shown.cell, table) for table in read_html(shown.text).tables)


def _series(text: str) -> Iterator[Table]:
    """pandas' plain text of value_counts() as a table."""
    if _SERIES.search(text):
        lines = [line.rsplit(None, 1) for line in text.splitlines()]
        yield Table(("", "count"), tuple((a, b) for a, b in (p for p in lines if len(p) == 2) if b.isdigit()))


def _declared_units(output: Json) -> str | None:
    facts: object = output.get("metadata")
    for key in ("sandbox", "table", "units"):
        facts = facts.get(key) if isinstance(facts, dict) else None
    return facts if isinstance(facts, str) else None


def _integer(text: str) -> int | None:
    plain = text.replace(",", "").replace("\u202f", "").strip()
    return int(plain) if re.fullmatch(r"\d{1,12}", plain) else None


def _by_place(findings: list[Finding]) -> Iterator[Finding]:
    """One finding of each kind per cell: a table in two media types is shown once."""
    seen: set[tuple[str | None, str]] = set()
    for finding in findings:
        key = (finding.cell, finding.message.template)
        if key not in seen:
            seen.add(key)
            yield finding
