"""``round``: numbers to the nearest multiple."""

from __future__ import annotations

from sandbox.core.rules import Round
from sandbox.snapshots.masking.cell import Cell, decimals
from sandbox.snapshots.sql import Sql, value


def operate(rule: Round, cell: Cell) -> Sql:
    """Whole numbers stay BIGINT when ``to`` is whole; everything else becomes DOUBLE."""
    rounded = "round(round(" + cell.number + " / " + value(float(rule.to)) + ") * " + value(float(rule.to))
    rounded = rounded + f", {decimals(rule.to)})"
    if cell.whole and float(rule.to).is_integer():
        return "CAST(" + rounded + " AS BIGINT)"
    return rounded
