"""Classes of a node of the lattice, rolled up from those of a finer node that was counted before.

A record is a unit in a class of the finest node. Columns are packed into a few words, so that a node costs one look-up
per word instead of one per column, and one sort. With one record per unit, the units of a class are a sum; else,
pairs of class and unit are kept and counted.

A coarse node is not counted from a fine one at once: on the way a node between them is, from which others will be
counted too. It is as coarse as the node in the columns in which most nodes that were asked for are.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cached_property
from math import prod

import numpy as np
from numpy.typing import NDArray

from sandbox.snapshots.coded import Integers
from sandbox.snapshots.lattice.domain import Codes, Domain

Node = tuple[int, ...]
"""A level for every column."""
_WORD = 1 << 16  # possible values of a word, and no more than a quarter of the rows: its tables are made for every node
_BITS = 62
_KEPT = 4_000_000  # entries of counted nodes that are kept to roll up others from: 80 MB
_SMALL = 20_000  # a node with at least so many entries is large: others that are rolled up from it are kept …
_WORTH = 0.1  # … if they have at most this share of its entries, as room is scarce; of a small one …
_WORTH_SMALL = 0.7
_BETWEEN = 5_000  # from a node of so many entries on, one between it and what is rolled up from it is worth while …
_SHRINKS = 8  # … if the latter has so many times fewer; it takes this part of the way, in bits
_PART = 0.6
_TABLES = 1 << 21  # entries of look-up tables that are kept: 8 MB

Word = NDArray[np.int32]
Unpack = Callable[[], tuple[Word, ...]]


@dataclass(frozen=True)
class Counted:
    """The entries of ``node``, by class: the words of their columns, ``records`` in each, and the ``unit`` of each
    where units have several. ``starts`` is where a class begins among the entries, None if every entry is a class.
    Most nodes are only counted, so the words are unpacked when they are asked for."""

    node: Node
    unpack: Unpack
    records: Integers
    unit: Integers | None
    starts: Integers | None

    @cached_property
    def words(self) -> tuple[Word, ...]:
        """One entry per word of columns."""
        return self.unpack()

    @cached_property
    def class_records(self) -> Integers:
        """Records of every class."""
        return self.records if self.starts is None else np.add.reduceat(self.records, self.starts)

    @cached_property
    def class_units(self) -> Integers:
        """Units of every class."""
        return self.records if self.starts is None else np.diff(np.append(self.starts, self.records.size))


class Rollup:
    """Counts nodes of one table. ``codes`` has a column of level-0 codes per domain, ``unit`` numbers (0 …) of units if
    they have several records, ``records`` how many records are alike."""

    def __init__(
        self, domains: Sequence[Domain], codes: Sequence[Codes], records: Integers, unit: Integers | None = None
    ) -> None:
        self.domains = tuple(domains)
        self._groups = _groups([d.sizes[0] for d in domains], min(_WORD, max(records.size // 4, 256)))
        bottom: Node = (0,) * len(domains)
        words = []
        for group in self._groups:
            word = np.zeros(records.size, dtype=np.int32)
            for column in group:
                word *= np.int32(domains[column].sizes[0])
                word += codes[column].astype(np.int32)
            words.append(word)
        self.units = int(unit.max(initial=-1)) + 1 if unit is not None else int(records.sum())
        self.records = int(records.sum())
        self.bits = tuple(_bits(d, c, records) for d, c in zip(domains, codes, strict=True))
        self._unit_bits = max(self.units, 1).bit_length()
        self.bottom = self._collapse(bottom, words, records, unit)
        self._kept = [self.bottom]  # the smallest first
        self._levels = np.array([bottom])
        self._room = _KEPT
        self._tables: dict[tuple[int, Node, Node], Word] = {}
        self._table_room = _TABLES
        self._asked = [np.zeros(d.height + 1, dtype=np.int64) for d in domains]

    def count(self, node: Node) -> Counted:
        """The classes of ``node``."""
        finer = self._smallest(node)
        while (between := self._between(finer, node)) is not None:
            found = self._roll_up(finer, between)
            if found.records.size > finer.records.size / 2:
                break
            finer = found
        return finer if finer.node == node else self._roll_up(finer, node)

    def _smallest(self, node: Node) -> Counted:
        """The smallest of the kept nodes from which ``node`` can be rolled up."""
        return self._kept[int(np.argmax((self._levels <= np.array(node)).all(axis=1)))]

    def _between(self, finer: Counted, node: Node) -> Node | None:
        """A node to count on the way, None where that would not save work. Only what is saved depends on the guess of
        how many classes ``node`` has."""
        entries = finer.records.size
        if entries < _BETWEEN:
            return None
        for asked, level in zip(self._asked, node, strict=True):
            asked[: level + 1] += 1
        raised = [c for c, level in enumerate(node) if level > finer.node[c]]
        bits = sum(float(b[level]) for b, level in zip(self.bits, node, strict=True))
        if len(raised) < 2 or 2.0 ** min(bits + 2, 60.0) * _SHRINKS > entries:
            return None
        saved = {c: float(self.bits[c][finer.node[c]] - self.bits[c][node[c]]) for c in raised}
        between, left = list(finer.node), sum(saved.values()) * _PART
        for column in sorted(raised, key=lambda c: -int(self._asked[c][node[c]])):
            if left <= 0:
                break
            between[column] = node[column]
            left -= saved[column]
        return tuple(between) if tuple(between) != node else None

    def _roll_up(self, finer: Counted, node: Node) -> Counted:
        words = [self._table(n, finer.node, node)[word] for n, word in enumerate(finer.words)]
        found = self._collapse(node, words, finer.records, finer.unit)
        worth = _WORTH_SMALL if finer.records.size < _SMALL else _WORTH
        if found.records.size <= min(self._room, worth * finer.records.size):
            self._room -= found.records.size
            place = bisect_left(self._kept, found.records.size, key=lambda c: c.records.size)
            self._kept.insert(place, found)
            self._levels = np.concatenate((self._levels[:place], [node], self._levels[place:]))
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
            total += table[word[classes if counted.starts is None else counted.starts[classes]]]
        return total

    def _table(self, number: int, low: Node, high: Node) -> Word:
        """For every word of a group of columns on ``low`` its word on ``high``."""
        group = self._groups[number]
        key = number, tuple(low[c] for c in group), tuple(high[c] for c in group)
        if key not in self._tables:
            table = np.zeros(1, dtype=np.int32)
            for column in group:
                step = self.domains[column].step(low[column], high[column]).astype(np.int32)
                size = np.int32(self.domains[column].sizes[high[column]])
                table = (table[:, None] * size + step[None, :]).ravel()
            if table.size > self._table_room:
                return table
            self._table_room -= table.size
            self._tables[key] = table
        return self._tables[key]

    def _collapse(self, node: Node, words: Sequence[Word], records: Integers, unit: Integers | None) -> Counted:
        """Entries that are alike on ``node`` become one."""
        sizes = [prod(self.domains[c].sizes[node[c]] for c in g) for g in self._groups]
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
        chosen = tuple(w[order[entries]] for w in words)
        return Counted(node, lambda: chosen, summed, unit[order[entries]], starts)

    def _sum(
        self, node: Node, words: Sequence[Word], sizes: Sequence[int], key: Integers, size: int, records: Integers
    ) -> Counted:
        if size <= max(4 * key.size, 1 << 12):
            summed = np.bincount(key, weights=records, minlength=1).astype(np.int64)
            keys = np.flatnonzero(summed)
            return Counted(node, lambda: _unpacked(keys, sizes), summed[keys], None, None)
        bits = int(records.max(initial=1)).bit_length()
        whole = prod(sizes)
        if size == whole and whole < 1 << (_BITS - bits):  # far faster than sorting two arrays by one of them
            both = np.sort((key << bits) | records)
            keys = both >> bits
            starts = np.flatnonzero(np.diff(keys, prepend=-1))
            summed = np.add.reduceat(both & ((1 << bits) - 1), starts) if starts.size else both
            keys = keys[starts]
            return Counted(node, lambda: _unpacked(keys, sizes), summed, None, None)
        order = np.argsort(key)
        starts = np.flatnonzero(np.diff(key[order], prepend=-1))
        summed = np.add.reduceat(records[order], starts) if starts.size else records[:0]
        chosen = tuple(w[order[starts]] for w in words)
        return Counted(node, lambda: chosen, summed, None, None)


def _unpacked(keys: Integers, sizes: Sequence[int]) -> tuple[Word, ...]:
    words: list[Word] = []
    for size in reversed(sizes):
        rest = keys // size
        words.append((keys - rest * size).astype(np.int32))
        keys = rest
    return tuple(reversed(words))


def _bits(domain: Domain, codes: Codes, records: Integers) -> NDArray[np.float64]:
    """For every level the entropy of the column there."""
    value = np.bincount(codes, weights=records, minlength=domain.sizes[0])
    found = []
    for code, size in zip(domain.codes, domain.sizes, strict=True):
        label = np.bincount(code, weights=value, minlength=size)
        share = label[label > 0] / max(value.sum(), 1)
        found.append(float(-(share * np.log2(share)).sum()))
    return np.array(found)


def _groups(sizes: Sequence[int], most: int) -> list[list[int]]:
    """Columns, cut into as few words as keep the number of possible values of each small."""
    groups: list[list[int]] = []
    size = most + 1
    for column, count in enumerate(sizes):
        if not groups or size * count > most:
            groups.append([])
            size = 1
        groups[-1].append(column)
        size *= count
    return groups
