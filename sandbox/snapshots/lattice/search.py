"""The best node of a lattice under k-anonymity, without looking at all of them.

Coarser classes are unions of finer: a unit in a class of at least k stays in one. Where a node leaves out too much, so
do all finer ones, as in Flash (F. Kohlmayer et al., 2012) and OLA (K. El Emam et al., 2009). A node is decided, too, by
losing too much at least, from what is known of finer and coarser ones (``bounds``). What is found is the optimum.

Nodes are taken by what they lose at least. One that is open is decided by another that decides many more, if forecasts
are right (``aim``), else by itself. A forecast decides what is counted, not what is true.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from sandbox.snapshots.lattice.aim import Aim
from sandbox.snapshots.lattice.bounds import ROUNDING, Bounds
from sandbox.snapshots.lattice.grid import Node, sums
from sandbox.snapshots.lattice.metrics import Loss
from sandbox.snapshots.lattice.rollup import Rollup

_TRIES = 4  # of other nodes, before a node is counted itself, which costs more as it is finer


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


Accept = Callable[[Found], bool]


class _Choice:
    """The best of what was offered. A node holds that leaves out at most ``most`` units, and not all."""

    def __init__(self, most: float, accept: Accept | None) -> None:
        self.best: Found | None = None
        self._most, self._accept = most, accept

    def holds(self, found: Found | None) -> bool:
        """Whether k-anonymity does; of a node that is None too many units are left out under every limit."""
        return found is not None and found.classes > 0 and found.left_out <= self._most

    def offer(self, found: Found) -> bool:
        """Take a node that holds if it is better; whether it was taken."""
        if (self.best and not _better(found, self.best)) or (self._accept and not self._accept(found)):
            return False
        self.best = found
        return True


class Search:
    """Searches one table for one ``k`` and metric; what was counted serves for every limit of what is left out, which
    is ``widest`` (0–1) at most."""

    def __init__(self, rollup: Rollup, loss: Loss, k: int, widest: float = 1.0) -> None:
        self.rollup, self._loss, self._k, self._widest = rollup, loss, k, widest
        self._order = np.argsort(sums(loss.costs), axis=None, kind="stable")
        self._bounds = Bounds(loss.least())
        self._aim = Aim(rollup, loss, self._bounds)
        self._found: dict[Node, Found | None] = {}

    def best(self, suppress: float, accept: Accept | None = None) -> Result:
        """The node that loses least while at most the share ``suppress`` of the units is left out.

        Among equals the lower levels win. ``accept`` may refuse a node, as other gates do.
        """
        if suppress > self._widest:
            raise ValueError(f"the limit {suppress} is wider than {self._widest}")
        counted = len(self._found)
        chosen = _Choice(suppress * self.rollup.units, accept)
        self._aim.begin(suppress)
        self._recall(chosen)
        for start in self._bounds.in_order(self._order):
            tries = 0
            while self._bounds.is_open(start):
                node = self._aim.choose(start, missed=tries > 0) if tries < _TRIES else None
                self._offer(node or start, self._count(node or start), chosen)
                tries += 1
        self._lower(chosen)
        return Result(chosen.best, self._order.size, len(self._found) - counted)

    def _recall(self, chosen: _Choice) -> None:
        """Begin with what was counted for other limits; the best first, as others need not be asked about then."""
        self._bounds.begin()
        for node, found in sorted(self._found.items(), key=lambda item: item[1].loss if item[1] else 1.0):
            self._offer(node, found, chosen)

    def _offer(self, node: Node, found: Found | None, chosen: _Choice) -> None:
        if found is None or not chosen.holds(found):
            self._bounds.refuse(node)
            return
        self._bounds.done(node)
        if chosen.offer(found):
            self._bounds.found(found.loss)

    def _lower(self, chosen: _Choice) -> None:
        """Take lower levels where they cost nothing, as in a column with one value."""
        for axis in range(len(self.rollup.domains)):
            while chosen.best and chosen.best.node[axis]:
                node = chosen.best.node
                lower = (*node[:axis], node[axis] - 1, *node[axis + 1 :])
                if self._bounds.floor[lower] > chosen.best.loss + ROUNDING:
                    break
                found = self._count(lower)
                if found is None or not chosen.holds(found) or not chosen.offer(found):
                    break

    def _count(self, node: Node) -> Found | None:
        """What is known of ``node``; None if it leaves out more than the widest limit."""
        if node in self._found:
            return self._found[node]
        counted = self.rollup.count(node)
        failing = counted.failing(self._k)
        left_out = self.rollup.left_out(failing)
        least, penalty, found = self._loss.bound(counted), None, None
        if self._loss.rises:
            self._bounds.raise_least(node, least)
        if left_out <= self._widest * self.rollup.units:
            penalty = self._loss.penalty(failing)
            self._bounds.raise_penalty(node, penalty)
            share = left_out / self.rollup.units if self.rollup.units else 0.0
            found = Found(node, least + penalty, counted.classes - failing.classes, left_out, share)
        self._aim.learn(node, left_out, penalty, least)
        self._found[node] = found
        return found


def _better(one: Found, other: Found) -> bool:
    if abs(one.loss - other.loss) > ROUNDING:
        return one.loss < other.loss
    return (sum(one.node), one.node) < (sum(other.node), other.node)
