"""Two versions of a dataset side by side: what changed in the table, and how far each column's values have moved.

The population stability index (PSI) sums, over bands of values, (share now - share then) × ln(share now ÷ share
then); by custom below 0.1 is calm and from 0.25 on strong (Siddiqi, Credit Risk Scorecards, 2006). Beside it stands a
test that both are drawn alike: Kolmogorov–Smirnov for numbers and dates, χ² for the rest. Both count rows; where a unit
has many rows, the test takes chance for less than it is. What comes out are single figures of whole columns; a value
that fewer than ``MIN_UNITS`` rows have is joined with the others that are rare.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

import duckdb

from sandbox.core.messages import Message
from sandbox.snapshots.composition import Difference, attached, compare
from sandbox.snapshots.gate_texts import demand
from sandbox.snapshots.manifest import TABLE, ColumnFacts, Manifest, read_manifest
from sandbox.snapshots.profile import MIN_UNITS, is_ordered
from sandbox.snapshots.sql import Sql, identifier, value

CALM, STRONG = 0.1, 0.25
_BANDS = 10
_VALUES = 30
_FLOOR = 0.5  # rows: an empty band is not impossible, only rare
_SIDES = ("older", "newer")


@dataclass(frozen=True)
class Drift:
    """How far a column moved. ``test`` is ks or chi2, ``statistic`` D or χ², ``p`` the chance of that if nothing moved.

    ``p`` is None where there is nothing to compare; ``nulls`` are shares of empty rows then and now, 0–1.
    """

    psi: float
    test: str
    statistic: float
    p: float | None
    nulls: tuple[float, float]


@dataclass(frozen=True)
class ColumnDiff:
    """``change``: added, removed, changed or same; ``changed`` names what: type, class, rule, description."""

    name: str
    change: str
    changed: tuple[str, ...] = ()
    drift: Drift | None = None


@dataclass(frozen=True)
class DatasetDiff:
    """Two versions; counts are (then, now). ``differencing`` is None when units cannot be linked."""

    dataset: str
    older: str
    newer: str
    rows: tuple[int, int]
    units: tuple[int, int] | None
    columns: tuple[ColumnDiff, ...]
    gates_gone: tuple[Message, ...]
    gates_new: tuple[Message, ...]
    same_spec: bool
    same_keys: bool
    differencing: Difference | None

    def to_json(self) -> dict[str, Any]:
        said = asdict(self)
        for name in ("gates_gone", "gates_new"):
            said[name] = [str(message) for message in getattr(self, name)]
        return said


@lru_cache(maxsize=64)
def diff_snapshots(older: Path, newer: Path) -> DatasetDiff:
    """Compare the snapshots in two folders. They never change, so the answer is computed once per process."""
    then, now = read_manifest(older), read_manifest(newer)
    with attached([(older, "older"), (newer, "newer")]) as connection:
        columns = _columns(connection, then, now)
    asked_then, asked_now = [[str(demand(g.gate)) for g in m.gates] for m in (then, now)]
    return DatasetDiff(
        dataset=now.dataset,
        older=then.version,
        newer=now.version,
        rows=(then.rows.published, now.rows.published),
        units=(then.units.published, now.units.published) if then.units and now.units else None,
        columns=columns,
        gates_gone=tuple(demand(g.gate) for g in then.gates if str(demand(g.gate)) not in asked_now),
        gates_new=tuple(demand(g.gate) for g in now.gates if str(demand(g.gate)) not in asked_then),
        same_spec=then.spec_hash == now.spec_hash,
        same_keys=then.entities == now.entities,
        differencing=compare(older, newer),
    )


def _columns(connection: duckdb.DuckDBPyConnection, then: Manifest, now: Manifest) -> tuple[ColumnDiff, ...]:
    before = {c.name: c for c in then.columns}
    after = {c.name: c for c in now.columns}
    found = []
    for name, column in after.items():
        if name not in before:
            found.append(ColumnDiff(name, "added"))
            continue
        changed = _changed(before[name], column)
        comparable = "type" not in changed and column.rule.get("kind") != "pseudonym"
        drift = _drift(connection, name, column.type) if comparable else None
        found.append(ColumnDiff(name, "changed" if changed else "same", changed, drift))
    return (*found, *(ColumnDiff(name, "removed") for name in before if name not in after))


def _changed(then: ColumnFacts, now: ColumnFacts) -> tuple[str, ...]:
    pairs = {
        "type": (then.type, now.type),
        "class": (then.cls, now.cls),
        "rule": (_given(then.rule), _given(now.rule)),
        "description": (then.description, now.description),
    }
    return tuple(name for name, (a, b) in pairs.items() if a != b)


def _given(rule: dict[str, Any]) -> dict[str, Any]:
    """A rule without what is left at None: newer versions may know more parameters."""
    return {k: v for k, v in rule.items() if v is not None}


def _drift(connection: duckdb.DuckDBPyConnection, name: str, kind: str) -> Drift:
    rows = [_row(connection, "SELECT count(*), count(" + identifier(name) + ") FROM " + _of(side)) for side in _SIDES]
    nulls = tuple(round(1 - filled / all_rows, 4) if all_rows else 0.0 for all_rows, filled in rows)
    if is_ordered(kind):
        counts = _bands(connection, name)
        distance = _ks(connection, name)
        a, b = rows[0][1], rows[1][1]
        p = _kolmogorov(distance * math.sqrt(a * b / (a + b))) if a and b else None
        return Drift(_psi(counts), "ks", round(distance, 4), p, (nulls[0], nulls[1]))
    counts = _values(connection, name)
    statistic, p = _chi2(counts)
    return Drift(_psi(counts), "chi2", round(statistic, 4), p, (nulls[0], nulls[1]))


def _bands(connection: duckdb.DuckDBPyConnection, name: str) -> list[tuple[int, int]]:
    """Rows (then, now) in the tenths of what was there then; empty ones are a band of their own."""
    cell = identifier(name)
    shares = [i / _BANDS for i in range(1, _BANDS)]
    edges = _row(connection, "SELECT quantile_disc(" + cell + ", " + value(shares) + ") FROM " + _of("older"))[0]
    limits = sorted(set(edges or ()))
    band = Sql("0")
    for edge in limits:
        band = band + " + CAST(" + cell + " > " + value(edge) + " AS INTEGER)"
    return _grouped(connection, "CASE WHEN " + cell + " IS NULL THEN NULL ELSE " + band + " END")


def _values(connection: duckdb.DuckDBPyConnection, name: str) -> list[tuple[int, int]]:
    """Rows (then, now) of the frequent values of both; the rare ones together, the empty ones together."""
    cell = Sql("CAST(") + identifier(name) + " AS VARCHAR)"
    both = Sql(" UNION ALL ").text.join(f"SELECT {cell.text} AS v FROM {_of(side).text}" for side in _SIDES)
    query = f"SELECT v FROM ({both}) WHERE v IS NOT NULL GROUP BY v HAVING count(*) >= {MIN_UNITS}"
    named = [r[0] for r in connection.execute(f"{query} ORDER BY count(*) DESC, v LIMIT {_VALUES}").fetchall()]
    known = "CASE WHEN list_contains(" + value(named) + "::VARCHAR[], " + cell + ") THEN 'v' || " + cell
    return _grouped(connection, known + " WHEN " + cell + " IS NULL THEN NULL ELSE 'rare' END")


def _grouped(connection: duckdb.DuckDBPyConnection, band: Sql) -> list[tuple[int, int]]:
    halves = [
        "SELECT " + band + " AS band, " + ("1, 0" if side == "older" else "0, 1") + " FROM " + _of(side)
        for side in _SIDES
    ]
    query = "SELECT sum(a), sum(b) FROM (" + halves[0] + " UNION ALL " + halves[1] + ") AS t(band, a, b) GROUP BY band"
    return [(int(a), int(b)) for a, b in connection.execute(query.text, query.parameters).fetchall()]


def _ks(connection: duckdb.DuckDBPyConnection, name: str) -> float:
    """The largest distance between the two distributions of the filled rows, 0–1."""
    cell = identifier(name)
    halves = [
        "SELECT " + cell + " AS v, " + ("1 AS a, 0 AS b" if side == "older" else "0, 1") + " FROM " + _of(side)
        for side in _SIDES
    ]
    steps = (
        "SELECT v, sum(a) AS a, sum(b) AS b FROM (" + halves[0] + " UNION ALL " + halves[1]
        + ") WHERE v IS NOT NULL GROUP BY v"
    )  # fmt: skip
    sums = "SELECT sum(a) OVER w AS a, sum(b) OVER w AS b, sum(a) OVER () AS n, sum(b) OVER () AS m FROM (" + steps
    query = "SELECT max(abs(a / n - b / m)) FROM (" + sums + ") WINDOW w AS (ORDER BY v)) WHERE n > 0 AND m > 0"
    return float(_row(connection, query)[0] or 0.0)


def _psi(counts: Sequence[tuple[int, int]]) -> float:
    then, now = (max(sum(side), 1) for side in zip(*counts, strict=True)) if counts else (1, 1)
    total = 0.0
    for a, b in counts:
        before, after = max(a, _FLOOR) / then, max(b, _FLOOR) / now
        total += (after - before) * math.log(after / before)
    return round(total, 4)


def _chi2(counts: Sequence[tuple[int, int]]) -> tuple[float, float | None]:
    """χ² of the 2 × bands table and its p; None where there is a single band or side."""
    then, now = (sum(side) for side in zip(*counts, strict=True)) if counts else (0, 0)
    if len(counts) < 2 or not then or not now:
        return 0.0, None
    from scipy.special import chdtrc  # type: ignore[import-untyped, unused-ignore]

    statistic = 0.0
    for a, b in counts:
        for seen, side in ((a, then), (b, now)):
            expected = (a + b) * side / (then + now)
            statistic += (seen - expected) ** 2 / expected
    return statistic, _short(chdtrc(len(counts) - 1, statistic))


def _kolmogorov(scaled: float) -> float:
    from scipy.special import kolmogorov  # type: ignore[import-untyped, unused-ignore]

    return _short(kolmogorov(scaled))


def _short(p: Any) -> float:
    return float(f"{float(p):.3g}")


def _of(side: str) -> Sql:
    return identifier(side) + "." + identifier(TABLE)


def _row(connection: duckdb.DuckDBPyConnection, query: Sql | str) -> tuple[Any, ...]:
    text = query if isinstance(query, Sql) else Sql(query)
    [row] = connection.execute(text.text, text.parameters).fetchall()
    return tuple(row)
