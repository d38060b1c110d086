"""Templates that judge people and parts: what is planted in applications and inspections is found, in both languages."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from sandbox.demo import truths
from sandbox.notebooks.execute import RunReport
from sandbox.publishing.model import inspect_model
from tests.templates.running import LONGEST, evidence, metric, run, seen

DATASET = {"credit-risk": "credit", "quality-inspection": "inspections"}
STUDIO = {"credit-risk": "en", "quality-inspection": "zh-CN"}
#: A word of the app in each language, and one that only the other language has.
WORDS = {
    "credit-risk": ("are not treated alike", "没有得到同等对待"),
    "quality-inspection": ("Drifts: coating", "正在漂移：coating"),
}


@pytest.fixture(scope="module")
def studios(demo_pins, tmp_path_factory) -> dict[str, tuple[RunReport, Path]]:
    """Each template once, in one of the languages."""
    made = {}
    for name, dataset in DATASET.items():
        folder = tmp_path_factory.mktemp(name)
        made[name] = run(name, {dataset: demo_pins[dataset]}, folder, STUDIO[name]), folder
        print(f"{name}: {made[name][0].seconds:.1f} s")
    return made


@pytest.mark.parametrize("name", DATASET)
def test_the_run_leaves_what_an_examination_asks_for(name, studios):
    report, folder = studios[name]
    assert report.error is None and report.seconds < LONGEST
    assert inspect_model(folder / "model.skops").untrusted == ()
    ranks, kept = metric(folder, "roc_auc"), evidence(folder)
    print(name, ranks, metric(folder, "average_precision"))
    assert ranks["interval"][0] > ranks["baseline"]
    assert kept["explanation"]["overall"] and kept["explanation"]["cases"] >= 1
    assert kept["value"]["expected"] is not None and kept["value"]["assumptions"]
    text = seen(report)
    assert ("See the result" in text) == (STUDIO[name] == "en")
    assert ("查看结果" in text) == (STUDIO[name] == "zh-CN")


@pytest.mark.parametrize("language", ["en", "zh-CN"])
@pytest.mark.parametrize("name", DATASET)
def test_the_app_opens_from_what_was_frozen(name, language, studios, demo_pins):
    _, folder = studios[name]
    frozen = json.dumps(evidence(folder), ensure_ascii=False, sort_keys=True)  # as publication writes it
    (folder / "evidence.json").write_text(frozen, encoding="utf-8")
    before = {file.name: file.read_bytes() for file in folder.iterdir() if file.is_file()}
    dataset = DATASET[name]
    opened = run(name, {dataset: demo_pins[dataset]}, folder, language, "app")
    assert opened.error is None
    text = seen(opened)
    english, chinese = WORDS[name]
    assert (english in text, chinese in text) == (language == "en", language == "zh-CN")
    assert "could not be calculated" not in text and "无法计算" not in text
    assert "<svg" in text and "FloatSliderModel" in text and "DropdownModel" in text
    assert {file.name: file.read_bytes() for file in folder.iterdir() if file.is_file()} == before


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
