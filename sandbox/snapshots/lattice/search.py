"""The best node of a lattice under k-anonymity, without looking at all of them.

Coarser classes are unions of finer: a unit in a class of at least k stays in one. Where a node leaves out too much,
so do all finer ones, and if it does not, neither do all coarser ones. That decides most nodes without counting them, in
the manner of Flash (F. Kohlmayer et al., 2012) and OLA (K. El Emam et al., 2009): from the best open node, a path to
the top is searched by halves. What is left is cut off by the loss: a node and all coarser ones lose at least what
their generalisation alone loses. The result is the optimum, not a guess.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from sandbox.snapshots.lattice.metrics import Loss
from sandbox.snapshots.lattice.rollup import Node, Rollup

_OPEN, _POSSIBLE, _IMPOSSIBLE, _DONE = 0, 1, 2, 3
# A bound that is equal but for the last bits must not hide the optimum, nor one optimum its equals for long.
_ROUNDING = 1e-12


@dataclass(frozen=True)
class Found:
    """A node that holds. ``loss`` 0–1; ``classes`` that stay; ``left_out`` units; ``share`` of all units, 0–1."""

    node: Node
    loss: float
    classes: int
    left_out: int
    share: float


@dataclass(frozen=True)
class Result:
    """``best`` is None when no node holds. ``counted`` of all ``nodes`` had to be counted."""

    best: Found | None
    nodes: int
    counted: int


class Search:
    """Searches one table for one ``k`` and metric; what was counted serves for every limit of what is left out."""

    def __init__(self, rollup: Rollup, loss: Loss, k: int) -> None:
        self._rollup, self._loss, self._k = rollup, loss, k
        self._least = loss.least()
        self._found: dict[Node, tuple[Found, float]] = {}

    def best(self, suppress: float, accept: Callable[[Found], bool] | None = None) -> Result:
        """The node that loses least while at most the share ``suppress`` of the units is left out.

        Among equals the lower levels win. ``accept`` may refuse a node, as other gates do.
        """
        state = np.zeros(self._least.shape, dtype=np.uint8)
        least = self._least.copy()
        best: Found | None = None
        counted = len(self._found)
        while True:
            limit = np.inf if best is None else best.loss - _ROUNDING
            undecided = (state < _IMPOSSIBLE) & (least < limit)
            places = np.flatnonzero(undecided)
            if not places.size:
                return Result(best, int(state.size), len(self._found) - counted)
            first = places[np.argmin(least.flat[places])]
            start: Node = tuple(int(n) for n in np.unravel_index(first, state.shape))
            for node in self._probes(start, state, suppress):
                found, bound = self._count(node)
                state[node] = _DONE
                at_least = least[tuple(slice(level, None) for level in node)]
                np.maximum(at_least, bound, out=at_least)
                if not self._holds(found, suppress):
                    state[tuple(slice(0, level + 1) for level in node)] = _IMPOSSIBLE
                    continue
                coarser = state[tuple(slice(level, None) for level in node)]
                coarser[coarser == _OPEN] = _POSSIBLE
                if best is None or _better(found, best):
                    best = found if accept is None or accept(found) else best

    def _probes(self, start: Node, state: NDArray[np.uint8], suppress: float) -> Iterator[Node]:
        """The nodes to count next: of a path from ``start`` to the top, those that halve what is undecided."""
        if state[start] == _POSSIBLE:
            yield start
            return
        path = self._path(start)
        low, high = 0, len(path)  # below low nothing holds, from high on everything does
        while low < high:
            middle = (low + high) // 2
            node = path[middle]
            if state[node] == _OPEN:
                yield node
            if state[node] == _IMPOSSIBLE or (state[node] == _DONE and not self._holds(self._found[node][0], suppress)):
                low = middle + 1
            else:
                high = middle

    def _path(self, start: Node) -> list[Node]:
        """From ``start`` to the top, always by the step that costs least."""
        path, top = [start], tuple(n - 1 for n in self._least.shape)
        while path[-1] != top:
            node = path[-1]
            steps = [
                (*node[:axis], level + 1, *node[axis + 1 :]) for axis, level in enumerate(node) if level < top[axis]
            ]
            path.append(min(steps, key=self._cost))
        return path

    def _cost(self, node: Node) -> float:
        return float(self._least[node])

    def _holds(self, found: Found, suppress: float) -> bool:
        return found.classes > 0 and found.left_out <= suppress * self._rollup.units

    def _count(self, node: Node) -> tuple[Found, float]:
        if node not in self._found:
            counted = self._rollup.count(node)
            fails = counted.class_units < self._k
            left_out = self._rollup.left_out(counted, fails)
            loss, bound = self._loss.of(counted, fails)
            share = left_out / self._rollup.units if self._rollup.units else 0.0
            self._found[node] = (Found(node, loss, int((~fails).sum()), left_out, share), bound)
        return self._found[node]


def _better(one: Found, other: Found) -> bool:
    if abs(one.loss - other.loss) > _ROUNDING:
        return one.loss < other.loss
    return (sum(one.node), one.node) < (sum(other.node), other.node)
