"""The small plots of the catalogue: right in shape, and silent about bands of few people."""

from __future__ import annotations

from typing import Any

import duckdb
import pytest

from sandbox.snapshots.manifest import ColumnProfile
from sandbox.snapshots.profile import MIN_UNITS, Profiler, _without_few
from sandbox.snapshots.sql import Sql, identifier
from tests.snapshots.conftest import Builder, column, spec_of, write_csv


def profile(build: Builder, rows: list[list[Any]], **changes: Any) -> ColumnProfile:
    write_csv(build.folder / "people.csv", rows)
    columns = spec_of().model_dump(mode="json", by_alias=True)["columns"]
    columns["spent"] = column("measure", "keep", type="DOUBLE")
    found = {c.name: c.profile for c in build(spec_of(columns=columns, **changes)).manifest.columns}["spent"]
    assert found is not None
    return found


def rows_of(values: list[float], per_unit: int = 1) -> list[list[Any]]:
    return [[f"{i // per_unit:05d}", "x", "Wuhan", 30, v] for i, v in enumerate(values)]


def test_an_even_distribution_is_flat_and_its_tails_are_not_shown(build: Builder) -> None:
    found = profile(build, rows_of([float(i) for i in range(1600)]))
    assert len(found.bins) == 16 and all(b == pytest.approx(0.9 / 16, abs=0.006) for b in found.bins)


def test_bands_of_few_people_are_left_out_and_never_one_alone(build: Builder) -> None:
    values = [0.0] * 500 + [100.0] * 500 + [50.0] * (MIN_UNITS - 1) + [20.0] * 200
    found = profile(build, rows_of(values))
    assert sum(b is None for b in found.bins) == 2
    assert found.bins[0] == pytest.approx(0.41, abs=0.01)


def test_many_rows_of_few_people_are_few(build: Builder) -> None:
    busy = [[f"A{i % 4}", "x", "Wuhan", 30, 50.0] for i in range(400)]
    found = profile(build, [*rows_of([float(i % 100) for i in range(4000) if i % 100 not in range(45, 56)]), *busy])
    middle = found.bins[7:9]
    assert None in middle


def test_dates_have_plots_and_things_show_all(build: Builder) -> None:
    lines = "".join(f"{i},2026-01-{1 + i % 28:02d}\n" for i in range(280))
    (build.folder / "things.csv").write_text("id,day\n" + lines)
    columns = {"id": column("identifier", "keep"), "day": column("measure", "keep", type="DATE")}
    unit = {"column": "id", "entity": "thing", "personal": False}
    source = {"kind": "csv", "path": "things.csv"}
    spec = spec_of(name="things", columns=columns, unit=unit, source=source, gates=[])
    [day] = [c.profile for c in build(spec).manifest.columns if c.name == "day"]
    assert day is not None and len(day.bins) == 16 and None not in day.bins
    assert sum(b or 0 for b in day.bins) == pytest.approx(1, abs=0.08)


def test_a_band_that_is_hidden_never_stands_alone() -> None:
    assert _without_few({0: (50, 50), 1: (3, 3), 2: (47, 47)}, 3, 10, 100) == (0.5, None, None)
    assert _without_few({0: (50, 50), 2: (50, 50)}, 3, 10, 100) == (0.5, 0.0, 0.5)
    assert _without_few({}, 2, 10, 100) == (0.0, 0.0)


@pytest.mark.parametrize("share", [0.0, 0.05])
def test_the_shown_range_is_that_of_the_sorted_values(share: float) -> None:
    """For tables of any size, and whatever the column is called."""
    with duckdb.connect() as connection:
        for rows in [*range(200, 400, 7), 1000, 4999]:
            connection.execute(
                "CREATE OR REPLACE TABLE t AS SELECT (hash(i + 1) % 130)::INTEGER AS v,"
                " CASE WHEN i % 7 > 0 THEN (hash(i) % 1000) / 7 END AS n, (hash(i) % 9)::INTEGER AS band"
                " FROM range(?) r(i)",
                [rows],
            )
            profiler = Profiler(connection, Sql("t"), ["v", "n", "band"], "missing" if share else None)
            for name, kind in (("v", "INTEGER"), ("n", "DOUBLE"), ("band", "INTEGER")):
                wanted = f"SELECT quantile_disc({name}, [{share}, 0.5, {1 - share}]) FROM t"
                [(expected,)] = connection.execute(wanted).fetchall()
                [(filled,)] = connection.execute(f"SELECT count({name}) FROM t").fetchall()
                if filled < MIN_UNITS / 0.05:
                    continue
                assert profiler._range(identifier(name), filled) == tuple(expected), (rows, name)
                assert sum(b or 0 for b in profiler._bins(identifier(name), kind, expected[0], expected[2])) > 0.5
