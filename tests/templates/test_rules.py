"""Templates that rest on readable rules: what is planted in claims and orders is found."""

from __future__ import annotations

import json

from sandbox.demo import truths
from tests.templates.examined import Examinations


def test_planted_claims_reach_a_person(examined: Examinations) -> None:
    project = examined("expense-check", "zh-CN")
    planted = json.loads((examined.sources / "truths.json").read_text(encoding="utf-8"))["claims"]
    stopped = {each["rule"]: each["claims"] for each in project.evidence["app"]["reasons"]}
    assert stopped["limit"] == len(planted["over_limit"])
    assert len(planted["duplicates"]) <= stopped["copy"] <= len(planted["duplicates"]) + 5
    assert 2 * len(planted["split"]) <= stopped["split"] <= 2 * len(planted["split"]) + 10
    found = project.metric("problems_found")
    assert found["interval"][0] > found["baseline"] + 0.3
    assert project.evidence["app"]["split"]["person"] < 0.1


def test_what_follows_what_is_found_and_nothing_else(examined: Examinations) -> None:
    project = examined("next-best-offer", "en")
    found = {f["factor"] for f in project.evidence["explanation"]["overall"]}
    planted = {f"{first} → {then}" for first, then in truths.ORDER_FOLLOWS.items()}
    assert planted <= found and len(found - planted) <= 1
    rate = project.metric("hit_rate")
    assert rate["interval"][0] > rate["baseline"] + 0.01
