"""Templates for planning: what is planted in shop sales, deliveries and the offer test is found."""

from __future__ import annotations

from sandbox.demo import truths
from tests.templates.examined import Examinations


def test_the_rival_in_one_region_and_the_promotions_are_found(examined: Examinations) -> None:
    project = examined("demand-replenishment", "en")
    planted = truths.RETAIL_BREAK["region"]
    assert f"“{planted}” sold −" in project.shown
    factors = {f["factor"]: f["direction"] for f in project.evidence["explanation"]["overall"][:5]}
    assert factors.get("promoted") == "+"
    assert project.metric("mase")["model"] < 0.85


def test_the_price_rise_is_found_and_the_model_called_aged(examined: Examinations) -> None:
    project, rise = examined("delivery-cost", "zh-CN"), truths.DELIVERY_PRICE_RISE
    assert f"模型从 {rise['from'][:7]} 起已经过时" in project.shown
    assert project.evidence["app"]["culprit"] == {"column": "carrier", "level": rise["carrier"]}
    assert {f["factor"] for f in project.evidence["explanation"]["overall"][:2]} == {"distance_km", "vehicle"}


def test_the_offer_works_but_not_for_those_who_stayed_long(examined: Examinations) -> None:
    app = examined("campaign-test", "en").evidence["app"]
    assert app["reading"]["verdict"] == "works"
    planted = sum(each["share"] * each["gain"] for each in truths.CAMPAIGN_EFFECT.values())
    assert app["reading"]["low"] < planted < app["reading"]["high"]
    kinds = {part["level"]: part for part in app["segments"] if part["level"] in truths.CAMPAIGN_EFFECT}
    assert kinds["long-standing"]["low"] < 0 < kinds["long-standing"]["high"]
    assert kinds["new"]["low"] > 0
