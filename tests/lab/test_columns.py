"""Columns are recognised by content and matched by names in both languages."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from sandbox.lab import columns
from sandbox.lab.pins import Pin

N = 400


def test_columns_with_the_same_words_are_told_apart_by_their_names():
    texts = {name: {"en": "Family", "zh-CN": "家庭情况"} for name in ("Partner", "Dependents")}
    pin = Pin("telco", "1", texts={**texts, "tenure": {"en": "Months"}})
    made = columns.profile(pd.DataFrame({"Partner": ["a", "b"], "Dependents": ["c", "d"], "tenure": [1, 2]}), pin)
    assert [column.label for column in made] == ["Family (Partner)", "Family (Dependents)", "Months"]


@pytest.mark.parametrize(
    ("name", "values", "kind"),
    [
        ("fee", np.linspace(10, 99, N), "number"),
        ("TotalCharges", [" " if i < 5 else str(20.5 + i) for i in range(N)], "number"),
        ("senior", [i % 2 for i in range(N)], "category"),
        ("city", ["苏州", "东莞"] * (N // 2), "category"),
        ("flag", [True, False] * (N // 2), "category"),
        ("UDI", range(1, N + 1), "id"),
        ("customer_id", [f"{i:064x}" for i in range(N)], "id"),
        ("machine_id", [f"M-{i % 60:03d}" for i in range(N)], "category"),
        ("when", pd.date_range("2026-01-01", periods=N), "time"),
        ("day", [f"2026-01-{1 + i % 28:02d}" for i in range(N)], "time"),
        ("empty", [None] * N, "empty"),
        ("blank", ["  "] * N, "empty"),
        ("same", ["x"] * N, "constant"),
        (
            "body",
            [f"Dear team, my connection has been slow since day {i}, please help me soon." for i in range(N)],
            "text",
        ),
    ],
)
def test_kinds(name, values, kind):
    (found,) = columns.profile(pd.DataFrame({name: list(values)}))
    assert found.kind == kind


def test_the_manifest_decides_over_the_content():
    frame = pd.DataFrame({"machine": [f"M{i % 9}" for i in range(N)]})
    pin = Pin("d", "v", unit="machine", texts={"machine": {"en": "Machine", "zh-CN": "设备"}})
    (found,) = columns.profile(frame, pin)
    assert (found.kind, found.label) == ("id", "Machine")


@pytest.mark.parametrize("name", ["churned", "Churn", "是否流失", "customer_churn"])
def test_outcome_is_guessed_by_name(name):
    frame = pd.DataFrame({"a": ["x", "y"] * N, name: ["Yes", "No"] * N, "b": ["1", "0"] * N})
    assert columns.best(columns.profile(frame), "churn churned left 流失") == name


@pytest.mark.parametrize(
    ("values", "yes"), [(("No", "Yes"), "Yes"), (("0", "1"), "1"), (("否", "是"), "是"), (("a", "b"), "b")]
)
def test_which_value_means_yes(values, yes):
    assert columns.guess_yes(values) == yes
