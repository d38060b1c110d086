"""``date_shift``: all dates of a unit by one number of days that only the key can tell, so that intervals survive.

As for health data in the de-identification practice of HIPAA (G. Hripcsak and others, Preserving temporal relations in
clinical data while maintaining privacy, JAMIA 23, 2016). The shift depends on the unit and on ``days`` alone: all
date columns and all tables of the entity with the same ``days`` move together.
"""

from __future__ import annotations

from typing import Any

from sandbox.core.rules import DateShift
from sandbox.snapshots.masking.cell import Cell
from sandbox.snapshots.masking.hashing import hmac_sha256, key_for, uniform
from sandbox.snapshots.sql import Sql, value

#: Dates that stand for “open” or “unknown” in many systems stay. Shifted, each would give its unit's shift away.
EARLIEST, LATEST = "1900-01-01", "9000-01-01"


def facts(rule: DateShift, cell: Cell, table: Sql) -> tuple[Sql, ...]:
    return ()


def operate(rule: DateShift, cell: Cell, found: tuple[Any, ...]) -> Sql:
    """The same type; the time of day stays. Dates up to EARLIEST and from LATEST on stay."""
    owner = cell.owned
    key = key_for(cell.key_of(owner.entity), f"date_shift {rule.days}")
    drawn = uniform(hmac_sha256(owner.id, key))
    days = "CAST(floor(" + drawn + " * " + value(2 * rule.days + 1) + ") AS INTEGER) - " + value(rule.days)
    shifted = cell.sql + " + " + ("(" + days + ")" if cell.kind == "DATE" else "to_days(" + days + ")")
    stays = cell.sql + f" <= DATE '{EARLIEST}' OR " + cell.sql + f" >= DATE '{LATEST}'"
    return "CASE WHEN " + stays + " THEN " + cell.sql + " ELSE " + shifted + " END"
