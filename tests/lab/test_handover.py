"""Cases that a person decides: who they are, what overruling changes, and that no single one is shown or kept."""

from __future__ import annotations

import io
import json
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from sandbox.core.errors import BadInput
from sandbox.lab import evaluation, evidence, explanation, forms, handover, handover_views, saving
from sandbox.lab.app import open_app
from sandbox.lab.assumptions import Worth
from sandbox.lab.handover import HandOver
from tests.lab.conftest import NEEDS, people


@pytest.fixture
def recorded(pin):
    """A recorded run on made-up people, of whom some have a tenure that nobody else has."""
    frame = people(3000)
    frame["tenure"] = frame["tenure"].astype(float)
    pin(leavers=frame)
    form = forms.form(*NEEDS, worth=Worth(30, 500, 0.2))
    cases = form.cases()
    learn, check = cases.split()
    model = fitted(learn)
    result = evaluation.evaluate(model, learn, check, threshold=form.threshold)
    return cases, model, result


def fitted(learn):
    from sklearn.compose import make_column_transformer
    from sklearn.linear_model import LogisticRegression
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import OneHotEncoder, StandardScaler

    prepared = make_column_transformer(
        (StandardScaler(), learn.numbers), (OneHotEncoder(handle_unknown="ignore"), learn.categories)
    )
    return make_pipeline(prepared, LogisticRegression()).fit(learn.facts, learn.outcome)


def keep(recorded, found: HandOver) -> None:
    cases, model, result = recorded
    saving.save_model(model, cases.split()[1])
    reasons = explanation.explain(model, *cases.split())
    saving.record(model, cases, result, reasons, Worth(30, 500, 0.2), handover=found)


def test_the_unsure_ones_are_those_around_the_threshold(recorded):
    cases, model, result = recorded
    found = handover.hand_over(model, cases, result)
    assert found.unsure == pytest.approx(handover.NEAREST, abs=0.01)
    assert found.low <= result.threshold <= found.high
    assert max(found.unsure, found.unusual) <= found.share <= found.unsure + found.unusual + 1e-9


def test_every_warned_one_goes_to_a_person_where_the_template_says_so(recorded):
    cases, model, result = recorded
    found = handover.hand_over(model, cases, result, every_warning=True)
    assert found.unsure == pytest.approx(result.counts.warned / result.counts.cases)
    assert sum(kind.counts.warned for kind in found.kinds) == result.counts.warned


def test_what_is_unlike_the_rest_goes_to_a_person_however_sure_the_model_is(recorded):
    cases, model, result = recorded
    odd = cases.facts["tenure"].copy()
    places = np.random.default_rng(1).permutation(len(odd))[:12]
    odd.iloc[places] = 500.0  # nobody stays that long: the model would be very sure
    found = handover.hand_over(model, replace(cases, facts=cases.facts.assign(tenure=odd)), result)
    assert found.unusual > handover.hand_over(model, cases, result).unusual


def test_kinds_stand_for_enough_people_and_show_none(recorded, folder):
    cases, model, result = recorded
    found = handover.hand_over(model, cases, result)
    assert found.kinds and all(kind.counts.cases >= 10 for kind in found.kinds)
    real = {json.dumps(row, sort_keys=True) for row in cases.facts.to_dict("records")}
    shown = [json.dumps(dict(kind.case), sort_keys=True) for kind in found.kinds]
    assert not real & set(shown)  # with a real-valued fact, the middle of many is nobody's own record


def test_overruling_changes_what_is_acted_upon_and_nothing_else(recorded):
    cases, model, result = recorded
    found, before = handover.hand_over(model, cases, result), result.counts
    kind = found.kinds[0].counts
    acted, left = found.overruled(before, {0: True}), found.overruled(before, {0: False})
    assert (acted.warned, acted.right) == (
        before.warned + kind.cases - kind.warned,
        before.right + kind.happened - kind.right,
    )
    assert (left.warned, left.right) == (before.warned - kind.warned, before.right - kind.right)
    assert (acted.cases, acted.happened) == (before.cases, before.happened) and found.overruled(before, {}) == before


def test_the_share_and_the_kinds_are_in_the_evidence_and_come_back(recorded, folder):
    cases, model, result = recorded
    found = handover.hand_over(model, cases, result)
    keep(recorded, found)
    written = json.loads((folder / "evidence.json").read_text(encoding="utf-8"))
    assert written["value"]["assumptions"]["sent_to_a_person"] == pytest.approx(found.share, abs=1e-4)
    again = evidence.part("handover", HandOver.from_json)
    assert [kind.counts for kind in again.kinds] == [kind.counts for kind in found.kinds]


def test_a_viewer_overrules_and_sees_what_it_changes(recorded):
    keep(recorded, handover.hand_over(recorded[1], recorded[0], recorded[2]))
    app, found = open_app(), evidence.part("handover", HandOver.from_json)
    nothing = handover_views.override_answer(app, found, 0, {0: "model"})
    assert "Nothing overruled" in nothing and "The model would" in nothing
    changed = handover_views.override_answer(app, found, 0, {0: "leave", 1: "act"})
    assert f"of {len(found.kinds)} kinds overruled" in changed and "With your decisions" in changed
    assert ">2<" in changed


def test_each_case_keeps_its_own_decision_and_absurd_values_are_harmless(recorded, monkeypatch):
    made = []
    monkeypatch.setattr("IPython.display.display", lambda each, **_: made.append(each))
    keep(recorded, handover.hand_over(recorded[1], recorded[0], recorded[2]))
    handover_views.show_override(open_app())
    (box,) = made[-2].children
    (grid,), answer = box.children[0].children, box.children[1]
    which, decision = grid.children
    decision.value = "leave"
    assert "With your decisions" in answer.value
    which.value = "1"
    assert decision.value == "model" and "With your decisions" in answer.value
    which.value = "0"
    assert decision.value == "leave"
    offer = made[-1].children[0]
    data, problem = offer.made()
    assert data is not None, problem
    kept = pd.read_csv(io.BytesIO(data))
    assert offer.sandbox_file == "decisions.csv" and len(kept) == len(
        evidence.part("handover", HandOver.from_json).kinds
    )
    assert kept["decided"][0] == "Do not act" and (kept["cases"] >= 10).all() and kept["reason"].isna().all()
    assert list(kept["overruled"]) == ["no" if kept["the model says"][0] == "Do not act" else "yes"] + ["no"] * (
        len(kept) - 1
    )


def test_a_forged_record_is_refused_in_words(recorded, folder):
    keep(recorded, handover.hand_over(recorded[1], recorded[0], recorded[2]))
    written = json.loads((folder / "evidence.json").read_text(encoding="utf-8"))
    for forged in ("x", {}, {**written["handover"], "kinds": [{"case": {}}]}):
        (folder / "evidence.json").write_text(json.dumps({**written, "handover": forged}))
        with pytest.raises(BadInput, match="no saved result"):
            evidence.part("handover", HandOver.from_json)


def test_too_few_cases_show_no_kind(recorded):
    cases, model, result = recorded
    few = handover.hand_over(model, cases.part(np.arange(len(cases)) < 250), result, nearest=0.02)
    assert few.share > 0 and all(kind.counts.cases >= 10 for kind in few.kinds)
    assert isinstance(few.to_json()["kinds"], list) and pd.notna(few.share)
