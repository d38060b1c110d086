"""The best node of a lattice under k-anonymity, without looking at all of them.

Coarser classes are unions of finer: a unit in a class of at least k stays in one. Where a node leaves out too much,
so do all finer ones, and if it does not, neither do all coarser ones. That decides most nodes without counting them, in
the manner of Flash (F. Kohlmayer et al., 2012) and OLA (K. El Emam et al., 2009). What is left is cut off by the loss:
a node and all coarser ones lose at least what their generalisation alone loses. The result is the optimum, not a guess.

Nodes are taken by what they lose at least. One of which nothing is known is decided by a coarser one that leaves out
too much; the coarser, the more it decides. Where on the way to the top such nodes end depends mostly on how much the
labels still tell, so the place is guessed from where it was before. A guess decides what is counted, not what is true.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from sandbox.snapshots.lattice.metrics import Loss, sums
from sandbox.snapshots.lattice.rollup import Node, Rollup

_OPEN, _POSSIBLE, _IMPOSSIBLE, _DONE = 0, 1, 2, 3
# A bound that is equal but for the last bits must not hide the optimum, nor one optimum its equals for long.
_ROUNDING = 1e-12
# How far the guess moves after a node that did not hold, and after one that did, in levels. Found by trying.
_BOLDER, _CAREFUL = 0.3, 0.5

State = NDArray[np.uint8]


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
    """Searches one table for one ``k`` and metric; what was counted serves for every limit of what is left out, which
    is ``widest`` (0–1) at most."""

    def __init__(self, rollup: Rollup, loss: Loss, k: int, widest: float = 1.0) -> None:
        self.rollup, self._loss, self._k, self._widest = rollup, loss, k, widest
        self._least = loss.least()
        self._top: Node = tuple(n - 1 for n in self._least.shape)
        self._costs = [costs.tolist() for costs in loss.costs]
        self._order = np.argsort(sums(loss.costs), axis=None, kind="stable").tolist()
        self._bits: list[list[float]] = [bits.tolist() for bits in rollup.bits]
        self._step = sum(bits[0] for bits in self._bits) / max(sum(self._top), 1)  # bits per level, on average
        self._found: dict[Node, Found | None] = {}

    def best(self, suppress: float, accept: Callable[[Found], bool] | None = None) -> Result:
        """The node that loses least while at most the share ``suppress`` of the units is left out.

        Among equals the lower levels win. ``accept`` may refuse a node, as other gates do.
        """
        if suppress > self._widest:
            raise ValueError(f"the limit {suppress} is wider than {self._widest}")
        counted = len(self._found)
        state = self._known(suppress)
        best: Found | None = None
        limit, guess = np.inf, None
        for place in self._order:
            if state.flat[place] >= _IMPOSSIBLE or self._least.flat[place] >= limit:
                continue
            start: Node = tuple(int(n) for n in np.unravel_index(place, state.shape))
            probes = _Probes(self, start, state, guess)
            for node in probes:
                found = self._count(node)
                holds = found is not None and self._holds(found, suppress)
                _decide(state, node, holds)
                probes.tell(holds)
                if found and holds and (best is None or _better(found, best)) and (accept is None or accept(found)):
                    best, limit = found, found.loss - _ROUNDING
            guess = probes.guess
        return Result(best, int(state.size), len(self._found) - counted)

    def _known(self, suppress: float) -> State:
        """What the nodes that were counted for other limits say about this one. Those that hold are looked at again,
        which costs nothing."""
        state = np.zeros(self._least.shape, dtype=np.uint8)
        for node, found in self._found.items():
            holds = found is not None and self._holds(found, suppress)
            _decide(state, node, holds)
            if holds:
                state[node] = _POSSIBLE
        return state

    def path(self, start: Node, state: State) -> list[Node]:
        """From ``start`` towards the top, always by the step that costs least, to before what is known to hold."""
        node, path = list(start), []
        while state[tuple(node)] != _POSSIBLE and state[tuple(node)] != _DONE:
            path.append(tuple(node))
            steps = [
                (costs[level + 1] - costs[level], axis)
                for axis, (level, costs) in enumerate(zip(node, self._costs, strict=True))
                if level < self._top[axis]
            ]
            if not steps:
                break
            node[min(steps)[1]] += 1
        return path

    def bits(self, node: Node) -> float:
        """How much the labels of ``node`` tell."""
        return sum(bits[level] for bits, level in zip(self._bits, node, strict=True))

    @property
    def step(self) -> float:
        """Bits that a level tells, on average."""
        return self._step

    def _holds(self, found: Found, suppress: float) -> bool:
        return found.classes > 0 and found.left_out <= suppress * self.rollup.units

    def _count(self, node: Node) -> Found | None:
        """What is known of ``node``; None if it leaves out more than the widest limit."""
        if node not in self._found:
            counted = self.rollup.count(node)
            units = counted.class_units
            fails = units < self._k
            left_out = self.rollup.left_out(counted, fails)
            if self._loss.rises:
                coarser = self._least[tuple(slice(level, None) for level in node)]
                np.maximum(coarser, self._loss.bound(counted), out=coarser)
            found = None
            if left_out <= self._widest * self.rollup.units:
                share = left_out / self.rollup.units if self.rollup.units else 0.0
                stay = units.size - int(np.count_nonzero(fails))
                found = Found(node, self._loss.of(counted, fails), stay, left_out, share)
            self._found[node] = found
        return self._found[node]


class _Probes:
    """The nodes to count until ``start`` is decided: iterate, and ``tell`` of each whether it holds.

    ``guess``: the bits at which nodes begin to hold. Without one, the way is searched by halves.
    """

    def __init__(self, search: Search, start: Node, state: State, guess: float | None) -> None:
        self.guess = guess
        self._search, self._start, self._state = search, start, state
        self._held = True

    def tell(self, holds: bool) -> None:
        self._held = holds

    def __iter__(self) -> Iterator[Node]:
        if self._state[self._start] == _POSSIBLE:
            yield self._start
            return
        path = self._search.path(self._start, self._state)
        yield from self._halves(path) if self.guess is None else self._guessed(path, self.guess)

    def _halves(self, path: Sequence[Node]) -> Iterator[Node]:
        low, high = 0, len(path)  # below low nothing holds, from high on everything does
        while low < high:
            middle = (low + high) // 2
            yield path[middle]
            low, high = (low, middle) if self._held else (middle + 1, high)
        self.guess = self._search.bits(path[max(low - 1, 0)])

    def _guessed(self, path: Sequence[Node], guess: float) -> Iterator[Node]:
        place = 0
        while place + 1 < len(path) and self._search.bits(path[place + 1]) >= guess:
            place += 1
        yield path[place]
        if not self._held:
            self.guess = guess - _BOLDER * self._search.step
            return
        self.guess, back = guess + _CAREFUL * self._search.step, 1
        while self._held and place:
            place, back = max(place - back, 0), 2 * back
            yield path[place]


def _decide(state: State, node: Node, holds: bool) -> None:
    """What ``node`` says about itself and about finer or coarser nodes."""
    if not holds:
        state[tuple(slice(0, level + 1) for level in node)] = _IMPOSSIBLE
        return
    coarser = state[tuple(slice(level, None) for level in node)]
    coarser[coarser == _OPEN] = _POSSIBLE
    state[node] = _DONE


def _better(one: Found, other: Found) -> bool:
    if abs(one.loss - other.loss) > _ROUNDING:
        return one.loss < other.loss
    return (sum(one.node), one.node) < (sum(other.node), other.node)
