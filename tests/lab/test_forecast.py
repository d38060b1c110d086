"""Forecasts know nothing too early and beat plain rules where there is something to know; orders suffice."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import pandas as pd
import pytest
from sklearn.ensemble import HistGradientBoostingRegressor

from sandbox import lab
from sandbox.core.errors import BadInput
from sandbox.lab import forecast, needs
from sandbox.lab.forecast import Sales

NEEDS = (
    needs.place("place", "Shop", "shop"),
    needs.product("product", "Product", "sku"),
    needs.time("week", "Week", "week", required=True),
    needs.quantity("quantity", "Pieces", "units"),
    needs.place("region", "Region", "region", required=False),
    needs.group("promotion", "Promotion", "promotion", required=False),
)


def shops(weeks: int = 90, series: int = 8, seed: int = 6) -> pd.DataFrame:
    """Weekly sales with a season of ±50% and promotions that double them."""
    random = np.random.default_rng(seed)
    week, place = (each.ravel() for each in np.indices((weeks, series)))
    promoted = random.random(weeks * series) < 0.15
    level = 20 * (1 + 0.5 * np.sin(2 * np.pi * week / 52)) * (1 + promoted)
    return pd.DataFrame({
        "week": pd.Timestamp("2024-01-01") + pd.to_timedelta(7 * week, unit="D"),
        "shop": [f"S{n % 4}" for n in place],
        "sku": [f"P{n // 4}" for n in place],
        "region": np.where(place % 4 < 2, "north", "south"),
        "promotion": np.where(promoted, "yes", "no"),
        "units": random.poisson(level),
    })  # fmt: skip


def read(frame: pd.DataFrame, pin, lead: int = 1) -> Sales:
    pin(retail=frame)
    return lab.sales(lab.form(*NEEDS), lead=lead)


def fit(facts: pd.DataFrame, sold: np.ndarray) -> HistGradientBoostingRegressor:
    return HistGradientBoostingRegressor(loss="quantile", quantile=0.5, max_iter=30, random_state=1).fit(facts, sold)


@pytest.mark.parametrize("lead", [1, 3])
def test_nothing_later_than_the_order_is_known(pin, lead):
    found = read(shops(), pin, lead)
    week = 70
    changed = found.units.copy()
    changed[:, week - lead + 1 :] = 999
    later = Sales(**vars(found) | {"units": changed})
    pd.testing.assert_frame_equal(forecast.facts(found, week), forecast.facts(later, week))
    earlier = found.units.copy()
    earlier[:, week - lead] = 999
    assert (forecast.facts(Sales(**vars(found) | {"units": earlier}), week)["sold_0"] == 999).all()


def test_a_model_never_learns_from_the_weeks_it_is_checked_on(pin):
    found = read(shops(), pin, 2)
    seen = []

    def watch(facts: pd.DataFrame, sold: np.ndarray) -> HistGradientBoostingRegressor:
        seen.append(len(sold))
        return fit(facts, sold)

    check = forecast.roll(found, watch)
    assert len(seen) == forecast.ORIGINS and seen == sorted(seen)
    assert set(check.week.tolist()) == set(range(90 - 16, 90))


def test_season_and_promotions_beat_the_plain_rules(pin):
    found = read(shops(weeks=130), pin)
    result = forecast.judge(found, forecast.roll(found, fit))
    kept = result.check
    assert result.wape.model == pytest.approx(np.abs(kept.actual - kept.guess).sum() / kept.actual.sum())
    assert result.better and result.wape.baseline == min(result.naive, result.seasonal)
    assert result.mase.model < 1


def test_chance_is_not_sold_as_a_forecast(pin):
    frame = shops(weeks=130)
    frame["units"] = 7 + frame.shop.str[1].astype(int)  # always the same: the plain rule is never off
    found = read(frame, pin)
    assert not forecast.judge(found, forecast.roll(found, fit)).better


def test_orders_suffice_as_often_as_promised(pin):
    found = read(shops(weeks=182, series=24), pin)
    check = forecast.roll(found, fit)
    for service in (0.8, 0.95):  # more is no breach: quantities are whole pieces
        assert service - 0.08 <= forecast.sufficed(check, service) <= 1
    limits = forecast.safety(check)
    orders = [limits.order(np.array([5.0, 20.0, 60.0]), service) for service in (0.5, 0.8, 0.95, 0.99)]
    assert all((more >= less).all() for less, more in pairwise(orders))


def test_one_region_is_judged_alone(pin):
    found = read(shops(), pin)
    check = forecast.roll(found, fit)
    north = forecast.judge(found, check, "north")
    assert north.rows * 2 == forecast.judge(found, check).rows
    with pytest.raises(BadInput, match="says nothing"):
        forecast.judge(found, check, "nowhere")


def test_a_changed_level_is_seen(pin):
    frame = shops(weeks=130)
    late = (frame.week >= frame.week.max() - pd.Timedelta(weeks=20)) & (frame.region == "south")
    frame.loc[late, "units"] = (frame.units[late] * 0.5).astype(int)
    changed = forecast.changes(read(frame, pin))
    assert changed["south"] == pytest.approx(0.5, abs=0.1) and changed["north"] == pytest.approx(1, abs=0.1)


def test_days_become_weeks_and_returns_count_as_nothing(pin):
    frame = shops(weeks=60)
    frame["week"] += pd.to_timedelta(np.arange(len(frame)) % 7, unit="D")
    frame.loc[0, "units"] = -5
    found = read(frame, pin)
    assert len(found.weeks) == 60 and np.nanmin(found.units) >= 0 and any("returns" in note for note in found.notes)


@pytest.mark.parametrize(
    "change",
    [
        lambda frame: frame[frame.week < frame.week.min() + pd.Timedelta(weeks=10)],
        lambda frame: frame.assign(units=0),
        lambda frame: frame.assign(units=np.nan),
        lambda frame: frame[(frame.shop == "S0") & (frame.sku == "P0")],
        lambda frame: frame.head(0),
    ],
    ids=["few weeks", "nothing sold", "no quantity", "one series", "empty"],
)
def test_what_cannot_be_forecast_is_said_in_words(pin, change):
    with pytest.raises(BadInput) as error:
        read(change(shops()), pin)
    assert error.value.remedy


def test_a_short_history_does_without_the_season(pin):
    found = read(shops(weeks=45), pin)
    assert not found.seasonal
    result = forecast.judge(found, forecast.roll(found, fit))
    assert result.seasonal is None and result.baseline == "as in the last known week"


def test_a_hundred_products_are_forecast_each(pin):
    frame = shops(weeks=60, series=200)
    found = read(frame.assign(sku=[f"P{n // 2:03d}" for n in np.indices((60, 200))[1].ravel()]), pin)
    check = forecast.roll(found, fit)
    assert len(set(found.products)) == 100 and set(check.series.tolist()) == set(range(len(found.units)))
    assert np.isfinite(check.guess).all()
