"""A figure of all nodes of a lattice, guessed from those that were counted.

The logarithm of the share of units that a node leaves out, or of the square sum of its classes, is about the sum of
what the levels of its columns add to it. What they add is learned by recursive least squares, one node at a time.
"""

from __future__ import annotations

from collections.abc import Sequence
from math import prod

import numpy as np

from sandbox.snapshots.lattice.grid import Floats, Node

_START = 1.0  # variance of the guess at the finest node …
_COMMON = 0.06  # … of a factor to all steps …
_OWN = 0.15  # … and of each step by itself. Found by trying, as are the others.


class Forecast:
    """``start``: the first guess for the finest node; ``levels[column][level]``: what a level adds to it at first."""

    def __init__(self, start: float, levels: Sequence[Floats], own: float = _OWN) -> None:
        self._shape = tuple(level.size for level in levels)
        heights = [level.size - 1 for level in levels]
        self._column = np.repeat(np.arange(len(levels)), heights)
        self._level = np.concatenate([np.arange(1, height + 1) for height in heights])
        steps = np.concatenate([np.diff(level) for level in levels])
        self._guess = np.append(steps, start)
        self._doubt = np.diag(np.append(np.full(steps.size, own), _START))
        self._doubt[:-1, :-1] += _COMMON * np.outer(steps, steps)
        # The steps that are taken to every choice of levels of half of the columns: a node is a pair of such choices.
        half = len(levels) // 2
        self._split = sum(heights[:half])
        self._first, self._second = _taken(self._shape[:half]), _taken(self._shape[half:])

    def learn(self, node: Node, value: float, noise: float) -> None:
        """``node`` has ``value``; sums of steps miss such values by ``noise``, a standard deviation."""
        taken = np.ones(self._guess.size)
        taken[:-1] = np.array(node)[self._column] >= self._level
        reach = self._doubt @ taken
        gain = reach / (noise**2 + float(reach @ taken))
        self._guess += gain * (value - float(self._guess @ taken))
        self._doubt -= gain[:, None] * reach

    def all(self) -> Floats:
        """The guesses for all nodes, an axis per column."""
        first = self._first @ self._guess[: self._split] + self._guess[-1]
        second = self._second @ self._guess[self._split : -1]
        both: Floats = first[:, None] + second
        return both.reshape(self._shape)


def _taken(shape: tuple[int, ...]) -> Floats:
    """A row per choice of levels, and a column per step, 1 where it is taken."""
    levels = np.indices(shape).reshape(len(shape), prod(shape))
    steps = [row >= level for row, size in zip(levels, shape, strict=True) for level in range(1, size)]
    return np.array(steps, dtype=np.float64).reshape(-1, prod(shape)).T.copy()
