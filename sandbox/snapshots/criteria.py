"""What each gate demands of a class, on the histogram. Pure NumPy; every function looks at all classes at once.

l-diversity: A. Machanavajjhala et al. (2007); t-closeness: N. Li, T. Li, S. Venkatasubramanian (2007). Both were
written for one row per person. With several rows a person may hold several values of a class; therefore shares are
of units, and l-diversity also refuses a class in which *all* units share a value, however many others they hold.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from sandbox.core.spec import Gate, KAnonymity, LDiversity, TCloseness
from sandbox.snapshots.classes import Cells, Histogram, Integers

Flags = NDArray[np.bool_]
Floats = NDArray[np.float64]

# Equal shares must not fail by the last bit of a logarithm; real differences are larger by orders of magnitude.
_ROUNDING = 1e-10


@dataclass(frozen=True)
class Scores:
    """One entry per class: whether it ``fails``, and its ``score`` in the gate's own unit.

    The score is units (k_anonymity), values (l_diversity distinct), equally frequent values (entropy), most frequent
    over rarer ones (recursive; inf without any) or the distance 0–1 (t_closeness).
    """

    fails: Flags
    score: Floats


def judge(gate: Gate, histogram: Histogram, alive: Flags) -> Scores:
    """How the classes do under ``gate`` in a table of the ``alive`` ones; entries of others mean nothing."""
    if isinstance(gate, KAnonymity):
        return Scores(histogram.units < gate.k, histogram.units.astype(np.float64))
    cells = histogram.cells[gate.column]
    if isinstance(gate, TCloseness):
        distance = _ordered(cells, alive) if gate.distance == "ordered" else _equal(cells, alive)
        return Scores(distance > gate.t + _ROUNDING, distance)
    return _diversity(gate, cells)


def worst(gate: Gate, score: Floats) -> float | None:
    """The worst of the scores; None when there is none, or no number can say it."""
    if not score.size:
        return None
    lower_is_better = isinstance(gate, TCloseness) or (isinstance(gate, LDiversity) and gate.variant == "recursive")
    found = float(score.max() if lower_is_better else score.min())
    return found if np.isfinite(found) else None


def _diversity(gate: LDiversity, cells: Cells) -> Scores:
    count = cells.valued.size
    valued = cells.rank != (-1 if cells.empty is None else cells.empty)
    number, units = cells.number[valued], cells.units[valued]
    shared = np.zeros(count, dtype=np.bool_)
    shared[number[units >= cells.valued[number]]] = True
    if gate.c is not None:  # recursive
        ratio = _recursive(number, units, count, gate.l)
        ratio[shared] = np.inf
        return Scores(~(ratio < gate.c), ratio)
    varied = np.bincount(number, minlength=count).astype(np.float64)
    if gate.variant == "entropy":
        varied = _equally_frequent(number, units, count, varied)
    varied[shared] = np.minimum(varied[shared], 1.0)
    return Scores(varied < gate.l * (1 - _ROUNDING), varied)


def _equally_frequent(number: Integers, units: Integers, count: int, values: Floats) -> Floats:
    """exp(entropy): as many equally frequent values would be as varied; 0 for a class without values."""
    totals = np.bincount(number, weights=units, minlength=count)
    share = units / totals[number]
    entropy = np.bincount(number, weights=-share * np.log(share), minlength=count)
    return np.where(values > 0, np.exp(entropy), 0.0)


def _recursive(number: Integers, units: Integers, count: int, least: int) -> Floats:
    """Units of the most frequent value over those of the ``least``-th most frequent and all rarer ones."""
    order = np.lexsort((-units, number))
    number, units = number[order], units[order]
    place = np.arange(number.size) - np.searchsorted(number, number)
    first, rest = place == 0, place >= least - 1
    most = np.bincount(number[first], weights=units[first], minlength=count)
    rarer = np.bincount(number[rest], weights=units[rest], minlength=count)
    ratio = np.full(count, np.inf)
    np.divide(most, rarer, out=ratio, where=rarer > 0)
    return ratio


def _shares(cells: Cells, alive: Flags) -> tuple[Integers, Integers, Floats, Floats]:
    """(class, rank, share of the value in the class) of every living cell, and the shares of all ranks in the whole.

    The whole is the sum of the classes, so that its distribution is their mean."""
    living = alive[cells.number]
    number, rank, units = cells.number[living], cells.rank[living], cells.units[living]
    totals = np.bincount(number, weights=units, minlength=alive.size)
    whole = np.bincount(rank, weights=units, minlength=cells.ranks)
    return number, rank, units / totals[number], whole / max(whole.sum(), 1)


def _equal(cells: Cells, alive: Flags) -> Floats:
    """Half the sum of all differences. Values that a class lacks contribute their share in the whole."""
    number, rank, share, whole = _shares(cells, alive)
    present = np.bincount(number, weights=np.abs(share - whole[rank]) - whole[rank], minlength=alive.size)
    return np.clip((present + 1) / 2, 0, 1)


def _ordered(cells: Cells, alive: Flags) -> Floats:
    """Sum of the differences of the cumulated shares over the number of steps between the values that there are.

    A class's cumulated shares change only at its own values. Between two of them they are a constant, and the whole's
    grow: binary search finds where they cross, prefix sums do the rest, so nothing of size classes × values is needed.
    """
    number, rank, share, whole = _shares(cells, alive)
    there = whole > 0
    rank = (np.cumsum(there) - 1)[rank]  # values that live in no class any more are no steps
    cumulated = np.cumsum(whole[there])
    steps = cumulated.size
    if steps < 2:
        return np.zeros(alive.size)
    sums = np.concatenate(([0.0], np.cumsum(cumulated)))
    first = np.concatenate(([True], number[1:] != number[:-1]))
    last = np.concatenate((first[1:], [True]))
    running = np.cumsum(share)
    base = np.repeat((running - share)[first], np.diff(np.append(np.flatnonzero(first), number.size)))
    constant = running - base
    end = np.where(last, steps, np.append(rank[1:], steps))
    crossing = np.clip(np.searchsorted(cumulated, constant), rank, end)
    area = constant * (crossing - rank) - (sums[crossing] - sums[rank])
    area += (sums[end] - sums[crossing]) - constant * (end - crossing)
    area += np.where(first, sums[rank], 0.0)  # before its first value a class has nothing
    return np.clip(np.bincount(number, weights=area, minlength=alive.size) / (steps - 1), 0, 1)
