"""Whether all gates hold at a node: the rows are coded once, and given the node's labels in NumPy.

A search asks this of hundreds of nodes. It takes a hundredth of the time of writing each node's table.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import duckdb
import numpy as np
from numpy.typing import NDArray

from sandbox.core.spec import Gate
from sandbox.snapshots.classes import Cells, Histogram
from sandbox.snapshots.coded import CODED, UNIT, Integers, Ranks, coded, fetch
from sandbox.snapshots.gates import removed_classes, sensitive_of
from sandbox.snapshots.lattice.domain import Domain
from sandbox.snapshots.lattice.grid import Node
from sandbox.snapshots.sql import Sql, join

_ROOM = 2**62
Places = NDArray[np.int32]


class Acceptance:
    """The gates of one table, every row of which has a unit. Four bytes a row for every column and for the unit."""

    def __init__(
        self,
        connection: duckdb.DuckDBPyConnection,
        table: Sql,
        domains: Sequence[Domain],
        unit: str,
        gates: Sequence[Gate],
    ) -> None:
        sensitive = list(dict.fromkeys(sensitive_of(gates)))
        quasi = [d.name for d in domains]
        with coded(connection, table, quasi, unit, [*quasi, *sensitive]) as rows:
            wanted = [rows.place(c) for c in (*quasi, *sensitive)] + ([] if rows.single else [UNIT])
            query = "SELECT " + join(["CAST(" + place + " AS INTEGER)" for place in wanted]) + " FROM " + CODED
            found = [column.astype(np.int32) for column in fetch(connection, query)]
            self._unit = None if rows.single else np.unique(found.pop(), return_inverse=True)[1].astype(np.int32)
            self._sensitive = {c: (found[len(quasi) + n], rows.ranks[c]) for n, c in enumerate(sensitive)}
            self._units = rows.rows if self._unit is None else int(self._unit.max(initial=-1)) + 1
        self._codes, self._domains, self._gates = found[: len(quasi)], domains, gates

    def holds(self, node: Node) -> bool:
        """Whether every gate leaves out what it may at most, one after the other, and something is left."""
        keys, number = np.unique(self._keys(node), return_inverse=True)
        histogram = _histogram(keys, number, self._unit, self._units, self._sensitive)
        removed = removed_classes(self._gates, histogram)[number]
        left_out = [self._count(removed == place) for place in range(len(self._gates))]
        within = all(n <= gate.suppress * self._units for n, gate in zip(left_out, self._gates, strict=True))
        return within and sum(left_out) < self._units

    def _keys(self, node: Node) -> Integers:
        """One number for every row; rows of one class have the same."""
        keys, size = np.zeros(self._codes[0].size, dtype=np.int64), 1
        for domain, codes, level in zip(self._domains, self._codes, node, strict=True):
            if size * domain.sizes[level] > _ROOM:
                keys = np.unique(keys, return_inverse=True)[1]
                size = int(keys.max(initial=0)) + 1
            keys = keys * domain.sizes[level] + domain.codes[level][codes]
            size *= domain.sizes[level]
        return keys

    def _count(self, rows: NDArray[np.bool_]) -> int:
        """The units of the chosen rows."""
        return int(rows.sum()) if self._unit is None else np.unique(self._unit[rows]).size


def _histogram(
    keys: Integers,
    number: Integers,
    unit: Places | None,
    units: int,
    sensitive: Mapping[str, tuple[Places, Ranks]],
) -> Histogram:
    """The classes of rows: ``number`` is the place of a row's class in ``keys``, ``unit`` is 0 … ``units`` - 1."""

    def per_group(group: Integers, size: int, rows: NDArray[np.bool_] | None = None) -> Integers:
        """How many units each of ``size`` groups of rows has, of the chosen rows."""
        chosen = group if rows is None else group[rows]
        if unit is not None:
            chosen = np.unique(chosen * units + (unit if rows is None else unit[rows])) // units
        return np.bincount(chosen, minlength=size)

    cells = {}
    for column, (place, ranks) in sensitive.items():
        width = max(ranks.count, 1)
        both, cell = np.unique(number * width + place, return_inverse=True)
        filled = place != (-1 if ranks.empty is None else ranks.empty)
        counted, valued = per_group(cell, both.size), per_group(number, keys.size, filled)
        cells[column] = Cells(both // width, both % width, counted, ranks.count, ranks.empty, valued)
    return Histogram(keys, per_group(number, keys.size), np.bincount(number, minlength=keys.size), cells)
