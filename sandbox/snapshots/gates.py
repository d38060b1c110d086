"""Gates: what must hold of a table before anybody but the build may see it.

Gates count distinct units, not rows, and NULL is a value of its own. Classes that do not pass are removed row by row:
blanked out instead, they would form a class of their own that may again not pass. Removing a class changes no other
class, but it changes the whole that t-closeness compares with: therefore all gates look again until none of them
removes anything. The result is measured again on the published file all the same.

Work is done on the histogram of classes (``classes.py``), which is aggregated once; ``criteria.py`` judges it.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

import duckdb
import numpy as np

from sandbox.core.errors import BadInput
from sandbox.core.spec import Gate, KAnonymity, TCloseness
from sandbox.snapshots.classes import (
    CLASSES,
    NUMBER,
    Histogram,
    Integers,
    numbered_classes,
    one_row,
    read_histogram,
    same_class,
)
from sandbox.snapshots.criteria import Flags, judge, worst
from sandbox.snapshots.gate_texts import failed
from sandbox.snapshots.outcome import Classes, Outcome, Passed
from sandbox.snapshots.sql import Sql, identifier, value

_STAYS = -1
_ORDERED = re.compile(r"U?(TINY|SMALL|BIG|HUGE)?INT|INTEGER|UINTEGER|FLOAT|DOUBLE|DECIMAL|DATE|TIME|BOOLEAN")


def measure(
    connection: duckdb.DuckDBPyConnection, table: Sql, gate: Gate, quasi_identifiers: Sequence[str], unit: str
) -> Classes:
    """The classes of ``table`` under ``gate``: how many, how small, and how many do not pass."""
    with numbered_classes(connection, table, quasi_identifiers, unit):
        histogram = read_histogram(connection, table, quasi_identifiers, unit, _sensitive([gate]))
    return _classes(gate, histogram, np.ones(histogram.units.size, dtype=np.bool_))


def check_units(connection: duckdb.DuckDBPyConnection, table: Sql, unit: str, dataset: str) -> int:
    """The number of distinct units in ``table``. Raises BadInput when rows belong to nobody."""
    column = identifier(unit)
    query = "SELECT count(DISTINCT " + column + "), count(*) - count(" + column + ") FROM " + table
    units, orphans = (int(v) for v in one_row(connection, query))
    if orphans:
        raise BadInput(
            "{dataset}: {rows} rows have no value in the unit column “{column}”, so nobody can tell whose they are.",
            "Fill the column in the source or remove those rows from it; or choose another unit column.",
            dataset=dataset,
            rows=orphans,
            column=unit,
        )
    return units


def apply_gates(
    connection: duckdb.DuckDBPyConnection,
    table: str,
    gates: Sequence[Gate],
    quasi_identifiers: tuple[str, ...],
    unit: str,
    dataset: str,
) -> Passed:
    """Remove from ``table`` the rows of the classes that do not pass, each gate within its allowed share of units.

    A unit counts as left out when any of its rows is; a class counts for the first gate that it fails. Raises
    GateFailed with the measured numbers, and which column to coarsen first, when too many would be left out; the table
    is then unchanged. Raises BadInput when a gate wants an order of a column of texts.
    """
    source = identifier(table)
    _check_order(connection, source, gates, dataset)
    units = int(one_row(connection, "SELECT count(DISTINCT " + identifier(unit) + ") FROM " + source)[0])
    with numbered_classes(connection, source, quasi_identifiers, unit):
        histogram = read_histogram(connection, source, quasi_identifiers, unit, _sensitive(gates))
        removed = _fixpoint(gates, histogram)
        outcomes = tuple(
            _outcome(connection, source, gate, quasi_identifiers, unit, histogram, removed, n, units)
            for n, gate in enumerate(gates)
        )
        too_many = [o for o in outcomes if o.units_left_out > o.gate.suppress * units]
        if outcomes and (removed != _STAYS).all():
            too_many.append(max(outcomes, key=lambda o: o.units_left_out))
        if not too_many:
            return Passed(outcomes, _remove(connection, source, quasi_identifiers, unit, removed != _STAYS)[1])
    raise failed(too_many[0], dataset, lambda gate, columns: _share(connection, source, gate, columns, unit, units))


def _outcome(
    connection: duckdb.DuckDBPyConnection,
    source: Sql,
    gate: Gate,
    quasi_identifiers: tuple[str, ...],
    unit: str,
    histogram: Histogram,
    removed: Integers,
    place: int,
    units: int,
) -> Outcome:
    """What the gate at ``place`` removed of the histogram."""
    rows, left_out = _count(connection, source, quasi_identifiers, unit, removed == place)
    before = _classes(gate, histogram, np.ones(histogram.units.size, dtype=np.bool_))
    after = _classes(gate, histogram, removed == _STAYS)
    return Outcome(gate, unit, quasi_identifiers, before, after, rows, left_out, units)


def _fixpoint(gates: Sequence[Gate], histogram: Histogram) -> Integers:
    """For every class the place of the gate that removed it, or _STAYS; of those that stay, all pass all gates."""
    removed = np.full(histogram.units.size, _STAYS, dtype=np.int64)
    settled = False
    while not settled:
        settled = True
        for place, gate in enumerate(gates):
            alive = removed == _STAYS
            fails = judge(gate, histogram, alive).fails & alive
            if fails.any():
                removed[fails] = place
                settled = False
    return removed


def _classes(gate: Gate, histogram: Histogram, alive: Flags) -> Classes:
    scores = judge(gate, histogram, alive)
    fails = scores.fails & alive
    units = histogram.units[alive]
    return Classes(
        count=int(units.size),
        smallest=int(units.min()) if units.size else 0,
        small=int(fails.sum()),
        small_rows=int(histogram.rows[fails].sum()),
        worst=worst(gate, scores.score[alive]),
    )


def _share(
    connection: duckdb.DuckDBPyConnection,
    source: Sql,
    gate: Gate,
    quasi_identifiers: Sequence[str],
    unit: str,
    units: int,
) -> float:
    """Share of units, 0–1, that ``gate`` alone would leave out with these quasi-identifiers."""
    with numbered_classes(connection, source, quasi_identifiers, unit):
        histogram = read_histogram(connection, source, quasi_identifiers, unit, _sensitive([gate]))
        removed = _fixpoint([gate], histogram) != _STAYS
        return _count(connection, source, quasi_identifiers, unit, removed)[1] / max(units, 1)


def _count(
    connection: duckdb.DuckDBPyConnection, source: Sql, quasi_identifiers: Sequence[str], unit: str, chosen: Flags
) -> tuple[int, int]:
    """(rows, units that own any of them) of the ``chosen`` classes."""
    if not chosen.any():
        return 0, 0
    rows = source + " AS t JOIN (" + _chosen(chosen) + ") AS c ON " + same_class(quasi_identifiers)
    row = one_row(connection, "SELECT count(*), count(DISTINCT t." + identifier(unit) + ") FROM " + rows)
    return int(row[0]), int(row[1])


def _remove(
    connection: duckdb.DuckDBPyConnection, source: Sql, quasi_identifiers: Sequence[str], unit: str, chosen: Flags
) -> tuple[int, int]:
    """Delete the rows of the ``chosen`` classes; what ``_count`` says of them."""
    counts = _count(connection, source, quasi_identifiers, unit, chosen)
    if chosen.any():
        classes = "(" + _chosen(chosen) + ") AS c"
        delete = "DELETE FROM " + source + " AS t USING " + classes + " WHERE " + same_class(quasi_identifiers)
        connection.execute(delete.text, delete.parameters)
    return counts


def _chosen(chosen: Flags) -> Sql:
    numbers = np.flatnonzero(chosen).tolist()
    return "SELECT * FROM " + CLASSES + " WHERE " + NUMBER + " IN (SELECT unnest(" + value(numbers) + "::BIGINT[]))"


def _sensitive(gates: Sequence[Gate]) -> list[str]:
    return [gate.column for gate in gates if not isinstance(gate, KAnonymity)]


def _check_order(connection: duckdb.DuckDBPyConnection, source: Sql, gates: Sequence[Gate], dataset: str) -> None:
    """Texts have an alphabet but no order that means anything: as a text, “100–109” comes before “20–29”."""
    for gate in gates:
        if not (isinstance(gate, TCloseness) and gate.distance == "ordered"):
            continue
        query = "SELECT typeof(" + identifier(gate.column) + ") FROM " + source + " LIMIT 1"
        row = connection.execute(query.text, query.parameters).fetchone()
        if row and not _ORDERED.match(str(row[0])):
            raise BadInput(
                "{dataset}: t-closeness by order needs numbers, dates or times, but “{column}” holds {type}.",
                "Use `distance: equal`; or give the column a rule that keeps its order, such as `round` in place of"
                " `band`.",
                dataset=dataset,
                column=gate.column,
                type=str(row[0]),
            )
