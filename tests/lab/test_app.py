"""A viewer may send anything: values are brought into range, and no answer is a traceback."""

from __future__ import annotations

import json
import math

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from sandbox import lab
from sandbox.core.errors import BadInput
from sandbox.lab import app_parts, choices, evaluation, explanation, saving
from sandbox.lab.assumptions import Worth
from tests.lab.conftest import NEEDS, people
from tests.lab.test_cases import read
from tests.lab.test_result import linear


@pytest.fixture
def app(pin, folder):
    frame = people()
    frame["<b>plan</b>"] = ["<script>alert(1)</script>", "basic"] * (len(frame) // 2)
    pin(contracts=frame)
    found = read()
    choices.save(choices.Choices(dataset="contracts"), folder)
    learn, check = found.split()
    model = linear(learn).fit(learn.facts, learn.outcome)
    result = evaluation.evaluate(model, learn, check, threshold=0.4)
    lab.save_model(model, check)
    lab.record(model, found, result, explanation.explain(model, learn, check), Worth(20, 400, 0.3, "CNY"))
    return lab.open_app()


def test_what_is_frozen_is_complete(app, folder):
    evidence = json.loads((folder / "evidence.json").read_text(encoding="utf-8"))
    assert {m["name"] for m in evidence["metrics"]} == {"roc_auc", "average_precision"}
    assert all(m["units"] == m["rows"] > 300 and m["model"] > m["baseline"] for m in evidence["metrics"])
    sample = json.loads((folder / "sample.json").read_text(encoding="utf-8"))
    assert "customerID" not in sample["columns"] and len(sample["rows"]) == len(sample["predictions"]) == 50
    import pandas as pd

    again = lab.load_model().predict_proba(pd.DataFrame(sample["rows"], columns=sample["columns"]))[:, 1]
    assert again.tolist() == pytest.approx(sample["predictions"], abs=1e-8)


HOSTILE = st.none() | st.booleans() | st.integers() | st.floats() | st.text() | st.lists(st.integers()) | st.binary()


@settings(max_examples=40, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(values=st.fixed_dictionaries(dict.fromkeys(("tenure", "noise", "contract", "<b>plan</b>"), HOSTILE)))
def test_any_value_gives_a_case_in_range(app, values):
    case = app_parts.entered(app, values)
    for fact in app.facts:
        if fact.kind == "number":
            assert fact.low <= case[fact.name] <= fact.high and math.isfinite(case[fact.name])
        else:
            assert case[fact.name] in fact.levels
    assert "<script" not in app_parts.case_answer(app, case)


@settings(max_examples=40, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(values=st.dictionaries(st.sampled_from(["threshold", "cost", "value", "success"]), HOSTILE))
def test_any_assumption_gives_an_answer(app, values):
    assert "<svg" in app_parts.worth_answer(app, values)


def test_groups_are_counted_in_units_and_small_ones_hidden(app):
    scored = app_parts.score_snapshot(app, NEEDS)
    scored.loc[scored.index[:4], "contract"] = "rare"
    html = app_parts.group_answer(app, scored, "contract")
    assert "monthly" in html and "yearly" in html and "rare" not in html and "hidden: 1" in html
    assert "<svg" in app_parts.group_answer(app, scored, "tenure")


def test_nothing_saved_is_said_in_words(pin):
    with pytest.raises(BadInput, match="no saved result"):
        lab.open_app()


def test_a_foreign_model_is_not_loaded(app, folder):
    import numpy as np
    import skops.io
    from sklearn.preprocessing import FunctionTransformer

    (folder / saving.MODEL).write_bytes(skops.io.dumps(FunctionTransformer(np.loadtxt)))
    with pytest.raises(BadInput, match="may not load"):
        lab.load_model()
    with pytest.raises(BadInput, match="may not load"):
        lab.save_model(FunctionTransformer(np.loadtxt), read())
