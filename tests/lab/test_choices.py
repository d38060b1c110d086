"""Choices survive sessions, repair themselves, and keep the answer out of the question."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sandbox.lab import choices
from sandbox.lab.assumptions import Worth
from sandbox.lab.choices import Choices, Table
from tests.lab.conftest import NEEDS, people

WORTH = Worth(20, 400, 0.3)


def settled(wanted: Choices = Choices(), name: str = "contracts") -> tuple[Choices, Table]:  # noqa: B008 - frozen
    table = Table.of(name)
    return choices.complete(wanted, NEEDS, table, WORTH), table


def test_everything_is_guessed(pin):
    pin(contracts=people())
    found, table = settled()
    assert dict(found.columns) == {"customer": "customerID", "left": "Churn", "time": ""}
    assert found.yes == "Yes"
    assert set(found.facts) == {"tenure", "contract", "noise"}
    assert choices.problems(found, NEEDS, table) == []


def test_what_was_chosen_comes_back(pin, folder):
    pin(contracts=people())
    wanted, _ = settled(Choices(facts=("tenure",), threshold=0.4, worth={"cost": 33.0}))
    choices.save(wanted, folder)
    assert choices.load(folder) == wanted
    assert settled(choices.load(folder))[0] == wanted


def test_columns_that_are_gone_are_guessed_anew(pin):
    pin(contracts=people())
    found, _ = settled(Choices(columns={"customer": "gone", "left": "tenure"}, yes="maybe", facts=("gone", "tenure")))
    assert found.columns["customer"] == "customerID" and found.columns["left"] == "Churn"
    assert found.yes == "Yes" and found.facts == ("tenure",)


def test_a_column_that_knows_the_answer_is_left_out_and_named(pin):
    frame = people()
    frame["cancel_reason"] = [("moved", "price")[i % 2] if c == "Yes" else "" for i, c in enumerate(frame["Churn"])]
    frame["final_bill"] = frame["Churn"].eq("Yes") * 100.0 + frame["noise"]
    pin(contracts=frame)
    found, table = settled()
    assert set(choices.tells_outcome(found, NEEDS, table)) == {"cancel_reason", "final_bill"}
    assert not {"cancel_reason", "final_bill"} & set(found.facts)
    # Whoever insists may take it.
    assert "final_bill" in settled(Choices(facts=("final_bill", "tenure")))[0].facts


def test_a_table_without_the_outcome_is_a_problem_in_words(pin):
    pin(contracts=people().drop(columns=["Churn", "contract"]))
    found, table = settled()
    assert any("Left" in text for text in choices.problems(found, NEEDS, table))


def test_the_threshold_follows_the_costs_until_it_is_set():
    assert choices.threshold(Choices(), WORTH) == pytest.approx(20 / (400 * 0.3))
    assert choices.threshold(Choices(worth={"cost": 60.0}), WORTH) == pytest.approx(0.5)
    assert choices.threshold(Choices(threshold=0.7, worth={"cost": 60.0}), WORTH) == 0.7


KEYS = st.sampled_from(["dataset", "columns", "yes", "facts", "threshold", "worth"])
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=4)
    | st.dictionaries(KEYS | st.text(max_size=5), inner, max_size=5),
    max_leaves=20,
)  # fmt: skip


@given(JSON)
def test_any_file_gives_choices_that_can_be_saved(value):
    found = Choices.from_json(value)
    assert found.threshold is None or 0 < found.threshold < 1
    text = json.dumps(found.to_json(), allow_nan=False)
    assert Choices.from_json(json.loads(text)) == found


def test_truth_values_mean_yes_and_no(pin):
    frame = people()
    frame["Churn"] = frame["Churn"].eq("Yes")
    pin(contracts=frame)
    found, table = settled()
    assert found.yes == "yes" and set(choices.outcome_values(found, NEEDS, table)) == {"yes", "no"}
