"""Column statistics for the catalogue that tell about the table and not about anybody in it.

For a personal dataset: a value is named only if at least ``MIN_UNITS`` units have it; instead of the extremes, which
are somebody's, the 5 % and 95 % quantiles, and those only of tables large enough that as many units lie beyond them;
shares are rounded. Pseudonyms and other columns with almost as many values as units get no values at all.
"""

from __future__ import annotations

import math
from typing import Any

import duckdb

from sandbox.core.spec import Column, Pseudonym
from sandbox.snapshots.manifest import ColumnProfile, Value
from sandbox.snapshots.sql import Sql, identifier, value

MIN_UNITS = 10  # the usual smallest cell of statistics offices; ACRO fails cells below it as well
TOP = 8
_TAIL = 0.05
_ORDERED = ("DATE", "TIMESTAMP", "TINYINT", "SMALLINT", "INTEGER", "BIGINT", "HUGEINT", "UTINYINT", "USMALLINT",
            "UINTEGER", "UBIGINT", "FLOAT", "DOUBLE", "DECIMAL")  # fmt: skip


def profile_column(
    connection: duckdb.DuckDBPyConnection, table: Sql, name: str, kind: str, column: Column, unit: str | None
) -> ColumnProfile:
    """The profile of one column; ``unit`` is the unit column of a personal dataset, None when nobody is protected."""
    cell = identifier(name)
    rows, filled, distinct = _row(
        connection, "SELECT count(*), count(" + cell + "), approx_count_distinct(" + cell + ") FROM " + table
    )
    nulls = round(1 - filled / rows, 2) if rows else 0.0
    if not filled or isinstance(column.rule, Pseudonym):
        return ColumnProfile(nulls=nulls)
    ordered = kind.split("(")[0].split(" ")[0] in _ORDERED
    low, middle, high = _range(connection, table, cell, unit) if ordered else (None, None, None)
    few = distinct <= 50 or (not ordered and distinct < filled / MIN_UNITS)
    return ColumnProfile(
        nulls=nulls,
        distinct=distinct if distinct <= 20 else int(float(f"{distinct:.1e}")),
        low=low,
        middle=middle,
        high=high,
        values=_values(connection, table, cell, unit, rows) if few else (),
    )


def _range(
    connection: duckdb.DuckDBPyConnection, table: Sql, cell: Sql, unit: str | None
) -> tuple[str | None, str | None, str | None]:
    low, high = 0.0, 1.0
    if unit is not None:
        low, high = _TAIL, 1 - _TAIL
        units = _row(
            connection,
            "SELECT count(DISTINCT " + identifier(unit) + ") FROM " + table + " WHERE " + cell + " IS NOT NULL",
        )[0]
        if units * _TAIL < MIN_UNITS:
            return None, None, None
    quantiles = "quantile_disc(" + cell + ", " + value([low, 0.5, high]) + ")"
    found = _row(connection, "SELECT " + quantiles + " FROM " + table)[0]
    return tuple(_short(v, exact=unit is None) for v in found)  # type: ignore[return-value]


def _values(
    connection: duckdb.DuckDBPyConnection, table: Sql, cell: Sql, unit: str | None, rows: int
) -> tuple[Value, ...]:
    counted = "count(DISTINCT " + identifier(unit) + ")" if unit is not None else Sql("count(*)")
    least = MIN_UNITS if unit is not None else 1
    query = (
        "SELECT CAST(" + cell + " AS VARCHAR), count(*) FROM " + table + " WHERE " + cell + " IS NOT NULL GROUP BY 1"
        + " HAVING " + counted + " >= " + value(least) + " ORDER BY 2 DESC, 1 LIMIT " + value(TOP)
    )  # fmt: skip
    found = connection.execute(query.text, query.parameters).fetchall()
    return tuple(Value(value=str(v)[:60], share=round(n / rows, 2)) for v, n in found)


def _short(item: Any, *, exact: bool) -> str | None:
    if item is None:
        return None
    if isinstance(item, bool | str):
        return str(item)
    if hasattr(item, "isoformat"):
        return str(item.isoformat())
    number = float(item)
    if not math.isfinite(number):
        return None
    return f"{number:.10g}" if exact else f"{number:.3g}" if abs(number) < 1000 else f"{float(f'{number:.3g}'):.0f}"


def _row(connection: duckdb.DuckDBPyConnection, query: Sql) -> tuple[Any, ...]:
    row = connection.execute(query.text, query.parameters).fetchone()
    assert row is not None  # noqa: S101 - an aggregate always gives one row
    return tuple(row)
