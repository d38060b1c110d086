"""The classes of a table: rows that agree on all quasi-identifiers, counted once and looked at by gates and risks.

Counted are distinct units, not rows. NULL is a value of its own (the strict reading: two people with an unknown city
are alike only to each other). A unit with several rows is counted once in every class in which it has one.

Counting is SQL, which may spill; what comes out of it is integer-coded in NumPy, so that gates which are applied again
and again need no further pass over the rows.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import duckdb
import numpy as np
from numpy.typing import NDArray

from sandbox.snapshots.sql import Sql, identifier, join, names

Integers = NDArray[np.int64]

# Names that no source column has: column names are stripped of blanks.
UNITS = identifier(" units of the class ")
ROWS = identifier(" rows of the class ")
NUMBER = identifier(" number of the class ")
CLASSES = identifier(" classes ")
_RANK = identifier(" rank of the value ")


@dataclass(frozen=True)
class Cells:
    """How often each value of a sensitive column is in each class. The three arrays have one entry per cell, sorted by
    class, then rank.

    ``number`` is the class, ``rank`` the place of the value in the column's order (0 … ``ranks`` - 1), ``units`` the
    units of the class with that value. NULL has the last rank, which then is ``empty``. ``valued`` has one entry per
    class: the units with any value but NULL.
    """

    number: Integers
    rank: Integers
    units: Integers
    ranks: int
    empty: int | None
    valued: Integers


@dataclass(frozen=True)
class Histogram:
    """``units`` and ``rows`` have one entry per class; ``cells`` one table per sensitive column that was asked for."""

    units: Integers
    rows: Integers
    cells: Mapping[str, Cells]


def count_classes(table: Sql, quasi_identifiers: Sequence[str], unit: str) -> Sql:
    """The query for the classes of ``table`` with their counts; without quasi-identifiers all rows are one class."""
    if not quasi_identifiers:
        counts = "count(DISTINCT " + identifier(unit) + ") AS " + UNITS + ", count(*) AS " + ROWS
        return "SELECT " + counts + " FROM " + table + " HAVING count(*) > 0"
    # Two plain aggregations are twice as fast as one with DISTINCT, which keeps a hash table for every class.
    columns = names(quasi_identifiers)
    one = "SELECT " + columns + ", " + identifier(unit) + " AS " + UNITS + ", count(*) AS " + ROWS + " FROM " + table
    return (
        "SELECT " + columns + ", count(" + UNITS + ") AS " + UNITS + ", sum(" + ROWS + ")::BIGINT AS " + ROWS
        + " FROM (" + one + " GROUP BY " + columns + ", " + identifier(unit) + ") GROUP BY " + columns
    )  # fmt: skip


@contextmanager
def numbered_classes(
    connection: duckdb.DuckDBPyConnection, table: Sql, quasi_identifiers: Sequence[str], unit: str
) -> Iterator[None]:
    """Inside, the temporary table CLASSES holds the classes with NUMBER 0, 1, 2 …, the index of the arrays."""
    histogram = count_classes(table, quasi_identifiers, unit)
    query = (
        "CREATE TEMP TABLE " + CLASSES + " AS SELECT *, row_number() OVER () - 1 AS " + NUMBER
        + " FROM (" + histogram + ")"
    )  # fmt: skip
    connection.execute(query.text, query.parameters)
    try:
        yield
    finally:
        connection.execute(("DROP TABLE " + CLASSES).text)


def read_histogram(
    connection: duckdb.DuckDBPyConnection,
    table: Sql,
    quasi_identifiers: Sequence[str],
    unit: str,
    sensitive: Iterable[str] = (),
) -> Histogram:
    """The numbered classes as arrays, with the cells of the ``sensitive`` columns."""
    classes = fetch(connection, "SELECT " + UNITS + ", " + ROWS + " FROM " + CLASSES + " ORDER BY " + NUMBER)
    cells = {c: _cells(connection, table, quasi_identifiers, unit, c) for c in dict.fromkeys(sensitive)}
    return Histogram(classes[0], classes[1], cells)


def _cells(
    connection: duckdb.DuckDBPyConnection, table: Sql, quasi_identifiers: Sequence[str], unit: str, column: str
) -> Cells:
    sensitive = identifier(column)
    ranks = (
        "SELECT *, row_number() OVER (ORDER BY v NULLS LAST) - 1 AS " + _RANK
        + " FROM (SELECT DISTINCT " + sensitive + " AS v FROM " + table + ")"
    )  # fmt: skip
    query = (
        "WITH ranks AS MATERIALIZED (" + ranks + ") SELECT c." + NUMBER + ", r." + _RANK
        + ", count(DISTINCT t." + identifier(unit) + "), any_value(r.v IS NULL)::BIGINT FROM " + table + " AS t JOIN "
        + CLASSES + " AS c ON " + same_class(quasi_identifiers) + " JOIN ranks AS r ON t." + sensitive
        + " IS NOT DISTINCT FROM r.v GROUP BY ALL ORDER BY 1, 2"
    )  # fmt: skip
    number, rank, units, null = fetch(connection, query)
    empty = rank[null == 1]
    query = (
        "SELECT count(DISTINCT t." + identifier(unit) + ") FILTER (t." + sensitive + " IS NOT NULL) FROM " + table
        + " AS t JOIN " + CLASSES + " AS c ON " + same_class(quasi_identifiers)
        + " GROUP BY c." + NUMBER + " ORDER BY c." + NUMBER
    )  # fmt: skip
    [valued] = fetch(connection, query)
    return Cells(number, rank, units, int(rank.max(initial=-1)) + 1, int(empty[0]) if empty.size else None, valued)


def same_class(quasi_identifiers: Sequence[str]) -> Sql:
    """The condition that row ``t`` is in class ``c``. An equal sign would lose the classes that hold a NULL."""
    pairs = ["t." + identifier(c) + " IS NOT DISTINCT FROM c." + identifier(c) for c in quasi_identifiers]
    return join(pairs, " AND ") if pairs else Sql("true")


def fetch(connection: duckdb.DuckDBPyConnection, query: Sql) -> list[Integers]:
    """The columns of a query that gives integers without NULL."""
    found = connection.execute(query.text, query.parameters).fetchnumpy()
    return [np.asarray(column, dtype=np.int64) for column in found.values()]


def one_row(connection: duckdb.DuckDBPyConnection, query: Sql) -> tuple[Any, ...]:
    """The row of a query that always gives one: an aggregate."""
    row = connection.execute(query.text, query.parameters).fetchone()
    assert row is not None  # noqa: S101 - an aggregate always gives one row
    return tuple(row)
