"""Classes of a node of the lattice, rolled up from those of a finer node that was counted before.

A record is a unit in a class of the finest node. Columns are packed into a few words, so that a node costs one look-up
per word instead of one per column, and one sort. With one record per unit, the units of a class are a sum; else,
pairs of class and unit are kept and counted.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from sandbox.snapshots.coded import Integers
from sandbox.snapshots.lattice.domain import Domain

Node = tuple[int, ...]
"""A level for every column."""
_WORD = 1 << 16
_BITS = 62
_KEPT = 6_000_000  # entries of counted nodes that are kept to roll up others from: 100 MB


@dataclass(frozen=True)
class Counted:
    """The entries of ``node``, by class: ``words`` of their columns, ``records`` in each, and the ``unit`` of each
    where units have several. ``starts`` is where a class begins among the entries."""

    node: Node
    words: tuple[Integers, ...]
    records: Integers
    unit: Integers | None
    starts: Integers

    @cached_property
    def class_records(self) -> Integers:
        """Records of every class."""
        return np.add.reduceat(self.records, self.starts) if self.unit is not None else self.records

    @cached_property
    def class_units(self) -> Integers:
        """Units of every class."""
        return np.diff(np.append(self.starts, self.records.size)) if self.unit is not None else self.records


class Rollup:
    """Counts nodes of one table. ``codes`` has a column of level-0 codes per domain, ``unit`` numbers (0 …) of units if
    they have several records, ``records`` how many records are alike."""

    def __init__(
        self, domains: Sequence[Domain], codes: Sequence[Integers], records: Integers, unit: Integers | None = None
    ) -> None:
        self.domains = tuple(domains)
        self._groups = _groups([d.sizes[0] for d in domains])
        bottom: Node = (0,) * len(domains)
        words = []
        for group in self._groups:
            word = np.zeros(records.size, dtype=np.int64)
            for column in group:
                word = word * domains[column].sizes[0] + codes[column]
            words.append(word)
        self.units = int(unit.max(initial=-1)) + 1 if unit is not None else int(records.sum())
        self.records = int(records.sum())
        self._unit_bits = max(self.units, 1).bit_length()
        self.bottom = self._collapse(bottom, words, records, unit)
        self._kept = [self.bottom]
        self._levels = np.array([bottom])
        self._room = _KEPT

    def count(self, node: Node) -> Counted:
        """The classes of ``node``."""
        below = (self._levels <= np.array(node)).all(axis=1)
        finer = min((self._kept[n] for n in np.flatnonzero(below)), key=lambda c: c.records.size)
        if finer.node == node:
            return finer
        words = [
            self._table(group, finer.node, node)[word] for group, word in zip(self._groups, finer.words, strict=True)
        ]
        found = self._collapse(node, words, finer.records, finer.unit)
        if found.records.size <= min(self._room, 0.7 * finer.records.size):
            self._room -= found.records.size
            self._kept.append(found)
            self._levels = np.vstack([self._levels, node])
        return found

    def left_out(self, counted: Counted, fails: np.ndarray[tuple[int], np.dtype[np.bool_]]) -> int:
        """Units that own a record of a class that ``fails``."""
        if counted.unit is None:
            return int(counted.class_units[fails].sum())
        entries = np.repeat(fails, counted.class_units)
        return int(np.count_nonzero(np.bincount(counted.unit[entries], minlength=1)))

    def label_sum(self, counted: Counted, classes: Integers, values: Sequence[np.ndarray]) -> np.ndarray:
        """For each of the ``classes`` the sum over the columns of ``values[column][code on the node's level]``."""
        total = np.zeros(classes.size)
        for group, word in zip(self._groups, counted.words, strict=True):
            table = np.zeros(1)
            for column in group:
                table = (table[:, None] + values[column][None, :]).ravel()
            total += table[word[counted.starts[classes]]]
        return total

    def _table(self, group: Sequence[int], low: Node, high: Node) -> Integers:
        """For every word of ``group`` on ``low`` its word on ``high``."""
        table = np.zeros(1, dtype=np.int64)
        for column in group:
            step = self.domains[column].step(low[column], high[column])
            table = (table[:, None] * self.domains[column].sizes[high[column]] + step[None, :]).ravel()
        return table

    def _collapse(self, node: Node, words: Sequence[Integers], records: Integers, unit: Integers | None) -> Counted:
        """Entries that are alike on ``node`` become one."""
        sizes = [int(np.prod([self.domains[c].sizes[node[c]] for c in g], dtype=object)) for g in self._groups]
        key, size = np.zeros(records.size, dtype=np.int64), 1
        for word, count in zip(words, sizes, strict=True):
            if size * count >= 1 << (_BITS - self._unit_bits):  # numbered anew, what is there already
                key = np.unique(key, return_inverse=True)[1]
                size = int(key.max(initial=0)) + 1
            key, size = key * count + word, size * count
        if unit is None:
            return self._sum(node, words, sizes, key, size, records)
        both = (key << self._unit_bits) | unit
        order = np.argsort(both)
        both = both[order]
        entries = np.flatnonzero(np.diff(both, prepend=-1))
        key = both[entries] >> self._unit_bits
        summed = np.add.reduceat(records[order], entries) if entries.size else records[:0]
        starts = np.flatnonzero(np.diff(key, prepend=-1))
        first = order[entries]
        return Counted(node, tuple(w[first] for w in words), summed, unit[first], starts)

    def _sum(
        self, node: Node, words: Sequence[Integers], sizes: Sequence[int], key: Integers, size: int, records: Integers
    ) -> Counted:
        if size <= max(4 * key.size, 1 << 12):
            summed = np.bincount(key, weights=records, minlength=1).astype(np.int64)
            keys = np.flatnonzero(summed)
            return self._unpacked(node, keys, summed[keys], sizes)
        bits = int(records.max(initial=1)).bit_length()
        whole = int(np.prod(sizes, dtype=object))
        if size == whole and whole < 1 << (_BITS - bits):  # far faster than sorting two arrays by one of them
            both = np.sort((key << bits) | records)
            keys = both >> bits
            starts = np.flatnonzero(np.diff(keys, prepend=-1))
            summed = np.add.reduceat(both & ((1 << bits) - 1), starts) if starts.size else both
            return self._unpacked(node, keys[starts], summed, sizes)
        order = np.argsort(key)
        starts = np.flatnonzero(np.diff(key[order], prepend=-1))
        summed = np.add.reduceat(records[order], starts) if starts.size else records[:0]
        return Counted(node, tuple(w[order[starts]] for w in words), summed, None, np.arange(starts.size))

    def _unpacked(self, node: Node, keys: Integers, records: Integers, sizes: Sequence[int]) -> Counted:
        words = []
        for size in reversed(sizes):
            rest = keys // size
            words.append(keys - rest * size)
            keys = rest
        return Counted(node, tuple(reversed(words)), records, None, np.arange(records.size))


def _groups(sizes: Sequence[int]) -> list[list[int]]:
    """Columns, cut into as few words as keep the number of possible values of each small."""
    groups: list[list[int]] = []
    size = _WORD + 1
    for column, count in enumerate(sizes):
        if not groups or size * count > _WORD:
            groups.append([])
            size = 1
        groups[-1].append(column)
        size *= count
    return groups
