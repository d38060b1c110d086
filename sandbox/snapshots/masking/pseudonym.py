"""``pseudonym``: ids to keyed hashes, one key per entity, so that the same person has the same one in every table."""

from __future__ import annotations

from sandbox.core.rules import Pseudonym
from sandbox.snapshots.masking.cell import Cell, KeyOf
from sandbox.snapshots.masking.hashing import canonical_id, hmac_sha256
from sandbox.snapshots.sql import Sql

PSEUDONYM_DIGITS = 32  # 128 bits: no two of 10^12 ids collide in practice, at half the width of the full HMAC


def operate(rule: Pseudonym, cell: Cell) -> Sql:
    return of_text(canonical_id(cell.column, cell.kind), rule, cell.key_of)


def of_text(text: Sql, rule: Pseudonym, key_of: KeyOf) -> Sql:
    """The pseudonym of an id in its canonical form."""
    digest = hmac_sha256(text, key_of(rule.entity))
    return f"left({digest.text}, {PSEUDONYM_DIGITS})" + Sql("", digest.parameters)
