"""Amounts instead of outcomes: cases with an amount each, a model's estimates beside one fact alone, with intervals.

The error of an estimate is told as a share of the true amount: a delivery of 900 estimated at 1,000 is 11% off.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

from sandbox.core.errors import BadInput
from sandbox.lab import cases as read_cases
from sandbox.lab import evaluation
from sandbox.lab.cases import Cases
from sandbox.lab.choices import Choices, Table
from sandbox.lab.evaluation import Metric
from sandbox.lab.needs import Need
from sandbox.lab.words import t

if TYPE_CHECKING:
    import numpy as np
    import pandas as pd

    from sandbox.lab.forms import Form

FEWEST_EACH = 60
_RESAMPLES = 300
_LEAVES = 20
_OFTEN_MISSING = 0.005

ERROR_LABEL = "Average error of an estimate"
MISS_LABEL = "Share of estimates that are too far off"


@dataclass(frozen=True)
class Amounts(Cases):
    """Cases whose ``outcome`` is an amount (floats, in the unit of its column)."""

    def split(self) -> tuple[Amounts, Amounts]:
        """(learn, check): later against earlier when there is a time, else different units. Always the same."""
        learn, check = self._parts()
        if min(len(learn), len(check)) < FEWEST_EACH:
            raise BadInput(
                "The data cannot be split into a part to learn from and a part to check on: one of them would have "
                "only {rows} {rows:row|rows}.",
                "Use a dataset that covers more cases or a longer time.",
                rows=min(len(learn), len(check)),
            )
        return replace(self, **vars(learn)), replace(self, **vars(check))

    @property
    def _kinds(self) -> None:
        return None

    @property
    def mean(self) -> float:
        return float(self.outcome.mean())


@dataclass(frozen=True)
class Estimates:
    """A model's estimates judged on held-out cases. ``spread`` holds the quantiles 10% and 90% of amount ÷ estimate."""

    error: Metric
    misses: Metric
    baseline: str
    limit: float
    spread: tuple[float, float]
    mean: float
    rows: int
    units: int
    split: str
    guesses: np.ndarray = field(repr=False)
    plain: np.ndarray = field(repr=False)

    @property
    def better(self) -> bool:
        return self.error.better

    @property
    def share_off(self) -> float:
        """The average error as a share of the average amount."""
        return self.error.model / self.mean if self.mean else 0.0


def amounts(form: Form, key: str) -> Amounts:
    """The cases that were chosen, with the amount from the column of the need ``key``. Raises BadInput, in words."""
    chosen, table = form.ready()
    return read_amounts(chosen, form.needs, table, key)


def read_amounts(choices: Choices, needs: Sequence[Need], table: Table, key: str) -> Amounts:
    """The cases that ``choices`` (complete, without problems) describe, with the amount from the need ``key``."""
    found = read_cases.collect(Amounts, choices, needs, table, choices.columns.get(key, ""), _as_amount)
    return _usable(found)


def _as_amount(column: pd.Series, _choices: Choices) -> np.ndarray:
    made: np.ndarray = read_cases.as_fact(column, True).to_numpy()
    return made


def _usable(found: Amounts) -> Amounts:
    import numpy as np

    known = np.isfinite(found.outcome)
    if not known.all():
        note = t(
            "{rows} {rows:row|rows} without a readable amount {rows:was|were} left out.",
            rows=f"{int((~known).sum()):,}",
        )
        found = replace(found, **vars(found.part(known)) | {"notes": (*found.notes, note)})
    if not len(found.facts.columns):
        raise BadInput("No fact has any value.", "Choose other columns to learn from.")
    if len(found) < 2 * read_cases.FEWEST_ROWS:
        raise BadInput(
            "There are too few rows: {rows}.",
            "A result that can be trusted needs at least {least} rows. Use a larger dataset.",
            rows=f"{len(found):,}",
            least=2 * read_cases.FEWEST_ROWS,
        )
    if np.ptp(found.outcome) == 0:
        raise BadInput(
            "All {rows} rows have the same amount, so there is nothing to estimate.",
            "Choose another column for the amount.",
            rows=f"{len(found):,}",
        )
    return replace(found, facts=found.facts.reset_index(drop=True))


def evaluate_amounts(model: Any, learn: Amounts, check: Amounts, *, limit: float) -> Estimates:
    """Judge ``model``, fitted on ``learn``, on ``check``. ``limit``: from which share an estimate is too far off (0–1).

    The baseline is the best single fact, found on ``learn``: a tree of at most 20 steps on that column alone.
    """
    import numpy as np

    guesses = evaluation.risk(model, check.facts)
    name, plain = _single_fact(learn, check)
    actual = check.outcome
    off, off_plain = np.abs(actual - guesses), np.abs(actual - plain)
    missed, missed_plain = off > limit * np.abs(actual), off_plain > limit * np.abs(actual)
    low, high = np.quantile(actual / np.where(guesses == 0, np.nan, guesses), [0.1, 0.9])
    return Estimates(
        error=_metric("mean_error", ERROR_LABEL, off, off_plain, check.unit),
        misses=_metric("share_off", MISS_LABEL, missed, missed_plain, check.unit),
        baseline=t("one fact alone: {fact}", fact=check.labels.get(name, name)),
        limit=limit,
        spread=(float(low), float(high)),
        mean=float(np.abs(actual).mean()),
        rows=len(check),
        units=check.units,
        split=check.split_words,
        guesses=guesses,
        plain=plain,
    )


def _metric(name: str, label: str, model: np.ndarray, plain: np.ndarray, unit: np.ndarray) -> Metric:
    interval = mean_interval(model.astype(float), unit)
    return Metric(name, label, float(model.mean()), float(plain.mean()), interval, higher_is_better=False)


def mean_interval(values: np.ndarray, unit: np.ndarray, weights: np.ndarray | None = None) -> tuple[float, float]:
    """95% interval of a mean (or of sum ÷ sum of ``weights``) by bootstrap over units, whose rows stay together."""
    import numpy as np

    _, codes = np.unique(unit, return_inverse=True)
    units = int(codes.max()) + 1
    sums = np.bincount(codes, values, units)
    sizes = np.bincount(codes, weights, units)
    drawn = np.random.default_rng(7).integers(0, units, (_RESAMPLES, units))
    means = sums[drawn].sum(axis=1) / np.maximum(sizes[drawn].sum(axis=1), 1e-12)
    return float(np.quantile(means, 0.025)), float(np.quantile(means, 0.975))


def _single_fact(learn: Amounts, check: Amounts) -> tuple[str, np.ndarray]:
    """The fact that estimates best by itself on ``learn``, and its estimates for ``check``."""
    import numpy as np
    from sklearn.tree import DecisionTreeRegressor

    best, error, guesses = "", float(np.abs(learn.outcome - np.median(learn.outcome)).mean()), None
    for name in learn.facts.columns:
        here, there = _as_numbers(learn, check, str(name))
        tree = DecisionTreeRegressor(max_leaf_nodes=_LEAVES, min_samples_leaf=10, random_state=7)
        tree.fit(here, learn.outcome)
        reached = float(np.abs(learn.outcome - tree.predict(here)).mean())
        if reached < error:
            best, error, guesses = str(name), reached, tree.predict(there)
    return best, np.full(len(check), np.median(learn.outcome)) if guesses is None else guesses


def _as_numbers(learn: Amounts, check: Amounts, name: str) -> tuple[np.ndarray, np.ndarray]:
    """One column as numbers: a category as the mean amount of its level."""
    if name in learn.numbers:
        middle = learn.facts[name].median()
        return tuple(each.facts[[name]].fillna(middle).to_numpy() for each in (learn, check))  # type: ignore[return-value]
    means = {level: float(learn.outcome[(learn.facts[name] == level).to_numpy()].mean())
             for level in learn.facts[name].unique()}  # fmt: skip
    return tuple(  # type: ignore[return-value]
        each.facts[name].map(means).fillna(learn.mean).to_numpy(float).reshape(-1, 1) for each in (learn, check)
    )


def to_check(learn: Amounts, facts: pd.DataFrame, guesses: np.ndarray, dearest: float) -> np.ndarray:
    """Which cases a person should estimate: the dearest share (0–1), and those unlike what the model learned from."""
    import numpy as np

    sent = guesses >= np.quantile(guesses, 1 - dearest) if dearest > 0 else np.zeros(len(guesses), dtype=bool)
    for name in facts.columns:
        sent = sent | strange(usual(learn.facts[name]), facts[name])
    return np.asarray(sent)


def usual(values: pd.Series) -> dict[str, Any]:
    """What is usual for a fact: the range of all but one in a hundred and whether it is often missing, or the levels
    that enough cases have.
    """
    if values.dtype.kind == "f":
        low, high = values.quantile(0.005), values.quantile(0.995)
        return {"low": float(low), "high": float(high), "missing": bool(values.isna().mean() > _OFTEN_MISSING)}
    levels = values.value_counts()
    return {"levels": [str(level) for level in levels.index[levels >= 10]]}


def strange(known: dict[str, Any], values: pd.Series) -> np.ndarray:
    """Which values are not usual; a missing one is not where hardly any was missing before."""
    if "levels" in known:
        made: np.ndarray = ~values.isin(known["levels"]).to_numpy()
        return made
    missing = values.isna() & (not known.get("missing", False))
    outside: np.ndarray = ((values < known["low"]) | (values > known["high"]) | missing).to_numpy()
    return outside


def in_words(found: Estimates, many: str, sent: float) -> Sequence[str]:
    """What the figures mean, as sentences."""
    within = round(100 * (1 - found.misses.model))
    low, high = found.spread
    return [
        t("Of 100 {many}, the estimate is right within {limit}% for about {within}.", many=many,
          limit=round(100 * found.limit), within=within),
        t("Eight of ten {many} end up between {low}% and {high}% of the estimate.", many=many,
          low=round(100 * low), high=round(100 * high)),
        t("{share} of the {many} go to a person: the dearest, and those unlike what the model learned from.",
          share=f"{100 * sent:.0f}%", many=many),
    ]  # fmt: skip
