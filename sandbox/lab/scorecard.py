"""A scorecard: points per band of each fact that a clerk can add up; they say the same as the model behind them.

The model adds up in log-odds (a logistic regression on bands), so a band's points are how much safer it is than the
worst band of its fact; 20 points double the odds of a good end (Siddiqi, Credit Risk Scorecards).
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import TYPE_CHECKING, Any

from sandbox.core.errors import BadInput
from sandbox.lab import looks
from sandbox.lab.app import App
from sandbox.lab.cases import Cases
from sandbox.lab.evaluation import Result
from sandbox.lab.explanation import typical, value_text
from sandbox.lab.project import wording
from sandbox.lab.tables import small_cell
from sandbox.lab.words import number, percent, t

if TYPE_CHECKING:
    import numpy as np

DOUBLING = 20.0
_FACTOR = DOUBLING / math.log(2)


@dataclass(frozen=True)
class Band:
    """One band of a fact; more points are safer.

    A level; or a number from ``low`` (included) to ``high``; or exactly ``low`` where both are the same.
    """

    fact: str
    points: int
    level: str = ""
    low: float = -math.inf
    high: float = math.inf

    @property
    def text(self) -> str:
        """The band as people write it."""
        if self.level:
            return value_text(self.level)
        if self.low == self.high:
            return number(self.low)
        if math.isinf(self.low):
            return t("below {number}", number=number(self.high))
        return t("{number} and more", number=number(self.low)) if math.isinf(self.high) else (
            f"{number(self.low)} – {number(self.high)}"
        )  # fmt: skip


@dataclass(frozen=True)
class Scorecard:
    """Bands of all facts, the fact that counts most first. ``worst`` is the risk in log-odds with no points at all."""

    bands: tuple[Band, ...]
    worst: float

    def least(self, threshold: float) -> int:
        """Points from which the risk is below ``threshold``."""
        return max(0, math.ceil(_FACTOR * (self.worst - math.log(threshold / (1 - threshold)))))

    def risk(self, points: float) -> float:
        """The risk of a case with so many points."""
        return 1 / (1 + math.exp(points / _FACTOR - self.worst))

    def points(self, case: Mapping[str, Any]) -> int:
        """The points of one case; a value without a band of its own gets none."""
        return sum(band.points for band in self.bands if _falls(case.get(band.fact), band))

    def to_json(self) -> dict[str, Any]:
        def end(value: float) -> float | None:
            return None if math.isinf(value) else value

        rows = [[b.fact, b.points, b.level, end(b.low), end(b.high)] for b in self.bands]
        return {"worst": round(self.worst, 6), "bands": rows}

    @classmethod
    def from_json(cls, value: Any) -> Scorecard:
        """Raises KeyError, ValueError or TypeError for anything that ``to_json`` did not make."""
        bands = tuple(
            Band(str(fact), int(points), str(level), -math.inf if low is None else float(low),
                 math.inf if high is None else float(high))
            for fact, points, level, low, high in value["bands"]
        )  # fmt: skip
        return cls(bands, float(value["worst"]))


def _falls(value: Any, band: Band) -> bool:
    if band.level:
        return str(value) == band.level
    return isinstance(value, int | float) and (band.low <= value < band.high or value == band.low == band.high)


def points_of(model: Any, learn: Cases) -> Scorecard:
    """The points of ``model``, a pipeline of bands and a logistic regression. Raises BadInput for another model."""
    import numpy as np
    import pandas as pd

    edges = _edges(model)
    usual = typical(learn.facts)
    kept: dict[str, list[tuple[dict[str, Any], float]]] = {}
    for name in learn.facts.columns:
        bands = _bands(learn.facts[name], edges.get(str(name)))
        if not bands:
            continue
        frame = pd.DataFrame([usual] * len(bands)).astype(learn.facts.dtypes.to_dict())
        frame[name] = [_inside(band) for band in bands]
        kept[str(name)] = list(zip(bands, model.decision_function(frame).tolist(), strict=True))
    at_usual = float(model.decision_function(pd.DataFrame([usual]).astype(learn.facts.dtypes.to_dict()))[0])
    worst = at_usual + sum(max(odds for _, odds in rows) - at_usual for rows in kept.values())
    spans = {name: float(np.ptp([odds for _, odds in rows])) for name, rows in kept.items()}
    made = []
    for name in sorted(kept, key=lambda each: -spans[each]):
        highest = max(odds for _, odds in kept[name])
        made += [Band(name, round(_FACTOR * (highest - odds)), **band) for band, odds in kept[name]]
    return Scorecard(tuple(made), worst)


def _edges(model: Any) -> dict[str, np.ndarray]:
    """Where the model cuts each number."""
    try:
        made: dict[str, np.ndarray] = {}
        for _, part, columns in model[0].transformers_:
            cut = part[-1] if hasattr(part, "steps") else part
            if hasattr(cut, "bin_edges_"):
                made |= {str(name): each[1:-1] for name, each in zip(columns, cut.bin_edges_, strict=True)}
        if not hasattr(model, "decision_function"):
            raise TypeError
    except (AttributeError, TypeError, IndexError):
        raise BadInput(
            "A scorecard can only be made of a model that adds up bands.",
            "Use a pipeline of KBinsDiscretizer, OneHotEncoder and LogisticRegression.",
        ) from None
    return made


def _bands(values: Any, edges: np.ndarray | None) -> list[dict[str, Any]]:
    if edges is None:
        levels = values.value_counts()
        often = levels.index[levels >= small_cell()][:12]
        if values.dtype.kind == "f":
            return [{"low": float(value), "high": float(value)} for value in sorted(often)]
        return [{"level": str(level)} for level in often]
    ends = [-math.inf, *map(float, edges), math.inf]
    return [{"low": low, "high": high} for low, high in pairwise(ends)]


def _inside(band: Mapping[str, Any]) -> Any:
    """A value that lies in the band."""
    if "level" in band:
        return band["level"]
    low, high = band["low"], band["high"]
    if low == high:
        return low
    if math.isinf(low):
        return high - 1.0 if math.isfinite(high) else 0.0
    return low if math.isinf(high) else (low + high) / 2


def show_scorecard(card: Scorecard, result: Result, labels: dict[str, str]) -> None:
    """The points of every band, from how many on no more evidence is asked for, and how many go to a person."""
    counts = result.counts
    looks.show(card_block(card, result.threshold, counts.warned / max(1, counts.cases), labels))


def show_points(app: App) -> None:
    """The scorecard in an app."""
    from sandbox.lab.evidence import part

    card = part("scorecard", Scorecard.from_json)
    counts = app.curve.at(app.threshold)
    looks.show(looks.card(card_block(card, app.threshold, counts.warned / max(1, counts.cases), app.labels)))


def card_block(card: Scorecard, threshold: float, sent: float, labels: dict[str, str]) -> str:
    """Points per band as HTML."""
    least = card.least(threshold)
    rows: list[Sequence[str]] = []
    before = ""
    for band in card.bands:
        if band.fact != before:
            rows.append([labels.get(band.fact, band.fact)])
        rows.append([band.text, str(band.points)])
        before = band.fact
    return "".join(
        [
            looks.tiles(
                [
                    (str(least), t("points from which no more evidence is needed"), "plain"),
                    (percent(sent), t("of the {many} go to a person", many=wording().many), "plain"),
                    (percent(card.risk(least + DOUBLING)), t("is the risk with 20 points more than needed"), "plain"),
                ]
            ),
            looks.note(t("Below {least} points a person asks for more evidence and decides. "
                         "The points refuse nobody.", least=least)),
            looks.folded(t("All points, to add up"), looks.table([t("band"), t("score")], rows, [False, True])),
        ]
    )  # fmt: skip
