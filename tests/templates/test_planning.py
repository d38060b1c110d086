"""Templates for planning: what is planted in shop sales, deliveries and the offer test is found, in both languages."""

from __future__ import annotations

import pytest

from sandbox.demo import truths
from sandbox.notebooks.templates import load_template
from sandbox.publishing.model import inspect_model
from tests.conftest import ROOT
from tests.templates.running import (
    LONGEST,
    Runs,
    Studio,
    assert_app_opens,
    assert_better_than_baseline,
    assert_names_nobody,
    assert_speaks,
    evidence,
    metric,
    run_studios,
    seen,
)

STUDIOS = {
    "demand-replenishment": Studio("demand-replenishment", "retail", "en", ("to order for the week of", "的订货量")),
    "delivery-cost": Studio("delivery-cost", "deliveries", "zh-CN", ("Has the model aged?", "模型过时了吗")),
    "campaign-test": Studio("campaign-test", "campaign", "en", ("The change works", "改动有效")),
}


@pytest.fixture(scope="module")
def studios(demo_pins, tmp_path_factory) -> Runs:
    return run_studios(STUDIOS, demo_pins, tmp_path_factory)


@pytest.mark.parametrize("name", STUDIOS)
def test_the_run_leaves_what_an_examination_asks_for(name, studios):
    report, folder = studios[name]
    assert report.error is None and report.seconds < LONGEST
    kept = evidence(folder)
    assert kept["method"] == load_template(ROOT, name).method
    assert ("model" in kept) == (folder / "model.skops").is_file() == (kept["method"] == "model")
    if kept["method"] == "model":
        assert inspect_model(folder / "model.skops").untrusted == ()
    assert_better_than_baseline(kept)
    assert kept["metrics"][0]["rows"] >= 50 and kept["explanation"]["overall"] and kept["explanation"]["cases"] >= 1
    assert kept["value"]["expected"] is not None and kept["value"]["assumptions"]


@pytest.mark.parametrize("name", STUDIOS)
def test_the_studio_speaks_one_language(name, studios):
    assert_speaks(studios[name][0], STUDIOS[name].language)


@pytest.mark.parametrize("language", ["en", "zh-CN"])
@pytest.mark.parametrize("name", STUDIOS)
def test_the_app_opens_from_what_was_frozen(name, language, studios, demo_pins):
    assert_app_opens(STUDIOS[name], studios[name][1], language, demo_pins)


def test_the_rival_in_one_region_and_the_promotions_are_found(studios):
    report, folder = studios["demand-replenishment"]
    planted = truths.RETAIL_BREAK["region"]
    assert f"“{planted}” sold -" in seen(report)
    factors = {f["factor"]: f["direction"] for f in evidence(folder)["explanation"]["overall"][:5]}
    assert factors.get("promoted") == "+"
    assert metric(folder, "mase")["model"] < 0.85
    for each in ("wape", "mase"):
        print(each, metric(folder, each))


def test_the_price_rise_is_found_and_the_model_called_aged(studios):
    report, folder = studios["delivery-cost"]
    rise, text = truths.DELIVERY_PRICE_RISE, seen(report)
    assert f"模型从 {rise['from'][:7]} 起已经过时" in text
    assert evidence(folder)["app"]["culprit"] == {"column": "carrier", "level": rise["carrier"]}
    assert {f["factor"] for f in evidence(folder)["explanation"]["overall"][:2]} == {"distance_km", "vehicle"}
    for each in ("mean_error", "share_off"):
        print(each, metric(folder, each))


def test_the_offer_works_but_not_for_those_who_stayed_long(studios):
    _, folder = studios["campaign-test"]
    app = evidence(folder)["app"]
    assert app["reading"]["verdict"] == "works"
    planted = sum(each["share"] * each["gain"] for each in truths.CAMPAIGN_EFFECT.values())
    assert app["reading"]["low"] < planted < app["reading"]["high"]
    kinds = {part["level"]: part for part in app["segments"] if part["level"] in truths.CAMPAIGN_EFFECT}
    assert kinds["long-standing"]["low"] < 0 < kinds["long-standing"]["high"]
    assert kinds["new"]["low"] > 0


def test_nothing_personal_of_the_test_is_kept(studios, demo_pins):
    assert_names_nobody(*studios["campaign-test"], demo_pins["campaign"], "customer_id")
