"""A column of the lattice as integers: which code a value has on every level of its hierarchy."""

from __future__ import annotations

from collections.abc import Hashable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from sandbox.snapshots.coded import Integers

Codes = Integers | NDArray[np.int32]


@dataclass(frozen=True)
class Domain:
    """``codes[level]`` has, for every code of level 0, the code on ``level``; those of a level are 0 … size - 1."""

    name: str
    codes: tuple[Integers, ...]
    sizes: tuple[int, ...]

    @property
    def height(self) -> int:
        return len(self.codes) - 1

    def step(self, low: int, high: int) -> Integers:
        """For every code of level ``low`` its code on level ``high``."""
        found = np.zeros(self.sizes[low], dtype=np.int64)
        found[self.codes[low]] = self.codes[high]
        return found


def domain(name: str, labels: Sequence[Sequence[Hashable]]) -> Domain:
    """``labels[level]`` are the labels of the column's values, in one order on all levels."""
    codes, sizes = [], []
    for level in labels:
        places: dict[Hashable, int] = {}
        codes.append(np.array([places.setdefault(label, len(places)) for label in level], dtype=np.int64))
        sizes.append(len(places))
    return Domain(name, tuple(codes), tuple(sizes))
