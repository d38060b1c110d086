"""The evidence of templates that do more than tell two outcomes apart: the same file, the parts given one by one.

``saving.evidence`` puts them together for a classification. Checks and the portal's page read ``metrics`` (each with
baseline and interval), ``explanation``, ``value``, ``data`` and ``model``. A template without a fitted model says in
``method`` what it does instead (``rules``, ``experiment``, or ``look`` when a table was only looked at) and has no
``model``.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from typing import Any, Literal, TypeVar

from sandbox.core.errors import BadInput
from sandbox.core.fairness import Count
from sandbox.lab import columns as find
from sandbox.lab import pins, places, project, saving, tables
from sandbox.lab.evaluation import Metric
from sandbox.lab.words import both

Method = Literal["model", "rules", "experiment", "look"]
Made = TypeVar("Made")


def keep(
    *,
    method: Method,
    metrics: Sequence[Metric],
    checked: tuple[int, int],
    explanation: Mapping[str, Any],
    value: Mapping[str, Any],
    data: tuple[str, int, Sequence[str]],
    app: Mapping[str, Any],
    model: Any = None,
    fairness: Mapping[str, Any] | None = None,
) -> None:
    """Write ``evidence.json``.

    ``checked``: rows and units that the metrics were measured on. ``explanation``: ``overall`` (factor, direction,
    weight), ``cases`` (how many single ones were explained) and ``method``. ``value``: see ``value_of``. ``data``:
    dataset, its rows, the columns used. ``app``: what the app part needs. ``model``: the fitted one, if there is one.
    ``fairness``: see ``fairness_of``.
    """
    dataset, rows, columns = data
    known = project.facts()
    facts = {"title": known.title, "problem": known.problem, "kpi": known.kpi.to_json() if known.kpi else None}
    pinned = {"dataset": dataset, "version": pins.pin(dataset).version, "rows": rows, "columns": list(columns)}
    written: dict[str, Any] = {
        "format": saving.FORMAT,
        "method": method,
        "metrics": [metric.to_json(*checked) for metric in metrics],
        "explanation": dict(explanation),
        "value": dict(value),
        "data": [pinned],
        "tables": tables.shown(),
        "app": facts | dict(app),
    }
    if fairness is not None:
        written["fairness"] = dict(fairness)
    if model is not None:
        kind = type(model.steps[-1][1] if hasattr(model, "steps") else model).__name__
        written["model"] = {"file": saving.MODEL, "kind": kind, "features": list(columns)}
    saving.write(places.project_folder() / saving.EVIDENCE, saving.as_json(written))


def value_of(expected: float | None, assumptions: Mapping[str, float | str]) -> dict[str, Any]:
    """The evidence's ``value``: where the project's KPI is expected to go, and on which assumptions."""
    kpi = project.facts().kpi
    return {
        "kpi": kpi.name if kpi else "",
        "unit": kpi.unit if kpi else "",
        "expected": round(expected, 4) if kpi and expected is not None else None,
        "assumptions": {name: round(v, 4) if isinstance(v, float) else v for name, v in assumptions.items()},
    }


def fairness_of(column: str, measure: str, groups: Mapping[str, Count], hidden: int) -> dict[str, Any] | None:
    """The evidence's ``fairness`` for a template without a model: per group of ``column``, how many of how many.

    ``measure`` is one of ``core.fairness.MEASURES``; ``hidden`` counts groups too small to be shown. None when no
    column is mapped.
    """
    if not column:
        return None
    texts = next((pin.texts.get(column, {}) for pin in map(pins.pin, pins.datasets()) if column in pin.texts), {})
    return {
        "label": {tag: find.label(column, texts, tag) for tag in both("")},
        "column": column,
        "hidden": hidden,
        "counts": {group: {measure: list(count)} for group, count in groups.items()},
    }


def app_part() -> dict[str, Any]:
    """What ``keep`` was given as ``app``. Raises BadInput, in words, when there is none or it cannot be read."""
    return part("app", dict)


def part(name: str, read: Callable[[Any], Made]) -> Made:
    """The part ``name`` of the evidence, as ``read`` makes it of JSON. Raises BadInput, in words, as ``app_part``."""
    file = places.published_folder() / saving.EVIDENCE
    try:
        return read(json.loads(file.read_text(encoding="utf-8"))[name])
    except (OSError, ValueError, KeyError, TypeError):
        raise BadInput(
            "There is no saved result yet, or it cannot be read.", "Run the steps above first: they fit and save it."
        ) from None
