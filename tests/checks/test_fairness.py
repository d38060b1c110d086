"""The check of fairness: silence about people, records that flatter, groups that are not treated alike."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from sandbox.checks import fairness, run_checks
from sandbox.core.findings import Finding, Level
from tests.checks.conftest import notebook

PEOPLE = {
    "contracts": {
        "version": "v", "unit": "customer_id", "personal": True,
        "columns": [{"name": "gender", "class": "quasi"}, {"name": "income", "class": "sensitive"},
                    {"name": "fee", "class": "measure"}],
    }
}  # fmt: skip
METRICS = [{"name": "roc_auc", "model": 0.8, "baseline": 0.6, "rows": 1000, "units": 1000}]


def record(women: int, men: int, **more: Any) -> dict[str, Any]:
    """Of 500 women and 500 men, so many are warned about, half of them rightly; a quarter of each have the outcome."""

    def of(warned: int) -> dict[str, list[int]]:
        right = warned // 2
        return {"selection": [warned, 500], "found": [right, 125], "wrongly": [warned - right, 375]}

    return {"label": {"en": "Gender"}, "column": "gender", "hidden": 0, "gaps": [],
            "counts": {"F": of(women), "M": of(men)}, **more}  # fmt: skip


@pytest.fixture
def findings(facts_of) -> Callable[..., list[Finding]]:
    def judge(recorded: Any = None, *, people: bool = True, features: tuple[str, ...] = ("fee",)) -> list[Finding]:
        evidence: dict[str, Any] = {"metrics": METRICS, "model": {"features": list(features)}}
        if recorded is not None:
            evidence["fairness"] = recorded
        return list(fairness.check(facts_of(notebook(), pins=PEOPLE, evidence=evidence, about_people=people)))

    return judge


def levels(found: list[Finding]) -> set[Level]:
    return {each.level for each in found}


def test_groups_that_are_treated_alike_pass_and_the_finding_says_what_could_not_be_seen(findings):
    (found,) = findings(record(100, 104))
    assert found.level is Level.PASS
    assert found.message.fields["groups"] == 2 and found.message.fields["points"] > 5


def test_a_clear_difference_goes_to_a_person_with_its_interval(findings):
    found = findings(record(200, 80))
    assert levels(found) == {Level.REVIEW}
    first = found[0].message.fields
    assert first["group"] == "F" and first["low"] > 0


def test_leaving_it_out_does_not_look_fair(findings):
    """The attack: a notebook whose step about fairness was deleted."""
    (found,) = findings(None)
    assert found.level is Level.REVIEW and "Nobody looked" in found.message.template


def test_a_record_that_calls_itself_fair_is_worked_out_again(findings):
    """The attack: counts that differ, with the differences edited away."""
    flattering = record(200, 80, gaps=[{"group": "F", "measure": "selection", "clear": False}], verdict="fair")
    assert levels(findings(flattering)) == {Level.REVIEW}


@pytest.mark.parametrize(
    "forged",
    [
        "fair",
        [],
        {},
        {"counts": {}},
        {"counts": {"all": {"selection": [300, 1000]}}},
        {"counts": {"F": {"selection": [9, 3]}, "M": {"selection": [1, 2]}}},
        {"counts": {"F": {"selection": [1, 4]}, "M": {"selection": [1, 4]}}},
        record(3, 3, counts={g: {"selection": [5, 20]} for g in "FM"}),
        record(100, 100, column="not_in_the_data"),
        record(100, 100, counts={g: {"selection": [90000, 900000]} for g in "FM"}),
    ],
)
def test_an_empty_foreign_or_impossible_record_does_not_pass(findings, forged):
    assert levels(findings(forged)) == {Level.REVIEW}


def test_where_no_people_are_concerned_silence_is_no_finding(findings):
    assert findings(None, people=False) == []


def test_a_model_that_learned_what_people_are_like_needs_a_look_whatever_the_template_says(findings):
    (found,) = findings(None, people=False, features=("fee", "gender", "income"))
    assert found.level is Level.REVIEW and found.message.fields["columns"] == "gender, income"


def test_the_examination_asks_it_too(facts_of):
    facts = facts_of(notebook(), pins=PEOPLE, evidence={"metrics": METRICS}, about_people=True)
    assert [f.level for f in run_checks("run", facts) if f.check == "fairness"] == [Level.REVIEW]
