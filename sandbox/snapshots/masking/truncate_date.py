"""``truncate_date``: dates and times to the first day of their year, quarter, month, week or day."""

from __future__ import annotations

from sandbox.core.rules import TruncateDate
from sandbox.snapshots.masking.cell import Cell
from sandbox.snapshots.sql import Sql, value


def operate(rule: TruncateDate, cell: Cell) -> Sql:
    """A DATE. Times with a zone are taken in UTC."""
    # The period is one of five words that the spec checks; it is data all the same.
    return "CAST(date_trunc(" + value(rule.to) + ", " + cell.sql + ") AS DATE)"
