"""Fairness by group and the scorecard: what is planted is found, what is not there is not claimed."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from sklearn.compose import make_column_transformer
from sklearn.ensemble import HistGradientBoostingClassifier
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import KBinsDiscretizer, OneHotEncoder

from sandbox.core.errors import BadInput
from sandbox.lab import fairness, needs, scorecard
from sandbox.lab.beside import CasesBeside, read_with
from sandbox.lab.choices import Choices, Table, complete
from sandbox.lab.fairness import Fairness
from sandbox.lab.fairness_views import fairness_block
from sandbox.lab.scorecard import Scorecard

NEEDS = (
    needs.outcome("outcome", "Outcome", "late"),
    needs.group("group", "Group", "side", required=False),
    needs.facts("facts", "Facts"),
)


def table(count: int = 4000, stands_in: float = 0.8, seed: int = 5) -> pd.DataFrame:
    """``work`` decides; it follows the side in a share ``stands_in`` of the rows (0.5 is by chance)."""
    random = np.random.default_rng(seed)
    side = random.choice(["left", "right"], count)
    follows = random.random(count) < stands_in
    hourly = np.where(follows, side == "left", side == "right")
    wage = random.normal(100, 20, count)
    late = random.random(count) < 1 / (1 + np.exp(2.2 - 1.8 * hourly + 0.03 * (wage - 100)))
    return pd.DataFrame({
        "side": side, "work": np.where(hourly, "hourly", "steady"), "wage": wage, "late": np.where(late, "yes", "no"),
    })  # fmt: skip


def read(frame: pd.DataFrame, pin) -> CasesBeside:
    pin(people=frame)
    there = Table.of("people")
    return read_with(complete(Choices(), NEEDS, there, None), NEEDS, there, ["group"])


def points_model(cases: CasesBeside):
    bands = KBinsDiscretizer(4, encode="onehot-dense", quantile_method="averaged_inverted_cdf")
    model = make_pipeline(
        make_column_transformer((bands, cases.numbers), (OneHotEncoder(sparse_output=False), cases.categories)),
        LogisticRegression(),
    )
    return model.fit(cases.facts, cases.outcome)


def test_a_group_that_the_model_never_saw_is_found_to_be_asked_more_and_why(pin):
    cases = read(table(), pin)
    assert "side" not in cases.facts
    learn, check = cases.split()
    found = fairness.judge_groups(points_model(learn), check, "group", 0.25)
    clear = {(gap.group, gap.measure) for gap in found.gaps(0.25) if gap.clear}
    assert (next(iter(found.groups)), "wrongly") in clear
    assert [each.fact for each in found.stand_ins] == ["work"]
    assert found.stand_ins[0].share == pytest.approx(0.8, abs=0.05)
    text = fairness_block(found, 0.25, check.labels)
    assert "not treated alike" in text and "stands in for" in text
    again = Fairness.from_json(found.to_json())
    assert fairness_block(again, 0.25, check.labels) == text


def test_groups_that_are_alike_are_not_called_unfair(pin):
    cases = read(table(stands_in=0.5), pin)
    learn, check = cases.split()
    found = fairness.judge_groups(points_model(learn), check, "group", 0.25)
    assert found.stand_ins == () and not [gap for gap in found.gaps(0.25) if gap.clear]
    assert "That proves nothing" in fairness_block(found, 0.25, {})


def test_shares_are_those_of_the_counts():
    scores = np.array([0.9, 0.1] * 60)
    happened = np.array([True, True, False, False] * 30)
    group = np.array(["a"] * 60 + ["b"] * 60)
    found = fairness.by_group(scores, happened, group, 0.5)
    gaps = {gap.measure: gap for gap in found.gaps(0.5)}
    assert {measure: (gap.here, gap.others) for measure, gap in gaps.items()} == dict.fromkeys(
        fairness.MEASURES, (0.5, 0.5)
    )


def test_small_missing_and_single_groups_are_said_in_words(pin):
    frame = table(600)
    frame["side"] = [None, "", *["only"] * 580, *["few"] * 18]
    cases = read(frame, pin)
    found = fairness.judge_groups(points_model(cases), cases, "group", 0.2)
    assert list(found.groups) == ["only"] and found.hidden == 1
    assert "large enough" in fairness_block(found, 0.2, {})
    assert "nothing was said" in fairness_block(None, 0.2, {})


def test_a_hundred_groups_are_compared_where_they_are_large_enough(pin):
    frame = table(3000)
    frame["side"] = [f"district {n % 100}" for n in range(2000)] + ["town"] * 500 + ["shore"] * 500
    cases = read(frame, pin)
    found = fairness.judge_groups(points_model(cases), cases, "group", 0.2)
    assert set(found.groups) == {"town", "shore"} and found.hidden == 100


def test_association_is_zero_by_chance_and_one_when_certain():
    assert fairness.association(np.array([[50, 0], [0, 50]])) == pytest.approx(1, abs=0.02)
    assert fairness.association(np.array([[25, 25], [25, 25]])) == 0
    assert fairness.association(np.array([[25], [25]])) == 0


def test_the_points_say_what_the_model_says(pin):
    cases = read(table(), pin)
    model = points_model(cases)
    card = Scorecard.from_json(scorecard.points_of(model, cases).to_json())
    rows = cases.facts.head(200)
    points = [card.points(row) for row in rows.to_dict("records")]
    said = np.array([card.risk(each) for each in points])
    np.testing.assert_allclose(said, model.predict_proba(rows)[:, 1], atol=0.02)  # points are rounded
    assert [card.risk(each) <= 0.25 for each in points] == [each >= card.least(0.25) for each in points]
    assert card.bands[0].fact == "work"


def test_a_model_that_does_not_add_up_has_no_scorecard(pin):
    cases = read(table(600), pin)
    model = HistGradientBoostingClassifier(max_iter=5).fit(cases.facts[["wage"]], cases.outcome)
    with pytest.raises(BadInput, match="adds up"):
        scorecard.points_of(model, cases)


def test_too_few_and_one_outcome_are_said_in_words(pin):
    with pytest.raises(BadInput, match="too few"):
        read(table(80), pin)
