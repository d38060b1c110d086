"""Coded rows give the same classes whichever way is taken: long keys, tables that are too large to sort, no unit."""

from __future__ import annotations

from typing import Any

import duckdb
import pytest

from sandbox.core.spec import Gate, KAnonymity, LDiversity, TCloseness
from sandbox.snapshots import coded as module
from sandbox.snapshots.classes import Histogram, read_histogram
from sandbox.snapshots.coded import coded
from sandbox.snapshots.gates import apply_gates, check_units, measure_all
from sandbox.snapshots.sql import identifier

QUASI = ("a", "b", "c")
GATES: list[Gate] = [
    KAnonymity(k=3, suppress=1),
    LDiversity(column="ill", l=2, suppress=1),
    TCloseness(column="ill", t=0.4, distance="ordered", suppress=1),
]


@pytest.fixture(params=[300, 90], ids=["one row each", "several rows each"])
def table(request: pytest.FixtureRequest) -> Any:
    with duckdb.connect(config={"threads": 1}) as connection:
        connection.execute(
            "CREATE TABLE t AS SELECT hash(i) % 3 AS a, nullif('b' || hash(i + 1000) % 4, 'b0') AS b,"
            " (hash(i + 2000) % 5)::DOUBLE AS c, nullif(hash(i + 3000) % 6, 0)::INT AS ill, 'U' || i % ? AS unit"
            " FROM range(300) r(i)",
            [request.param],
        )
        yield connection


def histogram(connection: duckdb.DuckDBPyConnection) -> Histogram:
    with coded(connection, identifier("t"), QUASI, "unit", ("ill",)) as rows:
        return read_histogram(rows)


def sizes(found: Histogram) -> list[tuple[int, int, tuple[int, ...]]]:
    cells = found.cells["ill"]
    by_class = [tuple(cells.units[cells.number == n].tolist()) for n in range(found.units.size)]
    return sorted(zip(found.units.tolist(), found.rows.tolist(), by_class, strict=True))


def passed(connection: duckdb.DuckDBPyConnection) -> tuple[list[Any], list[Any]]:
    """What the gates did, but for the last bits of a distance, which depend on order; and what is left."""
    connection.execute("CREATE OR REPLACE TABLE work AS FROM t")
    found = apply_gates(connection, "work", GATES, QUASI, "unit", "people")
    did = [
        (o.before.small, o.before.small_rows, o.after.count, o.rows_left_out, o.units_left_out, o.units)
        for o in found.outcomes
    ]
    return [*did, found.units_left_out], connection.execute("FROM work ORDER BY ALL").fetchall()


def test_a_key_that_is_too_long_is_numbered_anew(table: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    short, found = histogram(table), passed(table)
    monkeypatch.setattr(module, "_ROOM", 50)  # 3 × 4 × 5 keys with 6 values each do not fit any more
    long = histogram(table)
    assert sizes(long) == sizes(short)
    assert passed(table) == found


def test_a_table_that_is_too_large_to_sort_is_grouped(table: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    small, found = histogram(table), passed(table)
    monkeypatch.setattr(module, "IN_MEMORY", 10)
    assert sizes(histogram(table)) == sizes(small)
    assert passed(table) == found


def test_rows_of_nobody_belong_to_a_class_and_count_for_nobody(table: Any) -> None:
    before = histogram(table)
    table.execute("INSERT INTO t SELECT a, b, c, ill, NULL FROM t USING SAMPLE 40 (reservoir, 7)")
    table.execute("INSERT INTO t VALUES (9, 'x', 9, 1, NULL)")
    after = histogram(table)
    assert after.units.sum() == before.units.sum()
    assert after.rows.sum() == before.rows.sum() + 41
    assert after.units.size == before.units.size + 1
    assert [c.small_rows for c in measure_all(table, identifier("t"), [KAnonymity(k=2)], ("a",), "unit")] == [1]


def test_nothing_is_left_in_the_database(table: Any) -> None:
    passed(table)
    names = {name for (name,) in table.execute("SELECT table_name FROM duckdb_tables()").fetchall()}
    assert names == {"t", "work"}


def test_an_empty_table_has_no_class(table: Any) -> None:
    table.execute("DELETE FROM t")
    assert histogram(table).units.size == 0
    assert [c.count for c in measure_all(table, identifier("t"), GATES, QUASI, "unit")] == [0, 0, 0]


@pytest.mark.parametrize("in_memory", [1_000, 10])
def test_repeated_values_are_seen_in_tables_of_any_size(monkeypatch: pytest.MonkeyPatch, in_memory: int) -> None:
    """Large tables are looked at in parts."""
    monkeypatch.setattr(module, "IN_MEMORY", in_memory)
    with duckdb.connect() as connection:
        connection.execute(
            "CREATE TABLE t AS SELECT 'U' || i AS unit, 'U' || i % 99 AS once_again FROM range(100) r(i)"
        )
        assert module.all_different(connection, identifier("t"), "unit", 100)
        assert not module.all_different(connection, identifier("t"), "once_again", 100)
        assert check_units(connection, identifier("t"), "unit", "people") == 100
        assert check_units(connection, identifier("t"), "once_again", "people") == 99
