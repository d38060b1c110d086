"""Templates that judge people and parts: what is planted in their data is found, in both languages."""

from __future__ import annotations

import pytest

from sandbox.demo import truths
from sandbox.publishing.model import inspect_model
from tests.templates.running import (
    LONGEST,
    Runs,
    Studio,
    assert_app_opens,
    assert_speaks,
    evidence,
    metric,
    run_studios,
    seen,
)

STUDIOS = {
    "credit-risk": Studio("credit-risk", "credit", "en", ("are not treated alike", "没有得到同等对待")),
    "quality-inspection": Studio(
        "quality-inspection", "inspections", "zh-CN", ("Drifts: coating", "正在漂移：coating")
    ),
}


@pytest.fixture(scope="module")
def studios(demo_pins, tmp_path_factory) -> Runs:
    return run_studios(STUDIOS, demo_pins, tmp_path_factory)


@pytest.mark.parametrize("name", STUDIOS)
def test_the_run_leaves_what_an_examination_asks_for(name, studios):
    report, folder = studios[name]
    assert report.error is None and report.seconds < LONGEST
    assert inspect_model(folder / "model.skops").untrusted == ()
    ranks, kept = metric(folder, "roc_auc"), evidence(folder)
    print(name, ranks, metric(folder, "average_precision"))
    assert ranks["interval"][0] > ranks["baseline"]
    assert kept["explanation"]["overall"] and kept["explanation"]["cases"] >= 1
    assert kept["value"]["expected"] is not None and kept["value"]["assumptions"]
    assert_speaks(report, STUDIOS[name].language)


@pytest.mark.parametrize("language", ["en", "zh-CN"])
@pytest.mark.parametrize("name", STUDIOS)
def test_the_app_opens_from_what_was_frozen(name, language, studios, demo_pins):
    assert_app_opens(STUDIOS[name], studios[name][1], language, demo_pins)


def test_the_unfairness_and_what_stands_in_for_the_group_are_found(studios):
    _, folder = studios["credit-risk"]
    planted, fair = truths.CREDIT_PROXY, evidence(folder)["fairness"]
    assert planted["group"] not in evidence(folder)["model"]["features"]
    clear = {(gap["group"], gap["measure"]) for gap in fair["gaps"] if gap["clear"] and gap["here"] > gap["others"]}
    assert {(planted["level"], "selection"), (planted["level"], "wrongly")} <= clear
    first = fair["stand_ins"][0]
    assert (first["fact"], first["level"]) == (planted["column"], planted["value"])
    factors = {f["factor"] for f in evidence(folder)["explanation"]["overall"][:5]}
    assert factors == set(truths.CREDIT_EFFECT)


def test_the_drifting_process_and_the_causes_of_defects_are_found(studios):
    report, folder = studios["quality-inspection"]
    drift = truths.INSPECTION_DRIFT
    assert f"正在漂移：{drift['process']}。" in seen(report) and f"自 {drift['from'][:7]}" in seen(report)
    factors = [f["factor"] for f in evidence(folder)["explanation"]["overall"]]
    assert set(truths.DEFECT_CAUSES) <= set(factors[:5]) and factors[-1] == "shift"
