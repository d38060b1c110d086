"""The parts of the search: boxes of nodes, bounds, forecasts, and that a wrong forecast does no harm."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import product
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sandbox.snapshots.lattice import rollup as rollup_module
from sandbox.snapshots.lattice.forecast import Forecast
from sandbox.snapshots.lattice.grid import Floats, Node, count_coarser, count_finer, sums
from sandbox.snapshots.lattice.metrics import METRICS, Loss, Metric
from sandbox.snapshots.lattice.search import Search
from tests.snapshots.lattice.test_search import DOMAINS, Rows, rows_, search_of

shapes = st.lists(st.integers(1, 4), min_size=1, max_size=5)


def nodes_of(shape: Sequence[int]) -> list[Node]:
    return list(product(*map(range, shape)))


def is_finer(one: Node, other: Node) -> bool:
    return all(a <= b for a, b in zip(one, other, strict=True))


@given(shape=shapes, seed=st.integers(0, 9))
def test_flags_of_finer_and_coarser_nodes_are_counted(shape: list[int], seed: int) -> None:
    flags = np.random.default_rng(seed).random(shape) < 0.5
    finer, coarser = count_finer(flags), count_coarser(flags)
    for node in nodes_of(shape):
        assert finer[node] == sum(bool(flags[n]) for n in nodes_of(shape) if is_finer(n, node))
        assert coarser[node] == sum(bool(flags[n]) for n in nodes_of(shape) if is_finer(node, n))


@given(shape=shapes, seed=st.integers(0, 9))
def test_a_sum_of_levels_is_learned(shape: list[int], seed: int) -> None:
    draw = np.random.default_rng(seed)
    levels: list[Floats] = [np.append(0.0, np.cumsum(draw.normal(size=size - 1))) for size in shape]
    true = sums(levels) + 0.5
    forecast = Forecast(0.0, [np.zeros(size) for size in shape])
    for node in nodes_of(shape):
        forecast.learn(node, float(true[node]), noise=1e-3)
    assert forecast.all() == pytest.approx(true, abs=1e-3)


@settings(max_examples=60, deadline=None)
@given(rows=rows_, k=st.integers(2, 5), metric=st.sampled_from(METRICS))
def test_what_a_node_loses_bounds_what_finer_and_coarser_ones_lose(rows: Rows, k: int, metric: Metric) -> None:
    rollup = search_of(rows, metric, k).rollup
    codes = [np.array([row[c] for row, _ in rows]) for c in range(len(DOMAINS))]
    loss = Loss(metric, rollup, codes, np.ones(len(rows), dtype=np.int64))
    bounds, penalties = {}, {}
    for node in nodes_of([d.height + 1 for d in DOMAINS]):
        counted = rollup.count(node)
        bounds[node] = loss.bound(counted)
        penalties[node] = loss.penalty(counted.failing(k))
    for finer, coarser in product(bounds, bounds):
        if is_finer(finer, coarser):
            assert bounds[finer] <= bounds[coarser] + 1e-9
            assert penalties[finer] >= penalties[coarser] - 1e-9


@pytest.mark.parametrize("guess", [-1e9, 0.0, 1e9, None])
@pytest.mark.parametrize("metric", METRICS)
def test_a_wrong_forecast_changes_nothing(metric: Metric, guess: float | None, monkeypatch: pytest.MonkeyPatch) -> None:
    rows: Rows = [((v * v % 8, v * 7 % 4, v % 2, v % 3 // 2), v) for v in range(60)]
    right = [search_of(rows, metric, 4).best(limit).best for limit in (0.0, 0.1, 0.3)]
    draw = np.random.default_rng(1)

    def wrong(forecast: Any) -> Floats:
        shape = tuple(d.height + 1 for d in DOMAINS)
        return draw.normal(-3, 3, size=shape) if guess is None else np.full(shape, guess)

    monkeypatch.setattr(Forecast, "all", wrong)
    found = [search_of(rows, metric, 4).best(limit).best for limit in (0.0, 0.1, 0.3)]
    assert all(found)
    assert [f and f.loss for f in found] == pytest.approx([f and f.loss for f in right])


def test_nodes_that_are_forgotten_are_counted_again(monkeypatch: pytest.MonkeyPatch) -> None:
    rows: Rows = [((v * v % 8, v * 7 % 4, v % 2, v % 3 // 2), v) for v in range(60)]
    shape = [d.height + 1 for d in DOMAINS]
    rollup = search_of(rows, "entropy", 3).rollup
    sizes = {node: sorted(rollup.count(node).class_units.tolist()) for node in nodes_of(shape)}
    monkeypatch.setattr(rollup_module, "_NUMBERED", 0)
    monkeypatch.setattr(rollup_module, "_KEPT", 20)
    monkeypatch.setattr(rollup_module, "_WORTH", 1.0)
    rollup = search_of(rows, "entropy", 3).rollup
    for node in [*reversed(nodes_of(shape)), *nodes_of(shape)]:
        assert sorted(rollup.count(node).class_units.tolist()) == sizes[node]


def test_levels_that_cost_nothing_are_not_raised() -> None:
    """All values of the third column are one, whatever its level."""
    rows: Rows = [((v * v % 8, v * 7 % 4, 0, 0), v) for v in range(60)]
    best = search_of(rows, "entropy", 4).best(0.1).best
    assert best is not None
    assert best.node[2] == 0


@settings(max_examples=60, deadline=None)
@given(
    rows=rows_,
    limits=st.lists(st.sampled_from([0.0, 0.05, 0.1, 0.3, 0.6]), min_size=2, max_size=4),
    metric=st.sampled_from(METRICS),
)
def test_whatever_was_counted_before_the_loss_is_the_same(rows: Rows, limits: list[float], metric: Metric) -> None:
    search: Search = search_of(rows, metric, 3)
    for limit in limits:
        once, anew = search.best(limit).best, search_of(rows, metric, 3).best(limit).best
        assert (once is None) == (anew is None)
        if once and anew:
            assert once.loss == pytest.approx(anew.loss)
