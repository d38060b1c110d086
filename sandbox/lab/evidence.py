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
from sandbox.lab import pins, places, project, saving, tables
from sandbox.lab.evaluation import Metric

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
) -> None:
    """Write ``evidence.json``.

    ``checked``: rows and units that the metrics were measured on. ``explanation``: ``overall`` (factor, direction,
    weight), ``cases`` (how many single ones were explained) and ``method``. ``value``: see ``value_of``. ``data``:
    dataset, its rows, the columns used. ``app``: what the app part needs. ``model``: the fitted one, if there is one.
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
