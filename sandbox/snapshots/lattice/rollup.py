"""Classes of a node of the lattice, rolled up from those of a finer node that was counted before.

A record is a unit in a class of the finest node. Where that has few entries, all other nodes are counted from it in
cells, by ``numbering``. Else columns are packed into a few words, so that a node costs one look-up per word instead of
one per column, and one sort of numbers that hold all words and the records. With one record per
unit, the units of a class are a sum; else, pairs of class and unit are kept and counted.

A coarse node is not counted from a fine one at once: on the way a node between them is, from which others will be
counted too. It is as coarse as the node in the columns in which most nodes that were asked for are.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterator, Sequence
from math import prod

import numpy as np
from numpy.typing import NDArray

from sandbox.snapshots.coded import Integers, begins
from sandbox.snapshots.lattice.counted import LARGE, Counted, InCells, Listed, Word, unpacked
from sandbox.snapshots.lattice.domain import Codes, Domain
from sandbox.snapshots.lattice.grid import Node
from sandbox.snapshots.lattice.numbering import Numbering

_WORD = 1 << 16  # possible values of a word, and no more than a quarter of the rows: its tables are made for every node
_BITS = 62
_KEPT = 4_000_000  # entries of counted nodes that are kept to roll up others from: 80 MB
_WORTH, _WORTH_LARGE = 0.5, 0.25  # nodes are kept that have at most this share of the entries they are rolled up from
_SHRINKS = 8  # from a large node one between is rolled up first, if what is asked for has so many times fewer entries …
_PART = 0.6  # … which takes this part of the way, in bits
_CELLS = 1 << 12  # where so few classes are possible, they are counted without sorting
_BLOCK = 1 << 16  # entries that are counted at a time
_NUMBERED = 50_000  # entries of the finest node up to which all others are counted from it …
_DENSE = 8  # … if at most so many classes per entry are possible
_ALL = slice(None)
_TABLES = 1 << 20  # entries of look-up tables that are kept: 8 MB


class _Kept:
    """Nodes to roll up others from: the finest one, and as many others as there is room for."""

    def __init__(self, bottom: Counted) -> None:
        self._counted = [bottom]  # the smallest first
        self._levels = np.array([bottom.node]).T  # a column per node
        self._used = [0]  # when each was used last
        self._room, self._now = _KEPT, 0

    def below(self, node: Node) -> Counted:
        """The smallest from which ``node`` can be rolled up."""
        place = int(np.argmax((self._levels <= np.array(node)[:, None]).all(axis=0)))
        self._now += 1
        self._used[place] = self._now
        return self._counted[place]

    def add(self, found: Counted) -> None:
        """Keep ``found``, in place of those that were used longest ago."""
        size = found.entries
        if size > _KEPT:
            return
        while size > self._room:
            oldest = self._used.index(min(self._used[:-1]))
            self._room += self._counted.pop(oldest).entries
            self._levels = np.delete(self._levels, oldest, axis=1)
            del self._used[oldest]
        self._room -= size
        place = bisect_left(self._counted[:-1], size, key=lambda c: c.entries)
        self._counted.insert(place, found)
        self._levels = np.insert(self._levels, place, found.node, axis=1)
        self._used.insert(place, self._now)


class Rollup:
    """Counts nodes of one table. ``codes`` has a column of level-0 codes per domain, ``unit`` numbers (0 …) of units if
    they have several records, ``records`` how many records are alike."""

    def __init__(
        self, domains: Sequence[Domain], codes: Sequence[Codes], records: Integers, unit: Integers | None = None
    ) -> None:
        self.domains = tuple(domains)
        self._sizes = [d.sizes for d in domains]
        self._groups = _groups([s[0] for s in self._sizes], min(_WORD, max(records.size // 4, 256)))
        bottom: Node = (0,) * len(domains)
        words = []
        for group in self._groups:
            word = np.zeros(records.size, dtype=np.int64)
            for d, column in zip(domains[group], codes[group], strict=True):
                word *= d.sizes[0]
                word += column
            words.append(word)
        self.units = int(unit.max(initial=-1)) + 1 if unit is not None else int(records.sum())
        self.records = int(records.sum())
        self.bits = tuple(_bits(d, c, records) for d, c in zip(domains, codes, strict=True))
        # A number to sort by: the records or the unit in its low bits, then a field per word.
        self._low = (self.records if unit is None else self.units).bit_length()
        widths = [prod(s[0] for s in self._sizes[g]).bit_length() for g in self._groups]
        self._fields = [(self._low + sum(widths[:n]), (1 << width) - 1) for n, width in enumerate(widths)]
        self._fits = self._low + sum(widths) <= _BITS
        self._tables: dict[tuple[int, Node, Node], Integers] = {}
        self._table_room = _TABLES
        self.bottom = self._collapse(Listed(bottom, lambda: tuple(words), records, unit), bottom)
        self._kept = _Kept(self.bottom)
        self._weights = self.bottom.records.astype(np.float64)  # as they are summed
        self._numbering = self._number_bottom() if self.bottom.entries <= _NUMBERED else None
        self._asked = [np.zeros(d.height + 1, dtype=np.int64) for d in domains]

    def count(self, node: Node) -> Counted:
        """The classes of ``node``."""
        if self._numbering and (found := self._from_bottom(self._numbering, node)):
            return found
        finer = self._kept.below(node)
        while (between := self._between(finer, node)) is not None:
            found = self._roll_up(finer, between)
            if found.entries > finer.entries / 2:
                break
            finer = found
        return finer if finer.node == node else self._roll_up(finer, node)

    def _from_bottom(self, numbering: Numbering, node: Node) -> Counted | None:
        """``node`` by the numbers of its classes, None where more are possible than pays."""
        sizes = self._word_sizes(node)
        if prod(sizes) > max(_DENSE * self.bottom.entries, _CELLS):
            return None
        cells = np.bincount(numbering.numbers(node), weights=self._weights, minlength=prod(sizes))
        return InCells(node, cells.astype(np.float64, copy=False), sizes)

    def _between(self, finer: Counted, node: Node) -> Node | None:
        """A node to count on the way, None where that would not save work. Only what is saved depends on the guess of
        how many classes ``node`` has."""
        entries = finer.entries
        if entries < LARGE:
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
        found = self._collapse(finer, node)
        worth = _WORTH_LARGE if finer.entries >= LARGE else _WORTH
        if found.entries <= worth * finer.entries:
            found = found.gathered()
            self._kept.add(found)
        return found

    def left_out(self, failing: Counted) -> int:
        """Units that own a record of one of the classes ``failing``."""
        if failing.unit is None:
            return int(failing.records.sum())
        return int(np.count_nonzero(np.bincount(failing.unit, minlength=1)))

    def label_words(self, counted: Counted) -> Iterator[tuple[slice, Word]]:
        """The labels of the classes: columns, and what they have there as one number, the code of the last column first
        to rise."""
        for group, word in zip(self._groups, counted.words, strict=True):
            yield group, word if counted.starts is None else word.take(counted.starts)

    def _number_bottom(self) -> Numbering | None:
        """For the entries of the finest node, from which most others are counted if they are few."""
        if self.bottom.unit is not None:
            return None
        codes: list[Word] = []
        for group, word in zip(self._groups, self.bottom.words, strict=True):
            codes += unpacked(word, [s[0] for s in self._sizes[group]])
        return Numbering(self.domains, codes)

    def _table(self, number: int, low: Node, high: Node) -> Integers:
        """For every word of a group of columns on ``low`` its word on ``high``."""
        key = number, low, high
        if key not in self._tables:
            table = np.zeros(1, dtype=np.int64)
            for d, below, above in zip(self.domains[self._groups[number]], low, high, strict=True):
                table = np.add.outer(table * d.sizes[above], d.step(below, above)).ravel()
            if table.size > self._table_room:
                return table
            self._table_room -= table.size
            self._tables[key] = table
        return self._tables[key]

    def _words(self, finer: Counted, node: Node, part: slice = _ALL) -> Iterator[Integers]:
        """The words on ``node`` of a part of the entries of ``finer``."""
        for number, (group, word) in enumerate(zip(self._groups, finer.words, strict=True)):
            low, high = finer.node[group], node[group]
            if low == high:
                yield word[part].astype(np.int64, copy=False)
            else:
                yield self._table(number, low, high).take(word[part], mode="clip")

    def _word_sizes(self, node: Node) -> list[int]:
        """How many values each word may have on ``node``."""
        sizes = [s[level] for s, level in zip(self._sizes, node, strict=True)]
        return [prod(sizes[g]) for g in self._groups]

    def _collapse(self, finer: Counted, node: Node) -> Counted:
        """The entries of ``finer``, those that are alike on ``node`` as one."""
        if finer.unit is None:
            sizes = self._word_sizes(node)
            if prod(sizes) <= max(4 * finer.entries, _CELLS):
                return self._in_cells(finer, node, sizes)
            if self._fits:
                return self._sorted(finer, node)
        return self._merged(finer, node)

    def _in_cells(self, finer: Counted, node: Node, sizes: Sequence[int]) -> Counted:
        """Counts in an array with a cell for every class that is possible, where they are few."""
        cells, entries = prod(sizes), finer.entries
        step = _BLOCK if cells <= _BLOCK else max(entries, 1)  # what is at hand in a processor's cache is far faster
        summed = np.zeros(cells)
        for begin in range(0, entries, step):
            part = slice(begin, begin + step)
            key: Integers | int = 0
            for word, size in zip(self._words(finer, node, part), sizes, strict=True):
                key = key * size + word
            summed += np.bincount(key, weights=finer.records[part], minlength=cells)
        return InCells(node, summed, sizes)

    def _sorted(self, finer: Counted, node: Node) -> Counted:
        """Sorts one array, which is far faster than to sort two by one of them."""
        both = finer.records.copy()
        for word, (shift, _) in zip(self._words(finer, node), self._fields, strict=True):
            both |= word << shift
        both.sort()
        starts = begins(both >> self._low)
        keys = both.take(starts)
        both &= (1 << self._low) - 1
        summed = np.add.reduceat(both, starts)
        fields = self._fields  # not self: what is kept would hold what keeps it
        return Listed(node, lambda: tuple((keys >> shift) & mask for shift, mask in fields), summed)

    def _merged(self, finer: Counted, node: Node) -> Counted:
        """The same where units have several records, or where all words do not fit into a number."""
        words, records, unit = list(self._words(finer, node)), finer.records, finer.unit
        both = np.zeros(records.size, dtype=np.int64) if unit is None else unit.copy()
        if self._fits:
            for word, (shift, _) in zip(words, self._fields, strict=True):
                both |= word << shift
        else:
            both |= _numbers(words) << self._low
        order = np.argsort(both)
        both = both[order]
        entries = begins(both)
        summed = np.add.reduceat(records[order], entries)
        chosen = order[entries]
        taken = tuple(word[chosen] for word in words)
        if unit is None:
            return Listed(node, lambda: taken, summed)
        return Listed(node, lambda: taken, summed, unit[chosen], begins(both[entries] >> self._low))


def _numbers(words: Sequence[Word]) -> Integers:
    """A number for every entry; those of entries with the same words are the same."""
    number = words[0]
    for word in words[1:]:
        number = np.unique(number, return_inverse=True)[1]
        number = number * (int(word.max(initial=0)) + 1) + word
    return np.unique(number, return_inverse=True)[1]


def _bits(domain: Domain, codes: Codes, records: Integers) -> NDArray[np.float64]:
    """For every level the entropy of the column there."""
    value = np.bincount(codes, weights=records, minlength=domain.sizes[0])
    found = []
    for code, size in zip(domain.codes, domain.sizes, strict=True):
        label = np.bincount(code, weights=value, minlength=size)
        share = label[label > 0] / max(value.sum(), 1)
        found.append(float(-(share * np.log2(share)).sum()))
    return np.array(found)


def _groups(sizes: Sequence[int], most: int) -> list[slice]:
    """Neighbouring columns, cut into as few words as keep the number of possible values of each small."""
    groups: list[slice] = []
    begin, size = 0, 1
    for column, count in enumerate(sizes):
        if column > begin and size * count > most:
            groups.append(slice(begin, column))
            begin, size = column, 1
        size *= count
    return [*groups, slice(begin, len(sizes))]
