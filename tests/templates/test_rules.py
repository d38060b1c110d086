"""Templates that rest on readable rules: what is planted in claims is found; nothing is fitted, and that is said."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from sandbox.checks import baseline, explanation, model_file
from sandbox.core.findings import Level
from sandbox.demo import truths
from sandbox.notebooks.execute import RunReport
from sandbox.notebooks.templates import load_template
from tests.conftest import ROOT
from tests.templates.running import LONGEST, evidence, metric, run, seen

DATASET = {"expense-check": "claims", "next-best-offer": "orders"}
STUDIO = {"expense-check": "zh-CN", "next-best-offer": "en"}
#: A word of the app in each language, and one that only the other language has.
WORDS = {
    "expense-check": ("pass by rule: small", "按规则通过：小额"),
    "next-best-offer": ("with the 3 most popular ones", "用最热门的 3 个商品"),
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
    kept = evidence(folder)
    assert kept["method"] == load_template(ROOT, name).method == "rules"
    assert "model" not in kept and not (folder / "model.skops").exists()

    class Seen:
        evidence, run_folder = kept, folder

    for check in (baseline, explanation, model_file):
        assert {finding.level for finding in check.check(Seen)} == {Level.PASS}, check.NAME
    assert kept["value"]["expected"] is not None and kept["value"]["assumptions"]
    print(name, kept["metrics"])


@pytest.mark.parametrize("name", DATASET)
def test_the_studio_speaks_one_language(name, studios):
    text = seen(studios[name][0])
    assert ("See the result" in text) == (STUDIO[name] == "en")
    assert ("查看结果" in text) == (STUDIO[name] == "zh-CN")


@pytest.mark.parametrize("language", ["en", "zh-CN"])
@pytest.mark.parametrize("name", DATASET)
def test_the_app_opens_from_what_was_frozen(name, language, studios, demo_pins):
    _, folder = studios[name]
    frozen = json.dumps(evidence(folder), ensure_ascii=False, sort_keys=True)  # as publication writes it
    (folder / "evidence.json").write_text(frozen, encoding="utf-8")
    before = {file.name: file.read_bytes() for file in folder.iterdir() if file.is_file()}
    opened = run(name, {DATASET[name]: demo_pins[DATASET[name]]}, folder, language, "app")
    assert opened.error is None
    text = seen(opened)
    english, chinese = WORDS[name]
    assert (english in text, chinese in text) == (language == "en", language == "zh-CN")
    assert "could not be calculated" not in text and "无法计算" not in text
    assert "<svg" in text and "FloatSliderModel" in text and "DropdownModel" in text
    assert {file.name: file.read_bytes() for file in folder.iterdir() if file.is_file()} == before


def test_nothing_personal_is_shown_or_kept(studios, demo_pins):
    import duckdb

    for name, dataset in DATASET.items():
        report, folder = studios[name]
        with duckdb.connect(str(demo_pins[dataset] / "data.duckdb"), read_only=True) as connection:
            unit = "employee_id" if dataset == "claims" else "customer_id"
            ids = [row[0] for row in connection.execute(f"SELECT DISTINCT {unit} FROM data LIMIT 500").fetchall()]
        everything = seen(report) + (folder / "evidence.json").read_text(encoding="utf-8")
        assert ids and not [pseudonym for pseudonym in ids if str(pseudonym) in everything]


def test_planted_claims_reach_a_person(studios, demo_pins):
    _, folder = studios["expense-check"]
    written = json.loads((demo_pins["claims"].parents[2] / "sources" / "truths.json").read_text(encoding="utf-8"))
    planted = written["claims"]
    stopped = {each["rule"]: each["claims"] for each in evidence(folder)["app"]["reasons"]}
    assert stopped["limit"] == len(planted["over_limit"])
    assert len(planted["duplicates"]) <= stopped["copy"] <= len(planted["duplicates"]) + 5
    assert 2 * len(planted["split"]) <= stopped["split"] <= 2 * len(planted["split"]) + 10
    found = metric(folder, "problems_found")
    assert found["interval"][0] > 2 * found["baseline"] - 0.05
    assert evidence(folder)["app"]["split"]["person"] < 0.1


def test_what_follows_what_is_found_and_nothing_else(studios):
    _, folder = studios["next-best-offer"]
    found = {f["factor"] for f in evidence(folder)["explanation"]["overall"]}
    planted = {f"{first} → {then}" for first, then in truths.ORDER_FOLLOWS.items()}
    assert planted <= found and len(found - planted) <= 1
    rate = metric(folder, "hit_rate")
    assert rate["interval"][0] > rate["baseline"] + 0.01
