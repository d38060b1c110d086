"""What each gate demands of a class, on the histogram. Pure NumPy; every function looks at all classes at once.

l-diversity: A. Machanavajjhala et al. (2007); t-closeness: N. Li, T. Li, S. Venkatasubramanian (2007); β-likeness:
J. Cao, P. Karras (2012); δ-disclosure privacy: J. Brickell, V. Shmatikov (2008). The last two look at the values that a
class has, as the anonymisation tool ARX does. All were written for one row per person. With several rows a person may
hold several values of a class; therefore shares are of units, and l-diversity also refuses a class in which *all* units
share a value, however many others they hold.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from sandbox.core.spec import BetaLikeness, DeltaDisclosure, Gate, KAnonymity, LDiversity, TCloseness
from sandbox.snapshots.classes import Cells, Flags, Histogram
from sandbox.snapshots.coded import Integers

Floats = NDArray[np.float64]

# Equal shares must not fail by the last bit of a logarithm; real differences are larger by orders of magnitude.
_ROUNDING = 1e-10


@dataclass(frozen=True)
class Scores:
    """One entry per class: whether it ``fails``, and its ``score`` in the gate's own unit.

    The score is units (k_anonymity), values (l_diversity distinct), equally frequent values (entropy), most frequent
    over rarer ones (recursive; inf without any), the distance 0–1 (t_closeness), the gain of a value relative to its
    share (beta_likeness) or bits (delta_disclosure).
    """

    fails: Flags
    score: Floats

    def only(self, chosen: Flags) -> Scores:
        return Scores(self.fails[chosen], self.score[chosen])


def judge(gate: Gate, histogram: Histogram) -> Scores:
    """How the classes of a table do under ``gate``."""
    if isinstance(gate, KAnonymity):
        return Scores(histogram.units < gate.k, histogram.units.astype(np.float64))
    cells = histogram.cells[gate.column]
    if isinstance(gate, TCloseness):
        distance = _distances(cells, _ordered if gate.distance == "ordered" else _equal)
        return Scores(distance > gate.t + _ROUNDING, distance)
    if isinstance(gate, BetaLikeness):
        return _likeness(gate, cells)
    if isinstance(gate, DeltaDisclosure):
        share, whole = _shares(cells)
        bits = _worst_cells(cells, np.abs(np.log2(share / whole)))
        return Scores(bits >= gate.delta - _ROUNDING, bits)
    return _diversity(gate, cells)


def is_local(gate: Gate) -> bool:
    """Whether a class passes or fails ``gate`` by itself, whatever other classes there are."""
    return isinstance(gate, KAnonymity | LDiversity)


def worst(gate: Gate, score: Floats) -> float | None:
    """The worst of the scores; None when there is none, or no number can say it."""
    if not score.size:
        return None
    lower_is_better = not is_local(gate) or (isinstance(gate, LDiversity) and gate.variant == "recursive")
    found = float(score.max() if lower_is_better else score.min())
    return found if np.isfinite(found) else None


def _diversity(gate: LDiversity, cells: Cells) -> Scores:
    count = cells.valued.size
    number, units = cells.number, cells.units
    if cells.empty is not None:
        valued = cells.rank != cells.empty
        number, units = number[valued], units[valued]
    shared = np.zeros(count, dtype=np.bool_)
    shared[number[units >= cells.valued[number]]] = True
    varied = np.bincount(number, minlength=count)
    if gate.c is not None:  # recursive
        ratio = np.full(count, np.inf)
        several = varied[number] >= gate.l  # in the others nothing is rare
        _recursive(number[several], units[several], gate.l, ratio)
        ratio[shared] = np.inf
        return Scores(~(ratio < gate.c), ratio)
    score = varied.astype(np.float64)
    if gate.variant == "entropy":
        several = varied[number] > 1  # one value is as varied as itself
        score = np.where(varied > 1, _equally_frequent(number[several], units[several], count), score)
    score[shared] = np.minimum(score[shared], 1.0)
    return Scores(score < gate.l * (1 - _ROUNDING), score)


def _equally_frequent(number: Integers, units: Integers, count: int) -> Floats:
    """exp(entropy) of every class: as many equally frequent values would be as varied."""
    totals = np.bincount(number, weights=units, minlength=count)
    share = units / totals[number]
    return np.exp(np.bincount(number, weights=-share * np.log(share), minlength=count))


def _recursive(number: Integers, units: Integers, least: int, ratio: Floats) -> None:
    """Fill in, for the classes of these cells, the units of the most frequent value over those of the ``least``-th most
    frequent and all rarer ones. ``number`` rises, and every class in it has at least ``least`` cells."""
    most = int(units.max(initial=0))
    units = most - np.sort(number * (most + 1) + (most - units)) % (most + 1)  # by class, the most frequent first
    first = np.flatnonzero(np.diff(number, prepend=-1))
    if first.size:
        place = np.arange(number.size) - np.repeat(first, np.diff(np.append(first, number.size)))
        ratio[number[first]] = units[first] / np.add.reduceat(np.where(place >= least - 1, units, 0), first)


def _likeness(gate: BetaLikeness, cells: Cells) -> Scores:
    share, whole = _shares(cells)
    gain = (share - whole) / whole
    most = np.minimum(gate.beta, -np.log(whole)) if gate.variant == "enhanced" else np.full(gain.size, gate.beta)
    return Scores(_worst_cells(cells, gain - most) > _ROUNDING, _worst_cells(cells, gain))


def _shares(cells: Cells) -> tuple[Floats, Floats]:
    """For every cell the share of its value in the class, and in the whole, which is the sum of the classes."""
    return cells.share, cells.whole[cells.rank]


def _worst_cells(cells: Cells, score: Floats) -> Floats:
    """The highest score of the cells of every class."""
    worst_of = np.zeros(cells.valued.size)
    first = np.flatnonzero(np.diff(cells.number, prepend=-1))
    if first.size:
        worst_of[cells.number[first]] = np.maximum.reduceat(score, first)
    return worst_of


Distance = Callable[[Integers, Integers, Floats, int, Floats], Floats]
"""(class and rank of every cell, share of the value in its class, number of classes, shares of the ranks in the whole)
→ distance of every class from the whole."""


def _distances(cells: Cells, distance: Distance) -> Floats:
    """The distances of all classes. Those with a single value are as far away as this value is, so they are looked up:
    in a table with many small classes, most are such.

    The whole is the sum of the classes, so that its distribution is their mean."""
    whole = cells.whole
    count = np.bincount(cells.number, minlength=cells.valued.size)
    several = count[cells.number] > 1
    of_rank = distance(np.arange(cells.ranks), np.arange(cells.ranks), np.ones(cells.ranks), cells.ranks, whole)
    found = np.zeros(count.size)
    found[cells.number[~several]] = of_rank[cells.rank[~several]]
    places = np.cumsum(count > 1) - 1
    number, classes = places[cells.number[several]], int((count > 1).sum())
    found[count > 1] = distance(number, cells.rank[several], cells.share[several], classes, whole)
    return found


def _equal(number: Integers, rank: Integers, share: Floats, classes: int, whole: Floats) -> Floats:
    """Half the sum of all differences. Values that a class lacks contribute their share in the whole."""
    present = np.bincount(number, weights=np.abs(share - whole[rank]) - whole[rank], minlength=classes)
    return np.clip((present + 1) / 2, 0, 1)


def _ordered(number: Integers, rank: Integers, share: Floats, classes: int, whole: Floats) -> Floats:
    """Sum of the differences of the cumulated shares over the number of steps between the values that there are.

    A class's cumulated shares change only at its own values. Between two of them they are a constant, and the whole's
    grow: binary search finds where they cross, prefix sums do the rest, so nothing of size classes × values is needed.
    """
    there = whole > 0
    rank = (np.cumsum(there) - 1)[rank]  # values that live in no class any more are no steps
    cumulated = np.cumsum(whole[there])
    steps = cumulated.size
    if steps < 2 or not number.size:
        return np.zeros(classes)
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
    return np.clip(np.bincount(number, weights=area, minlength=classes) / (steps - 1), 0, 1)
