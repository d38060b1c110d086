"""Has the model aged? What came in lately beside what it learned from, column by column and by its errors over time.

A column's shift is the population stability index (PSI): the sum over bands of (share now - share then) × ln(share now
÷ share then). By custom below 0.1 is calm, from 0.25 on is strong (Siddiqi, Credit Risk Scorecards, 2006).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from sandbox.lab.regression import Amounts, mean_interval
from sandbox.lab.tables import small_cell

if TYPE_CHECKING:
    import numpy as np
    import pandas as pd

CALM, STRONG = 0.1, 0.25
_FEWEST = 40
#: "When it was new" is the first months that together have so many rows.
_NEW = 150
_BANDS = 10
_FLOOR = 0.001


@dataclass(frozen=True)
class Shift:
    """How far one column has moved (PSI), and what moved most: a level or band with its shares then and now (0–1)."""

    column: str
    psi: float
    most: str
    then: float
    now: float


@dataclass(frozen=True)
class Month:
    """One month's errors: as a share of the amounts (0–1) with 95% interval, and the mean deviation with its sign."""

    month: str
    rows: int
    error: float
    low: float
    high: float
    bias: float


@dataclass(frozen=True)
class Culprit:
    """The level of a category whose amounts moved most against the estimates: before and since (0.1 = 10%)."""

    column: str
    level: str
    before: float
    since: float


@dataclass(frozen=True)
class Age:
    """``new``: the model when it was new. ``aged_since``: a month (``2026-08``), empty when it is as good as new."""

    months: tuple[Month, ...]
    new: Month | None
    aged_since: str
    shifts: tuple[Shift, ...]
    culprit: Culprit | None


def profile(facts: pd.DataFrame) -> dict[str, Any]:
    """What the model learned from, per column: bands or levels with their shares. No band of fewer rows than a cell."""
    import numpy as np

    made: dict[str, Any] = {}
    for name in facts.columns:
        if facts[name].dtype.kind == "f":
            known = facts[name].dropna()
            edges = np.unique(np.quantile(known, np.linspace(0, 1, _BANDS + 1)[1:-1])) if len(known) else np.array([])
            made[str(name)] = {"edges": [float(edge) for edge in edges]}
        else:
            levels = facts[name].value_counts()
            made[str(name)] = {"levels": [str(level) for level in levels.index[levels >= small_cell()][:30]]}
        made[str(name)]["shares"] = [round(float(share), 5) for share in _shares(facts[name], made[str(name)])]
    return made


def _shares(values: pd.Series, bands: Mapping[str, Any]) -> np.ndarray:
    """Shares of the bands; the last is for what is missing or in no level."""
    import numpy as np

    if "edges" in bands:
        count = len(bands["edges"]) + 1
        place = np.searchsorted(bands["edges"], values.to_numpy(), side="right")
        place = np.where(values.isna(), count, place)
    else:
        count = len(bands["levels"])
        known = {level: at for at, level in enumerate(bands["levels"])}
        place = np.array([known.get(str(value), count) for value in values], dtype=int)
    return np.asarray(np.bincount(place, minlength=count + 1) / max(1, len(values)))


def shifts(known: Mapping[str, Any], facts: pd.DataFrame) -> tuple[Shift, ...]:
    """The shift of each column of ``known`` (see ``profile``), largest first."""
    import numpy as np

    found = []
    for name, bands in known.items():
        then, now = np.asarray(bands["shares"], dtype=float), _shares(facts[name], bands)
        a, b = np.maximum(then, _FLOOR), np.maximum(now, _FLOOR)
        parts = (b - a) * np.log(b / a)
        most = int(parts.argmax())
        found.append(Shift(name, float(parts.sum()), _band(bands, most), float(then[most]), float(now[most])))
    return tuple(sorted(found, key=lambda shift: -shift.psi))


def _band(bands: Mapping[str, Any], place: int) -> str:
    if "levels" in bands:
        return bands["levels"][place] if place < len(bands["levels"]) else ""
    edges = bands["edges"]
    if place > len(edges):
        return ""
    if place == 0:
        return f"< {edges[0]:,.4g}"
    return f"≥ {edges[-1]:,.4g}" if place == len(edges) else f"{edges[place - 1]:,.4g}–{edges[place]:,.4g}"


def age(known: Mapping[str, Any], check: Amounts, guesses: np.ndarray) -> Age:
    """Compare the errors of ``guesses`` month by month, and the newest months' columns with ``known``.

    Without a time there are no months; then only the columns of all of ``check`` are compared.
    """
    import numpy as np

    if check.time is None:
        return Age((), None, "", shifts(known, check.facts), None)
    names = check.time.astype("datetime64[M]").astype(str)
    months = [
        _month(name, check, guesses, rows)
        for name in np.unique(names).tolist()
        if len(rows := np.flatnonzero(names == name)) >= _FEWEST
    ]
    new, since = _aged_since(months, check, guesses, names)
    newest = names >= (since or (months[-1].month if months else names.max()))
    late = check.facts[newest]
    culprit = _culprit(check, guesses, names >= since) if since else None
    return Age(tuple(months), new, since, shifts(known, late), culprit)


def _month(name: str, check: Amounts, guesses: np.ndarray, rows: np.ndarray) -> Month:
    import numpy as np

    actual, guessed, unit = check.outcome[rows], guesses[rows], check.unit[rows]
    off, size = np.abs(actual - guessed), np.abs(actual)
    low, high = mean_interval(off, unit, size)
    error, bias = float(off.sum() / size.sum()), float((actual - guessed).sum() / size.sum())
    return Month(name, len(rows), error, low, high, bias)


def _aged_since(
    months: list[Month], check: Amounts, guesses: np.ndarray, names: np.ndarray
) -> tuple[Month | None, str]:
    """The model when it was new, and the first month from which on its errors lie clearly above those: the interval of
    every later month begins above the end of the first interval.
    """
    import numpy as np

    rows = np.cumsum([month.rows for month in months])
    first = int(np.searchsorted(rows, _NEW)) + 1
    if len(months) <= first:
        return None, ""
    new = _month(months[0].month, check, guesses, np.flatnonzero(names <= months[first - 1].month))
    since = ""
    for month in reversed(months[first:]):
        if month.low <= new.high:
            break
        since = month.month
    return new, since


def _culprit(check: Amounts, guesses: np.ndarray, late: np.ndarray) -> Culprit | None:
    found: list[Culprit] = []
    for name in check.categories:
        values = check.facts[name].to_numpy()
        for level in sorted(set(values)):
            here = values == level
            if min((here & late).sum(), (here & ~late).sum()) < _FEWEST / 2:
                continue
            before, since = (
                float(check.outcome[rows].sum() / guesses[rows].sum() - 1) for rows in (here & ~late, here & late)
            )
            found.append(Culprit(name, str(level), before, since))
    return max(found, key=lambda each: abs(each.since - each.before), default=None)
