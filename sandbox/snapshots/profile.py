"""Column statistics for the catalogue that tell about the table and not about anybody in it.

For a personal dataset: a value is named only if at least ``MIN_UNITS`` units have it; instead of the extremes, which
are somebody's, the 5 % and 95 % quantiles, and those only of tables large enough that as many units lie beyond them;
shares are rounded. A plot shows bands between those quantiles; a band of fewer units is left out, and never a single
one, as the rest would tell what it holds. Pseudonyms and other columns with almost as many values as units get no
values at all.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import duckdb

from sandbox.snapshots.manifest import ColumnProfile, Manifest, Value
from sandbox.snapshots.sql import Sql, identifier, join, value

MIN_UNITS = 10  # the usual smallest cell of statistics offices; ACRO fails cells below it as well
TOP = 8
BINS = 16
_MANY = 50
_TAIL = 0.05
_ORDERED = ("DATE", "TIMESTAMP", "TINYINT", "SMALLINT", "INTEGER", "BIGINT", "HUGEINT", "UTINYINT", "USMALLINT",
            "UINTEGER", "UBIGINT", "FLOAT", "DOUBLE", "DECIMAL")  # fmt: skip


def is_ordered(kind: str) -> bool:
    """Whether a DuckDB type is of numbers, dates or times, which have quantiles."""
    return kind.split("(")[0].split(" ")[0] in _ORDERED


class Profiler:
    """Profiles the columns of one table; what all of them need is counted in one pass.

    ``unit`` is the unit column of a personal dataset, None when nobody is protected; ``single`` says that no unit has
    two rows.
    """

    def __init__(
        self,
        connection: duckdb.DuckDBPyConnection,
        table: Sql,
        columns: Sequence[str],
        unit: str | None,
        *,
        single: bool = False,
    ) -> None:
        self._connection, self._table = connection, table
        self._unit = None if unit is None or unit not in columns else identifier(unit)
        self._protected, self._single = unit is not None, single or self._unit is None
        counts = [Sql("count(*)")]
        for name in columns:
            cell = identifier(name)
            counts += ["count(" + cell + ")", "approx_count_distinct(" + cell + ")"]
        self._rows, *pairs = self._row("SELECT " + join(counts) + " FROM " + table)
        self._counts = {name: (pairs[2 * i], pairs[2 * i + 1]) for i, name in enumerate(columns)}

    def profile(self, name: str, kind: str, *, pseudonyms: bool) -> ColumnProfile:
        cell = identifier(name)
        rows, (filled, distinct) = self._rows, self._counts[name]
        nulls = round(1 - filled / rows, 2) if rows else 0.0
        if not filled or pseudonyms:
            return ColumnProfile(nulls=nulls)
        ordered = is_ordered(kind)
        nothing: tuple[Any, Any, Any] = (None, None, None)
        low, middle, high = self._range(cell, filled) if ordered else nothing
        few = distinct <= 50 or (not ordered and distinct < filled / MIN_UNITS)
        return ColumnProfile(
            nulls=nulls,
            distinct=distinct if distinct <= 20 else int(float(f"{distinct:.1e}")),
            low=self._shown(low),
            middle=self._shown(middle),
            high=self._shown(high),
            values=self._values(cell) if few else (),
            bins=self._bins(cell, kind, low, high) if low is not None else (),
        )

    def _shown(self, item: Any) -> str | None:
        return _short(item, exact=not self._protected)

    def _bins(self, cell: Sql, kind: str, low: Any, high: Any) -> tuple[float | None, ...]:
        dated = hasattr(low, "isoformat")
        number = Sql("epoch(CAST(") + cell + " AS TIMESTAMP))" if dated else "CAST(" + cell + " AS DOUBLE)"
        first, last = self._row("SELECT " + _as_number(low, dated) + ", " + _as_number(high, dated))
        if not (math.isfinite(first) and math.isfinite(last)) or first >= last:
            return ()
        whole = "INT" in kind and last - first < BINS
        bands = int(last - first) + 1 if whole else BINS
        band = "least(floor((" + number + " - " + value(first) + ") / " + value((last - first) / bands) + "), "
        band = band + value(bands - 1) + ")"
        # Counting units exactly would cost more than all the rest of the profile; twice as many make up for the error.
        units = Sql("count(*)")
        if not self._single and self._unit is not None:
            units = "approx_count_distinct(" + self._unit + ") // 2"
        found = self._connection.execute(
            *_text(
                "SELECT CAST(" + band + " AS INTEGER) AS band, count(*), " + units + " FROM " + self._table + " WHERE "
                + number + " BETWEEN " + value(first) + " AND " + value(last) + " GROUP BY 1"
            )
        ).fetchall()  # fmt: skip
        least = MIN_UNITS if self._protected else 1
        return _without_few({int(b): (int(n), int(u)) for b, n, u in found}, bands, least, self._rows)

    def _range(self, cell: Sql, filled: int) -> tuple[Any, Any, Any]:
        low, high = 0.0, 1.0
        if self._protected:
            low, high = _TAIL, 1 - _TAIL
            if not self._at_least(math.ceil(MIN_UNITS / _TAIL), cell + " IS NOT NULL", filled):
                return None, None, None
        # As quantile_disc has it, which keeps all values in memory; mostly far fewer differ.
        places = [max(1, math.ceil(share * filled - 1e-6)) for share in (low, 0.5, high)]
        counted = (
            "SELECT " + cell + " AS v, count(*) AS n FROM " + self._table + " WHERE " + cell + " IS NOT NULL GROUP BY 1"
        )
        reached = "SELECT v, sum(n) OVER (ORDER BY v) AS place FROM (" + counted + ")"
        first, middle, last = self._row(
            "SELECT "
            + join("min(v) FILTER (place >= " + value(place) + ")" for place in places)
            + " FROM ("
            + reached
            + ")"
        )
        return first, middle, last

    def _values(self, cell: Sql) -> tuple[Value, ...]:
        least = MIN_UNITS if self._protected else 1
        query = (
            "SELECT " + cell + " AS v, count(*) AS n FROM " + self._table + " WHERE " + cell + " IS NOT NULL GROUP BY 1"
            + " HAVING count(*) >= " + value(least) + " ORDER BY n DESC, CAST(v AS VARCHAR)"
        )  # fmt: skip
        named: list[Value] = []
        for item, shown, n in self._frequent(query):
            if self._at_least(least, cell + " = " + value(item), n):
                named.append(Value(value=shown[:60], share=round(n / self._rows, 2)))
            if len(named) == TOP:
                break
        return tuple(named)

    def _frequent(self, query: Sql) -> list[tuple[Any, str, int]]:
        """(value, its text, rows) of the most frequent values: more than are shown, as some may be of too few units."""
        query = "SELECT v, CAST(v AS VARCHAR), n FROM (" + query + ") LIMIT " + value(TOP if self._single else _MANY)
        return [(v, str(t), int(n)) for v, t, n in self._connection.execute(query.text, query.parameters).fetchall()]

    def _at_least(self, units: int, condition: Sql, rows: int) -> bool:
        """Whether the rows under ``condition``, of which there are ``rows``, are of so many units."""
        if self._single or self._unit is None or rows < units:
            return rows >= units
        chosen = "(SELECT " + self._unit + " AS unit FROM " + self._table + " WHERE " + condition
        count = "SELECT count(DISTINCT unit) FROM "
        # The first rows mostly show enough units; only if they do not, all are counted.
        if self._row(count + chosen + " LIMIT " + value(units * 50) + ")")[0] >= units:
            return True
        return bool(self._row(count + chosen + ")")[0] >= units)

    def _row(self, query: Sql) -> tuple[Any, ...]:
        [row] = self._connection.execute(query.text, query.parameters).fetchall()
        return tuple(row)


def other_statistics(
    connection: duckdb.DuckDBPyConnection, table: Sql, manifest: Manifest, *, exact: bool
) -> list[str]:
    """Names of the columns whose statistics in ``manifest`` are not those of ``table``.

    ``exact``: the same programs made them. Otherwise what is estimated (how many values differ, which bands are of few
    units) may differ by a little, and a value may be named by one of the two only.
    """
    units = manifest.units.published if manifest.units else None
    names = [column.name for column in manifest.columns]
    unit = manifest.unit if manifest.personal else None
    profiler = Profiler(connection, table, names, unit, single=manifest.rows.published == units)
    other = []
    for column in manifest.columns:
        if column.profile is None:  # nothing is said
            continue
        found = profiler.profile(column.name, column.type, pseudonyms=column.rule.get("kind") == "pseudonym")
        same = found == column.profile if exact else _alike(found, column.profile)
        if not same:
            other.append(column.name)
    return other


def _alike(found: ColumnProfile, said: ColumnProfile) -> bool:
    ranges = (found.nulls, found.low, found.middle, found.high) == (said.nulls, said.low, said.middle, said.high)
    shares = {item.value: item.share for item in found.values}
    named = all(abs(shares.get(item.value, item.share) - item.share) < 0.015 for item in said.values)
    pairs = zip(found.bins, said.bins, strict=False)
    return ranges and named and all(None in pair or abs((pair[0] or 0) - (pair[1] or 0)) < 0.015 for pair in pairs)


def _text(query: Sql) -> tuple[str, tuple[Any, ...]]:
    return query.text, query.parameters


def _as_number(limit: Any, dated: bool) -> Sql:
    return Sql("epoch(CAST(") + value(limit) + " AS TIMESTAMP))" if dated else "CAST(" + value(limit) + " AS DOUBLE)"


def _without_few(found: dict[int, tuple[int, int]], bands: int, least: int, rows: int) -> tuple[float | None, ...]:
    """Shares of ``rows`` by band; None where 1 to ``least`` - 1 units are, and never for one band alone."""
    counts = [found.get(band, (0, 0)) for band in range(bands)]
    few = {band for band, (n, units) in enumerate(counts) if n and units < least}
    if len(few) == 1 and len(counts) > 1:
        few.add(min((b for b in range(bands) if b not in few), key=lambda b: (counts[b][0] == 0, counts[b][0])))
    return tuple(None if band in few else round(n / rows, 2) for band, (n, _) in enumerate(counts))


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
