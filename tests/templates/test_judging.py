"""Templates that judge people and parts: what is planted in their data is found."""

from __future__ import annotations

from sandbox.demo import truths
from tests.templates.examined import Examinations


def test_the_unfairness_and_what_stands_in_for_the_group_are_found(examined: Examinations) -> None:
    kept = examined("credit-risk", "en").evidence
    planted, fair = truths.CREDIT_PROXY, kept["fairness"]
    assert planted["group"] not in kept["model"]["features"]
    clear = {(gap["group"], gap["measure"]) for gap in fair["gaps"] if gap["clear"] and gap["here"] > gap["others"]}
    assert {(planted["level"], "selection"), (planted["level"], "wrongly")} <= clear
    first = fair["stand_ins"][0]
    assert (first["fact"], first["level"]) == (planted["column"], planted["value"])
    factors = {f["factor"] for f in kept["explanation"]["overall"][:5]}
    assert factors == set(truths.CREDIT_EFFECT)


def test_the_drifting_process_and_the_causes_of_defects_are_found(examined: Examinations) -> None:
    project = examined("quality-inspection", "zh-CN")
    drift = truths.INSPECTION_DRIFT
    assert f"正在漂移：{drift['process']}。" in project.shown and f"自 {drift['from'][:7]}" in project.shown
    factors = [f["factor"] for f in project.evidence["explanation"]["overall"]]
    assert set(truths.DEFECT_CAUSES) <= set(factors[:5]) and factors[-1] == "shift"
