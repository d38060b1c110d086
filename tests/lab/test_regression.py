"""Amounts: figures agree with scikit-learn, ageing is found only where there is some, bad tables are said in words."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from sklearn.compose import make_column_transformer
from sklearn.linear_model import LinearRegression
from sklearn.metrics import mean_absolute_error
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import OneHotEncoder

from sandbox import lab
from sandbox.core.errors import BadInput
from sandbox.lab import drift, explanation, needs, regression
from sandbox.lab.regression import Amounts

NEEDS = (
    needs.unit("route", "Route", "route", required=False),
    needs.amount("cost", "Cost", "cost"),
    needs.time("time", "Day", "day"),
    needs.facts("facts", "Facts"),
)


def bills(count: int = 2000, rise: float = 1.0, seed: int = 4) -> pd.DataFrame:
    """Costs by distance and carrier; from the last fifth of the time on carrier b costs ``rise`` times as much."""
    random = np.random.default_rng(seed)
    day = pd.Timestamp("2026-01-01") + pd.to_timedelta(np.sort(random.integers(0, 300, count)), unit="D")
    distance, carrier = random.gamma(2, 100, count), random.choice(["a", "b"], count)
    late = (day >= "2026-09-01") & (carrier == "b")
    cost = (100 + 3 * distance) * np.where(carrier == "b", 0.9, 1.0) * np.where(late, rise, 1.0)
    return pd.DataFrame({
        "route": random.choice([f"R-{n}" for n in range(60)], count),
        "day": day,
        "distance": distance,
        "carrier": carrier,
        "noise": random.normal(size=count),
        "cost": cost * random.lognormal(0, 0.05, count),
    })  # fmt: skip


def fit(learn: Amounts):
    first = make_column_transformer(("passthrough", learn.numbers), (OneHotEncoder(), learn.categories))
    return make_pipeline(first, LinearRegression()).fit(learn.facts, learn.outcome)


def read(frame: pd.DataFrame, pin) -> Amounts:
    pin(bills=frame)
    return lab.amounts(lab.form(*NEEDS), "cost")


def test_figures_are_those_of_scikit_learn(pin):
    learn, check = read(bills(), pin).split()
    assert learn.time.max() < check.time.min()
    model = fit(learn)
    found = regression.evaluate_amounts(model, learn, check, limit=0.15)
    guesses = model.predict(check.facts)
    assert found.error.model == pytest.approx(mean_absolute_error(check.outcome, guesses))
    assert found.misses.model == pytest.approx((np.abs(check.outcome - guesses) > 0.15 * check.outcome).mean())
    low, high = found.error.interval
    assert low < found.error.model < high and found.better and "distance" in found.baseline


def test_reasons_add_up_to_the_estimate(pin):
    learn, check = read(bills(), pin).split()
    model = fit(learn)
    found = explanation.explain(model, learn, check)
    assert found.overall[0].fact == "distance" and found.overall[0].direction == "+"
    for case in found.examples:
        assert case.average + sum(reason.points for reason in case.reasons) == pytest.approx(case.risk)


def aged(frame: pd.DataFrame, pin) -> drift.Age:
    learn, check = read(frame, pin).split()
    return drift.age(drift.profile(learn.facts), check, fit(learn).predict(check.facts))


def test_a_price_rise_ages_the_model_and_is_pinned_down(pin):
    found = aged(bills(4000, rise=1.4), pin)
    assert found.aged_since == "2026-09"
    assert (found.culprit.column, found.culprit.level) == ("carrier", "b")
    assert found.culprit.since == pytest.approx(0.4, abs=0.08)


def test_without_a_change_the_model_is_as_good_as_new(pin):
    found = aged(bills(4000), pin)
    assert found.aged_since == "" and found.culprit is None
    assert max(shift.psi for shift in found.shifts) < drift.CALM


def test_a_shift_is_the_population_stability_index(pin):
    then = pd.DataFrame({"kind": ["x"] * 880 + ["y"] * 120})
    now = pd.DataFrame({"kind": ["x"] * 700 + ["y"] * 300})
    (shift,) = drift.shifts(drift.profile(then), now)
    assert shift.psi == pytest.approx((0.7 - 0.88) * np.log(0.7 / 0.88) + (0.3 - 0.12) * np.log(0.3 / 0.12), abs=1e-6)
    assert (shift.most, shift.then, shift.now) == ("y", 0.12, 0.3)


def test_people_get_the_dearest_and_the_strange(pin):
    learn, check = read(bills(), pin).split()
    guesses = fit(learn).predict(check.facts)
    sent = regression.to_check(learn, check.facts, guesses, 0.1)
    assert 0.1 <= sent.mean() < 0.2 and sent[guesses.argmax()]
    odd = check.facts.assign(carrier="never seen")
    assert regression.to_check(learn, odd, guesses, 0.0).all()


@pytest.mark.parametrize(
    "change",
    [
        lambda frame: frame.head(80),
        lambda frame: frame.assign(cost=5.0),
        lambda frame: frame.assign(cost=np.nan),
        lambda frame: frame[["route", "cost"]],
        lambda frame: frame.assign(distance=np.nan, carrier=None, noise=np.nan),
    ],
    ids=["few", "one amount", "no amount", "no facts", "empty facts"],
)
def test_what_cannot_be_estimated_is_said_in_words(pin, change):
    with pytest.raises(BadInput) as error:
        read(change(bills()), pin)
    assert error.value.remedy


def test_a_hundred_levels_and_gaps_are_borne(pin):
    frame = bills()
    random = np.random.default_rng(1)
    frame["many"] = random.choice([f"L{n}" for n in range(100)], len(frame))
    frame.loc[random.random(len(frame)) < 0.3, "distance"] = np.nan
    found = read(frame, pin)
    lab.show_amounts(found, "CNY")
    learn, check = found.split()
    assert "many" in learn.categories
    assert drift.shifts(drift.profile(learn.facts), check.facts)
