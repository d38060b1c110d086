"""The search finds what looking at every node finds; known answers on the field's standard table."""

from __future__ import annotations

import os
from collections import defaultdict
from itertools import product
from math import log2
from pathlib import Path
from typing import Any

import duckdb
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sandbox.snapshots.hierarchies.table_file import read_hierarchy
from sandbox.snapshots.lattice import counted as counted_module
from sandbox.snapshots.lattice import rollup as rollup_module
from sandbox.snapshots.lattice.domain import Domain, domain
from sandbox.snapshots.lattice.metrics import METRICS, Loss, Metric
from sandbox.snapshots.lattice.rollup import Node, Rollup
from sandbox.snapshots.lattice.search import Search

SHARED = Path(os.environ.get("SANDBOX_SHARED_DATA") or Path(__file__).resolve().parents[4] / "shared" / "data")

# Values 0 … 7 whose labels are halves, quarters, everything; 0 … 3 with two levels; 0 … 1 with one; one without any.
DOMAINS = (
    domain("a", [range(8), [v // 2 for v in range(8)], [v // 4 for v in range(8)], ["*"] * 8]),
    domain("b", [range(4), [0, 0, 0, 1], ["*"] * 4]),
    domain("c", [range(2), ["*"] * 2]),
    domain("d", [range(2)]),
)
values_ = st.tuples(st.integers(0, 7), st.integers(0, 3), st.integers(0, 1), st.integers(0, 1))
Rows = list[tuple[tuple[int, ...], int]]
"""(values, unit)."""
rows_ = st.one_of(
    st.lists(st.tuples(values_, st.integers(0, 9)), min_size=1, max_size=50, unique=True),
    st.lists(values_, min_size=1, max_size=50).map(lambda rows: [(row, n) for n, row in enumerate(rows)]),
)


def search_of(rows: Rows, metric: Metric, k: int, widest: float = 1.0) -> Search:
    codes = [np.array([row[c] for row, _ in rows]) for c in range(len(DOMAINS))]
    units = np.array([unit for _, unit in rows])
    records = np.ones(units.size, dtype=np.int64)
    unit = None if np.unique(units).size == units.size else np.unique(units, return_inverse=True)[1]
    rollup = Rollup(DOMAINS, codes, records, unit)
    return Search(rollup, Loss(metric, rollup, codes, records), k, widest)


def by_hand(rows: Rows, node: Node, metric: Metric, k: int) -> tuple[float, int, int]:
    """The reference: (loss, units left out, classes that stay) of one node, by the definitions."""
    classes: dict[Any, list[tuple[tuple[int, ...], int]]] = defaultdict(list)
    for row, unit in rows:
        classes[tuple(d.codes[level][v] for d, level, v in zip(DOMAINS, node, row, strict=True))].append((row, unit))
    small = {key for key, members in classes.items() if len({unit for _, unit in members}) < k}
    left_out = {unit for key in small for _, unit in classes[key]}
    if metric == "discernibility":
        lost = sum(len(m) * len(rows) if key in small else len(m) ** 2 for key, m in classes.items())
        return lost / len(rows) ** 2, len(left_out), len(classes) - len(small)
    lost = whole = 0.0
    for key, members in classes.items():
        for row, _ in members:
            for column, (d, level) in enumerate(zip(DOMAINS, node, strict=True)):
                if metric == "precision":
                    lost += 1 if key in small else level / max(d.height, 1)
                    whole += 1
                    continue
                own = sum(r[column] == row[column] for r, _ in rows)
                label = sum(d.codes[level][r[column]] == d.codes[level][row[column]] for r, _ in rows)
                lost += log2((len(rows) if key in small else label) / own)
                whole += log2(len(rows) / own)
    return lost / whole if whole else 0.0, len(left_out), len(classes) - len(small)


@settings(max_examples=150, deadline=None)
@given(
    rows=rows_,
    k=st.integers(2, 5),
    suppress=st.sampled_from([0.0, 0.1, 0.3, 0.6]),
    metric=st.sampled_from(METRICS),
    numbered=st.booleans(),
)
def test_the_best_node_is_that_of_exhaustive_search(
    rows: Rows, k: int, suppress: float, metric: Metric, numbered: bool
) -> None:
    units = len({unit for _, unit in rows})
    every = {n: by_hand(rows, n, metric, k) for n in product(*(range(d.height + 1) for d in DOMAINS))}
    hold = {n: f for n, f in every.items() if f[1] <= suppress * units and f[2]}
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(rollup_module, "_NUMBERED", 100 if numbered else 0)
        found = search_of(rows, metric, k).best(suppress)
    assert found.nodes == len(every) == 24
    if not hold:
        assert found.best is None
        return
    assert found.best is not None
    assert found.best.node in hold
    assert found.best.loss == pytest.approx(min(loss for loss, *_ in hold.values()))
    loss, left_out, classes = every[found.best.node]
    assert (found.best.loss, found.best.left_out, found.best.classes) == (pytest.approx(loss), left_out, classes)


@settings(max_examples=60, deadline=None)
@given(
    rows=rows_,
    nodes=st.lists(st.tuples(*(st.integers(0, d.height) for d in DOMAINS)), min_size=1, max_size=12),
    numbered=st.booleans(),
)
def test_nodes_between_and_numbers_change_no_count(rows: Rows, nodes: list[Node], numbered: bool) -> None:
    """However a node is reached, its classes are those that are counted by hand."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(rollup_module, "LARGE", 1)
        patch.setattr(counted_module, "LARGE", 1)
        patch.setattr(rollup_module, "_NUMBERED", 100 if numbered else 0)
        patch.setattr(rollup_module, "_SHRINKS", 0)
        patch.setattr(rollup_module, "_BLOCK", 3)
        rollup = search_of(rows, "entropy", 2).rollup
        for node in nodes:
            counted = rollup.count(node)
            classes: dict[Any, set[int]] = defaultdict(set)
            for row, unit in rows:
                key = tuple(d.codes[level][v] for d, level, v in zip(DOMAINS, node, row, strict=True))
                classes[key].add(unit)
            assert sorted(counted.class_units.tolist()) == sorted(len(units) for units in classes.values())
            assert int(counted.class_records.sum()) == len(rows)
            small = [units for units in classes.values() if len(units) < 3]
            failing = counted.failing(3)
            assert (counted.classes, failing.classes) == (len(classes), len(small))
            assert rollup.left_out(failing) == len(set().union(*small))


def test_a_limit_beyond_the_widest_is_refused() -> None:
    search = search_of([((v % 8, v % 4, v % 2, 0), v) for v in range(40)], "entropy", 3, widest=0.1)
    assert (
        search.best(0.1).best
        == search_of([((v % 8, v % 4, v % 2, 0), v) for v in range(40)], "entropy", 3).best(0.1).best
    )
    with pytest.raises(ValueError, match="wider"):
        search.best(0.2)


def test_one_search_for_several_limits_finds_what_a_new_one_finds() -> None:
    rows: Rows = [((v * v % 8, v * 7 % 4, v % 2, v % 3 // 2), v) for v in range(60)]
    search = search_of(rows, "entropy", 4)
    for limit in (0.3, 0.0, 0.1, 0.6, 0.05):
        assert search.best(limit).best == search_of(rows, "entropy", 4).best(limit).best


def test_a_refused_node_is_not_the_best() -> None:
    rows: Rows = [((v % 8, v % 4, v % 2, 0), v) for v in range(40)]
    search = search_of(rows, "entropy", 3)
    free = search.best(0.0)
    assert free.best is not None
    other = search.best(0.0, lambda found: found.node != free.best.node if free.best else True)
    assert other.best is not None
    assert other.best.node != free.best.node
    assert other.best.loss >= free.best.loss
    assert search.best(0.0, lambda found: False).best is None


def test_keys_that_do_not_fit_into_a_word_give_the_same(monkeypatch: pytest.MonkeyPatch) -> None:
    rows: Rows = [((v % 8, v * 7 % 4, v % 2, v % 3 // 2), v % 30) for v in range(60)]
    wide = search_of(rows, "entropy", 3).best(0.2)
    monkeypatch.setattr(rollup_module, "_BITS", 10)
    monkeypatch.setattr(rollup_module, "_WORD", 8)
    assert search_of(rows, "entropy", 3).best(0.2).best == wide.best


@pytest.fixture(scope="module")
def adult() -> tuple[list[Domain], list[Any]]:
    folder = SHARED / "adult"
    if not folder.is_dir():
        pytest.skip("no folder with shared data (SANDBOX_SHARED_DATA)")
    with duckdb.connect() as connection:
        frame = connection.execute(
            "FROM read_csv(?, delim = ';', all_varchar = true)", [str(folder / "adult.csv")]
        ).df()
    domains, codes = [], []
    for name in frame.columns:
        values, code = np.unique(frame[name].to_numpy(dtype=str), return_inverse=True)
        hierarchy = read_hierarchy(folder / f"adult_hierarchy_{name}.csv")
        labels = [hierarchy.labels(values.tolist(), level) for level in range(hierarchy.height + 1)]
        domains.append(domain(str(name), labels))
        codes.append(code)
    return domains, codes


@pytest.mark.parametrize("metric", METRICS)
def test_adult_by_search_and_by_every_node(metric: Metric, adult: tuple[list[Domain], list[Any]]) -> None:
    """Five of the nine columns, of which every node can be looked at; and few of them are."""
    domains, codes = (part[:5] for part in adult)
    records = np.ones(codes[0].size, dtype=np.int64)
    rollup = Rollup(domains, codes, records)
    loss = Loss(metric, rollup, codes, records)
    result = Search(rollup, loss, 5).best(0.02)
    best = None
    for node in product(*(range(d.height + 1) for d in domains)):
        counted = rollup.count(node)
        failing = counted.failing(5)
        if rollup.left_out(failing) <= 0.02 * rollup.units:
            lost = loss.of(counted, failing)
            best = lost if best is None else min(best, lost)
    assert result.best is not None
    assert result.best.loss == pytest.approx(best)
    assert result.counted < result.nodes


def test_the_known_classes_of_adult(adult: tuple[list[Domain], list[Any]]) -> None:
    domains, codes = adult
    rollup = Rollup(domains, codes, np.ones(codes[0].size, dtype=np.int64))
    bottom = rollup.bottom
    assert (bottom.class_units.size, int((bottom.class_units == 1).sum()), rollup.units) == (19502, 15512, 30162)
    assert rollup.count(tuple(d.height for d in domains)).class_units.tolist() == [30162]
