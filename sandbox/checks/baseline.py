"""Refuses a model that is not better than its plain baseline on the held-out part: it would only add cost.

The figures are the notebook's own record (``lab.record``); a reviewer sees them beside the code that made them.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from sandbox.checks.facts import Facts, finite
from sandbox.core.findings import Finding, Level
from sandbox.core.messages import Message

PHASE, NAME = "run", "baseline"
_FEW_ROWS = 50
_TOO_GOOD = 0.995
#: What the metrics that the lab records are called, in the lab's own words.
_NAMES = {
    "roc_auc": "How well it ranks (ROC AUC)",
    "average_precision": "How well it finds the rare ones (average precision)",
    "mean_error": "Average error of an estimate",
    "share_off": "Share of estimates that are too far off",
    "wape": "Error as a share of what was sold (WAPE)",
    "mase": "Error beside “as in the last known week” in the weeks before (MASE)",
    "problems_found": "Share of the problems put in that reach a person",
    "queue_right": "Share of tickets that reach the right queue at once",
    "urgency_right": "Share of tickets whose urgency is told rightly",
    "groups_auc": "How well the groups tell who buys again (ROC AUC)",
    "hit_rate": "Share of customers whose next purchase was among the offers",
}
_SHARES = ("auc", "precision", "accuracy", "f1", "recall", "r2")


@dataclass(frozen=True)
class Metric:
    """One recorded metric on held-out rows; ``low`` is the lower (worse) end of the model's interval, if recorded."""

    name: str
    model: float
    baseline: float
    higher_is_better: bool
    rows: int
    low: float | None

    @property
    def better(self) -> bool:
        return self.model > self.baseline if self.higher_is_better else self.model < self.baseline

    @property
    def clear(self) -> bool:
        """Better even at the worse end of its interval."""
        if self.low is None:
            return True
        return self.low > self.baseline if self.higher_is_better else self.low < self.baseline


def check(facts: Facts) -> Iterable[Finding]:
    recorded = facts.evidence.get("metrics")
    metrics = [m for m in map(_metric, recorded if isinstance(recorded, list) else ()) if m]
    if facts.evidence.get("method") == "experiment" and not facts.evidence.get("model"):
        yield _experiment(metrics[0] if metrics else None)
        return
    if facts.evidence.get("method") == "rules" and not facts.evidence.get("model"):
        yield _rules(metrics[0] if metrics else None)
        return
    if not metrics:
        has_model = bool(facts.evidence.get("model"))
        yield Finding(
            NAME,
            Level.FAIL if has_model else Level.REVIEW,
            Message("The notebook records no metric with a baseline beside it."),
            Message(
                "Keep the template's step that compares the model with the baseline, or record one with lab.record(…)."
            ),
        )
        return
    for place, metric in enumerate(metrics[:10]):
        yield _judge(metric, main=place == 0)


def _experiment(metric: Metric | None) -> Finding:
    """A test of a change has no model: its baseline is the group without the change, and no effect is a result."""
    if metric is None:
        return Finding(
            NAME,
            Level.REVIEW,
            Message("The test may not be read yet, or its groups are not what the lot should have made them."),
            Message("Wait for the planned number, or find out who is missing; then run the steps again."),
        )
    fields = {"model": metric.model, "baseline": metric.baseline, "rows": metric.rows}
    if not (metric.better and metric.clear):
        return Finding(
            NAME,
            Level.REVIEW,
            Message("The test shows no clear gain: {model:.3f} with the change, {baseline:.3f} without, on {rows} "
                    "units.", fields),
            Message("That is a result too: say so, and do not roll the change out because of it."),
        )  # fmt: skip
    return Finding(
        NAME,
        Level.PASS,
        Message("The test shows a gain: {model:.3f} with the change, {baseline:.3f} without, on {rows} units.", fields),
    )


def _rules(metric: Metric | None) -> Finding:
    """Rules are not fitted, but they must be worth more than what people would do without them, and be measured."""
    if metric is None:
        return Finding(
            NAME,
            Level.FAIL,
            Message("The notebook does not measure its rules beside a plain way of doing the same."),
            Message("Keep the template's step that tries the rules, or record a metric with a baseline."),
        )
    name = Message(_NAMES[metric.name]) if metric.name in _NAMES else metric.name
    fields = {"name": name, "model": metric.model, "baseline": metric.baseline, "rows": metric.rows}
    if not metric.better:
        return Finding(
            NAME,
            Level.FAIL,
            Message("The rules are not better than the plain way: {name} {model:.3f}, plain {baseline:.3f}.", fields),
            Message("Correct the rules; if nothing helps, that is a result too: say so."),
        )
    if not metric.clear or metric.rows < _FEW_ROWS:
        return Finding(
            NAME,
            Level.REVIEW,
            Message("The rules seem better than the plain way, but it may be chance: {name} {model:.3f}, plain "
                    "{baseline:.3f}, on {rows} cases.", fields),
            Message("Try it on more rows before anybody relies on it."),
        )  # fmt: skip
    return Finding(
        NAME,
        Level.PASS,
        Message("The rules beat the plain way: {name} {model:.3f}, plain {baseline:.3f}, on {rows} cases.", fields),
    )


def _judge(metric: Metric, *, main: bool) -> Finding:
    name = Message(_NAMES[metric.name]) if metric.name in _NAMES else metric.name
    fields = {"name": name, "model": metric.model, "baseline": metric.baseline, "rows": metric.rows}
    if not metric.better:
        return Finding(
            NAME,
            Level.FAIL if main else Level.REVIEW,
            Message("The model is not better than the baseline: {name} {model:.3f}, baseline {baseline:.3f}.", fields),
            Message(
                "Give the model more telling columns or more rows; if nothing helps, that is a result too: say so."
            ),
        )
    if not metric.clear:
        return Finding(
            NAME,
            Level.REVIEW,
            Message("The model is better than the baseline, but it may be chance: {name} {model:.3f}, baseline "
                    "{baseline:.3f}, the interval reaches the baseline.", fields),
            Message("Try it on more rows before anybody relies on it."),
        )  # fmt: skip
    if metric.rows < _FEW_ROWS:
        return Finding(
            NAME,
            Level.REVIEW,
            Message("{name} was measured on {rows} held-out rows only.", fields),
            Message("Try it on more rows before anybody relies on it."),
        )
    if metric.higher_is_better and metric.model >= _TOO_GOOD and any(s in metric.name.lower() for s in _SHARES):
        return Finding(
            NAME,
            Level.REVIEW,
            Message("{name} {model:.3f} is too good to be believed without a look.", fields),
            Message("Look for a column that already contains the answer, such as a date or a fee of leaving."),
        )
    return Finding(
        NAME,
        Level.PASS,
        Message("The model beats the baseline: {name} {model:.3f}, baseline {baseline:.3f}, on {rows} held-out rows.",
                fields),
    )  # fmt: skip


def _metric(data: Any) -> Metric | None:
    """The metric in a record of any shape; None when it lacks an ordinary figure for model or baseline."""
    if not isinstance(data, Mapping):
        return None
    model, baseline = finite(data.get("model")), finite(data.get("baseline"))
    if model is None or baseline is None:
        return None
    higher = data.get("higher_is_better", True) is not False
    interval = data.get("interval")
    ends = [finite(end) for end in interval] if isinstance(interval, list) and len(interval) == 2 else []
    low = ends[0 if higher else 1] if ends else None
    rows = finite(data.get("rows"))
    return Metric(str(data.get("name", ""))[:60], model, baseline, higher, int(rows or 0), low)
