"""Templates for planning: what is planted in shop sales, deliveries and the offer test is found, in both languages."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from sandbox.demo import truths
from sandbox.notebooks.execute import RunReport
from sandbox.notebooks.templates import load_template
from sandbox.publishing.model import inspect_model
from tests.conftest import ROOT
from tests.templates.running import LONGEST, evidence, metric, run, seen

DATASET = {"demand-replenishment": "retail", "delivery-cost": "deliveries", "campaign-test": "campaign"}
STUDIO = {"demand-replenishment": "en", "delivery-cost": "zh-CN", "campaign-test": "en"}
#: A word of the app in each language, and one that only the other language has.
WORDS = {
    "demand-replenishment": ("to order for the week of", "的订货量"),
    "delivery-cost": ("Has the model aged?", "模型过时了吗"),
    "campaign-test": ("The change works", "改动有效"),
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
    assert kept["method"] == load_template(ROOT, name).method
    assert ("model" in kept) == (folder / "model.skops").is_file() == (kept["method"] == "model")
    if kept["method"] == "model":
        assert inspect_model(folder / "model.skops").untrusted == ()
    first = kept["metrics"][0]
    worse = first["interval"][0] if first["higher_is_better"] else -first["interval"][1]
    assert worse > (first["baseline"] if first["higher_is_better"] else -first["baseline"])
    assert first["rows"] >= 50 and kept["explanation"]["overall"] and kept["explanation"]["cases"] >= 1
    assert kept["value"]["expected"] is not None and kept["value"]["assumptions"]


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
    dataset = DATASET[name]
    opened = run(name, {dataset: demo_pins[dataset]}, folder, language, "app")
    assert opened.error is None
    text = seen(opened)
    english, chinese = WORDS[name]
    assert (english in text, chinese in text) == (language == "en", language == "zh-CN")
    assert "could not be calculated" not in text and "无法计算" not in text
    assert "<svg" in text and "FloatSliderModel" in text and "DropdownModel" in text
    assert {file.name: file.read_bytes() for file in folder.iterdir() if file.is_file()} == before


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
    import duckdb

    report, folder = studios["campaign-test"]
    with duckdb.connect(str(demo_pins["campaign"] / "data.duckdb"), read_only=True) as connection:
        ids = [row[0] for row in connection.execute("SELECT customer_id FROM data LIMIT 500").fetchall()]
    everything = seen(report) + (folder / "evidence.json").read_text(encoding="utf-8")
    assert ids and not [pseudonym for pseudonym in ids if pseudonym in everything]
