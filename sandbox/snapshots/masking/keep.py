"""``keep``: the value stays."""

from __future__ import annotations

from sandbox.core.rules import Keep
from sandbox.snapshots.masking.cell import Cell
from sandbox.snapshots.sql import Sql


def operate(rule: Keep, cell: Cell) -> Sql:
    return cell.sql
