"""Gates: what must hold of a table before anybody but the build may see it.

Gates count distinct units, not rows, and NULL is a value of its own (the strict reading: two people with an unknown
city are alike only to each other). Small classes are removed row by row: blanked out instead, they would form a class
of their own that may again be too small. Removing rows of one class changes no other class, so one pass suffices;
the result is measured again on the published file all the same.

Work is done on the histogram of classes, which is aggregated once.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import duckdb

from sandbox.core.errors import BadInput, GateFailed
from sandbox.core.spec import Gate, KAnonymity
from sandbox.snapshots.sql import Sql, identifier, join, names, value

# Names that no source column has: column names are stripped of blanks.
_UNITS = identifier(" units of the class ")
_ROWS = identifier(" rows of the class ")


@dataclass(frozen=True)
class Classes:
    """The classes of a table: rows that agree on all quasi-identifiers. ``smallest`` counts units (0: no class)."""

    count: int
    smallest: int
    small: int
    small_rows: int


@dataclass(frozen=True)
class Outcome:
    """What a gate did: classes before and after, and who was left out. Shares are of units, 0–1."""

    gate: Gate
    unit: str
    quasi_identifiers: tuple[str, ...]
    before: Classes
    after: Classes
    rows_left_out: int
    units_left_out: int
    units: int

    @property
    def share_left_out(self) -> float:
        return self.units_left_out / self.units if self.units else 0.0


def measure(
    connection: duckdb.DuckDBPyConnection, table: Sql, gate: KAnonymity, quasi_identifiers: Sequence[str], unit: str
) -> Classes:
    """The classes of ``table`` under ``gate``: how many, how small, and how many are smaller than k."""
    histogram = _histogram(table, quasi_identifiers, unit)
    query = (
        "SELECT count(*), coalesce(min(" + _UNITS + "), 0), count(*) FILTER (" + _UNITS + " < " + value(gate.k) + "), "
        "coalesce(sum(" + _ROWS + ") FILTER (" + _UNITS + " < " + value(gate.k) + "), 0) FROM (" + histogram + ")"
    )
    return Classes(*(int(v) for v in _row(connection, query)))


def check_units(connection: duckdb.DuckDBPyConnection, table: Sql, unit: str, dataset: str) -> int:
    """The number of distinct units in ``table``. Raises BadInput when rows belong to nobody."""
    column = identifier(unit)
    query = "SELECT count(DISTINCT " + column + "), count(*) - count(" + column + ") FROM " + table
    units, orphans = (int(v) for v in _row(connection, query))
    if orphans:
        raise BadInput(
            "{dataset}: {rows} rows have no value in the unit column “{column}”, so nobody can tell whose they are.",
            "Fill the column in the source or remove those rows from it; or choose another unit column.",
            dataset=dataset,
            rows=orphans,
            column=unit,
        )
    return units


def apply_gate(
    connection: duckdb.DuckDBPyConnection,
    table: str,
    gate: Gate,
    quasi_identifiers: tuple[str, ...],
    unit: str,
    dataset: str,
) -> Outcome:
    """Remove from ``table`` the rows whose class has fewer than k units, within the allowed share of units.

    A unit counts as left out when any of its rows is. Raises GateFailed with the measured numbers, and which column to
    coarsen first, when too many would be left out; the table is then unchanged.
    """
    source = identifier(table)
    before = measure(connection, source, gate, quasi_identifiers, unit)
    units = _units(connection, source, unit)
    if not before.small:
        return Outcome(gate, unit, quasi_identifiers, before, before, 0, 0, units)
    small = _small_rows(source, gate, quasi_identifiers, unit)
    rows, left_out = (int(v) for v in _row(connection, _count(small, unit)))
    if left_out > gate.suppress * units or before.small == before.count:
        raise _failed(connection, source, gate, quasi_identifiers, unit, dataset, before, left_out, units)
    classes = _small_classes(source, gate, quasi_identifiers, unit)
    delete = "DELETE FROM " + source + " AS t USING (" + classes + ") AS c WHERE " + _same_class(quasi_identifiers)
    connection.execute(delete.text, delete.parameters)
    after = measure(connection, source, gate, quasi_identifiers, unit)
    return Outcome(gate, unit, quasi_identifiers, before, after, rows, left_out, units)


def _failed(
    connection: duckdb.DuckDBPyConnection,
    source: Sql,
    gate: KAnonymity,
    quasi_identifiers: tuple[str, ...],
    unit: str,
    dataset: str,
    before: Classes,
    left_out: int,
    units: int,
) -> GateFailed:
    fields: dict[str, Any] = {
        "dataset": dataset,
        "k": gate.k,
        "units": units,
        "left_out": left_out,
        "share": f"{left_out / units:.1%}" if units else "–",
        "allowed": f"{gate.suppress:.1%}",
        "classes": before.count,
        "smallest": before.smallest,
        "columns": ", ".join(quasi_identifiers) or "–",
    }
    if units < gate.k or not quasi_identifiers:
        return GateFailed(
            "{dataset} does not reach k-anonymity with k={k}: it has only {units} units.",
            "No coarsening helps. Use a larger table, or lower k if its owner agrees.",
            **fields,
        )
    shares = {}
    for column in quasi_identifiers:
        rest = tuple(c for c in quasi_identifiers if c != column)
        shares[column] = int(_row(connection, _count(_small_rows(source, gate, rest, unit), unit))[1]) / units
    worst = min(shares, key=shares.__getitem__)
    return GateFailed(
        "{dataset} does not reach k-anonymity with k={k}: {left_out} of {units} units ({share}) would have to be left"
        " out, {allowed} are allowed. {columns} make {classes} classes; the smallest has {smallest} unit(s).",
        "Coarsen “{worst}” first (a wider band, a shorter prefix, a longer period): without it {without} would be left"
        " out. Or drop it, lower k, or raise `suppress` in the spec.",
        worst=worst,
        without=f"{shares[worst]:.1%}",
        **fields,
    )


def _histogram(table: Sql, quasi_identifiers: Sequence[str], unit: str) -> Sql:
    columns = names(quasi_identifiers)
    counts = "count(DISTINCT " + identifier(unit) + ") AS " + _UNITS + ", count(*) AS " + _ROWS
    if not quasi_identifiers:
        return "SELECT " + counts + " FROM " + table + " HAVING count(*) > 0"
    return "SELECT " + columns + ", " + counts + " FROM " + table + " GROUP BY " + columns


def _small_classes(table: Sql, gate: KAnonymity, quasi_identifiers: Sequence[str], unit: str) -> Sql:
    return "SELECT * FROM (" + _histogram(table, quasi_identifiers, unit) + ") WHERE " + _UNITS + " < " + value(gate.k)


def _small_rows(table: Sql, gate: KAnonymity, quasi_identifiers: Sequence[str], unit: str) -> Sql:
    classes = _small_classes(table, gate, quasi_identifiers, unit)
    return table + " AS t JOIN (" + classes + ") AS c ON " + _same_class(quasi_identifiers)


def _same_class(quasi_identifiers: Sequence[str]) -> Sql:
    """IS NOT DISTINCT FROM: an equal sign would lose the classes that hold a NULL."""
    pairs = ["t." + identifier(c) + " IS NOT DISTINCT FROM c." + identifier(c) for c in quasi_identifiers]
    return join(pairs, " AND ") if pairs else Sql("true")


def _count(rows: Sql, unit: str) -> Sql:
    return "SELECT count(*), count(DISTINCT t." + identifier(unit) + ") FROM " + rows


def _units(connection: duckdb.DuckDBPyConnection, table: Sql, unit: str) -> int:
    return int(_row(connection, "SELECT count(DISTINCT " + identifier(unit) + ") FROM " + table)[0])


def _row(connection: duckdb.DuckDBPyConnection, query: Sql) -> tuple[Any, ...]:
    row = connection.execute(query.text, query.parameters).fetchone()
    assert row is not None  # noqa: S101 - an aggregate always gives one row
    return tuple(row)
