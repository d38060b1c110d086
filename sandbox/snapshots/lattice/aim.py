"""Which node to count next: one that decides most of what is open, if the forecasts are right.

A node that leaves out too much, or loses so much by what it leaves out that no finer one can be the best, decides all
finer ones. Where the loss rises with what is counted, a node that loses too much in any case decides all coarser ones.
Both are forecast for all nodes at once, and now and then it is counted how many open nodes each would decide.
"""

from __future__ import annotations

from math import log

import numpy as np
from numpy.typing import NDArray

from sandbox.snapshots.lattice.bounds import Bounds
from sandbox.snapshots.lattice.forecast import Forecast
from sandbox.snapshots.lattice.grid import Box, Node, coarser, count_coarser, count_finer, finer
from sandbox.snapshots.lattice.metrics import Loss
from sandbox.snapshots.lattice.rollup import Rollup

# Found by trying. By how much less is left out where labels tell a bit less, as a logarithm:
_PER_BIT = 0.35
_NOISE, _AFAR = 0.3, 0.3  # what a forecast misses, and how much more by its distance from what is looked for
_NOISE_LEAST, _OWN_LEAST = 0.2, 0.05  # the same of what is lost in any case, which is easier to tell
_CAREFUL = 0.05  # by how much a forecast must be beyond what is looked for
_RATIO = 0.1  # how fast the ratio of penalties to what is left out is learned
_FRESH, _FRESH_SHARE = 16, 1 / 4096  # nodes, and share of all, that are counted before all are looked at again …
_MISSED = 8  # … and so many times fewer after a wrong forecast

Decided = NDArray[np.int32]
"""For every node how many open ones it would decide."""


class Aim:
    """For one table, k and metric, whatever may be left out."""

    def __init__(self, rollup: Rollup, loss: Loss, bounds: Bounds) -> None:
        self._bounds = bounds
        self._units = max(rollup.units, 1)
        # A unit that is left out loses about what is left to lose; how much more or less, is learned.
        self._left = np.log(np.maximum(1 - bounds.least, 1e-9), dtype=np.float32)
        self._ratio = 0.0
        self._share = Forecast(0.0, [_PER_BIT * (bits - bits[0]) for bits in rollup.bits])
        self._least: Forecast | None = None
        if pairs := loss.pairs:
            self._least = Forecast(sum(float(p[0]) for p in pairs), [p - p[0] for p in pairs], _OWN_LEAST)
        self._counted = np.zeros(bounds.least.shape, dtype=np.bool_)
        self._fresh = max(_FRESH, int(self._counted.size * _FRESH_SHARE))
        self._most = self._sought = 0.0
        self._age = self._age_of_forecast = 0
        nobody = np.zeros(bounds.least.shape, dtype=np.int32)
        self._finer = self._coarser = self._below = self._above = nobody

    def begin(self, suppress: float) -> None:
        """From now on nodes hold that leave out at most the share ``suppress``."""
        self._most = self._sought = log(suppress + 1 / self._units)
        self._age = self._age_of_forecast = self._fresh

    def learn(self, node: Node, left_out: int, penalty: float | None, least: float) -> None:
        """What was counted: ``node`` leaves out so many units and loses ``penalty`` by it (None: not asked for) besides
        ``least``."""
        share = log(max(left_out, 0.5) / self._units)
        self._share.learn(node, share, _NOISE + _AFAR * abs(share - self._sought))
        if self._least is not None:
            self._least.learn(node, log(least), _NOISE_LEAST)
        if penalty:
            self._ratio += _RATIO * (log(penalty) - float(self._left[node]) - share - self._ratio)
        self._counted[node] = True
        self._below[node] = self._above[node] = 0
        self._age += 1
        self._age_of_forecast += 1

    def choose(self, start: Node, missed: bool) -> Node | None:
        """A node to decide ``start`` and many others, None if there is none. ``missed``: the last one did not."""
        if self._age >= self._fresh:
            self._count()
        if self._age_of_forecast >= (self._fresh // _MISSED if missed else self._fresh):
            self._forecast(start)
        decided, node = _most(self._below, coarser(start), start)
        if self._least is not None:
            others, other = _most(self._above, finer(start), tuple(0 for _ in start))
            decided, node = max((decided, node), (others, other))
        return node if decided else None

    def _count(self) -> None:
        """How many open nodes every node would decide."""
        still_open = self._bounds.open_nodes()
        self._finer = count_finer(still_open)
        if self._least is not None:
            self._coarser = count_coarser(still_open)
        self._age = 0

    def _forecast(self, start: Node) -> None:
        """Which nodes would decide any if they decide ``start``. Others need less, most of them, as they come later."""
        bounds = self._bounds
        needed = log(bounds.cut - float(bounds.least[start]))
        self._sought = min(self._most, needed - self._ratio)
        share = self._share.all() - _CAREFUL
        decides = share >= self._most
        decides |= share + self._left >= needed - self._ratio
        self._below = np.where(decides & ~self._counted, self._finer, 0)
        if self._least is not None:
            decides = self._least.all() - _CAREFUL >= log(bounds.cut - float(bounds.penalty[start]))
            self._above = np.where(decides & ~self._counted, self._coarser, 0)
        self._age_of_forecast = 0


def _most(decided: Decided, box: Box, corner: Node) -> tuple[int, Node]:
    """(how many nodes the one in ``box`` decides that decides most, which that is); the box begins at ``corner``."""
    part = decided[box]
    place = int(part.argmax())
    steps = np.unravel_index(place, part.shape)
    node = tuple(int(level + step) for level, step in zip(corner, steps, strict=True))
    return int(decided[node]), node
