"""Control charts: each rule fires when it should, a drift is found with its day, and chance is not called a drift."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from sandbox.core.errors import BadInput
from sandbox.lab import control, needs
from sandbox.lab.beside import CasesBeside, read_with
from sandbox.lab.choices import Choices, Table, complete
from sandbox.lab.control_views import chart_block, overview

NEEDS = (
    needs.outcome("defect", "Defect", "defect"),
    needs.time("time", "Time", "time", required=True),
    needs.group("process", "Process", "process", required=False),
    needs.amount("measure", "Measure", "deviation"),
    needs.facts("facts", "Facts"),
)


def parts(count: int = 1200, drift: float = 0.0) -> pd.DataFrame:
    """Two processes in turn; the second drifts away in the last third by up to ``drift`` sigmas."""
    random = np.random.default_rng(3)
    place = np.arange(count)
    off = random.normal(0, 1, count)
    off += np.where(place % 2 == 1, np.clip((place / count - 2 / 3) * 3, 0, 1) * drift, 0)
    return pd.DataFrame({
        "time": pd.Timestamp("2026-01-01") + pd.to_timedelta(place, unit="h"),
        "process": np.where(place % 2 == 1, "coating", "milling"),
        "deviation": off,
        "warmth": random.normal(20, 3, count),
        "defect": np.where(random.random(count) < 0.2, "yes", "no"),
    })  # fmt: skip


def read(frame: pd.DataFrame, pin) -> CasesBeside:
    pin(parts=frame)
    there = Table.of("parts")
    return read_with(complete(Choices(), NEEDS, there, None), NEEDS, there, ["process", "measure"], learn=True)


@pytest.mark.parametrize(
    ("rule", "z"),
    [
        ("beyond", [0, 0, 3.1]),
        ("side", [0.5, 0.2] * 4 + [0.3]),
        ("trend", [-0.9, -0.5, -0.1, 0.2, 0.4, 0.8]),
        ("two", [2.1, -0.2, 2.2]),
        ("four", [1.1, 1.2, -0.1, 1.3, 1.4]),
    ],
)
def test_each_rule_fires_at_its_last_point_and_not_before(rule, z):
    assert control.broken_rules(np.array(z, dtype=float)) == {len(z) - 1: (rule,)}
    assert control.broken_rules(-np.array(z, dtype=float)) == {len(z) - 1: (rule,)}


@pytest.mark.parametrize("size", [1, 5])
def test_chance_breaks_rules_as_seldom_as_the_page_says(size):
    random = np.random.default_rng(1)
    days = ["2026-01-01"] * 200 * size
    charts = [control.chart("p", random.normal(0, 1, 200 * size), days, size, -4, 4) for _ in range(150)]
    signals = np.mean([len(each.signals) / len(each.points) for each in charts])
    drifts = np.mean([each.verdict == "drifts" for each in charts])
    print(f"size {size}: signals {signals:.4f} of the points, drifts {drifts:.3f} of the charts")
    assert signals < 0.04 and drifts < 0.12
    assert np.mean([each.spread for each in charts]) == pytest.approx(1, abs=0.03)
    assert np.mean([each.cp for each in charts]) == pytest.approx(4 / 3, abs=0.06)


def test_the_process_that_drifts_is_found_with_its_day_and_the_other_is_not(pin):
    charts = {each.process: each for each in control.control_charts(read(parts(drift=3), pin), 5, -5, 5)}
    assert charts["coating"].verdict == "drifts" and charts["milling"].verdict != "drifts"
    assert "2026-02-01" <= charts["coating"].days[charts["coating"].since] <= "2026-02-15"
    assert charts["coating"].cpk < charts["coating"].cpk_interval[1] < charts["coating"].cp
    assert "Drifts: coating." in overview(list(charts.values())) and "since 2026" in chart_block(charts["coating"])


def test_what_a_chart_cannot_be_made_of_is_said_in_words(pin):
    cases = read(parts(200), pin)
    with pytest.raises(BadInput, match="enough measured parts"):
        control.control_charts(cases, 5, -5, 5)
    with pytest.raises(BadInput, match="lower limit"):
        control.control_charts(cases, 5, 5, -5)


def test_missing_measures_and_one_process_are_no_hindrance(pin):
    frame = parts(1200, drift=3).drop(columns="process")
    frame.loc[::7, "deviation"] = None
    (only,) = control.control_charts(read(frame, pin), 5, -5, 5)
    assert only.process == "" and np.isfinite(only.points).all()
    assert "all parts" in overview([only])


def test_a_measure_that_never_changes_does_not_break_the_chart():
    made = control.chart("p", np.zeros(400), ["2026-01-01"] * 400, 5, -1, 1)
    assert made.verdict == "steady" and np.isfinite(made.cp)


def test_a_hundred_processes_show_those_that_have_enough_parts(pin):
    frame = parts(2400)
    frame.loc[:999, "process"] = [f"bench {n % 100}" for n in range(1000)]
    assert {each.process for each in control.control_charts(read(frame, pin), 5, -5, 5)} == {"coating", "milling"}
