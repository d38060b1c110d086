"""A table's rows as integers: every value becomes its place in a list of the column's values, all quasi-identifiers of
a row together one number, its KEY. Rows of one class have one key.

Made once for all gates and risks of a table. Coding joins every row with small lists, in SQL, which may spill; what is
counted afterwards are numbers of eight bytes, and sorting those is faster than grouping texts by an order of magnitude.

Rows that belong to different units, all of them, need no counting of distinct units at all. That is found by comparing
hashes of the units: different hashes prove different units, and equal ones only cost the longer way.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import duckdb
import numpy as np
from numpy.typing import NDArray

from sandbox.snapshots.sql import Sql, identifier, join

Integers = NDArray[np.int64]

# Names that no source column has: column names are stripped of blanks.
CODED = identifier(" coded rows ")
KEY = identifier(" key of the class ")
UNIT = identifier(" number of the unit ")
ROW = identifier(" row of the table ")
_WORDS = identifier(" words of the key ")
_ROOM = 2**62
_ALWAYS = Sql("true")
_NOBODY = -1
_IN_ORDER = "row_number() OVER (ORDER BY v NULLS LAST) - 1"
_ANY_ORDER = f"CASE WHEN v IS NULL THEN {_NOBODY} ELSE row_number() OVER () END"
#: Up to so many rows are sorted in memory (8 bytes each); beyond, DuckDB groups them and may spill.
IN_MEMORY = 8_000_000


@dataclass(frozen=True)
class Ranks:
    """The values of a column: how many, and which of them is NULL (the last one), if any."""

    count: int
    empty: int | None


@dataclass(frozen=True)
class Coded:
    """The table CODED: KEY (0 … ``size`` - 1), a column of places 0 … per sensitive column (``place``), UNIT unless all
    ``rows`` are of different units (``single``), ROW if it was asked for.

    ``ranks`` has every column that was coded. ``steps``: by how much KEY rises from one place of a quasi-identifier to
    the next; None where keys were numbered anew. UNIT is at most ``units``; ``nobody`` is the UNIT of rows without a
    unit, if there are any: they belong to a class and count for nobody.
    """

    connection: duckdb.DuckDBPyConnection
    size: int
    rows: int
    single: bool
    units: int
    ranks: Mapping[str, Ranks]
    sensitive: tuple[str, ...]
    nobody: int | None
    steps: Mapping[str, int] | None

    def part(self, column: str) -> Sql:
        """The place of the quasi-identifier ``column``, taken from KEY; ``steps`` must be known."""
        assert self.steps is not None  # noqa: S101 - the caller has looked
        return "((" + KEY + f" // {self.steps[column]}::BIGINT) % {max(self.ranks[column].count, 1)}::BIGINT)"

    def place(self, column: str) -> Sql:
        """The column of CODED that holds the places of the sensitive ``column``."""
        return identifier(f" s{self.sensitive.index(column)} ")

    def per_unit(self, columns: Sql, where: Sql = _ALWAYS) -> Sql:
        """The different ``columns`` of every unit, of the rows ``where`` a condition holds: a source for ``count``."""
        known = Sql("") if self.nobody is None else " AND " + UNIT + f" <> {self.nobody}"
        return "(SELECT DISTINCT " + columns + ", " + UNIT + " FROM " + CODED + " WHERE " + where + known + ")"

    def count(self, what: Sql, source: Sql = CODED) -> tuple[Integers, Integers]:
        """The different values of the integer expression ``what``, rising, and how many rows of ``source`` have it."""
        query = "SELECT " + what + " AS v FROM " + source
        if self.rows <= IN_MEMORY:
            [values] = fetch(self.connection, query)
            values.sort()
            return _runs(values)
        found = fetch(self.connection, "SELECT v, count(*) FROM (" + query + ") GROUP BY v ORDER BY v")
        return found[0], found[1]

    def count_units(self, what: Sql, size: int, where: Sql = _ALWAYS) -> tuple[Integers, Integers]:
        """The different values, 0 … ``size`` - 1, of the integer expression ``what``, rising, and how many units have
        it in a row ``where`` a condition holds."""
        if self.single:
            return self.count(what, "(SELECT * FROM " + CODED + " WHERE " + where + ")")
        width = self.units + 1
        if self.rows > IN_MEMORY or size * width > _ROOM:
            return self.count(Sql("v"), self.per_unit(what + " AS v", where))
        # Value and unit as one number: to sort those takes a fifth of the time of finding different pairs.
        known = Sql("") if self.nobody is None else " AND " + UNIT + f" <> {self.nobody}"
        pair = "SELECT (" + what + f") * {width}::BIGINT + " + UNIT + " AS v FROM " + CODED + " WHERE " + where + known
        [pairs] = fetch(self.connection, pair)
        pairs.sort()
        different, _ = _runs(pairs)
        return _runs(different // width)


@contextmanager
def coded(
    connection: duckdb.DuckDBPyConnection,
    table: Sql,
    quasi_identifiers: Sequence[str],
    unit: str,
    sensitive: Sequence[str] = (),
    *,
    units: int | None = None,
    rowid: bool = False,
) -> Iterator[Coded]:
    """Inside, CODED holds the rows of ``table``. With ``rowid``, which only a stored table has, ROW says which each is.

    ``units``: how many units the table has, from a caller who has counted them and knows that every row has one.
    Without quasi-identifiers all rows have the key 0. A key that does not fit into 62 bits is numbered anew.
    """
    wanted = tuple(dict.fromkeys(sensitive))
    columns = list(dict.fromkeys((*quasi_identifiers, *wanted)))
    rows, filled, single = _units(connection, table, unit, units)
    _write_lists(connection, table, columns if single else [*columns, unit], len(columns))
    ranks = _ranks(connection, columns)
    room = _ROOM // max([1, *(ranks[c].count for c in wanted)])
    words = _words([(c, ranks[c].count) for c in quasi_identifiers], room)
    keys = [KEY] if len(words) == 1 else [_word_name(n) for n in range(len(words))]
    select = [_word(w, columns) + " AS " + name for w, name in zip(words, keys, strict=True)]
    select += [_code(columns.index(c)) + " AS " + identifier(f" s{n} ") for n, c in enumerate(wanted)]
    if not single:
        select.append(_code(len(columns)) + " AS " + UNIT)
    if rowid:
        select.append("t.rowid AS " + ROW)
    joins = [_join(n, c) for n, c in enumerate(columns if single else [*columns, unit])]
    query = "SELECT " + join(select) + " FROM " + table + " AS t " + join(joins, " ")
    try:
        size = _write(connection, query, [_product(w) for w in words])
        nobody = None if single or filled == rows else _NOBODY
        steps = _steps(quasi_identifiers, ranks) if len(words) == 1 else None
        numbers = 0 if single else _rows_of(connection, _list_name(len(columns)))
        yield Coded(connection, size, rows, single, numbers, ranks, wanted, nobody, steps)
    finally:
        for name in (CODED, _WORDS, *(_list_name(n) for n in range(len(columns) + 1))):
            connection.execute(("DROP TABLE IF EXISTS " + name).text)


def _units(connection: duckdb.DuckDBPyConnection, table: Sql, unit: str, known: int | None) -> tuple[int, int, bool]:
    """(rows, rows with a unit, whether every row has a unit that no other row has)."""
    column = identifier(unit)
    rows, filled = (int(v) for v in one_row(connection, "SELECT count(*), count(" + column + ") FROM " + table))
    if known is not None:
        return rows, rows, known == rows
    return rows, filled, filled == rows and all_different(connection, table, unit, rows)


def all_different(connection: duckdb.DuckDBPyConnection, table: Sql, column: str, rows: int) -> bool:
    """Whether no value of ``column``, which has none that is NULL, occurs twice in the ``rows`` of ``table``.

    Large tables are looked at in parts by hash, which takes a fraction of the time of counting texts, and no more
    memory however large they are. Different hashes prove different values; equal ones may be chance, so that False
    only means that it is not proven.
    """
    hashed, parts = "hash(" + identifier(column) + ")", -(-rows // IN_MEMORY)
    for part in range(parts):
        query = "SELECT " + hashed + " AS v FROM " + table
        if parts > 1:
            query = query + " WHERE " + hashed + f" % {parts} = {part}"
        hashes = connection.execute(query.text, query.parameters).fetchnumpy()["v"]
        hashes.sort()
        if bool((hashes[1:] == hashes[:-1]).any()):
            return False
    return True


def _write_lists(connection: duckdb.DuckDBPyConnection, table: Sql, columns: Sequence[str], unordered: int) -> None:
    """The different values of every column, each with its code: in the order of the values, but not from the column
    with the number ``unordered`` on."""
    for number, column in enumerate(columns):
        place = _IN_ORDER if number < unordered else _ANY_ORDER
        values = "SELECT DISTINCT " + identifier(column) + " AS v FROM " + table
        query = "CREATE OR REPLACE TEMP TABLE " + _list_name(number) + f" AS SELECT v, {place} AS code FROM (" + values
        connection.execute((query + ")").text, query.parameters)


def _ranks(connection: duckdb.DuckDBPyConnection, columns: Sequence[str]) -> dict[str, Ranks]:
    if not columns:
        return {}
    one = [f"SELECT {n} AS n, count(*), count(v) FROM " + _list_name(n) for n in range(len(columns))]
    [_, counts, filled] = fetch(connection, join(one, " UNION ALL ") + " ORDER BY n")
    return {
        column: Ranks(int(count), int(count) - 1 if some < count else None)
        for column, count, some in zip(columns, counts, filled, strict=True)
    }


def _rows_of(connection: duckdb.DuckDBPyConnection, table: Sql) -> int:
    return int(one_row(connection, "SELECT count(*) FROM " + table)[0])


def _list_name(number: int) -> Sql:
    return identifier(f" list {number} of values ")


def _code(number: int) -> Sql:
    return Sql(f"c{number}.code")


def _join(number: int, column: str) -> Sql:
    """An equal sign would lose the rows that hold a NULL."""
    return (
        "JOIN "
        + _list_name(number)
        + f" AS c{number} ON t."
        + identifier(column)
        + f" IS NOT DISTINCT FROM c{number}.v"
    )


def _words(columns: Sequence[tuple[str, int]], room: int) -> list[list[tuple[str, int]]]:
    """The columns with their numbers of values, cut into as few words as keep the product below ``room``."""
    words: list[list[tuple[str, int]]] = [[]]
    for column in columns:
        if words[-1] and _product([*words[-1], column]) > room:
            words.append([])
        words[-1].append(column)
    return words


def _product(word: Sequence[tuple[str, int]]) -> int:
    size = 1
    for _, count in word:
        size *= max(count, 1)
    return size


def _steps(columns: Sequence[str], ranks: Mapping[str, Ranks]) -> dict[str, int]:
    """As in ``_word``."""
    steps, size = {}, 1
    for column in columns:
        steps[column] = size
        size *= max(ranks[column].count, 1)
    return steps


def _word_name(number: int) -> Sql:
    return identifier(f" word {number} of the key ")


def _word(word: Sequence[tuple[str, int]], columns: Sequence[str]) -> Sql:
    sql, size = Sql("0::BIGINT"), 1
    for column, count in word:
        sql = sql + " + " + _code(columns.index(column)) + f" * {size}::BIGINT"
        size *= max(count, 1)
    return sql


def _write(connection: duckdb.DuckDBPyConnection, rows: Sql, sizes: Sequence[int]) -> int:
    """Write CODED from a query for rows with words; the number of possible keys."""
    target = CODED if len(sizes) == 1 else _WORDS
    query = "CREATE TEMP TABLE " + target + " AS " + rows
    connection.execute(query.text, query.parameters)
    if len(sizes) == 1:
        return sizes[0]
    words = join([_word_name(n) for n in range(len(sizes))])
    numbered = (
        "SELECT " + words + ", row_number() OVER () - 1 AS " + KEY + " FROM (SELECT DISTINCT "
        + words + " FROM " + _WORDS + ")"
    )  # fmt: skip
    query = "CREATE TEMP TABLE " + CODED + " AS SELECT * FROM " + _WORDS + " JOIN (" + numbered + ") USING ("
    query = query + words + ")"
    connection.execute(query.text, query.parameters)
    return int(one_row(connection, "SELECT coalesce(max(" + KEY + "), 0) + 1 FROM " + CODED)[0])


def begins(ordered: Integers) -> Integers:
    """Where values begin in an array that is in order."""
    first = np.ones(ordered.size, dtype=np.bool_)
    np.not_equal(ordered[1:], ordered[:-1], out=first[1:])
    return np.flatnonzero(first)


def _runs(values: Integers) -> tuple[Integers, Integers]:
    """The different ones of rising ``values``, and how often each occurs."""
    starts = begins(values)
    return values[starts], np.diff(np.append(starts, values.size))


def fetch(connection: duckdb.DuckDBPyConnection, query: Sql) -> list[Integers]:
    """The columns of a query that gives integers without NULL."""
    found = connection.execute(query.text, query.parameters).fetchnumpy()
    return [np.asarray(column, dtype=np.int64) for column in found.values()]


def one_row(connection: duckdb.DuckDBPyConnection, query: Sql) -> tuple[Any, ...]:
    """The row of a query that always gives one: an aggregate."""
    row = connection.execute(query.text, query.parameters).fetchone()
    assert row is not None  # noqa: S101 - an aggregate always gives one row
    return tuple(row)
