"""The data inside a chart, as tables: what plotly's figures and Vega's specifications bring along for the page to draw.

Whoever opens the page has all of it, also what the chart itself never shows.
"""

from __future__ import annotations

import base64
import binascii
import csv
import io
import json
import re
from collections.abc import Iterator, Mapping
from itertools import zip_longest
from typing import Any

from sandbox.checks.html import Table

KINDS = re.compile(r"application/vnd\.(plotly|vega|vegalite)\.v\d+[.+]json")
#: plotly's names for packed numbers → the standard library's.
_PACKED = {"i1": "b", "u1": "B", "i2": "h", "u2": "H", "i4": "i", "u4": "I", "i8": "q", "u8": "Q", "f4": "f", "f8": "d"}
#: “customers=%{y}”, as plotly writes what is shown below the pointer.
_HOVER = re.compile(r"([^<>{}%=:]+)[=:]\s*%\{(\w+)(?:\[(\d+)\])?[^}]*\}")
_PLACES = {"value": "values", "label": "labels"}

#: Heading → the texts of a column. A column that is known by two names stands there twice.
Columns = list[tuple[str, list[str]]]


def chart_tables(bundle: Mapping[str, Any]) -> Iterator[Table]:
    """Of the charts in an output's data: media type → the chart, or its JSON as a text."""
    for kind, given in bundle.items():
        found = KINDS.fullmatch(str(kind))
        if found:
            yield from (plotly_tables if found[1] == "plotly" else vega_tables)(_read(given))


def widget_tables(state: Mapping[str, Any]) -> Iterator[Table]:
    """Of plotly's ``FigureWidget`` and altair's ``JupyterChart``; nothing of other widgets."""
    if isinstance(state.get("_widget_data"), list | tuple):
        yield from plotly_tables({"data": state["_widget_data"], "layout": state.get("_widget_layout")})
    if state.get("_anywidget_id") and isinstance(state.get("spec"), Mapping):
        yield from vega_tables(state["spec"])


def plotly_tables(figure: Any) -> Iterator[Table]:
    """One for each trace."""
    traces, layout = (_mapping(figure).get(key) for key in ("data", "layout"))
    for trace in traces if isinstance(traces, list | tuple) else ():
        if not isinstance(trace, Mapping):
            continue
        if trace.get("type") == "table":
            head, cells = (_array(_mapping(trace.get(key)).get("values")) for key in ("header", "cells"))
            names = [_text(each[0] if isinstance(each, list) and each else each) for each in head]
            yield _table([(name, _flat(column)) for name, column in zip_longest(names, cells, fillvalue="")])
        else:
            yield _table(list(_trace(trace, _mapping(layout))))


def dataset_names(bundle: Mapping[str, Any]) -> set[str]:
    """How Vega's specifications in an output's data call their data sets: altair takes a hash, nobody's pseudonym."""
    specs = [_mapping(_read(given)) for kind, given in bundle.items() if KINDS.fullmatch(str(kind))]
    return {str(name) for spec in [*specs, _mapping(bundle.get("spec"))] for name in _mapping(spec.get("datasets"))}


def vega_tables(spec: Any) -> Iterator[Table]:
    """One for each data set with rows of its own."""
    datasets: list[Any] = []
    titles: dict[str, set[str]] = {}
    pending: list[tuple[str, Any]] = [("", spec)]
    while pending:
        at, part = pending.pop()
        if isinstance(part, list):
            pending += [(at, each) for each in part]
        if not isinstance(part, Mapping):
            continue
        _note_title(part, titles)
        for key, value in part.items():
            if (key == "values" and (at == "data" or _has_rows(value))) or at == "datasets":
                datasets.append(_rows(value))
            else:
                pending.append((key, value))
    for rows in datasets:
        if rows:
            names = dict.fromkeys(name for row in rows for name in row)
            yield _table([
                (heading, [_text(row.get(name)) for row in rows])
                for name in names for heading in (name, *sorted(titles.get(name, set()) - {name}))
            ])  # fmt: skip


def _trace(trace: Mapping[str, Any], layout: Mapping[str, Any]) -> Iterator[tuple[str, list[str]]]:
    said: dict[tuple[str, str], str] = {}
    hover = trace.get("hovertemplate")
    for text in hover if isinstance(hover, list) else [hover]:
        for name, place, index in _HOVER.findall(text if isinstance(text, str) else ""):
            said[_PLACES.get(place, place), index] = name.strip()
    for key, given in trace.items():
        values = _array(given)
        if key == "customdata" and values and isinstance(values[0], list):
            for index, column in enumerate(zip_longest(*(row for row in values if isinstance(row, list)))):
                yield said.get((key, str(index)), f"{key} {index}"), [_text(each) for each in column]
        elif values:
            names = [said.get((key, "")), _axis_title(key, trace, layout), trace.get("name")]
            for heading in dict.fromkeys(name for name in names if isinstance(name, str) and name) or (key,):
                yield heading, _flat(values)


def _axis_title(key: str, trace: Mapping[str, Any], layout: Mapping[str, Any]) -> str:
    if key in ("x", "y"):
        axis = trace.get(f"{key}axis")
        named = layout.get(f"{key}axis{axis[1:]}" if isinstance(axis, str) else f"{key}axis")
    elif key == "z":
        shared = layout.get(str(trace.get("coloraxis", "coloraxis")))
        named = trace.get("colorbar") or _mapping(shared).get("colorbar")
    else:
        return ""
    title = _mapping(named).get("title")
    return _text(_mapping(title).get("text") if isinstance(title, Mapping) else title)


def _array(given: Any) -> list[Any]:
    """A list, or the numbers that plotly has packed into a text."""
    if isinstance(given, list | tuple):
        return list(given)
    packed = _mapping(given)
    kind, data = packed.get("dtype"), packed.get("bdata")
    if kind not in _PACKED or not isinstance(data, str):
        return []
    try:
        values = memoryview(base64.b64decode(data)).cast(_PACKED[kind]).tolist()
        *_, width = (int(each) for each in str(packed.get("shape", "1")).split(","))
        return (
            [values[at : at + width] for at in range(0, len(values), width)]
            if "," in str(packed.get("shape"))
            else values
        )
    except (binascii.Error, ValueError, TypeError):
        return []


def _flat(values: Any) -> list[str]:
    if not isinstance(values, list | tuple):
        values = _array(values)
    return [_text(each) for row in values for each in (row if isinstance(row, list | tuple) else (row,))]


def _has_rows(value: Any) -> bool:
    return isinstance(value, list) and any(isinstance(row, Mapping) for row in value)


def _rows(value: Any) -> list[dict[str, Any]]:
    """Rows as Vega reads them: objects, single values, or a text of JSON or separated values."""
    if isinstance(value, str):
        try:
            return _rows(json.loads(value))
        except (ValueError, RecursionError):
            dialect = "excel-tab" if "\t" in value.partition("\n")[0] else "excel"
            return [dict(row) for row in csv.DictReader(io.StringIO(value), dialect=dialect, restkey="")]
    listed = value if isinstance(value, list) else [value] if isinstance(value, Mapping) else []
    return [_flattened(row) if isinstance(row, Mapping) else {"data": row} for row in listed]


def _flattened(row: Mapping[str, Any]) -> dict[str, Any]:
    """One level: such as the properties of a region on a map."""
    inner = {name: each for value in row.values() if isinstance(value, Mapping) for name, each in value.items()}
    return {**inner, **{name: value for name, value in row.items() if not isinstance(value, Mapping)}}


def _note_title(part: Mapping[str, Any], titles: dict[str, set[str]]) -> None:
    field = part.get("field")
    if isinstance(field, str):
        named = (part, *(_mapping(part.get(key)) for key in ("axis", "legend", "header")))
        titles.setdefault(field, set()).update(text for each in named if (text := _text(each.get("title"))))


def _table(columns: Columns) -> Table:
    return Table(tuple(heading for heading, _ in columns), tuple(zip_longest(*(c for _, c in columns), fillvalue="")))


def _text(value: Any) -> str:
    """A number that is whole as such: with missing values beside it, it was a float."""
    if isinstance(value, bool) or value is None:
        return ""
    if isinstance(value, float):
        return str(int(value)) if value.is_integer() else str(value)
    return str(value) if isinstance(value, str | int) else ""


def _read(given: Any) -> Any:
    text = "".join(given) if isinstance(given, list) and all(isinstance(each, str) for each in given) else given
    try:
        return json.loads(text) if isinstance(text, str) else text
    except (ValueError, RecursionError):
        return None


def _mapping(value: Any) -> Mapping[str, Any]:
    return value if isinstance(value, Mapping) else {}
