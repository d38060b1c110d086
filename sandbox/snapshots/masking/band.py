"""``band``: numbers to half-open bands: “20–29” for integers, “20–<30” for fractions."""

from __future__ import annotations

import math

from sandbox.core.rules import Band
from sandbox.snapshots.masking.cell import Cell, decimals
from sandbox.snapshots.sql import Sql, value

FEW = 1000  # bands whose labels are written once for all rows


def operate(rule: Band, cell: Cell) -> Sql:
    """“<18” below ``bottom`` and “65+” from ``top`` on; with ``top`` the last band before it ends at it.

    Values that are not finite become NULL.
    """
    number = cell.number
    place = "floor((" + number + " - " + value(float(rule.start)) + ") / " + value(float(rule.width)) + ")"
    whole = cell.whole and float(rule.width).is_integer() and float(rule.start).is_integer()
    cases: list[Sql] = ["WHEN NOT isfinite(" + number + ") THEN NULL"]
    if rule.bottom is not None:
        cases.append("WHEN " + number + " < " + value(float(rule.bottom)) + " THEN " + value(f"<{rule.bottom:g}"))
    if rule.top is not None:
        cases.append("WHEN " + number + " >= " + value(float(rule.top)) + " THEN " + value(f"{rule.top:g}+"))
    result = "CASE WHEN " + cell.sql + " IS NULL THEN NULL"
    for case in cases:
        result = result + " " + case
    return result + " ELSE " + _labelled(rule, place, whole) + " END"


def _labelled(rule: Band, place: Sql, whole: bool) -> Sql:
    """The label of the band number ``place``: looked up where both ends are known, because writing one for every row
    costs three times as much."""
    if rule.bottom is None or rule.top is None:
        return _label(rule, place, whole)
    first, last = (math.floor((limit - rule.start) / rule.width) for limit in (rule.bottom, rule.top))
    if last - first >= FEW:
        return _label(rule, place, whole)
    # DuckDB makes the list once, for it depends on no row.
    labels = "list_transform(range(" + value(first) + ", " + value(last + 1) + "), lambda n: "
    labels = labels + _label(rule, Sql("n"), whole) + ")"
    return labels + "[CAST(" + place + " AS BIGINT) - " + value(first) + " + 1]"


def _label(rule: Band, place: Sql, whole: bool) -> Sql:
    digits = 0 if whole else decimals(rule.width, rule.start)
    lower = "(" + place + " * " + value(float(rule.width)) + " + " + value(float(rule.start)) + ")"
    upper = lower + " + " + value(float(rule.width))
    if rule.bottom is not None:
        lower = "greatest(" + lower + ", " + value(float(rule.bottom)) + ")"
    if rule.top is not None:
        upper = "least(" + upper + ", " + value(float(rule.top)) + ")"
    last = upper + " - 1" if whole else upper
    return _text(lower, digits) + " || " + value("–" if whole else "–<") + " || " + _text(last, digits)


def _text(number: Sql, digits: int) -> Sql:
    if digits == 0:
        return "CAST(CAST(" + number + " AS HUGEINT) AS VARCHAR)"
    return "CAST(CAST(" + number + f" AS DECIMAL(38, {digits})) AS VARCHAR)"
