"""What a run leaves beside the notebook: the model, a sample to re-score, and the evidence.

Formats (each file says ``"format": 1`` where it is ours):

- ``model.skops``: a scikit-learn pipeline that takes a DataFrame with the columns of the sample;
- ``sample.json``: ``columns``, ``rows`` (at most 50 masked cases, no pseudonyms, null for missing numbers) and
  ``predictions`` (probability of the outcome per row; a label where ``method`` is ``predict``);
- ``evidence.json``: metrics with baseline, explanation, value, data, model, shown tables; ``fairness``, ``scorecard``
  and ``handover`` where a template has them; and under ``app`` what the app part needs besides the model: labels and
  ranges, the curve of counts (each of at least the small-cell number of cases), and a dozen masked comparison cases.
"""

from __future__ import annotations

import json
import math
import zipfile
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from sandbox.core.errors import BadInput
from sandbox.lab import columns as find
from sandbox.lab import evaluation, pins, places, project, tables
from sandbox.lab.assumptions import Worth, moved_kpi
from sandbox.lab.cases import Cases
from sandbox.lab.evaluation import Result
from sandbox.lab.explanation import METHOD, Explanation
from sandbox.lab.words import both

if TYPE_CHECKING:
    import pandas as pd

FORMAT = 1
MODEL, SAMPLE, EVIDENCE = "model.skops", "sample.json", "evidence.json"
SAMPLE_ROWS = 50

#: Types that a model may hold beyond what skops trusts by itself. ``publishing/model.py`` judges submissions; this list
#: only keeps an app from loading what no template makes.
TRUSTED = frozenset(
    {
        "numpy.dtype",
        "sklearn.ensemble._hist_gradient_boosting.predictor.TreePredictor",
        "sklearn.tree._tree.Tree",
    }
)


def save_model(model: Any, check: Cases) -> None:
    """Save ``model`` and a sample of the checked cases with its predictions. Raises BadInput for a foreign model."""
    save_fitted(model, check.facts)


def save_fitted(model: Any, facts: pd.DataFrame) -> None:
    """Save ``model`` and a sample of ``facts`` with its predictions. Raises BadInput for a foreign model."""
    _save(model, facts.head(SAMPLE_ROWS), lambda sample: [round(float(score), 9) for score in
                                                          evaluation.risk(model, sample)])  # fmt: skip


def save_labelled(model: Any, sample: pd.DataFrame) -> None:
    """Save ``model``, which tells more than two things apart, and a ``sample`` with the label that it gives each row.

    The rows are kept as they are: give made-up ones where cases are texts that people wrote.
    """
    _save(model, sample.head(SAMPLE_ROWS), lambda rows: [plain(label) for label in model.predict(rows)], "predict")


def _save(model: Any, sample: pd.DataFrame, score: Callable[[pd.DataFrame], list[Any]], method: str = "") -> None:
    """``model.skops``, and ``sample.json`` with ``method`` in it where the scores are not chances or amounts."""
    import skops.io

    folder = places.project_folder()
    # Deflated: a model of texts names thousands of pieces, each in a hundred letters of JSON.
    data = skops.io.dumps(model, compression=zipfile.ZIP_DEFLATED)
    foreign = sorted(set(skops.io.get_untrusted_types(data=data)) - TRUSTED)
    if foreign:
        raise BadInput(
            "The model holds parts that an app may not load: {types}.",
            "Build it from scikit-learn's own estimators.",
            types=", ".join(foreign[:5]),
        )
    write(folder / MODEL, data)
    write(
        folder / SAMPLE,
        as_json(
            {
                "format": FORMAT,
                "columns": list(sample.columns),
                "rows": [[plain(value) for value in row] for row in sample.itertuples(index=False)],
                "predictions": score(sample),
            }
            | ({"method": method} if method else {})
        ),
    )


def load_model() -> Any:
    """The saved model of this project or app, never fitted here. Raises BadInput when it is missing or foreign."""
    import skops.io

    file = places.published_folder() / MODEL
    if not file.is_file():
        raise BadInput("There is no saved model yet.", "Run the steps above first: they fit and save it.")
    data = file.read_bytes()
    foreign = sorted(set(skops.io.get_untrusted_types(data=data)) - TRUSTED)
    if foreign:
        raise BadInput(
            "The saved model holds parts that an app may not load: {types}.",
            "Save it again with lab.save_model.",
            types=", ".join(foreign[:5]),
        )
    return skops.io.loads(data, trusted=sorted(TRUSTED))


def record(model: Any, cases: Cases, result: Result, explanation: Explanation, worth: Worth, **more: Any) -> None:
    """Write the evidence of this run; each of ``more`` is added under its name, as its ``to_json`` gives it."""
    made = evidence(model, cases, result, explanation, worth)
    made |= {name: each.to_json() for name, each in more.items() if each is not None}
    if more.get("handover") is not None:  # beside the other assumptions that the value rests on
        made["value"]["assumptions"]["sent_to_a_person"] = made["handover"]["share"]
    write(places.project_folder() / EVIDENCE, as_json(made))


def evidence(model: Any, cases: Cases, result: Result, explanation: Explanation, worth: Worth) -> dict[str, Any]:
    """The content of ``evidence.json``."""
    pin, known = pins.pin(cases.dataset), project.facts()
    prevented = worth.prevented(result.counts)
    kpi = known.kpi
    return {
        "format": FORMAT,
        "metrics": [metric.to_json(result.rows, result.units) for metric in (result.auc, result.precision)],
        "threshold": {"value": round(result.threshold, 4), **result.counts.to_json()},
        "explanation": explained(explanation),
        "value": {
            "kpi": kpi.name if kpi else "",
            "unit": kpi.unit if kpi else "",
            "expected": round(moved_kpi(kpi.baseline, prevented), 4) if kpi else None,
            "prevented": round(prevented, 4),
            "assumptions": worth.to_json() | {"threshold": round(result.threshold, 4)},
        },
        "data": [
            {
                "dataset": pin.dataset,
                "version": pin.version,
                "rows": cases.rows_in_data,
                "columns": list(cases.facts.columns),
            }
        ],
        "model": {"file": MODEL, "kind": type(_last(model)).__name__, "features": list(cases.facts.columns)},
        "tables": tables.shown(),
        "app": _for_app(cases, result, explanation, worth),
    }


def explained(explanation: Explanation) -> dict[str, Any]:
    """The evidence's ``explanation``: factors over all cases, how many single ones were explained, and how."""
    return {
        "overall": [
            {"factor": factor.fact, "direction": factor.direction, "weight": round(factor.weight, 5)}
            | ({"raised_by": factor.raised_by} if factor.raised_by else {})
            for factor in explanation.overall
        ],
        "cases": len(explanation.examples),
        "method": METHOD,
    }


def controls_part(cases: Cases, explanation: Explanation) -> dict[str, Any]:
    """What an app needs to let people enter a case and to explain it: facts, the typical case, comparison cases."""
    pin = pins.pin(cases.dataset)
    labels = {
        name: {tag: find.label(name, pin.texts.get(name, {}), tag) for tag in ("en", "zh-CN")} for name in cases.facts
    }
    return {
        "facts": [_fact(cases, name) | {"label": labels[name]} for name in (f.fact for f in explanation.overall)],
        "typical": {name: plain(value) for name, value in explanation.typical.items()},
        "compared": {name: [plain(value) for value in column] for name, column in explanation.compared.items()},
        "cases": len(cases),
    }


def _for_app(cases: Cases, result: Result, explanation: Explanation, worth: Worth) -> dict[str, Any]:
    known = project.facts()
    return {
        "title": known.title,
        "problem": known.problem,
        "kpi": known.kpi.to_json() if known.kpi else None,
        **controls_part(cases, explanation),
        "rate": round(cases.rate, 4),
        "threshold": round(result.threshold, 4),
        "curve": result.curve.to_json(),
        "worth": worth.to_json() | {"unit": both("CNY") if worth.unit in both("CNY").values() else worth.unit},
    }


def _fact(cases: Cases, name: str) -> dict[str, Any]:
    """What a control for one fact needs: the usual range, or the levels that enough cases have."""
    values, least = cases.facts[name], tables.small_cell()
    if values.dtype.kind == "f":
        known = values.dropna()
        low, high = (float(known.quantile(share)) for share in (0.01, 0.99))
        whole = bool((known == known.round()).all())
        step = 1.0 if whole else _step(high - low)
        low, high = math.floor(low / step) * step, math.ceil(high / step) * step
        return {"name": name, "kind": "number", "low": low, "high": max(high, low + step), "step": step}
    levels = values.value_counts()
    return {"name": name, "kind": "category", "levels": [str(level) for level in levels.index[levels >= least][:50]]}


def _step(span: float) -> float:
    """A round step that makes about a hundred of ``span``."""
    if span <= 0:
        return 0.1
    return float(10.0 ** math.floor(math.log10(span / 50)))


def _last(model: Any) -> Any:
    return model.steps[-1][1] if hasattr(model, "steps") else model


def plain(value: Any) -> Any:
    """A value as JSON holds it; null for a number that is missing."""
    if isinstance(value, float):
        return value if math.isfinite(value) else None
    return value.item() if hasattr(value, "item") else value


def as_json(value: Mapping[str, Any]) -> bytes:
    """A file of ours: readable, and never a NaN."""
    return (json.dumps(value, ensure_ascii=False, indent=1, allow_nan=False) + "\n").encode()


def write(file: Path, data: bytes) -> None:
    """Write beside and rename. Raises BadInput when the project folder cannot be written."""
    beside = file.with_name(f".{file.name}.new")
    try:
        beside.write_bytes(data)
        beside.replace(file)
    except OSError as error:
        raise BadInput(
            "{file} could not be written: {problem}.",
            "Check that there is room on the disk and that the notebook lies in its project.",
            file=file.name,
            problem=error.strerror or str(error),
        ) from None
