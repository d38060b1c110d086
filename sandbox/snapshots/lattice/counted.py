"""A node of the lattice that was counted: its classes, and which of them fail."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Sequence
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from sandbox.snapshots.coded import Integers
from sandbox.snapshots.lattice.grid import Floats, Node

LARGE = 20_000  # entries from which on a node is large: what is rolled up from it costs more, and takes more room

Word = Integers | NDArray[np.int32]
Unpack = Callable[[], tuple[Word, ...]]


class Counted(ABC):
    """The entries of ``node``, by class: the ``words`` of their columns, the ``records`` in each, and the ``unit`` of
    each where units have several. ``starts`` is where a class begins among the entries, None if every entry is a class.
    Most nodes are only counted, so what is in them is gathered when it is asked for."""

    node: Node
    entries: int
    unit: Integers | None = None
    starts: Integers | None = None

    @property
    @abstractmethod
    def records(self) -> Integers: ...

    @property
    @abstractmethod
    def words(self) -> tuple[Word, ...]:
        """One entry per word of columns; of large nodes half as wide as an index, as they take most of the room."""

    @abstractmethod
    def failing(self, k: int) -> Counted:
        """The classes of fewer than ``k`` units."""

    def gathered(self) -> Counted:
        """The same without room for classes that are possible but empty, for what is kept."""
        return self

    @property
    def classes(self) -> int:
        return self.entries if self.starts is None else self.starts.size

    @property
    def class_records(self) -> Integers:
        """Records of every class."""
        return self.records if self.starts is None else np.add.reduceat(self.records, self.starts)

    @property
    def class_units(self) -> Integers:
        """Units of every class."""
        return self.records if self.starts is None else np.diff(np.append(self.starts, self.entries))


class Listed(Counted):
    """Entries one after the other."""

    def __init__(
        self,
        node: Node,
        unpack: Unpack,
        records: Integers,
        unit: Integers | None = None,
        starts: Integers | None = None,
    ) -> None:
        self.node, self.unit, self.starts = node, unit, starts
        self.entries, self._unpack, self._records = records.size, unpack, records

    @property
    def records(self) -> Integers:
        return self._records

    @cached_property
    def words(self) -> tuple[Word, ...]:
        words = self._unpack()
        return tuple(w.astype(np.int32) for w in words) if self.entries >= LARGE else words

    def failing(self, k: int) -> Counted:
        units = self.class_units
        fails, starts = units < k, None
        chosen = np.flatnonzero(fails if self.starts is None else np.repeat(fails, units))
        if self.starts is not None:
            starts = np.cumsum(units[fails]) - units[fails]
        unit = None if self.unit is None else self.unit.take(chosen)
        return Listed(self.node, lambda: self._taken(chosen), self._records.take(chosen), unit, starts)

    def _taken(self, chosen: Integers) -> tuple[Word, ...]:
        return tuple(word.take(chosen) for word in self.words)


class InCells(Counted):
    """A cell for every class that is possible, and its records; ``sizes`` are how many labels a word may have."""

    def __init__(self, node: Node, cells: Floats, sizes: Sequence[int]) -> None:
        self.node, self._cells, self._sizes = node, cells, sizes
        self.entries = int(np.count_nonzero(cells != 0))  # of flags, which are counted far faster than numbers

    @cached_property
    def _keys(self) -> Integers:
        return np.flatnonzero(self._cells != 0)

    @cached_property
    def records(self) -> Integers:
        return self._cells.take(self._keys).astype(np.int64)

    @cached_property
    def words(self) -> tuple[Word, ...]:
        words = unpacked(self._keys, self._sizes)
        return tuple(w.astype(np.int32) for w in words) if self.entries >= LARGE else words

    def gathered(self) -> Counted:
        keys, sizes = self._keys, self._sizes
        return Listed(self.node, lambda: unpacked(keys, sizes), self.records)

    def failing(self, k: int) -> Counted:
        keys, sizes = np.flatnonzero((self._cells < k) & (self._cells > 0)), self._sizes
        return Listed(self.node, lambda: unpacked(keys, sizes), self._cells.take(keys).astype(np.int64))


def unpacked(keys: Word, sizes: Sequence[int]) -> tuple[Word, ...]:
    words: list[Word] = []
    for size in reversed(sizes[1:]):
        rest = keys // size
        words.append(keys - rest * size)
        keys = rest
    return (keys, *reversed(words))
