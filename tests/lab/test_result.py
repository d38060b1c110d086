"""Figures agree with scikit-learn, reasons add up exactly, worth is plain arithmetic."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sklearn.compose import make_column_transformer
from sklearn.ensemble import HistGradientBoostingClassifier
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import average_precision_score, precision_score, recall_score, roc_auc_score
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import OneHotEncoder, StandardScaler

from sandbox.lab import evaluation, explanation
from sandbox.lab.assumptions import Worth, moved_kpi
from sandbox.lab.evaluation import Counts
from tests.lab.conftest import people
from tests.lab.test_cases import read


def linear(found):
    first = make_column_transformer((StandardScaler(), found.numbers), (OneHotEncoder(), found.categories))
    return make_pipeline(first, LogisticRegression())


def trees(found):
    first = make_column_transformer(
        ("passthrough", found.numbers), (OneHotEncoder(sparse_output=False), found.categories)
    )
    return make_pipeline(first, HistGradientBoostingClassifier(max_iter=20, random_state=1))


def test_figures_are_those_of_scikit_learn(pin):
    pin(contracts=people())
    learn, check = read().split()
    model = linear(learn).fit(learn.facts, learn.outcome)
    result = evaluation.evaluate(model, learn, check, threshold=0.4)
    risk = model.predict_proba(check.facts)[:, 1]
    assert result.auc.model == pytest.approx(roc_auc_score(check.outcome, risk))
    assert result.precision.model == pytest.approx(average_precision_score(check.outcome, risk))
    assert result.counts.precision == pytest.approx(precision_score(check.outcome, risk >= 0.4))
    assert result.counts.recall == pytest.approx(recall_score(check.outcome, risk >= 0.4))
    low, high = result.auc.interval
    assert low < result.auc.model < high and high - low < 0.2
    assert 0.5 < result.auc.baseline < result.auc.model and "tenure" in result.baseline and result.better


def test_chance_is_not_sold_as_a_model(pin):
    frame = people()
    frame["Churn"] = np.random.default_rng(1).choice(["Yes", "No"], len(frame), p=[0.3, 0.7])
    pin(contracts=frame)
    learn, check = read().split()
    model = linear(learn).fit(learn.facts, learn.outcome)
    assert not evaluation.evaluate(model, learn, check, threshold=0.3).better


def test_the_curve_leaves_out_small_cells(pin):
    pin(contracts=people())
    learn, check = read().split()
    curve = evaluation.evaluate(linear(learn).fit(learn.facts, learn.outcome), learn, check, threshold=0.4).curve
    assert all(counts.warned >= 10 for counts in curve.points.values())
    assert evaluation.Curve.from_json(curve.to_json()) == curve


@pytest.mark.parametrize("make", [linear, trees])
def test_reasons_add_up_exactly(pin, make):
    pin(contracts=people())
    learn, check = read().split()
    model = make(learn).fit(learn.facts, learn.outcome)
    compared = explanation.comparison(model, learn.facts)
    for row in range(5):
        case = check.facts.iloc[row].to_dict()
        found = explanation.reasons(model, case, compared)
        assert found.risk == pytest.approx(model.predict_proba(check.facts.iloc[[row]])[0, 1])
        assert found.average + sum(reason.points for reason in found.reasons) == pytest.approx(found.risk)
        assert found.average == pytest.approx(model.predict_proba(learn.facts)[:, 1].mean(), abs=0.02)


def test_planted_factors_come_first_and_point_the_right_way(pin):
    pin(contracts=people())
    learn, check = read().split()
    found = explanation.explain(linear(learn).fit(learn.facts, learn.outcome), learn, check).overall
    assert [factor.fact for factor in found] == ["tenure", "contract", "noise"]
    assert found[0].direction == "-" and found[1].raised_by == "monthly"


def test_worth_is_plain_arithmetic():
    worth, counts = Worth(cost=20, value=400, success=0.3), Counts(cases=1000, happened=240, warned=300, right=150)
    assert worth.of(counts) == pytest.approx(150 * 0.3 * 400 - 300 * 20)
    assert worth.prevented(counts) == pytest.approx(150 / 240 * 0.3)
    assert moved_kpi(24.0, worth.prevented(counts)) == pytest.approx(24 * (1 - 0.1875))
    assert worth.break_even == pytest.approx(1 / 6)


@given(st.dictionaries(st.sampled_from(["cost", "value", "success", "other"]), st.floats() | st.integers() | st.text()))
def test_assumptions_stay_in_range_whatever_comes(changes):
    worth = Worth(20, 400, 0.3).updated(changes)
    assert 0 <= worth.cost <= 1e6 and 0 <= worth.value <= 1e7 and 0.01 <= worth.success <= 1
    assert 0.01 <= worth.break_even <= 0.95
