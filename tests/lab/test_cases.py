"""Honest splits, and words instead of tracebacks for data that cannot answer."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from sandbox.core.errors import BadInput
from sandbox.lab import cases, choices
from sandbox.lab.assumptions import Worth
from sandbox.lab.choices import Choices, Table
from tests.lab.conftest import NEEDS, people


def read(**changes) -> cases.Cases:
    table = Table.of("contracts")
    found = choices.complete(Choices(**changes), NEEDS, table, Worth(20, 400, 0.3))
    return cases.read(found, NEEDS, table)


def test_no_unit_is_on_both_sides(pin):
    frame = people()
    frame["customerID"] = [f"C-{i // 3:05d}" for i in range(len(frame))]  # three contracts each
    pin(contracts=frame)
    learn, check = read().split()
    assert learn.units + check.units == 400 and not set(learn.unit) & set(check.unit)
    assert len(learn) > 2 * len(check) > 400


def test_later_is_checked_when_there_is_a_time(pin):
    frame = people()
    frame["recorded_at"] = (
        pd.date_range("2026-01-01", periods=len(frame), freq="h").to_series().sample(frac=1, random_state=1).values
    )
    pin(contracts=frame)
    found = read()
    learn, check = found.split()
    assert learn.time.max() <= check.time.min() - np.timedelta64(1, "D")
    assert "earlier 70%" in found.split_words


def test_blank_numbers_are_missing_numbers(pin):
    frame = people()
    frame["total"] = [" " if i < 11 else f"{i / 3:.2f}" for i in range(len(frame))]
    pin(contracts=frame)
    found = read()
    assert "total" in found.numbers and found.facts["total"].isna().sum() == 11


def test_rows_without_an_outcome_are_left_out_and_told(pin):
    frame = people()
    frame.loc[:99, "Churn"] = None
    pin(contracts=frame)
    found = read()
    assert len(found) == 1100 and any("100 rows" in note for note in found.notes)


def spoil_few(frame):
    return frame.head(60)


def spoil_one_class(frame):
    return frame.assign(Churn=["Yes"] * 1195 + ["No"] * 5)


def spoil_all_missing(frame):
    return frame.assign(tenure=np.nan, contract=None, noise=None)


@pytest.mark.parametrize("spoil", [spoil_few, spoil_one_class])
def test_too_little_is_said_in_words(pin, spoil):
    pin(contracts=spoil(people()))
    with pytest.raises(BadInput) as caught:
        read()
    message, remedy = caught.value.render()
    assert "too few" in message and remedy


def test_all_missing_leaves_nothing_to_learn_from(pin):
    pin(contracts=spoil_all_missing(people()))
    table = Table.of("contracts")
    found = choices.complete(Choices(), NEEDS, table, Worth(20, 400, 0.3))
    assert any("No column is left" in text for text in choices.problems(found, NEEDS, table))


def test_a_hundred_categories_are_no_problem(pin):
    frame = people()
    frame["shop"] = [f"shop {i * 7919 % 100}" for i in range(len(frame))]
    pin(contracts=frame)
    found = read()
    assert "shop" in found.categories and found.facts["shop"].nunique() == 100
