"""How many people of a whole population are alone with their combination, when the table is a sample of them.

What is known are the sizes of the table's classes and the share of the population that is in it. Three models, and the
rule that chooses among them, as in the anonymisation tool ARX:

- Pitman: classes arise by Pitman's sampling formula, its two parameters are fitted by maximum likelihood (N. Hoshino,
  Applying Pitman's sampling formula to microdata disclosure risk assessment, 2001). Its expectation is exact here, not
  the limit for huge populations.
- Zayatz: the population has as many classes of each size, relatively, as the sample (L. Zayatz, 1991).
- SNB: sizes are one more than negative binomial (G. Chen, S. Keller-McNulty, Estimation of identification disclosure
  risk in microdata, 1998); the number of classes is Shlosser's estimate as corrected by P. Haas and L. Stokes (1998).
- Rule: up to a tenth of the population Pitman, above it the smaller of SNB and Zayatz (F. Dankar, K. El Emam et al.,
  Estimating the re-identification risk of clinical data sets, 2012); Zayatz wherever another has no answer.

The journalist's risk, 1 over the size of a class in the population, is what Pitman's model expects of a class given the
whole sample (J. Pitman, Exchangeable and partially exchangeable random partitions, 1995). Estimates that look at a
class alone, such as R. Benedetti's and L. Franconi's (1998), are far too low where most people are alone.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from sandbox.snapshots.coded import Integers

Model = Literal["pitman", "zayatz", "snb"]
Floats = NDArray[np.float64]
_SMALL_SAMPLE = 0.1
_STARTS = ((0.5, 0.5), (0.1, 0.1), (2.0, 0.1), (0.1, 0.9), (0.02, 0.02))
_SOLVED = 1e-6
_LARGE = 200
"""The size of a class in the sample from which its size in the population is as good as certain."""


@dataclass(frozen=True)
class Sample:
    """``counts[n]`` classes have ``sizes[n]`` records (rising, no 0); ``fraction`` (0–1] of the population is here."""

    sizes: Integers
    counts: Integers
    fraction: float

    @staticmethod
    def of(records: Integers, fraction: float) -> Sample:
        """From the records of every class."""
        sizes, counts = np.unique(records[records > 0], return_counts=True)
        return Sample(sizes, counts, float(fraction))

    @property
    def records(self) -> int:
        return int(self.sizes @ self.counts)

    @property
    def classes(self) -> int:
        return int(self.counts.sum())

    @property
    def population(self) -> float:
        """Records of the population."""
        return self.records / self.fraction

    def of_size(self, size: int) -> int:
        return int(self.counts[self.sizes == size].sum())


@dataclass(frozen=True)
class Uniques:
    """Estimated share (0–1) of the population that is alone, and the ``model`` that the rule chose; None where nothing
    had to be estimated. ``by_model``: every model's share, None where it has no answer."""

    share: float
    model: Model | None
    by_model: dict[Model, float | None]


def population_uniques(sample: Sample) -> Uniques:
    """The estimate of the rule. Without sample uniques there is nothing to estimate from: 0."""
    if not sample.of_size(1):
        return Uniques(0.0, None, {})
    if sample.fraction >= 1:  # the whole population is here: nothing to estimate
        return Uniques(sample.of_size(1) / sample.records, None, {})
    people = sample.population
    found: dict[Model, float | None] = {"pitman": pitman(sample), "zayatz": zayatz(sample), "snb": snb(sample)}
    shares = {model: None if n is None else min(float(n) / people, 1.0) for model, n in found.items()}
    if sample.fraction <= _SMALL_SAMPLE:
        chosen: Model = "pitman" if shares["pitman"] is not None else "zayatz"
    else:
        by_snb = shares["snb"]
        chosen = "snb" if by_snb is not None and by_snb <= (shares["zayatz"] or 0.0) else "zayatz"
    return Uniques(shares[chosen] or 0.0, chosen, shares)


def journalist(sample: Sample) -> tuple[float, float] | None:
    """(highest, average) expected chance, 0–1, to point at the right one by a register of the population.

    None where Pitman's model has no answer: then nothing better is known than the prosecutor's risk, its upper bound.
    """
    if not sample.classes:
        return 0.0, 0.0
    if sample.fraction >= 1:
        return 1 / float(sample.sizes[0]), sample.classes / sample.records
    fitted = _fitted(sample)
    if fitted is None:
        return None
    chances = np.array([_chance(int(size), sample, *fitted) for size in sample.sizes])
    return float(chances.max()), float((chances * sample.sizes * sample.counts).sum() / sample.records)


def _chance(size: int, sample: Sample, theta: float, alpha: float) -> float:
    """The expected 1 / size in the population of a class with ``size`` records here.

    Of those who are not here, a beta-binomial number belongs to it: Pitman's model, given the sample.
    """
    from scipy.special import betaln, gammaln

    others = max(round(sample.population - sample.records), 0)
    own, rest = size - alpha, theta + sample.records - size + alpha
    mean = others * own / (own + rest)
    if size > _LARGE:
        return float(1 / (size + mean))
    more = np.arange(min(others, round(60 * mean) + 1000) + 1, dtype=np.float64)
    ways = gammaln(others + 1) - gammaln(more + 1) - gammaln(others - more + 1)
    chance = np.exp(ways + betaln(more + own, others - more + rest) - betaln(own, rest))
    return float((chance / (size + more)).sum())


def pitman(sample: Sample) -> float | None:
    """Uniques of the population by Pitman's model; None where the likelihood has no maximum inside its bounds."""
    from scipy.special import gammaln

    fitted = _fitted(sample)
    if fitted is None:
        return None
    theta, alpha = fitted
    people = sample.population
    chance = gammaln(theta + alpha + people - 1) - gammaln(theta + people) + gammaln(theta + 1) - gammaln(theta + alpha)
    found = float(people * np.exp(chance))
    return found if np.isfinite(found) and 0 <= found <= people else None


def _fitted(sample: Sample) -> tuple[float, float] | None:
    """(theta, alpha) of Pitman's sampling formula with the greatest likelihood."""
    from scipy.optimize import minimize
    from scipy.special import expit, gammaln

    n, classes = sample.records, sample.classes
    several = sample.sizes > 1
    sizes, counts = sample.sizes[several].astype(np.float64), sample.counts[several]

    def against(at: Floats) -> float:
        """Minus the logarithm of the likelihood per record, at (log(theta + alpha), logit(alpha))."""
        alpha = expit(at[1])
        theta = np.exp(at[0]) - alpha
        new = (classes - 1) * np.log(alpha) + gammaln(theta / alpha + classes) - gammaln(theta / alpha + 1)
        old = counts @ (gammaln(sizes - alpha) - gammaln(1 - alpha))
        return float(-(new + old - gammaln(theta + n) + gammaln(theta + 1)) / n)

    if classes == n or classes < 2:
        return None
    options = {"xatol": 1e-9, "fatol": 1e-13, "maxiter": 2000}
    starts = [np.array([np.log(max(n * share, 1.0)), logit]) for share, logit in ((0.5, -2.0), (0.01, 0.0))]
    bounds = [(-12, 40), (-12, 12)]
    with np.errstate(all="ignore"):
        tried = [minimize(against, at, method="Nelder-Mead", bounds=bounds, options=options) for at in starts]
    best = min((t for t in tried if np.isfinite(t.fun)), key=lambda t: t.fun, default=None)
    if best is None:
        return None
    alpha = float(expit(best.x[1]))
    return float(np.exp(best.x[0])) - alpha, alpha


def zayatz(sample: Sample) -> float:
    """Uniques of the population: of the sample's uniques, those that come from a class of one, blown up."""
    from scipy.special import gammaln

    n, people, size = sample.records, sample.population, sample.sizes.astype(np.float64)

    def choose(of: Floats | float, some: float) -> Floats:
        return np.asarray(gammaln(of + 1.0) - gammaln(some + 1.0) - gammaln(np.maximum(of - some, 0.0) + 1.0))

    # The chance that exactly one of a class of the population gets into the sample: hypergeometric.
    fits = people - size >= n - 1
    one = np.where(fits, size * np.exp(choose(people - size, n - 1.0) - choose(people, float(n))), 0.0)
    seen = float((sample.counts * one).sum())
    alone = sample.of_size(1) * sample.fraction / seen if seen else 1.0
    return sample.of_size(1) * min(alone, 1.0) / sample.fraction


def snb(sample: Sample) -> float | None:
    """Uniques of the population by the shifted negative binomial; None where its equations have no solution."""
    from scipy.optimize import least_squares

    f, classes = sample.fraction, _classes_of_population(sample)
    seen = np.array([sample.of_size(1), sample.of_size(2)], dtype=np.float64)
    if not classes or not seen.all():
        return None

    def differences(at: Floats) -> Floats:
        alpha, beta = np.exp(at[0]), 1 / (1 + np.exp(-at[1]))
        rest = (1 - f) * (1 - beta)
        one = classes * f * (beta / (1 - rest)) ** alpha * (alpha * rest / (1 - rest) + 1)
        two = classes * f * f * alpha * (1 - beta) * beta**alpha * (2 - (1 - alpha) * rest)
        return np.asarray(np.array([one, two / (2 * (1 - rest) ** (alpha + 2))]) / seen - 1)

    for alpha, beta in _STARTS:
        start = np.array([np.log(alpha), np.log(beta / (1 - beta))])
        with np.errstate(all="ignore"):
            found = least_squares(differences, start, bounds=([-12, -14], [12, 14]))
        if np.abs(found.fun).max() < _SOLVED:
            return float(classes * (1 / (1 + np.exp(-found.x[1]))) ** np.exp(found.x[0]))
    return None


def _classes_of_population(sample: Sample) -> float:
    """Shlosser's estimate, corrected for skewed sizes (Haas and Stokes 1998, the second of their corrections)."""
    f, i, c = sample.fraction, sample.sizes.astype(np.float64), sample.counts
    missed = c @ (1 - f) ** i
    once = c @ (i * f * (1 - f) ** (i - 1))
    twice = c @ (i * f * f * (1 - f * f) ** (i - 1))
    grown = c @ ((1 - f * f) ** i - (1 - f) ** i)
    if not once or not grown:
        return 0.0
    return float(sample.classes + sample.of_size(1) * (twice / grown) * (missed / once) ** 2)
