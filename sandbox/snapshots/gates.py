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
from dataclasses import dataclass

import duckdb
import numpy as np

from sandbox.core.errors import BadInput
from sandbox.core.spec import Gate, KAnonymity, TCloseness
from sandbox.snapshots.classes import Histogram, read_histogram
from sandbox.snapshots.coded import CODED, KEY, ROW, UNIT, Coded, Integers, all_different, coded, fetch, one_row
from sandbox.snapshots.criteria import Scores, is_local, judge, worst
from sandbox.snapshots.gate_texts import failed
from sandbox.snapshots.outcome import Classes, Outcome, Passed
from sandbox.snapshots.sql import Sql, identifier, value

_STAYS = -1
_MARKS = identifier(" marked classes ")
_ARRAYS = "arrays_of_classes"
_ORDERED = re.compile(r"U?(TINY|SMALL|BIG|HUGE)?INT|INTEGER|UINTEGER|FLOAT|DOUBLE|DECIMAL|DATE|TIME|BOOLEAN")


def measure(
    connection: duckdb.DuckDBPyConnection, table: Sql, gate: Gate, quasi_identifiers: Sequence[str], unit: str
) -> Classes:
    """The classes of ``table`` under ``gate``: how many, how small, and how many do not pass."""
    return measure_all(connection, table, [gate], quasi_identifiers, unit)[0]


def measure_all(
    connection: duckdb.DuckDBPyConnection,
    table: Sql,
    gates: Sequence[Gate],
    quasi_identifiers: Sequence[str],
    unit: str,
    units: int | None = None,
) -> tuple[Classes, ...]:
    """The classes of ``table`` under each of the ``gates``; the table is read once. ``units`` as in ``coded``."""
    with coded(connection, table, quasi_identifiers, unit, sensitive_of(gates), units=units) as rows:
        histogram = read_histogram(rows)
    return classes_of(gates, histogram)


def classes_of(gates: Sequence[Gate], histogram: Histogram) -> tuple[Classes, ...]:
    """What each of the ``gates`` says about the classes of ``histogram``."""
    return tuple(_classes(gate, histogram, judge(gate, histogram)) for gate in gates)


def check_units(connection: duckdb.DuckDBPyConnection, table: Sql, unit: str, dataset: str) -> int:
    """The number of distinct units in ``table``. Raises BadInput when rows belong to nobody."""
    column = identifier(unit)
    rows, filled = (int(v) for v in one_row(connection, "SELECT count(*), count(" + column + ") FROM " + table))
    if orphans := rows - filled:
        raise BadInput(
            "{dataset}: {rows} rows have no value in the unit column “{column}”, so nobody can tell whose they are.",
            "Fill the column in the source or remove those rows from it; or choose another unit column.",
            dataset=dataset,
            rows=orphans,
            column=unit,
        )
    if all_different(connection, table, unit, rows):
        return rows
    return int(one_row(connection, "SELECT count(DISTINCT " + column + ") FROM " + table)[0])


def apply_gates(
    connection: duckdb.DuckDBPyConnection,
    table: str,
    gates: Sequence[Gate],
    quasi_identifiers: tuple[str, ...],
    unit: str,
    dataset: str,
    units: int | None = None,
) -> Passed:
    """Remove from ``table`` the rows of the classes that do not pass, each gate within its allowed share of units.

    A unit counts as left out when any of its rows is; a class counts for the first gate that it fails. Raises
    GateFailed with the measured numbers, and which column to coarsen first, when too many would be left out; the table
    is then unchanged. Raises BadInput when a gate wants an order of a column of texts. ``units`` as in ``coded``.
    """
    source = identifier(table)
    _check_order(connection, source, gates, dataset)
    with coded(connection, source, quasi_identifiers, unit, sensitive_of(gates), units=units, rowid=True) as rows:
        histogram = read_histogram(rows)
        scores = [judge(gate, histogram) for gate in gates]
        before = [_classes(gate, histogram, found) for gate, found in zip(gates, scores, strict=True)]
        removed = _fixpoint(gates, histogram, scores)
        stays = removed == _STAYS
        left = histogram.only(stays)
        after = [
            _classes(gate, left, found.only(stays) if is_local(gate) else judge(gate, left))
            for gate, found in zip(gates, scores, strict=True)
        ]
        _mark(connection, histogram.keys, removed)
        try:
            counted = _count(rows, histogram, removed, len(gates))
            outcomes = tuple(
                Outcome(gate, unit, quasi_identifiers, before[n], after[n], *counted.by_gate[n], counted.units)
                for n, gate in enumerate(gates)
            )
            too_many = [o for o in outcomes if o.units_left_out > o.gate.suppress * counted.units]
            if outcomes and not left.units.size:
                too_many.append(max(outcomes, key=lambda o: o.units_left_out))
            if not too_many:
                if left.units.size < histogram.units.size:
                    _remove(connection, source, most=bool(2 * left.rows.sum() < histogram.rows.sum()))
                return Passed(outcomes, counted.left_out)
        finally:
            connection.execute(("DROP TABLE " + _MARKS).text)
    raise failed(
        too_many[0], dataset, lambda gate, columns: _share(connection, source, gate, columns, unit, counted.units)
    )


def removed_classes(gates: Sequence[Gate], histogram: Histogram) -> Integers:
    """For every class the place of the gate that would remove it; -1 of those that stay, which pass all gates."""
    return _fixpoint(gates, histogram, [judge(gate, histogram) for gate in gates])


def _fixpoint(gates: Sequence[Gate], histogram: Histogram, scores: Sequence[Scores]) -> Integers:
    """For every class the place of the gate that removed it, or _STAYS; of those that stay, all pass all gates.

    ``scores`` are those of the whole table. Only a gate that compares with the whole must look again.
    """
    removed = np.full(histogram.units.size, _STAYS, dtype=np.int64)
    living, classes = histogram, np.arange(histogram.units.size)  # those that stay, and where they are in the whole
    content = place = 0
    while content < len(gates):
        look_again = not is_local(gates[place]) and classes.size < removed.size
        fails = judge(gates[place], living).fails if look_again else scores[place].fails[classes]
        if fails.any():
            removed[classes[fails]] = place
            living, classes = living.only(~fails), classes[~fails]
            content = 0  # a smaller whole has other shares: t-closeness may refuse a class that it let pass before
        else:
            content += 1
        place = (place + 1) % len(gates)
    return removed


def _classes(gate: Gate, histogram: Histogram, scores: Scores) -> Classes:
    return Classes(
        count=histogram.units.size,
        smallest=int(histogram.units.min()) if histogram.units.size else 0,
        small=int(scores.fails.sum()),
        small_rows=int(histogram.rows[scores.fails].sum()),
        worst=worst(gate, scores.score),
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
    return would_leave_out(connection, source, [gate], quasi_identifiers, unit)[0] / max(units, 1)


def would_leave_out(
    connection: duckdb.DuckDBPyConnection,
    source: Sql,
    gates: Sequence[Gate],
    quasi_identifiers: Sequence[str],
    unit: str,
) -> tuple[int, ...]:
    """How many units each of the ``gates`` would leave out of ``source``; nothing is changed."""
    with coded(connection, source, quasi_identifiers, unit, sensitive_of(gates)) as rows:
        histogram = read_histogram(rows)
        removed = removed_classes(gates, histogram)
        _mark(connection, histogram.keys, removed)
        try:
            return tuple(units for _, units in _count(rows, histogram, removed, len(gates)).by_gate)
        finally:
            connection.execute(("DROP TABLE " + _MARKS).text)


@dataclass(frozen=True)
class _Counted:
    """``units`` in the table; ``left_out`` of them by any gate; (rows, units) left out by each gate."""

    units: int
    left_out: int
    by_gate: tuple[tuple[int, int], ...]


def _mark(connection: duckdb.DuckDBPyConnection, keys: Integers, removed: Integers) -> None:
    """Write MARKS: the KEY of every class and the place of the gate that removed it, or _STAYS."""
    connection.register(_ARRAYS, {"k": keys, "place": removed})  # as a parameter, every number would be an object
    connection.execute(("CREATE TEMP TABLE " + _MARKS + " AS SELECT k AS " + KEY + ", place FROM " + _ARRAYS).text)
    connection.unregister(_ARRAYS)


def _count(coded_rows: Coded, histogram: Histogram, removed: Integers, gates: int) -> _Counted:
    """A unit counts for every gate that left out a row of it, once."""
    rows = [int(histogram.rows[removed == n].sum()) for n in range(gates)]
    if coded_rows.single:
        units = int(histogram.units.sum())
        return _Counted(units, sum(rows), tuple((n, n) for n in rows))
    owners = "SELECT DISTINCT place, " + UNIT + " FROM " + CODED + " JOIN " + _MARKS + " USING (" + KEY + ")"
    owners = owners + ("" if coded_rows.nobody is None else " WHERE " + UNIT + f" <> {coded_rows.nobody}")
    one = coded_rows.connection
    found = fetch(one, "SELECT place, count(*) FROM (" + owners + ") GROUP BY place")
    by_place = dict(zip(found[0].tolist(), found[1].tolist(), strict=True))
    total = "SELECT count(DISTINCT " + UNIT + "), count(DISTINCT " + UNIT + ") FILTER (place <> " + value(_STAYS)
    units, left_out = (int(v) for v in one_row(one, total + ") FROM (" + owners + ")"))
    return _Counted(units, left_out, tuple((n, by_place.get(i, 0)) for i, n in enumerate(rows)))


def _remove(connection: duckdb.DuckDBPyConnection, source: Sql, *, most: bool) -> None:
    """Delete the rows of the marked classes that do not stay; ``most`` of them, or the smaller part."""
    rows = "SELECT " + ROW + " FROM " + CODED + " JOIN " + _MARKS + " USING (" + KEY + ") WHERE place "
    chosen = " NOT IN (" + rows + "= " if most else " IN (" + rows + "<> "  # the shorter of the two lists
    query = "DELETE FROM " + source + " WHERE rowid" + chosen + value(_STAYS) + ")"
    connection.execute(query.text, query.parameters)


def sensitive_of(gates: Sequence[Gate]) -> list[str]:
    """The columns whose values the ``gates`` look at."""
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
