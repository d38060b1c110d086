"""Estimates of the population against simulated ones whose truth is known, and exact answers where there are any."""

from __future__ import annotations

import json
from itertools import pairwise

import numpy as np
import pytest

from sandbox.core.errors import BadInput
from sandbox.i18n import catalogue
from sandbox.snapshots.manifest import MANIFEST
from sandbox.snapshots.population import Sample, journalist, pitman, population_uniques, snb, zayatz
from sandbox.snapshots.risk_facts import tell_risk
from sandbox.snapshots.verify import verify_snapshot
from tests.snapshots.conftest import Builder, spec_of

PEOPLE = 100_000


def skewed(random: np.random.Generator) -> np.ndarray:
    """Nine columns as real tables have them: about two thirds of the people are alone."""
    key = np.zeros(PEOPLE, dtype=np.int64)
    for values in (2, 8, 5, 7, 16, 6, 7, 14, 10):
        key = key * values + (random.random(PEOPLE) ** 3 * values).astype(int)
    return key


def heavy(random: np.random.Generator) -> np.ndarray:
    """A few huge classes, and a tail."""
    return random.zipf(1.5, PEOPLE)


def even(random: np.random.Generator) -> np.ndarray:
    """Sizes of one more than negative binomial, as SNB has them."""
    return np.repeat(np.arange(PEOPLE), 1 + random.negative_binomial(0.5, 0.2, PEOPLE))[:PEOPLE]


def drawn(keys: np.ndarray, share: float, random: np.random.Generator) -> tuple[Sample, float, float]:
    """(a sample, share of the population that is alone, average journalist risk of the sample)."""
    _, place, size = np.unique(keys, return_inverse=True, return_counts=True)
    chosen = random.random(keys.size) < share
    here = np.bincount(place[chosen], minlength=size.size)
    sample = Sample.of(here, chosen.sum() / keys.size)
    return sample, float((size == 1).sum() / keys.size), float((here / size).sum() / here.sum())


@pytest.mark.parametrize(
    ("population", "share", "model", "error"),
    [
        (skewed, 0.05, "pitman", 0.2),
        (skewed, 0.5, "snb", 0.02),
        (heavy, 0.05, "pitman", 0.2),
        (heavy, 0.5, "zayatz", 0.1),
        (even, 0.05, "pitman", 0.1),
        (even, 0.5, "snb", 0.1),
    ],
)
def test_the_rule_comes_close_to_the_truth(population, share, model, error) -> None:  # type: ignore[no-untyped-def]
    random = np.random.default_rng(5)
    sample, truth, average = drawn(population(random), share, random)
    found = population_uniques(sample)
    assert (found.model, found.share) == (model, pytest.approx(truth, rel=error))
    chances = journalist(sample)
    assert chances is not None
    assert chances[1] == pytest.approx(average, rel=0.15)
    assert average <= sample.classes / sample.records, "the prosecutor's average bounds it"
    assert chances[0] <= 1


def test_the_whole_population_needs_no_estimate() -> None:
    sample = Sample.of(np.array([1, 1, 3]), 1.0)
    assert (population_uniques(sample).share, population_uniques(sample).model) == (2 / 5, None)
    assert journalist(sample) == (1.0, 3 / 5)
    nearly = Sample.of(np.array([1] * 20 + [2] * 30 + [7] * 20), 0.999)
    assert zayatz(nearly) == pytest.approx(20, rel=0.02)


def test_zayatz_by_hand() -> None:
    """One of two classes is alone; half of the people are here. By binomial chances, as the population is large:
    alone (1/2)(1/2) against (1/2)(1/2) + (1/2) 2 (1/2)(1/2)."""
    sample = Sample.of(np.array([1, 2] * 20_000), 0.5)
    assert zayatz(sample) == pytest.approx(20_000 * 0.5 / 0.5, rel=1e-3)


def test_pitman_gives_back_what_it_was_made_of() -> None:
    """A population made by the formula itself, with theta 50 and alpha 0.6: the Chinese restaurant."""
    random, theta, alpha = np.random.default_rng(3), 50.0, 0.6
    tables: list[int] = []
    seats: list[int] = []
    for guests in range(20_000):
        if random.random() < (theta + alpha * len(tables)) / (theta + guests):
            tables.append(0)
            seats.append(len(tables) - 1)
        else:  # by size less alpha: a random guest's table, refused with alpha / size
            while True:
                table = seats[random.integers(len(seats))]
                if random.random() >= alpha / tables[table]:
                    break
            seats.append(table)
        tables[seats[-1]] += 1
    chosen = np.bincount(random.permutation(np.array(seats))[:4000])
    found = pitman(Sample.of(chosen, 0.2))
    assert found == pytest.approx(tables.count(1), rel=0.15)


def test_what_cannot_be_estimated_is_not() -> None:
    all_alone = Sample.of(np.ones(50, dtype=np.int64), 0.05)
    assert pitman(all_alone) is None
    assert snb(all_alone) is None
    assert journalist(all_alone) is None
    assert population_uniques(all_alone).model == "zayatz"
    assert population_uniques(all_alone).share == 1
    assert population_uniques(Sample.of(np.array([5, 6]), 0.1)).share == 0, "nobody is alone here"
    assert journalist(Sample.of(np.array([], dtype=np.int64), 0.5)) == (0.0, 0.0)


def test_a_smaller_share_of_the_population_is_safer() -> None:
    sizes = np.array([5] * 40 + [9] * 20 + [30] * 3)
    found = [journalist(Sample.of(sizes, share)) for share in (1.0, 0.5, 0.1, 0.01)]
    assert all(a and b and a[0] > b[0] and a[1] > b[1] for a, b in pairwise(found))
    assert found[-1] is not None
    assert found[-1][0] == pytest.approx(0.01 / 5, rel=0.5)


def test_a_snapshot_tells_the_population_and_verification_holds_it_to_it(build: Builder) -> None:
    built = build(spec_of(population=12_000))
    risk = built.manifest.risk
    assert risk is not None
    assert risk.population is not None
    assert (risk.population.size, risk.population.sampled) == (12_000, False)
    assert risk.population.unique_share == 0
    assert risk.population.journalist is not None
    assert risk.population.journalist.highest < risk.prosecutor.highest / 10
    assert "one of 12,000" in " ".join(m.render() for m in tell_risk(risk))
    assert "12,000 人中的一员" in " ".join(catalogue("zh-CN").render(m) for m in tell_risk(risk))
    assert all(line.ok for line in verify_snapshot(built.folder))
    file = built.folder / MANIFEST
    file.chmod(0o644)
    honest = file.read_text()
    for name, forged in {"unique_share": 0.5, "journalist": {"highest": 0.0001, "average": 0.0001}}.items():
        data = json.loads(honest)
        data["risk"]["population"][name] = forged
        file.write_text(json.dumps(data))
        assert [line.name for line in verify_snapshot(built.folder) if not line.ok] == ["risk"], name


def test_a_sample_knows_what_it_was_taken_from(build: Builder) -> None:
    built = build(spec_of(sample=0.6, gates=[{"k_anonymity": {"k": 2, "suppress": 0.5}}]))
    risk = built.manifest.risk
    assert risk is not None
    assert risk.population is not None
    assert (risk.population.size, risk.population.sampled) == (121, True)
    assert all(line.ok for line in verify_snapshot(built.folder))
    file = built.folder / MANIFEST
    file.chmod(0o644)
    data = json.loads(file.read_text())
    data["sample"]["units"] = 5000
    file.write_text(json.dumps(data))
    assert "risk" in [line.name for line in verify_snapshot(built.folder) if not line.ok]


def test_a_population_smaller_than_the_table_is_refused(build: Builder) -> None:
    with pytest.raises(BadInput, match="121 units, but its population is said to have 50"):
        build(spec_of(population=50))
