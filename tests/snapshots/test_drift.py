"""Two versions side by side: what changed is named, what moved is measured as independent implementations do."""

from __future__ import annotations

import json
from datetime import timedelta
from typing import Any

import duckdb
import numpy as np
import pytest
from scipy import stats

from sandbox.snapshots.build import Built
from sandbox.snapshots.drift import ColumnDiff, DatasetDiff, diff_snapshots
from tests.snapshots.conftest import NOW, Builder, column, people_rows, spec_of, write_csv


def two(build: Builder, first: Any, second: Any, **changes: Any) -> tuple[Built, Built, DatasetDiff]:
    write_csv(build.folder / "people.csv", first)
    older = build(spec_of(), now=NOW)
    write_csv(build.folder / "people.csv", second)
    newer = build(spec_of(**changes), now=NOW + timedelta(days=7))
    return older, newer, diff_snapshots(older.folder, newer.folder)


def by_name(diff: DatasetDiff) -> dict[str, ColumnDiff]:
    return {c.name: c for c in diff.columns}


def read(built: Built, name: str) -> Any:
    with duckdb.connect(str(built.folder / "data.duckdb"), read_only=True) as connection:
        return connection.execute(f'SELECT "{name}" FROM data').fetchnumpy()[name]


def test_the_same_rows_have_not_moved(build: Builder) -> None:
    _, _, diff = two(build, people_rows(), people_rows())
    assert diff.same_spec and diff.same_keys and not diff.gates_gone and not diff.gates_new
    assert diff.rows[0] == diff.rows[1]
    for one in diff.columns:
        assert one.change == "same"
        assert (one.drift is None) == (one.name == "id")
        if one.drift:
            assert one.drift.psi == 0 and one.drift.statistic == 0 and one.drift.p in (1.0, None)
    assert diff.differencing and (diff.differencing.came, diff.differencing.left) == (0, 0)


def test_drift_is_what_scipy_measures(build: Builder) -> None:
    rng = np.random.default_rng(5)
    first, second = people_rows(600), people_rows(600)
    for row, spent in zip(first, rng.gamma(2, 50, len(first)), strict=True):
        row[4] = spent
    for row, spent, late in zip(second, rng.gamma(2, 65, len(second)), rng.random(len(second)), strict=True):
        row[4] = spent
        row[2] = "Wuhan" if late < 0.2 and row[2] == "Lyon" else row[2]
    older, newer, diff = two(build, first, second)
    spent = by_name(diff)["spent"].drift
    assert spent is not None
    found = stats.ks_2samp(read(older, "spent"), read(newer, "spent"), method="asymp")
    assert spent.statistic == pytest.approx(found.statistic, abs=1e-4)
    # scipy corrects for finite samples, so that its p is a little smaller.
    assert spent.p is not None and found.pvalue == pytest.approx(spent.p, rel=0.25)
    city = by_name(diff)["city"].drift
    assert city is not None
    counts = [[int((read(b, "city") == c).sum()) for c in ("Wuhan", "Lyon", "Bath")] for b in (older, newer)]
    expected = stats.chi2_contingency(counts, correction=False)
    assert city.statistic == pytest.approx(expected.statistic, abs=1e-3)
    assert city.p == pytest.approx(expected.pvalue, rel=1e-2)
    shares = np.array(counts) / np.sum(counts, axis=1, keepdims=True)
    assert city.psi == pytest.approx(((shares[1] - shares[0]) * np.log(shares[1] / shares[0])).sum(), abs=1e-4)


def test_a_strong_shift_and_empty_rows_are_seen(build: Builder) -> None:
    second = people_rows()
    for i, row in enumerate(second):
        row[4] = "" if i % 2 else row[4] + 500
    _, _, diff = two(build, people_rows(), second)
    spent = by_name(diff)["spent"].drift
    assert spent is not None and spent.psi > 1 and spent.p is not None and spent.p < 1e-6
    assert spent.nulls[0] == 0 and spent.nulls[1] == pytest.approx(0.5, abs=0.01)


def test_columns_rules_and_gates_that_changed_are_named(build: Builder) -> None:
    columns = spec_of().model_dump(mode="json", by_alias=True)["columns"]
    columns["name"] = column("direct", "drop")
    columns["age"] = column("quasi", {"band": 20})
    del columns["spent"]
    columns = {**columns, "extra": column("measure", "keep")}
    write_csv(build.folder / "people.csv", people_rows())
    older = build()
    rows = [[*row, 1] for row in people_rows()]
    write_csv(build.folder / "people.csv", rows, ("id", "name", "city", "age", "spent", "extra"))
    newer = build(spec_of(columns=columns, gates=[{"k_anonymity": {"k": 4, "suppress": 0.2}}]), now=NOW + timedelta(1))
    diff = diff_snapshots(older.folder, newer.folder)
    found = by_name(diff)
    assert {n: c.change for n, c in found.items()} == {
        "id": "same", "city": "same", "age": "changed", "extra": "added", "spent": "removed",
    }  # fmt: skip
    assert found["age"].changed == ("rule",)
    assert len(diff.gates_gone) == len(diff.gates_new) == 1 and not diff.same_spec
    json.dumps(diff.to_json())


def test_who_came_and_left_is_counted_and_other_keys_do_not_match(build: Builder) -> None:
    _, _, diff = two(build, people_rows(120), people_rows(117))
    assert diff.differencing and diff.differencing.left == 3
    build.keys["customer"] = bytes(range(5, 37))
    newer = build(spec_of(), now=NOW + timedelta(days=30))
    other = diff_snapshots(build.parent() / diff.older, newer.folder)
    assert not other.same_keys and other.differencing is None
