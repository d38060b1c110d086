"""What a node of the lattice loses, 0 (nothing) to 1 (everything), over all records; one that is left out loses all.

entropy: non-uniform entropy (A. Gionis, T. Tassa, k-anonymization with minimal loss of information, 2009): the bits it
takes to say the value when its label is known, -log2(frequency of the value / frequency of the label), summed over
records and columns. precision: how high the levels are, level / height (L. Sweeney, 2002). discernibility: the square
of a class's records, and for a record that is left out all of them (R. Bayardo, R. Agrawal, 2005).

Without what is left out, a coarser node never loses less. ``least`` is that part; search relies on it.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from sandbox.snapshots.coded import Integers
from sandbox.snapshots.lattice.domain import Codes, Domain
from sandbox.snapshots.lattice.rollup import Counted, Rollup

Metric = Literal["entropy", "precision", "discernibility"]
METRICS: tuple[Metric, ...] = ("entropy", "precision", "discernibility")
Floats = NDArray[np.float64]


class Loss:
    """The losses of the nodes of ``rollup`` under ``metric``; ``codes`` and ``records`` are those of its bottom."""

    def __init__(self, metric: Metric, rollup: Rollup, codes: Sequence[Codes], records: Integers) -> None:
        self._metric, self._rollup = metric, rollup
        columns = range(len(rollup.domains))
        # For every column and level: what the whole column loses there, and what a record with a certain label loses
        # besides when it is left out.
        if metric == "entropy":
            found = [_entropy(rollup.domains[c], codes[c], records) for c in columns]
            whole = sum(bits for _, _, bits in found) or 1.0
            self._levels = [np.array(level) / whole for level, _, _ in found]
            self._rest = [[rest / whole for rest in rests] for _, rests, _ in found]
        else:
            share = 1 / max(len(rollup.domains) * rollup.records, 1)
            heights = [max(d.height, 1) for d in rollup.domains]
            self._levels = [
                np.arange(d.height + 1) / (h * len(columns)) for d, h in zip(rollup.domains, heights, strict=False)
            ]
            self._rest = [
                [np.full(d.sizes[level], (1 - level / h) * share) for level in range(d.height + 1)]
                for d, h in zip(rollup.domains, heights, strict=False)
            ]

        #: Whether what is counted raises the lower bound: then ``least`` says nothing.
        self.rises = metric == "discernibility"
        #: For every column what its levels cost, by which nodes are put in order.
        self.costs = [b[0] - b for b in rollup.bits] if self.rises else self._levels

    def least(self) -> Floats:
        """A lower bound of every node's loss, as an array with an axis per column; for discernibility all 0."""
        shape = tuple(d.height + 1 for d in self._rollup.domains)
        return np.zeros(shape) if self.rises else sums(self._levels)

    def bound(self, counted: Counted) -> float:
        """A lower bound of the losses of this node and all coarser ones."""
        if self._metric == "discernibility":
            records = counted.class_records.astype(np.float64)
            return float(records @ records) / float(self._rollup.records) ** 2
        return float(sum(level[at] for level, at in zip(self._levels, counted.node, strict=True)))

    def of(self, counted: Counted, fails: NDArray[np.bool_]) -> float:
        """The loss of a node when the classes that ``fails`` are left out."""
        records, bound = counted.class_records, self.bound(counted)
        if self._metric == "discernibility":
            whole = float(self._rollup.records)
            failing = records[fails].astype(np.float64)
            return bound + float((failing * (whole - failing)).sum()) / whole**2
        classes = np.flatnonzero(fails)
        rest = [r[at] for r, at in zip(self._rest, counted.node, strict=True)]
        return bound + float((self._rollup.label_sum(counted, classes, rest) * records[classes]).sum())


def sums(parts: Sequence[Floats]) -> Floats:
    """An axis per part, and the sum of their entries."""
    total = np.zeros(tuple(part.size for part in parts))
    for axis, part in enumerate(parts):
        total += part.reshape([-1 if n == axis else 1 for n in range(len(parts))])
    return total


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
