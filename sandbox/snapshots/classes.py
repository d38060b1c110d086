"""The classes of a table: rows that agree on all quasi-identifiers, counted once and looked at by gates and risks.

Counted are distinct units, not rows. NULL is a value of its own (the strict reading: two people with an unknown city
are alike only to each other). A unit with several rows is counted once in every class in which it has one.

What is counted are coded rows (``coded.py``); the result is integer-coded in NumPy, so that gates which are applied
again and again need no further pass over the rows.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from sandbox.snapshots.coded import KEY, Coded, Integers
from sandbox.snapshots.sql import Sql, identifier, names

Flags = NDArray[np.bool_]

# A name that no source column has: column names are stripped of blanks.
UNITS = identifier(" units of the class ")


@dataclass(frozen=True)
class Cells:
    """How often each value of a sensitive column is in each class. The three arrays have one entry per cell, sorted by
    class, then rank.

    ``number`` is the class, ``rank`` the place of the value in the column's order (0 … ``ranks`` - 1), ``units`` the
    units of the class with that value. NULL has the last rank, which then is ``empty``. ``valued`` has one entry per
    class: the units with any value but NULL.
    """

    number: Integers
    rank: Integers
    units: Integers
    ranks: int
    empty: int | None
    valued: Integers

    @cached_property
    def share(self) -> NDArray[np.float64]:
        """The share of every cell's value in its class, 0–1."""
        totals = np.bincount(self.number, weights=self.units, minlength=self.valued.size)
        return np.divide(self.units, totals[self.number])

    @cached_property
    def whole(self) -> NDArray[np.float64]:
        """The share of every value in the sum of the classes, 0–1; all 0 without any."""
        found = np.bincount(self.rank, weights=self.units, minlength=self.ranks)
        return np.divide(found, max(float(found.sum()), 1.0))


@dataclass(frozen=True)
class Histogram:
    """``keys`` (rising), ``units`` and ``rows`` have one entry per class; ``cells`` one table per sensitive column."""

    keys: Integers
    units: Integers
    rows: Integers
    cells: Mapping[str, Cells]

    def only(self, chosen: Flags) -> Histogram:
        """The ``chosen`` classes, numbered anew."""
        cells = {column: _only(c, chosen) for column, c in self.cells.items()}
        return Histogram(self.keys[chosen], self.units[chosen], self.rows[chosen], cells)


def read_histogram(coded: Coded) -> Histogram:
    """The classes of the coded rows, with the cells of every sensitive column."""
    keys, rows = coded.count(KEY)
    units = rows if coded.single else _spread(keys, *coded.count_units(KEY, coded.size))
    return Histogram(keys, units, rows, {column: _cells(coded, column, keys) for column in coded.sensitive})


def _cells(coded: Coded, column: str, keys: Integers) -> Cells:
    """Key and rank of a row make one number, by which the rows are sorted."""
    ranks, place = coded.ranks[column], coded.place(column)
    width = max(ranks.count, 1)
    both, units = coded.count_units(KEY + f" * {width}::BIGINT + " + place, coded.size * width)
    key = both // width
    rank = both - key * width
    first = np.concatenate(([True], key[1:] != key[:-1])) if key.size else np.zeros(0, dtype=np.bool_)
    number = np.cumsum(first) - 1
    if coded.nobody is not None:  # a class of nobody's rows has no cell
        number = np.searchsorted(keys, key[first])[number]
    filled = rank != (-1 if ranks.empty is None else ranks.empty)
    if coded.single:
        valued = np.bincount(number[filled], weights=units[filled], minlength=keys.size).astype(np.int64)
    else:
        where = Sql("true") if ranks.empty is None else place + f" <> {ranks.empty}"
        valued = _spread(keys, *coded.count_units(KEY, coded.size, where))
    return Cells(number, rank, units, ranks.count, ranks.empty, valued)


def _spread(keys: Integers, some: Integers, counts: Integers) -> Integers:
    """``counts`` of ``some`` of the keys, for all of them: 0 for the others."""
    spread = np.zeros(keys.size, dtype=np.int64)
    spread[np.searchsorted(keys, some)] = counts
    return spread


def _only(cells: Cells, chosen: Flags) -> Cells:
    living = chosen[cells.number]
    number = (np.cumsum(chosen) - 1)[cells.number[living]]
    return Cells(number, cells.rank[living], cells.units[living], cells.ranks, cells.empty, cells.valued[chosen])


def count_classes(table: Sql, quasi_identifiers: Sequence[str], unit: str) -> Sql:
    """The query for the classes of ``table`` with their UNITS; without quasi-identifiers all rows are one class."""
    if not quasi_identifiers:
        return "SELECT count(DISTINCT " + identifier(unit) + ") AS " + UNITS + " FROM " + table + " HAVING count(*) > 0"
    # Two plain aggregations are twice as fast as one with DISTINCT, which keeps a hash table for every class.
    columns = names(quasi_identifiers)
    one = "SELECT DISTINCT " + columns + ", " + identifier(unit) + " AS " + UNITS + " FROM " + table
    return "SELECT " + columns + ", count(" + UNITS + ") AS " + UNITS + " FROM (" + one + ") GROUP BY " + columns
