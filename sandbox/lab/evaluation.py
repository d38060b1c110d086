"""How good a model is on cases it has never seen, beside a plain baseline, with intervals."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from sandbox.lab.cases import Cases
from sandbox.lab.tables import small_cell
from sandbox.lab.words import both, percent, t

if TYPE_CHECKING:
    import numpy as np

_RESAMPLES = 120
_FIFTHS = 5


@dataclass(frozen=True)
class Counts:
    """What warning at a threshold means among the checked cases: all, with the outcome, warned, rightly warned."""

    cases: int
    happened: int
    warned: int
    right: int

    @property
    def precision(self) -> float:
        """Of the warned cases, the share with the outcome."""
        return self.right / self.warned if self.warned else 0.0

    @property
    def recall(self) -> float:
        """Of the cases with the outcome, the share that was warned about."""
        return self.right / self.happened if self.happened else 0.0

    def to_json(self) -> dict[str, int]:
        return {"cases": self.cases, "happened": self.happened, "warned": self.warned, "right": self.right}


@dataclass(frozen=True)
class Curve:
    """Counts of the checked cases for each whole-percent threshold; thresholds with too few warnings are left out."""

    points: Mapping[int, Counts]

    def at(self, threshold: float) -> Counts:
        """The counts at the nearest threshold that is kept."""
        wanted = round(100 * threshold)
        return self.points[min(self.points, key=lambda percent: (abs(percent - wanted), percent))]

    def to_json(self) -> list[list[int]]:
        return [[p, c.cases, c.happened, c.warned, c.right] for p, c in self.points.items()]

    @classmethod
    def from_json(cls, value: Any) -> Curve:
        """Raises ValueError or TypeError for anything that ``to_json`` did not make."""
        return cls({int(p): Counts(int(n), int(y), int(w), int(r)) for p, n, y, w, r in value})


@dataclass(frozen=True)
class Metric:
    """A figure of the model and of the baseline, with the model's 95% interval."""

    name: str
    label: str
    model: float
    baseline: float
    interval: tuple[float, float]
    higher_is_better: bool = True

    @property
    def better(self) -> bool:
        """Whether the model beats its baseline even at the worse end of its interval."""
        low, high = self.interval
        return low > self.baseline if self.higher_is_better else high < self.baseline

    def to_json(self, rows: int, units: int) -> dict[str, Any]:
        return {
            "name": self.name,
            "label": both(self.label),
            "model": round(self.model, 4),
            "baseline": round(self.baseline, 4),
            "interval": [round(end, 4) for end in self.interval],
            "higher_is_better": self.higher_is_better,
            "rows": rows,
            "units": units,
        }


AUC_LABEL = "How well it ranks (ROC AUC)"
PRECISION_LABEL = "How well it finds the rare ones (average precision)"


@dataclass(frozen=True)
class Result:
    """A model judged on held-out cases. ``fifths`` are shares with the outcome, from the highest risk down."""

    auc: Metric
    precision: Metric
    baseline: str
    counts: Counts
    threshold: float
    rows: int
    units: int
    split: str
    fifths: tuple[float, ...]
    curve: Curve = field(repr=False)

    @property
    def better(self) -> bool:
        """Whether the model beats its baseline even at the lower end of its interval."""
        return self.auc.better


def risk(model: Any, facts: Any) -> np.ndarray:
    """The model's probability of the outcome for each row of ``facts``; the amount where it estimates one."""
    if not hasattr(model, "predict_proba"):
        amounts: np.ndarray = model.predict(facts)
        return amounts
    scores: np.ndarray = model.predict_proba(facts)[:, list(model.classes_).index(True)]
    return scores


def evaluate(model: Any, learn: Cases, check: Cases, *, threshold: float) -> Result:
    """Judge ``model``, fitted on ``learn``, on ``check``. The baseline is the best single fact, found on ``learn``."""
    from sklearn.metrics import average_precision_score, roc_auc_score

    scores = risk(model, check.facts)
    name, plain = single_fact(learn, check)
    happened = check.outcome
    intervals = score_intervals(scores, happened, check.unit, (roc_auc_score, average_precision_score))
    return Result(
        auc=Metric(
            "roc_auc",
            AUC_LABEL,
            float(roc_auc_score(happened, scores)),
            max(0.5, float(roc_auc_score(happened, plain))),
            intervals[0],
        ),
        precision=Metric(
            "average_precision",
            PRECISION_LABEL,
            float(average_precision_score(happened, scores)),
            float(average_precision_score(happened, plain)),
            intervals[1],
        ),
        baseline=t("one fact alone: {fact}", fact=check.labels.get(name, name)),
        counts=count(scores, happened, threshold),
        threshold=threshold,
        rows=len(check),
        units=check.units,
        split=check.split_words,
        fifths=_fifths(scores, happened),
        curve=curve_of(scores, happened),
    )


def count(scores: np.ndarray, happened: np.ndarray, threshold: float) -> Counts:
    warned = scores >= threshold
    return Counts(len(scores), int(happened.sum()), int(warned.sum()), int((warned & happened).sum()))


def curve_of(scores: np.ndarray, happened: np.ndarray) -> Curve:
    """The counts for each whole-percent threshold."""
    least = small_cell()
    points = {percent: count(scores, happened, percent / 100) for percent in range(1, 96)}
    return Curve({p: c for p, c in points.items() if c.warned >= least or p == 1})


def single_fact(learn: Cases, check: Cases) -> tuple[str, np.ndarray]:
    """The fact that ranks best by itself on ``learn``, and its scores for ``check``.

    A number is cut into ten bands and a category into its levels; the score is the band's rate, towards the average
    where there are few cases. What anybody could do with one column of a spreadsheet.
    """
    import numpy as np
    from sklearn.metrics import roc_auc_score

    average = learn.rate
    name, area, scores = "", 0.0, np.full(len(check), average)
    for candidate in learn.facts.columns:
        here, there = _bands(learn.facts[candidate], check.facts[candidate], candidate in learn.numbers)
        rates = _rates(here, learn.outcome)
        reached = float(roc_auc_score(learn.outcome, [rates[band] for band in here]))
        if reached > area:
            name, area = str(candidate), reached
            scores = np.array([rates.get(band, average) for band in there])
    return name, scores


def _bands(learn: Any, check: Any, is_number: bool) -> tuple[list[Any], list[Any]]:
    if not is_number:
        return list(learn), list(check)
    import numpy as np

    edges = np.unique(np.nanquantile(learn, np.linspace(0.1, 0.9, 9)))
    missing = len(edges) + 1
    first, second = (np.where(np.isnan(p), missing, np.searchsorted(edges, p)).tolist() for p in (learn, check))
    return first, second


def _rates(bands: Sequence[Any], happened: np.ndarray) -> dict[Any, float]:
    totals: dict[Any, list[float]] = {}
    for band, yes in zip(bands, happened, strict=True):
        seen = totals.setdefault(band, [0.0, 0.0])
        seen[0] += 1
        seen[1] += yes
    average = float(happened.mean())
    return {band: (yes + 10 * average) / (n + 10) for band, (n, yes) in totals.items()}


def score_intervals(
    scores: np.ndarray, happened: np.ndarray, unit: np.ndarray, metrics: Sequence[Any]
) -> list[tuple[float, float]]:
    """95% percentile bootstrap over units (rows of one unit stay together)."""
    import numpy as np

    _, codes = np.unique(unit, return_inverse=True)
    units, random = int(codes.max()) + 1, np.random.default_rng(7)
    drawn: list[list[float]] = [[] for _ in metrics]
    for _ in range(_RESAMPLES):
        weights = np.bincount(random.integers(0, units, units), minlength=units)[codes]
        if weights[happened].sum() == 0 or weights[~happened].sum() == 0:
            continue
        for values, metric in zip(drawn, metrics, strict=True):
            values.append(float(metric(happened, scores, sample_weight=weights)))
    return [(float(np.quantile(v, 0.025)), float(np.quantile(v, 0.975))) if v else (0.0, 1.0) for v in drawn]


def _fifths(scores: np.ndarray, happened: np.ndarray) -> tuple[float, ...]:
    """Share with the outcome in each fifth of the cases, from the highest risk to the lowest."""
    import numpy as np

    order = np.argsort(-scores, kind="stable")
    return tuple(float(happened[part].mean()) for part in np.array_split(order, _FIFTHS) if len(part))


def in_words(result: Result, many: str, happens: str) -> list[str]:
    """What the figures mean, as sentences."""
    counts = result.counts
    right, found = round(100 * counts.precision), round(100 * counts.recall)
    told = [
        t("Of 100 {many} with a warning, about {right} {happens}.", many=many, happens=happens, right=right),
        t(
            "Of 100 {many} that {happens}, the warning finds about {found} beforehand.",
            many=many,
            happens=happens,
            found=found,
        ),
        t("It warns about {share} of all {many}.", share=percent(counts.warned / max(1, counts.cases)), many=many),
    ]
    if not counts.warned:
        told = [t("At this threshold nobody is warned about. Choose a lower one.")]
    return told
