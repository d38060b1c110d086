"""``band``: numbers to half-open bands: “20–29” for integers, “20–<30” for fractions."""

from __future__ import annotations

from sandbox.core.rules import Band
from sandbox.snapshots.masking.cell import Cell, decimals
from sandbox.snapshots.sql import Sql, value


def operate(rule: Band, cell: Cell) -> Sql:
    """“<18” below ``bottom`` and “65+” from ``top`` on; with ``top`` the last band before it ends at it.

    Values that are not finite become NULL.
    """
    number = cell.number
    whole = cell.whole and float(rule.width).is_integer() and float(rule.start).is_integer()
    digits = 0 if whole else decimals(rule.width, rule.start)
    lower = "(floor((" + number + " - " + value(float(rule.start)) + ") / " + value(float(rule.width)) + ") * "
    lower = lower + value(float(rule.width)) + " + " + value(float(rule.start)) + ")"
    upper = lower + " + " + value(float(rule.width))
    if rule.bottom is not None:
        lower = "greatest(" + lower + ", " + value(float(rule.bottom)) + ")"
    if rule.top is not None:
        upper = "least(" + upper + ", " + value(float(rule.top)) + ")"
    last = upper + " - 1" if whole else upper
    dash = "–" if whole else "–<"
    label = _text(lower, digits) + " || " + value(dash) + " || " + _text(last, digits)
    cases: list[Sql] = ["WHEN NOT isfinite(" + number + ") THEN NULL"]
    if rule.bottom is not None:
        cases.append("WHEN " + number + " < " + value(float(rule.bottom)) + " THEN " + value(f"<{rule.bottom:g}"))
    if rule.top is not None:
        cases.append("WHEN " + number + " >= " + value(float(rule.top)) + " THEN " + value(f"{rule.top:g}+"))
    result = "CASE WHEN " + cell.sql + " IS NULL THEN NULL"
    for case in cases:
        result = result + " " + case
    return result + " ELSE " + label + " END"


def _text(number: Sql, digits: int) -> Sql:
    if digits == 0:
        return "CAST(CAST(" + number + " AS HUGEINT) AS VARCHAR)"
    return "CAST(CAST(" + number + f" AS DECIMAL(38, {digits})) AS VARCHAR)"
