"""What every node of the lattice loses at least, and which nodes may therefore still be the best."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

from sandbox.snapshots.lattice.grid import Flags, Floats, Node, coarser, finer

# A bound that is equal but for the last bits must not hide the optimum, nor one optimum its equals for long.
ROUNDING = 1e-12
_BLOCK = 4096


class Bounds:
    """``least``: what a node loses at least without what it leaves out, ``penalty``: what it loses at least besides.

    A unit that a node leaves out, all finer nodes leave out too, and it loses no less there by being left out. So a
    penalty holds for all finer nodes, as ``least`` holds for all coarser ones.
    """

    def __init__(self, least: Floats) -> None:
        self.least, self.penalty = least, np.zeros(least.shape)
        self.floor, self.cut = least.copy(), np.inf

    def begin(self) -> None:
        """Forget which nodes are impossible or done, for another limit of what is left out."""
        self.floor, self.cut = self.least + self.penalty, np.inf

    def raise_least(self, node: Node, least: float) -> None:
        """``node`` loses ``least`` without what it leaves out."""
        box = coarser(node)
        part = self.least[box]
        np.maximum(part, least, out=part)
        np.maximum(self.floor[box], part + self.penalty[box], out=self.floor[box])

    def raise_penalty(self, node: Node, penalty: float) -> None:
        """``node`` loses ``penalty`` by what it leaves out."""
        if penalty > self.penalty[node]:
            box = finer(node)
            part = self.penalty[box]
            np.maximum(part, penalty, out=part)
            np.maximum(self.floor[box], part + self.least[box], out=self.floor[box])

    def refuse(self, node: Node) -> None:
        """``node`` leaves out more than the limit, and so do all finer ones."""
        self.floor[finer(node)] = np.inf

    def done(self, node: Node) -> None:
        """``node`` is known and need not be looked at again."""
        self.floor[node] = np.inf

    def found(self, loss: float) -> None:
        """Something loses no more than ``loss``."""
        self.cut = min(self.cut, loss - ROUNDING)

    def is_open(self, node: Node) -> bool:
        """Whether ``node`` may still be the best."""
        return bool(self.floor[node] < self.cut)

    def open_nodes(self) -> Flags:
        """Every node that may still be the best."""
        return self.floor < self.cut

    def in_order(self, order: NDArray[np.intp]) -> Iterator[Node]:
        """The nodes at the places ``order``, each if it is open by the time that it is reached."""
        floor, shape = self.floor.ravel(), self.floor.shape  # a view, which sees changes
        for begin in range(0, order.size, _BLOCK):
            block = order[begin : begin + _BLOCK]
            for place in block[floor[block] < self.cut].tolist():
                if floor[place] < self.cut:
                    yield tuple([int(level) for level in np.unravel_index(place, shape)])
