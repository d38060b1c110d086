"""Hierarchies that follow from a rule instead of a list: bands, quantiles, date parts, prefixes of codes.

They are nested because their parameters are (``Generalise`` in the spec refuses others): every width is a multiple
of the one before, every number of groups divides it, periods contain each other, a prefix is a prefix.
"""

from __future__ import annotations

import math
from bisect import bisect_right
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any

from sandbox.snapshots.hierarchies.base import Hierarchy, as_text


@dataclass(frozen=True)
class Bands(Hierarchy):
    """Numbers to half-open bands from ``start``, a width for each level: “20–24” if ``whole``, else “20–<25”.

    The labels are those of the rule ``band``. What is not finite has none.
    """

    widths: tuple[float, ...]
    start: float = 0
    whole: bool = True

    @property
    def height(self) -> int:
        return len(self.widths) + 1

    def between(self, value: Any, level: int) -> str | None:
        number, width = float(value), self.widths[level - 1]
        if not math.isfinite(number):
            return None
        lower = math.floor((number - self.start) / width) * width + self.start
        digits = max(_decimals(width), _decimals(self.start))
        if self.whole and not digits:
            return f"{lower:.0f}–{lower + width - 1:.0f}"
        return f"{lower:.{digits}f}–<{lower + width:.{digits}f}"


@dataclass(frozen=True)
class Quantiles(Hierarchy):
    """Numbers to groups of about equally many units: “<20”, “20–<35”, “≥35”.

    ``cuts`` are the borders of the finest level, rising, some perhaps equal: one fewer than ``groups[0]``. A coarser
    level of g groups keeps every (``groups[0]`` / g)th of them. The outer groups are open, as the extremes are
    somebody's. What is not a number has no label.
    """

    groups: tuple[int, ...]
    cuts: tuple[float, ...]

    @property
    def height(self) -> int:
        return len(self.groups) + 1

    def borders(self, level: int) -> tuple[float, ...]:
        """The borders at ``level`` (1 to height - 1), rising, none twice."""
        step = self.groups[0] // self.groups[level - 1]
        return tuple(dict.fromkeys(self.cuts[step - 1 :: step]))

    def between(self, value: Any, level: int) -> str | None:
        number = float(value)
        borders = self.borders(level)
        if math.isnan(number) or not borders:
            return None
        place = bisect_right(borders, number)
        if place == 0:
            return f"<{_plain(borders[0])}"
        if place == len(borders):
            return f"≥{_plain(borders[-1])}"
        return f"{_plain(borders[place - 1])}–<{_plain(borders[place])}"


PARTS: Mapping[str, Callable[[date], str]] = {
    "day": lambda d: f"{d.year:04d}-{d.month:02d}-{d.day:02d}",
    "month": lambda d: f"{d.year:04d}-{d.month:02d}",
    "quarter": lambda d: f"{d.year:04d}-Q{(d.month + 2) // 3}",
    "year": lambda d: f"{d.year:04d}",
    "decade": lambda d: f"{d.year // 10:03d}0s",
}
"""Date → label by part, finest first: 2024-03-05, 2024-03, 2024-Q1, 2024, 2020s."""


@dataclass(frozen=True)
class DateParts(Hierarchy):
    """Dates and times (in UTC) to their day, month, quarter, year or decade; a part of PARTS for each level."""

    parts: tuple[str, ...]

    @property
    def height(self) -> int:
        return len(self.parts) + 1

    def between(self, value: Any, level: int) -> str | None:
        return PARTS[self.parts[level - 1]](value)


@dataclass(frozen=True)
class Prefixes(Hierarchy):
    """Codes to their first characters (code points), a length for each level."""

    lengths: tuple[int, ...]

    @property
    def height(self) -> int:
        return len(self.lengths) + 1

    def between(self, value: Any, level: int) -> str | None:
        return as_text(value)[: self.lengths[level - 1]]


def quantile_cuts(values: Sequence[float], groups: int) -> tuple[float, ...]:
    """Borders that divide the rising ``values`` into ``groups`` parts: the value at place ceil(i · n / groups) + 1,
    which is the smallest of its part."""
    if not values:
        return ()
    return tuple(values[min(-(-i * len(values) // groups), len(values) - 1)] for i in range(1, groups))


def _decimals(number: float) -> int:
    exponent = Decimal(repr(float(number))).normalize().as_tuple().exponent
    return max(0, -int(exponent))


def _plain(number: float) -> str:
    """20 for 20.0, 0.5 for 0.5; never an exponent."""
    text = format(Decimal(repr(float(number))), "f")
    return text.rstrip("0").rstrip(".") if "." in text else text
