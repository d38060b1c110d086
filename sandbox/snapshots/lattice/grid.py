"""The lattice as an array with an axis per column: what is known of every node, and of those below or above one."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

Node = tuple[int, ...]
"""A level for every column."""
Floats = NDArray[np.float64]
Flags = NDArray[np.bool_]
Box = tuple[slice, ...]


def finer(node: Node) -> Box:
    """``node`` and all finer ones."""
    return tuple([slice(level + 1) for level in node])


def coarser(node: Node) -> Box:
    """``node`` and all coarser ones."""
    return tuple([slice(level, None) for level in node])


def sums(parts: Sequence[Floats]) -> Floats:
    """An axis per part, and the sum of their entries."""
    if len(parts) == 1:
        return parts[0].copy()
    half = len(parts) // 2  # so that both sides are long: a sum of many short rows takes several times longer
    low, high = sums(parts[:half]), sums(parts[half:])
    return np.add.outer(low.ravel(), high.ravel()).reshape(low.shape + high.shape)


def count_finer(flags: Flags) -> NDArray[np.int32]:
    """For every node how many of it and the finer ones are flagged."""
    total, axes = flags.astype(np.int32, order="C"), flags.ndim
    first = max(axes // 2, 1)
    for turn in (first, axes - first):  # the axes that are summed come first: rows to add are long then
        for axis in range(turn):
            rows = np.moveaxis(total, axis, 0)
            for level in range(1, len(rows)):
                rows[level] += rows[level - 1]
        total = np.ascontiguousarray(np.moveaxis(total, range(turn), range(axes - turn, axes)))
    return total


def count_coarser(flags: Flags) -> NDArray[np.int32]:
    """For every node how many of it and the coarser ones are flagged."""
    return np.flip(count_finer(np.flip(flags)))
