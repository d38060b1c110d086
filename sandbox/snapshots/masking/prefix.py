"""``prefix``: texts to their first characters, as people count them, not bytes."""

from __future__ import annotations

from sandbox.core.rules import Prefix
from sandbox.snapshots.masking.cell import Cell
from sandbox.snapshots.sql import Sql, value


def operate(rule: Prefix, cell: Cell) -> Sql:
    return "left_grapheme(CAST(" + cell.sql + " AS VARCHAR), " + value(rule.length) + ")"
