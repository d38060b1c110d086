"""What a node of the lattice loses, 0 (nothing) to 1 (everything), over all records; one that is left out loses all.

entropy: non-uniform entropy (A. Gionis, T. Tassa, k-anonymization with minimal loss of information, 2009): the bits it
takes to say the value when its label is known, -log2(frequency of the value / frequency of the label), summed over
records and columns. precision: how high the levels are, level / height (L. Sweeney, 2002). discernibility: the square
of a class's records, and for a record that is left out all of them (R. Bayardo, R. Agrawal, 2005).

Without what is left out (``bound``), a coarser node never loses less; by what is left out (``penalty``), a finer one
never does. What is left out stays so there, and what a record loses besides what its labels cost is the more, the finer
these are, or the smaller its class. The search relies on both.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal

import numpy as np

from sandbox.snapshots.coded import Integers
from sandbox.snapshots.lattice.counted import Counted
from sandbox.snapshots.lattice.domain import Codes, Domain
from sandbox.snapshots.lattice.grid import Floats, Node, sums
from sandbox.snapshots.lattice.rollup import Rollup

Metric = Literal["entropy", "precision", "discernibility"]
_TABLES = 1 << 20  # entries of tables that are kept: 8 MB
METRICS: tuple[Metric, ...] = ("entropy", "precision", "discernibility")


class Loss:
    """The losses of the nodes of ``rollup`` under ``metric``; ``codes`` and ``records`` are those of its bottom."""

    def __init__(self, metric: Metric, rollup: Rollup, codes: Sequence[Codes], records: Integers) -> None:
        self._metric, self._rollup = metric, rollup
        columns = range(len(rollup.domains))
        # For every column and level: what the whole column loses there, and what a record with a certain label loses
        # besides when it is left out.
        self._levels: list[Floats] = []
        self._rest: list[list[Floats]] = []
        self._rests: dict[tuple[int, Node], Floats] = {}
        self._room = _TABLES
        if metric == "entropy":
            found = [_entropy(rollup.domains[c], codes[c], records) for c in columns]
            whole = sum(bits for _, _, bits in found) or 1.0
            self._levels = [np.array(level) / whole for level, _, _ in found]
            self._rest = [[rest / whole for rest in rests] for _, rests, _ in found]
        else:
            self._levels = [np.arange(d.height + 1) / (max(d.height, 1) * len(columns)) for d in rollup.domains]

        #: Whether what is counted raises the lower bound: then ``least`` says nothing.
        self.rises = metric == "discernibility"
        #: For every column what its levels cost, by which nodes are put in order.
        self.costs = [b[0] - b for b in rollup.bits] if self.rises else self._levels
        #: If it rises, for every column the logarithm of the share of pairs of records that are alike on a level.
        self.pairs = [_pairs(rollup.domains[c], codes[c], records) for c in columns] if self.rises else []

    def least(self) -> Floats:
        """A lower bound of every node's loss, as an array with an axis per column; for discernibility all 0."""
        shape = tuple(d.height + 1 for d in self._rollup.domains)
        return np.zeros(shape) if self.rises else sums(self._levels)

    def bound(self, counted: Counted) -> float:
        """A lower bound of the losses of this node and all coarser ones."""
        if self._metric == "discernibility":
            records = counted.class_records  # as integers, which is exact
            return int(records @ records) / self._rollup.records**2
        return float(sum(level[at] for level, at in zip(self._levels, counted.node, strict=True)))

    def penalty(self, failing: Counted) -> float:
        """What a node loses besides when the classes ``failing`` are left out; finer ones lose no less by it."""
        records = failing.class_records
        if self._metric == "discernibility":
            whole = self._rollup.records
            return int(records @ (whole - records)) / whole**2
        if self._metric == "precision":
            return float(records.sum()) / self._rollup.records * (1 - self.bound(failing))
        rest = np.zeros(failing.classes)
        for group, word in self._rollup.label_words(failing):
            rest += self._labels(group, failing.node[group]).take(word)
        return float((rest * records).sum())

    def _labels(self, group: slice, levels: Node) -> Floats:
        """What a record loses besides in the columns of ``group`` when it is left out, by their label as one number."""
        key = group.start, levels
        if key not in self._rests:
            table = np.zeros(1)
            for rest, level in zip(self._rest[group], levels, strict=True):
                table = np.add.outer(table, rest[level]).ravel()
            if table.size > self._room:
                return table
            self._room -= table.size
            self._rests[key] = table
        return self._rests[key]

    def of(self, counted: Counted, failing: Counted) -> float:
        """The loss of a node when the classes ``failing`` are left out."""
        return self.bound(counted) + self.penalty(failing)


def _pairs(domain: Domain, codes: Codes, records: Integers) -> Floats:
    value = np.bincount(codes, weights=records, minlength=domain.sizes[0])
    labels = (np.bincount(c, weights=value, minlength=s) for c, s in zip(domain.codes, domain.sizes, strict=True))
    return np.array([np.log(float(label @ label) / max(value.sum(), 1) ** 2) for label in labels])


def _entropy(domain: Domain, codes: Codes, records: Integers) -> tuple[list[float], list[Floats], float]:
    """(bits that the column loses on every level, bits that a record with a label has left to lose, all bits)."""
    value = np.bincount(codes, weights=records, minlength=domain.sizes[0])
    total = max(value.sum(), 1)
    own = np.log2(total / np.maximum(value, 1))
    levels, rests = [], []
    for code, size in zip(domain.codes, domain.sizes, strict=True):
        label = np.bincount(code, weights=value, minlength=size)
        rest = np.log2(total / np.maximum(label, 1))
        rests.append(rest)
        levels.append(float((value * (own - rest[code])).sum()))
    return levels, rests, float((value * own).sum())
