"""Templates that rest on readable rules: what is planted in claims is found; nothing is fitted, and that is said."""

from __future__ import annotations

import json

import pytest

from sandbox.checks import baseline, explanation, model_file
from sandbox.core.findings import Level
from sandbox.demo import truths
from sandbox.notebooks.templates import load_template
from tests.conftest import ROOT
from tests.templates.running import (
    LONGEST,
    Runs,
    Studio,
    assert_app_opens,
    assert_names_nobody,
    assert_speaks,
    evidence,
    metric,
    run_studios,
)

STUDIOS = {
    "expense-check": Studio("expense-check", "claims", "zh-CN", ("pass by rule: small", "按规则通过：小额")),
    "next-best-offer": Studio(
        "next-best-offer", "orders", "en", ("with the 3 most popular ones", "用最热门的 3 个商品")
    ),
}


@pytest.fixture(scope="module")
def studios(demo_pins, tmp_path_factory) -> Runs:
    return run_studios(STUDIOS, demo_pins, tmp_path_factory)


@pytest.mark.parametrize("name", STUDIOS)
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


@pytest.mark.parametrize("name", STUDIOS)
def test_the_studio_speaks_one_language(name, studios):
    assert_speaks(studios[name][0], STUDIOS[name].language)


@pytest.mark.parametrize("language", ["en", "zh-CN"])
@pytest.mark.parametrize("name", STUDIOS)
def test_the_app_opens_from_what_was_frozen(name, language, studios, demo_pins):
    assert_app_opens(STUDIOS[name], studios[name][1], language, demo_pins)


def test_nothing_personal_is_shown_or_kept(studios, demo_pins):
    for name, unit in (("expense-check", "employee_id"), ("next-best-offer", "customer_id")):
        assert_names_nobody(*studios[name], demo_pins[STUDIOS[name].dataset], unit)


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
