"""``noise``: keyed random noise on numbers, normal or Laplace.

The draw is an HMAC of the unit and the value under a key for this column's name: the same at every build and in every
table of the entity, so that nobody averages it away by collecting snapshots; another value of the same unit has
noise of its own, so that differences are hidden, too. Without the key nobody can foretell it.
This is noise addition (J. J. Kim, A method for limiting disclosure in microdata based on random noise and
transformation, ASA 1986), not differential privacy: it promises no epsilon.
"""

from __future__ import annotations

import math
from typing import Any

from sandbox.core.rules import Noise
from sandbox.snapshots.masking.cell import Cell, scale_of
from sandbox.snapshots.masking.hashing import hmac_sha256, key_for, uniform
from sandbox.snapshots.sql import Sql, value


def facts(rule: Noise, cell: Cell, table: Sql) -> tuple[Sql, ...]:
    """The column's standard deviation, where the size of the noise is a share of it."""
    return () if rule.share is None else ("stddev_samp(" + cell.finite + ")",)


def operate(rule: Noise, cell: Cell, found: tuple[Any, ...]) -> Sql:
    """Whole numbers stay BIGINT, others become DOUBLE, rounded to about a thousandth of the noise's size.

    What is not finite becomes NULL. A column whose values are all equal has no standard deviation to take a share of,
    and nothing to hide: it stays.
    """
    size = rule.sd if rule.sd is not None else (found[0] or 0.0) * (rule.share or 0.0)
    # The sum behind a standard deviation has another last digit in another order of rows; the noise must not.
    size = float(f"{size:.6g}")
    if size == 0.0:
        return cell.finite if not cell.whole else cell.sql
    digits = 0 if cell.whole else _digits(size, scale_of(cell.kind))
    noisy = "(" + _clipped(cell.finite, rule, cell) + " + " + value(size) + " * " + _standard(rule, cell) + ")"
    noisy = _clipped("round(" + _reflected(noisy, rule) + f", {digits})", rule, cell)
    return "CAST(" + noisy + " AS BIGINT)" if cell.whole else noisy


def draw(rule: Noise, cell: Cell) -> Sql:
    """The digest of unit and value."""
    unit = cell.owned.id
    key = key_for(cell.key_of(cell.owned.entity), f"noise {cell.column}")
    return hmac_sha256("(" + unit + " || chr(31) || CAST(" + cell.finite + " AS VARCHAR))", key)


def _standard(rule: Noise, cell: Cell) -> Sql:
    """A number of mean 0 and standard deviation 1, from the digest."""
    first, second = uniform(cell.drawn), uniform(cell.drawn, 1)
    if rule.shape == "laplace":  # by the inverse of its distribution function
        half = "(" + first + " - 0.5)"
        return "(-sign(" + half + ") * ln(1 - 2 * abs(" + half + f")) / {math.sqrt(2)!r})"
    # G. E. P. Box, M. E. Muller, A note on the generation of random normal deviates (1958)
    return "(sqrt(-2 * ln(" + first + f")) * cos({2 * math.pi!r} * " + second + "))"


def _reflected(number: Sql, rule: Noise) -> Sql:
    if rule.low is not None:
        number = "(" + value(rule.low) + " + abs(" + number + " - " + value(rule.low) + "))"
    if rule.high is not None:
        number = "(" + value(rule.high) + " - abs(" + value(rule.high) + " - " + number + "))"
    return number


def _clipped(number: Sql, rule: Noise, cell: Cell) -> Sql:
    """Values beyond the declared range, and noise that was reflected past the other end, become its border."""
    if rule.low is None and rule.high is None:
        return number
    low, high = (-math.inf if rule.low is None else rule.low), (math.inf if rule.high is None else rule.high)
    within = "greatest(" + value(low) + ", least(" + value(high) + ", " + number + "))"
    return "CASE WHEN " + cell.finite + " IS NOT NULL THEN " + within + " END"


def _digits(size: float, scale: int | None) -> int:
    found = max(0, 3 - math.floor(math.log10(size)))
    return found if scale is None else min(found, scale)
