"""Numbers the classes of rows at many nodes of the lattice, most of which agree with another in half of the columns.

The number of a row at a node is put together from those of two halves of the columns, these from quarters, and so on.
What was put together for some columns and levels is kept.
"""

from __future__ import annotations

from collections.abc import Sequence
from math import prod

import numpy as np
from numpy.typing import NDArray

from sandbox.snapshots.lattice.domain import Codes, Domain
from sandbox.snapshots.lattice.grid import Node

Numbers = NDArray[np.int32]
_KEPT = 4_000_000  # numbers: 16 MB


class Numbering:
    """``codes`` has a column of level-0 codes per domain."""

    def __init__(self, domains: Sequence[Domain], codes: Sequence[Codes]) -> None:
        self._codes = codes
        self._levels = [[code.astype(np.int32) for code in d.codes] for d in domains]
        self._sizes = [d.sizes for d in domains]
        self._parts: dict[tuple[int, Node], Numbers] = {}
        self._room = _KEPT

    def numbers(self, node: Node) -> Numbers:
        """A number for every row, 0 … product of the columns' sizes on their levels - 1, which must be below 2^31; the
        last column's code is the first to rise."""
        return self._put_together(0, node)

    def _part(self, first: int, levels: Node) -> Numbers:
        """The numbers of the columns from ``first`` on that have these ``levels``."""
        key = first, levels
        found = self._parts.get(key)
        if found is None:
            found = self._put_together(first, levels)
            if found.size <= self._room:
                self._room -= found.size
                self._parts[key] = found
        return found

    def _put_together(self, first: int, levels: Node) -> Numbers:
        if len(levels) == 1:
            # What is beyond is never asked for; to look for it takes twice as long.
            return self._levels[first][levels[0]].take(self._codes[first], mode="clip")
        half = len(levels) // 2
        middle, second = first + half, levels[half:]
        size = prod([self._sizes[middle + n][level] for n, level in enumerate(second)])
        found = self._part(first, levels[:half]) * np.int32(size)
        found += self._part(middle, second)
        return found
