"""Whether groups of people are treated alike: counts per group, their differences with intervals, and how to read both.

What a notebook records is only believed as counts; the differences are worked out here, wherever they are shown or
checked. Each group is compared with all others by Newcombe's interval (1998, method 10), widened for the number of
comparisons (Bonferroni).
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from statistics import NormalDist
from typing import Any

#: What is counted, each of so many: warned about among all, among those with the outcome, among those without it;
#: sent to a person among all; served by what was offered among all.
MEASURES = ("selection", "found", "wrongly", "sent", "hits")
#: The stated bound: a difference of shares that matters (five points), if it is surely there.
MATTERS = 0.05
#: Fewest cases of a kind that a share is compared from, and the widest uncertainty that still tells something.
FEWEST_EACH, TELLS = 10, 0.2
ALPHA = 0.05
_MOST_GROUPS = 20

#: (happened, of so many).
Count = tuple[int, int]


def is_clear(gap: float, low: float, high: float) -> bool:
    """Whether a difference of two shares is large enough to matter, and its interval leaves out zero."""
    return (low > 0 or high < 0) and abs(gap) >= MATTERS


@dataclass(frozen=True)
class Gap:
    """One measure of one group beside all others: shares, and the interval of their difference."""

    group: str
    measure: str
    here: float
    others: float
    low: float
    high: float

    @property
    def clear(self) -> bool:
        """Whether the difference is surely there and large enough to matter."""
        return is_clear(self.here - self.others, self.low, self.high)

    @property
    def blurred(self) -> float:
        """Half the width of the interval: differences smaller than this could not be seen."""
        return (self.high - self.low) / 2


@dataclass(frozen=True)
class Recorded:
    """What evidence says about fairness. ``label`` is a text or one per language; ``column`` "" if it is not said."""

    label: Any
    column: str
    hidden: int
    counts: Mapping[str, Mapping[str, Count]]

    @property
    def gaps(self) -> list[Gap]:
        return compare(self.counts)


def compare(counts: Mapping[str, Mapping[str, Count]]) -> list[Gap]:
    """Every measure of every group beside all others; two groups are compared once."""
    groups = list(counts)
    if len(groups) < 2:
        return []
    compared = groups[:1] if len(groups) == 2 else groups
    measures = [name for name in MEASURES if all(name in each for each in counts.values())]
    alpha = ALPHA / max(1, len(compared) * len(measures))
    made = []
    for group in compared:
        for measure in measures:
            yes, of = counts[group][measure]
            others = [counts[other][measure] for other in groups if other != group]
            other_yes, other_of = sum(y for y, _ in others), sum(n for _, n in others)
            if min(of, other_of) >= FEWEST_EACH:
                low, high = newcombe(other_yes, other_of, yes, of, alpha)
                made.append(Gap(group, measure, yes / of, other_yes / other_of, low, high))
    return made


def newcombe(yes1: int, n1: int, yes2: int, n2: int, alpha: float = ALPHA) -> tuple[float, float]:
    """Interval of share 2 - share 1 from the two Wilson intervals."""
    p1, p2 = yes1 / n1, yes2 / n2
    (low1, high1), (low2, high2) = wilson(yes1, n1, alpha), wilson(yes2, n2, alpha)
    return p2 - p1 - math.hypot(p2 - low2, high1 - p1), p2 - p1 + math.hypot(high2 - p2, p1 - low1)


def wilson(yes: int, of: int, alpha: float = ALPHA) -> tuple[float, float]:
    """Wilson's score interval of a share."""
    z = NormalDist().inv_cdf(1 - alpha / 2)
    share, scale = yes / of, 1 + z * z / of
    middle = (share + z * z / (2 * of)) / scale
    half = z * math.sqrt(share * (1 - share) / of + z * z / (4 * of * of)) / scale
    return (0.0 if yes == 0 else middle - half), (1.0 if yes == of else middle + half)


def read_recorded(raw: Any) -> Recorded | None:
    """The record in evidence of any shape; None when it does not hold counts that can be counts."""
    if not isinstance(raw, Mapping) or not isinstance(raw.get("counts"), Mapping):
        return None
    counts: dict[str, dict[str, Count]] = {}
    for group, measures in list(raw["counts"].items())[:_MOST_GROUPS]:
        if not isinstance(measures, Mapping):
            return None
        read = {str(name): _count(value) for name, value in measures.items() if name in MEASURES}
        if not read or any(value is None for value in read.values()):
            return None
        counts[str(group)[:80]] = {name: value for name, value in read.items() if value is not None}
    hidden = raw.get("hidden")
    number = hidden if isinstance(hidden, int) and not isinstance(hidden, bool) and hidden >= 0 else 0
    return Recorded(raw.get("label"), str(raw.get("column") or "")[:80], number, counts)


def _count(value: Any) -> Count | None:
    if not isinstance(value, list | tuple) or len(value) != 2:
        return None
    yes, of = value
    if any(isinstance(part, bool) or not isinstance(part, int) for part in (yes, of)) or not 0 <= yes <= of <= 10**12:
        return None
    return yes, of
