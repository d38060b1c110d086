"""``top_bottom``: numbers beyond a limit become the limit (top and bottom coding).

A. Hundepool and others, Statistical Disclosure Control, Wiley 2012, section 3.2. With ``share`` the limits are found:
the quantiles of the filled rows.
"""

from __future__ import annotations

from typing import Any

from sandbox.core.rules import TopBottom
from sandbox.snapshots.masking.cell import FLOATS, Cell
from sandbox.snapshots.sql import Sql, value


def facts(rule: TopBottom, cell: Cell, table: Sql) -> tuple[Sql, ...]:
    """The two limits, where they have to be found."""
    if rule.share is None:
        return ()
    quantiles = ("quantile_disc(" + cell.finite + ", " + value(share) + ")" for share in (rule.share, 1 - rule.share))
    return tuple(quantiles)


def operate(rule: TopBottom, cell: Cell, found: tuple[Any, ...]) -> Sql:
    """Whole numbers stay whole when the limits are. What is not a number becomes NULL."""
    bottom, top = found or (rule.bottom, rule.top)
    cases = Sql("CASE")
    if cell.kind in FLOATS:
        cases = cases + " WHEN isnan(" + cell.sql + ") THEN NULL"
    for sign, limit in (("<", bottom), (">", top)):
        if limit is not None:
            coded = int(limit) if cell.whole and float(limit).is_integer() else float(limit)
            cases = cases + " WHEN " + cell.number + f" {sign} " + value(float(limit)) + " THEN " + value(coded)
    return cases + " WHEN TRUE THEN " + cell.sql + " END"
