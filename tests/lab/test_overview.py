"""A look at any table and a first question to it: finds what is there, and says in words where data cannot answer."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from sklearn.compose import make_column_transformer
from sklearn.linear_model import LogisticRegression, Ridge
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import OneHotEncoder

from sandbox.lab import evidence, forms, needs, overview, overview_views, question, question_views
from sandbox.lab.overview import Overview
from sandbox.lab.question import Question
from tests.lab.conftest import people

ASKED = (
    needs.unit("unit", "Unit", "customer customerid id", required=False),
    needs.target("target", "Target", "churn target amount"),
    needs.facts("facts", "Facts", required=False),
)


def asked(**columns: str) -> forms.Form:
    form = forms.form(*ASKED)
    if columns:
        form._change(columns={**form.choices.columns, **columns}, facts=None)
    return form


def priced(count: int = 900) -> pd.DataFrame:
    """A price that follows size (in two units) and kind, beside two columns of chance."""
    random = np.random.default_rng(5)
    size, kind = random.uniform(20, 120, count), random.choice(["house", "flat"], count)
    return pd.DataFrame({
        "id": [f"H-{n:05d}" for n in range(count)],
        "size_m2": size,
        "size_feet": size * 10.76,
        "kind": kind,
        "chance_a": random.normal(size=count),
        "chance_b": random.choice(list("xyz"), count),
        "amount": 30 * size + 900 * (kind == "house") + random.normal(0, 150, count),
    })  # fmt: skip


def linear(asked: Question):
    assert asked.cases is not None
    prepared = make_column_transformer(
        ("passthrough", asked.cases.numbers), (OneHotEncoder(handle_unknown="ignore"), asked.cases.categories)
    )
    return make_pipeline(prepared, LogisticRegression(max_iter=2000) if asked.is_yes_no else Ridge())


def test_what_goes_together_is_found_and_chance_is_not(pin):
    pin(homes=priced())
    found = overview.look_at(asked())
    pairs = {frozenset((each.first, each.second)): each for each in found.relations}
    assert pairs[frozenset(("size_m2", "size_feet"))].strength >= overview.SAME
    price = pairs[frozenset(("amount", "size_m2"))]
    assert price.direction == "+"
    kind = pairs[frozenset(("amount", "kind"))]
    assert (kind.level, kind.other) == ("house", "flat") and kind.high > kind.low
    assert not [each for each in found.relations if {each.first, each.second} & {"chance_a", "chance_b"}]
    text = overview_views.relations_block(found)
    assert "say nearly the same" in text and "highest where “kind” is “house”" in text


def test_pairs_of_pure_chance_are_not_told():
    random = np.random.default_rng(1)
    noise = pd.DataFrame(random.normal(size=(2000, 25)), columns=[f"c{n}" for n in range(25)])
    assert overview.relations(noise, np.arange(2000)) == []


def test_a_relation_in_no_single_direction_is_found():
    random = np.random.default_rng(2)
    x = random.normal(size=3000)
    found = overview.relations(pd.DataFrame({"x": x, "bowl": x**2 + random.normal(0, 0.3, 3000)}), np.arange(3000))
    assert [each.direction for each in found] == ["~"]


def test_the_evidence_brings_the_look_back(pin):
    pin(homes=priced())
    found = overview.look_at(asked())
    again = Overview.from_json(found.to_json())
    assert again.relations == found.relations and again.pictures == found.pictures
    with pytest.raises((KeyError, TypeError, ValueError)):
        Overview.from_json({**found.to_json(), "relations": [{"first": "x"}]})


def test_bands_and_kinds_of_too_few_units_are_not_drawn(pin):
    frame = people(600)
    frame["place"] = ["Rare town"] * 4 + ["Big city"] * 596
    frame.loc[:8, "noise"] = 1e6  # nine people far from all others
    pin(leavers=frame)
    pictures = {each.name: each for each in overview.look_at(asked()).pictures}
    assert [level for level, *_ in pictures["place"].bars] == ["Big city"] and pictures["place"].hidden == 1
    assert "far" in pictures["noise"].remarks
    assert "Rare town" not in str(overview.look_at(asked()).to_json())


def test_a_number_is_estimated_and_what_says_the_same_is_left_out(pin):
    frame = priced()
    frame["amount_with_tax"] = frame["amount"] * 1.13
    pin(homes=frame)
    form = asked(target="amount")
    assert "amount_with_tax" not in (form.choices.facts or ()) and "size_m2" in (form.choices.facts or ())
    made = question.ask(form)
    assert made.kind == "number"
    model = question.better_of(made, linear(made))
    result = question.check_answer(made, model)
    assert result is not None and result.better and result.error.model < 200
    reasons = question.explain_answer(made, model)
    assert {each.fact for each in reasons.overall[:2]} == {"size_feet", "kind"}  # the other size adds nothing


def test_one_kind_is_told_from_all_others(pin):
    pin(leavers=people())
    form = asked()
    made = question.ask(form)
    assert (made.kind, made.target, made.value) == ("yes", "Churn", "Yes")
    result = question.check_answer(made, question.better_of(made, linear(made)))
    assert result is not None and result.better and result.auc.model > 0.7


def broken(kind: str) -> pd.DataFrame:
    frame = people(1200)
    if kind == "too few rows":
        return frame.head(40)
    if kind == "one class":
        frame["Churn"] = "No"
        frame.loc[:3, "Churn"] = "Yes"
    if kind == "all missing":
        frame[["tenure", "contract", "noise"]] = None
    if kind == "target missing":
        frame["Churn"] = None
    return frame


@pytest.mark.parametrize(
    ("kind", "target", "word"),
    [
        ("too few rows", "Churn", "too few cases"),
        ("one class", "Churn", "too few cases"),
        ("all missing", "Churn", "No fact has any value"),
        ("target missing", "", "No column is chosen"),
        ("no target", "", "No column is chosen"),
    ],
)
def test_where_data_cannot_answer_the_look_stands_by_itself(pin, folder, kind, target, word):
    pin(leavers=broken(kind))
    form = asked(target=target)
    found, made = overview.look_at(form), question.ask(form)
    assert made.kind == "none" and made.cases is None and word in made.problem[0] and made.problem[1]
    model = question.better_of(made)
    assert model is None and question.check_answer(made, model) is None
    worth = {"questions": 4.0, "by_hand": 6.0, "with_this": 0.5, "hour": 100.0}
    question_views.record_answer(found, made, None, None, None, assumed=worth)
    part = evidence.app_part()
    assert part["question"]["kind"] == "none" and not (folder / "model.skops").exists()


def test_a_hundred_kinds_are_taken_together(pin):
    frame = people(3000)
    frame["town"] = [f"Town {n % 120}" for n in range(3000)]
    pin(leavers=frame)
    found = overview.look_at(asked())
    town = next(each for each in found.pictures if each.name == "town")
    assert "many" in town.remarks and len(town.bars) <= 8 and town.hidden == 112
    made = question.ask(asked(target="town"))  # one town against all others: too rare to be learned
    assert made.kind == "none" and "too few cases" in made.problem[0]


def test_what_is_chosen_for_one_role_is_not_guessed_for_another(pin):
    frame = people(600).rename(columns={"Churn": "customer left"}).drop(columns="customerID")
    pin(leavers=frame)
    assert asked().choices.columns["unit"] == ""  # the name has the hint, but two values are no one's name
    frame["client code"] = [f"C{n}" for n in range(600)]
    frame["customer amount"] = np.arange(600) % 40
    pin(more=frame)
    assert asked(target="customer amount").choices.columns["unit"] != "customer amount"
