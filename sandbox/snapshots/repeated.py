"""Ids that repeat are hashed once: distinct ids → pseudonyms → join, where an estimate says that it is worth it.

The keyed hash is the dearest part of masking. A table of orders has the same customer in many rows; hashing each
customer once and joining is then several times faster, while a table of customers would only pay for the join. The
pseudonyms are the same either way. Where one column can be read without the others, its ids are counted; elsewhere the
first rows are looked at: how many ids occur again among them tells how many there are in all.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import duckdb

from sandbox.core.rules import Pseudonym
from sandbox.snapshots.masking import KeyOf, canonical_id
from sandbox.snapshots.masking.pseudonym import of_text, packed
from sandbox.snapshots.sql import Sql, identifier, value
from sandbox.snapshots.table import Table

LOOK_AT = 200_000  # rows
FEW = 20_000  # rows; for fewer it does not matter
WORTH = 3.0  # rows per id


@dataclass(frozen=True)
class Hashed:
    """The pseudonyms of a column's ids: ``join`` brings in ``pseudonym``, packed."""

    join: Sql
    pseudonym: Sql


def hash_once(
    connection: duckdb.DuckDBPyConnection, source: Table, columns: Sequence[tuple[str, str, Pseudonym]], key_of: KeyOf
) -> Mapping[str, Hashed]:
    """For those of ``columns`` (name, type, rule) whose ids repeat enough: their pseudonyms in a temporary table.

    Only for sources that may be read again; the result is empty otherwise.
    """
    hashed = {}
    for number, (name, kind, rule) in enumerate(columns):
        if not (source.rereadable and _worth_it(connection, source, name)):
            continue
        table, key, pseudonym = (identifier(f" {part} {number}") for part in ("ids", "id", "pseudonym"))
        # The ids as they are written are told apart, which is cheaper for every row than their canonical form.
        ids = "SELECT DISTINCT " + identifier(name) + " FROM (" + source.query + ") AS source"
        create = "CREATE TEMP TABLE " + table + " AS SELECT " + identifier(name) + " AS " + key + ", "
        hashes = packed(of_text(canonical_id(name, kind), rule, key_of))
        create = create + hashes + " AS " + pseudonym + " FROM (" + ids + ")"
        connection.execute(create.text, create.parameters)
        hashed[name] = Hashed(" LEFT JOIN " + table + " ON source." + identifier(name) + " = " + key, pseudonym)
    return hashed


def _worth_it(connection: duckdb.DuckDBPyConnection, source: Table, name: str) -> bool:
    ids = "(SELECT " + identifier(name) + " AS id FROM (" + source.query + ") AS source"
    if source.columnar:  # counting all ids costs a twentieth of hashing them
        query = "SELECT count(id), approx_count_distinct(id) FROM " + ids + ")"
        [(seen, distinct)] = connection.execute(query.text, query.parameters).fetchall()
        return bool(seen >= FEW and seen / distinct >= WORTH)
    query = "SELECT count(id), count(DISTINCT id) FROM " + ids + " LIMIT " + value(LOOK_AT) + ")"
    [(seen, distinct)] = connection.execute(query.text, query.parameters).fetchall()
    if seen < FEW:
        return False
    rows = max(source.rows or seen, seen)
    return bool(rows / ids_in_all(seen, distinct) >= WORTH or seen / distinct >= WORTH)


def ids_in_all(seen: int, distinct: int) -> float:
    """How many ids a table has, of which ``seen`` random rows show ``distinct``: n with n·(1 − e^(−seen/n)) = distinct.

    Infinite when no id, or hardly any, was seen twice.
    """
    if distinct > 0.999 * seen:
        return math.inf
    low, high = float(distinct), distinct * 1e4
    for _ in range(60):
        middle = (low + high) / 2
        if middle * -math.expm1(-seen / middle) < distinct:
            low = middle
        else:
            high = middle
    return low
