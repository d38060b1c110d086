"""A test of two groups: figures agree with published ones and with simulation, and nothing is read too early."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from scipy.stats import ttest_ind

from sandbox.core.errors import BadInput
from sandbox.lab import experiment, needs
from sandbox.lab.choices import Choices, Table, complete
from sandbox.lab.experiment import Trial
from sandbox.lab.settings import value_of

NEEDS = (
    needs.unit("customer", "Customer", "customer", required=False),
    needs.treatment("variant", "Variant", "offer variant"),
    needs.outcome("outcome", "Outcome", "bought"),
    needs.facts("groups", "Groups", required=False),
)
CONTROL = (value_of("control", "Control", of="variant", likely="old"),)


def table(count: int = 4000, gain: float = 0.05, seed: int = 1) -> pd.DataFrame:
    random = np.random.default_rng(seed)
    new = random.random(count) < 0.5
    kind = random.choice(["new", "old hand"], count)
    bought = random.random(count) < 0.10 + gain * new * (kind == "new")
    return pd.DataFrame({
        "customer": [f"C-{n:05d}" for n in range(count)],
        "offer": np.where(new, "new", "old"),
        "kind": kind,
        "bought": np.where(bought, "yes", "no"),
    })  # fmt: skip


def read(frame: pd.DataFrame, pin) -> Trial:
    pin(campaign=frame)
    there = Table.of("campaign")
    chosen = complete(Choices(), NEEDS, there, None, CONTROL)
    return experiment.read_trial(chosen, there, str(chosen.settings["control"]))


def made(outcome: np.ndarray, changed: np.ndarray, share: bool = True) -> Trial:
    return Trial(changed, outcome.astype(float), share, "old", "new")


def test_newcombe_gives_the_published_interval():
    # Newcombe 1998, table II, example (a), method 10: 56/70 - 48/80
    assert experiment.newcombe(48, 80, 56, 70) == pytest.approx((0.0524, 0.3339), abs=5e-5)


def test_welch_is_that_of_scipy():
    random = np.random.default_rng(2)
    changed = random.random(400) < 0.5
    outcome = random.gamma(2, 10, 400) + 3 * changed
    found = experiment.effect(changed, outcome, share=False)
    interval = ttest_ind(outcome[changed], outcome[~changed], equal_var=False).confidence_interval()
    assert (found.low, found.high) == pytest.approx((interval.low, interval.high))


def test_the_planned_number_has_the_wanted_power():
    count = experiment.needed(0.10, 0.03, power=0.8)
    assert count == pytest.approx(1774, rel=0.05)  # Fleiss, Levin and Paik, without continuity correction
    random = np.random.default_rng(3)
    hits = 0
    for _ in range(400):
        before, after = random.binomial(count, 0.10), random.binomial(count, 0.13)
        low, _high = experiment.newcombe(before, count, after, count)
        hits += low > 0
    assert hits / 400 == pytest.approx(0.8, abs=0.07)
    with pytest.raises(BadInput, match="zero"):
        experiment.needed(0.1, 0.0)


def test_looking_all_the_time_finds_nothing_where_nothing_is():
    random = np.random.default_rng(4)
    fooled = peeked = 0
    for _ in range(150):
        changed, outcome = random.random(2000) < 0.5, (random.random(2000) < 0.3).astype(float)
        looks = range(200, 2001, 100)
        any_time = [experiment.any_time(changed[:n], outcome[:n], 2000) for n in looks]
        fixed = [experiment.effect(changed[:n], outcome[:n], share=True) for n in looks]
        fooled += any(low > 0 or high < 0 for low, high in any_time)
        peeked += any(each.clear for each in fixed)
    assert fooled / 150 <= 0.08 and peeked / 150 > 0.12  # what peeking at ordinary intervals does


def test_a_test_is_not_read_before_its_number(pin):
    found = read(table(gain=0.03, count=600), pin)
    early = experiment.read(found, smallest=0.02)
    assert not early.ready and early.verdict == "wait"
    late = experiment.read(read_again(found, 6000, 0.06), smallest=0.04)
    assert late.ready and late.verdict == "works"


def read_again(found: Trial, count: int, gain: float) -> Trial:
    random = np.random.default_rng(9)
    changed = random.random(count) < 0.5
    return made(random.random(count) < 0.1 + gain * changed, changed)


def test_a_broken_lot_is_found(pin):
    frame = table()
    frame = frame[(frame.offer == "old") | (np.random.default_rng(11).random(len(frame)) < 0.8)]
    reading = experiment.read(read(frame, pin), smallest=0.03)
    assert reading.uneven and reading.verdict == "broken"


def test_a_fair_lot_is_not_suspected(pin):
    assert not experiment.read(read(table(), pin), smallest=0.03).uneven


def test_harm_and_no_effect_are_told_apart():
    random = np.random.default_rng(5)
    changed = random.random(8000) < 0.5
    same = made(random.random(8000) < 0.2, changed)
    worse = made(random.random(8000) < 0.2 - 0.05 * changed, changed)
    assert experiment.read(same, smallest=0.03).verdict == "unclear"
    assert experiment.read(worse, smallest=0.03).verdict == "harms"


def test_groups_are_widened_for_the_number_of_looks(pin):
    found = read(table(12_000, seed=2), pin)
    parts = {each.level: each.effect for each in experiment.segments(found, 10)}
    assert parts["new"].clear and not parts["old hand"].clear
    here = found.segments["kind"] == "new"
    alone = experiment.effect(found.changed[here], found.outcome[here], share=True)
    assert parts["new"].low < alone.low < alone.high < parts["new"].high


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (lambda frame: frame.head(40), "too few"),
        (lambda frame: frame.assign(bought="no"), "not complete|same outcome|only one value"),
        (lambda frame: frame.assign(offer=np.resize(["a", "b", "c"], len(frame))), "has 3 values"),
        (lambda frame: frame.assign(bought=None), "too few|empty|values"),
    ],
)
def test_what_is_no_test_is_said_in_words(pin, change, words):
    from sandbox import lab

    pin(campaign=change(table(1000)))
    form = lab.form(*NEEDS, settings=CONTROL)
    with pytest.raises(BadInput) as error:
        lab.trial(form)
    assert "Traceback" not in str(error.value) and str(error.value)


def test_a_unit_in_both_groups_counts_in_neither(pin):
    frame = table(1000)
    twice = frame.head(100).assign(offer=np.where(frame.head(100).offer == "new", "old", "new"))
    found = read(pd.concat([frame, twice, frame.tail(50)]), pin)
    assert sum(found.sizes) == 900 and found.notes


def test_a_hundred_kinds_are_not_compared_and_that_is_said(pin):
    frame = table()
    found = read(frame.assign(kind=[f"K{number % 100:02d}" for number in range(len(frame))]), pin)
    assert not found.segments and any("100 kinds" in note for note in found.notes)
    assert experiment.segments(found, 10) == ()
