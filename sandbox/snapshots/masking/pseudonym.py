"""``pseudonym``: ids to keyed hashes, one key per entity, so that the same person has the same one in every table.

A snapshot has them as 32 hexadecimal digits. While a build works on a table it holds them ``packed``, as UUIDs: the
same 128 bits in the same order, in half the space to write, to compare and to sort.
"""

from __future__ import annotations

from collections.abc import Iterable

from sandbox.core.rules import Pseudonym
from sandbox.snapshots.masking.cell import Cell, KeyOf
from sandbox.snapshots.masking.hashing import canonical_id, hmac_sha256
from sandbox.snapshots.sql import Sql, identifier, join

PSEUDONYM_DIGITS = 32  # 128 bits: no two of 10^12 ids collide in practice, at half the width of the full HMAC
PACKED = "UUID"


def operate(rule: Pseudonym, cell: Cell) -> Sql:
    return of_text(canonical_id(cell.column, cell.kind), rule, cell.key_of)


def of_text(text: Sql, rule: Pseudonym, key_of: KeyOf) -> Sql:
    """The pseudonym of an id in its canonical form."""
    digest = hmac_sha256(text, key_of(rule.entity))
    return f"left({digest.text}, {PSEUDONYM_DIGITS})" + Sql("", digest.parameters)


def packed(pseudonym: Sql) -> Sql:
    """32 hexadecimal digits as a UUID."""
    return "CAST(" + pseudonym + f" AS {PACKED})"


def unpacked(pseudonym: Sql) -> Sql:
    """A packed pseudonym as its 32 hexadecimal digits."""
    return "replace(CAST(" + pseudonym + " AS VARCHAR), '-', '')"


def unpacking(names: Iterable[str]) -> Sql:
    """The select list of a table whose columns ``names`` are packed, and are to be read."""
    replaced = join(unpacked(identifier(name)) + " AS " + identifier(name) for name in names)
    return "* REPLACE (" + replaced + ")" if replaced.text else Sql("*")
