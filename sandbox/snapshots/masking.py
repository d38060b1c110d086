"""Masking rules as SQL: one function per rule, from a column of a known type to an expression with parameters.

NULL stays NULL under every rule. To add a rule: see ``core/spec.py``; its function comes here, and into ``_RULES``.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import Any

from sandbox.core.errors import BadInput
from sandbox.core.spec import Band, Drop, Keep, Prefix, Pseudonym, Round, Rule, TruncateDate
from sandbox.snapshots.sql import Sql, identifier, value

KeyOf = Callable[[str], bytes]
"""Entity → its secret key, 32 bytes (``Keys.entity_key``)."""

PSEUDONYM_DIGITS = 32  # 128 bits: no two of 10^12 ids collide in practice, at half the width of the full HMAC
# What is cut off both ends of an id. Named one by one: what DuckDB counts as blank may change, pseudonyms must not.
ID_BLANKS = " \t\r\n\u00a0\u3000\ufeff"
_BLOCK = 64  # bytes; SHA-256's block, to which HMAC pads its key
_INTEGERS = {"TINYINT", "SMALLINT", "INTEGER", "BIGINT", "HUGEINT", "UTINYINT", "USMALLINT", "UINTEGER", "UBIGINT",
             "UHUGEINT"}  # fmt: skip
_FLOATS = {"FLOAT", "DOUBLE"}


def expression(rule: Rule, column: str, kind: str, key_of: KeyOf) -> Sql:
    """The masked value of ``column``, which has the DuckDB type ``kind``.

    Raises BadInput when the rule cannot work on that type. ``Drop`` has no expression: leave the column out.
    """
    return _RULES[type(rule)](rule, column, kind, key_of)


def canonical_id(column: str, kind: str) -> Sql:
    """An id as the text that is hashed: trimmed, whole numbers without fraction, blank as NULL.

    So that 4711 from Parquet, “4711 ” from CSV and 4711.0 from a column with gaps are the same person.
    """
    name = identifier(column)
    text = "CAST(" + name + " AS VARCHAR)"
    if kind in _FLOATS or kind.startswith("DECIMAL"):
        # Too large or infinite: no whole number; the text as it is.
        whole = "coalesce(CAST(TRY_CAST(" + name + " AS HUGEINT) AS VARCHAR), " + text + ")"
        text = "CASE WHEN " + name + " = floor(" + name + ") THEN " + whole + " ELSE " + text + " END"
    return "nullif(trim(" + text + ", " + value(ID_BLANKS) + "), '')"


def hmac_sha256(text: Sql, key: bytes) -> Sql:
    """Lower-case hexadecimal HMAC-SHA256 of a text's UTF-8 bytes (RFC 2104), for keys of at most 64 bytes.

    ``sha256(opad ‖ sha256(ipad ‖ text))``; the padded keys travel as parameters, never in the statement. Not a Python
    function: this runs at a million rows a second on two cores, a third of that in Python.
    """
    if not 16 <= len(key) <= _BLOCK:
        raise ValueError("an HMAC key has 16 to 64 bytes")
    padded = key.ljust(_BLOCK, b"\0")
    inner, outer = bytes(b ^ 0x36 for b in padded), bytes(b ^ 0x5C for b in padded)
    digest = "unhex(sha256(" + value(inner) + " || encode(" + text + ")))"
    return "sha256(" + value(outer) + " || " + digest + ")"


def _keep(rule: Keep, column: str, kind: str, key_of: KeyOf) -> Sql:
    return identifier(column)


def _drop(rule: Drop, column: str, kind: str, key_of: KeyOf) -> Sql:
    raise ValueError("a dropped column has no expression")


def _pseudonym(rule: Pseudonym, column: str, kind: str, key_of: KeyOf) -> Sql:
    digest = hmac_sha256(canonical_id(column, kind), key_of(rule.entity))
    return f"left({digest.text}, {PSEUDONYM_DIGITS})" + Sql("", digest.parameters)


def _band(rule: Band, column: str, kind: str, key_of: KeyOf) -> Sql:
    """“20–29” for integers, “20–<30” for fractions; “<18” below ``bottom`` and “65+” from ``top`` on.

    With ``top`` the last band before it ends at it. Values that are not finite become NULL.
    """
    _need_number(rule.kind, column, kind)
    number = "CAST(" + identifier(column) + " AS DOUBLE)"
    whole = kind in _INTEGERS and float(rule.width).is_integer() and float(rule.start).is_integer()
    digits = 0 if whole else _digits(rule.width, rule.start)
    lower = "(floor((" + number + " - " + value(float(rule.start)) + ") / " + value(float(rule.width)) + ") * "
    lower = lower + value(float(rule.width)) + " + " + value(float(rule.start)) + ")"
    upper = lower + " + " + value(float(rule.width))
    if rule.bottom is not None:
        lower = "greatest(" + lower + ", " + value(float(rule.bottom)) + ")"
    if rule.top is not None:
        upper = "least(" + upper + ", " + value(float(rule.top)) + ")"
    last = upper + " - 1" if whole else upper
    dash = "–" if whole else "–<"
    label = _number_text(lower, digits) + " || " + value(dash) + " || " + _number_text(last, digits)
    cases: list[Sql] = ["WHEN NOT isfinite(" + number + ") THEN NULL"]
    if rule.bottom is not None:
        cases.append("WHEN " + number + " < " + value(float(rule.bottom)) + " THEN " + value(f"<{rule.bottom:g}"))
    if rule.top is not None:
        cases.append("WHEN " + number + " >= " + value(float(rule.top)) + " THEN " + value(f"{rule.top:g}+"))
    result = Sql("CASE WHEN ") + identifier(column) + " IS NULL THEN NULL"
    for case in cases:
        result = result + " " + case
    return result + " ELSE " + label + " END"


def _round(rule: Round, column: str, kind: str, key_of: KeyOf) -> Sql:
    """Whole numbers stay BIGINT when ``to`` is whole; everything else becomes DOUBLE."""
    _need_number(rule.kind, column, kind)
    number = "CAST(" + identifier(column) + " AS DOUBLE)"
    rounded = "round(round(" + number + " / " + value(float(rule.to)) + ") * " + value(float(rule.to))
    rounded = rounded + f", {_digits(rule.to)})"
    if kind in _INTEGERS and float(rule.to).is_integer():
        return "CAST(" + rounded + " AS BIGINT)"
    return rounded


def _truncate_date(rule: TruncateDate, column: str, kind: str, key_of: KeyOf) -> Sql:
    """A DATE: the first day of the period. Times with a zone are taken in UTC."""
    if kind != "DATE" and not kind.startswith("TIMESTAMP"):
        raise BadInput(
            "The rule truncate_date needs dates, but the column “{column}” is of type {type}.",
            "Declare `type: DATE` or `type: TIMESTAMP` for the column, or choose another rule.",
            column=column,
            type=kind,
        )
    # The period is one of five words that the spec checks; it is data all the same.
    return "CAST(date_trunc(" + value(rule.to) + ", " + identifier(column) + ") AS DATE)"


def _prefix(rule: Prefix, column: str, kind: str, key_of: KeyOf) -> Sql:
    """The first characters as people count them, not bytes."""
    return "left_grapheme(CAST(" + identifier(column) + " AS VARCHAR), " + value(rule.length) + ")"


_RULES: Mapping[type, Callable[[Any, str, str, KeyOf], Sql]] = {
    Keep: _keep,
    Drop: _drop,
    Pseudonym: _pseudonym,
    Band: _band,
    Round: _round,
    TruncateDate: _truncate_date,
    Prefix: _prefix,
}


def _need_number(rule: str, column: str, kind: str) -> None:
    if kind not in _INTEGERS and kind not in _FLOATS and not kind.startswith("DECIMAL"):
        raise BadInput(
            "The rule {rule} needs numbers, but the column “{column}” is of type {type}.",
            "Declare `type: BIGINT` or `type: DOUBLE` for the column (a build then names the line that is no number),"
            " or choose another rule.",
            rule=rule,
            column=column,
            type=kind,
        )


def _digits(*numbers: float) -> int:
    """Decimals with which all ``numbers`` are written."""
    return max(len(re.sub(r"^[^.]*\.?", "", f"{n:.10f}".rstrip("0"))) for n in numbers)


def _number_text(number: Sql, digits: int) -> Sql:
    if digits == 0:
        return "CAST(CAST(" + number + " AS HUGEINT) AS VARCHAR)"
    return "CAST(CAST(" + number + f" AS DECIMAL(38, {digits})) AS VARCHAR)"
