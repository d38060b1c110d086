"""The template for any table: a number and a yes or no are answered, what is planted is found; or the look stands."""

from __future__ import annotations

import pandas as pd
import pytest

from sandbox.demo import truths
from sandbox.publishing.model import inspect_model
from tests.helpers.pinned import pin_frame
from tests.templates.running import (
    LONGEST,
    Runs,
    Studio,
    assert_app_opens,
    assert_better_than_baseline,
    assert_names_nobody,
    assert_speaks,
    evidence,
    run,
    run_studios,
    seen,
)

STUDIOS = {
    "deliveries": Studio("explore", "deliveries", "en", ("The more “Cost in CNY”, the more", "“费用（元）”越大")),
    "contracts": Studio("explore", "contracts", "zh-CN", ("Of 100 such rows, about", "每 100 个这样的行中")),
}


@pytest.fixture(scope="module")
def studios(demo_pins, tmp_path_factory) -> Runs:
    return run_studios(STUDIOS, demo_pins, tmp_path_factory)


@pytest.mark.parametrize("name", STUDIOS)
def test_the_run_leaves_what_an_examination_asks_for(name, studios):
    report, folder = studios[name]
    assert report.error is None and report.seconds < LONGEST
    kept = evidence(folder)
    assert_better_than_baseline(kept)
    assert inspect_model(folder / "model.skops").untrusted == ()
    assert kept["explanation"]["overall"] and kept["explanation"]["cases"] >= 1
    assert kept["value"]["expected"] is not None and 0 < kept["value"]["assumptions"]["sent_to_a_person"] < 0.5
    assert_speaks(report, STUDIOS[name].language)


@pytest.mark.parametrize("language", ["en", "zh-CN"])
@pytest.mark.parametrize("name", STUDIOS)
def test_the_app_opens_from_what_was_frozen(name, language, studios, demo_pins):
    assert_app_opens(STUDIOS[name], studios[name][1], language, demo_pins)


def test_what_is_planted_is_found(studios):
    _, deliveries = studios["deliveries"]
    assert {f["factor"] for f in evidence(deliveries)["explanation"]["overall"][:2]} == {"distance_km", "vehicle"}
    _, contracts = studios["contracts"]
    strongest = [f["factor"] for f in evidence(contracts)["explanation"]["overall"]][:4]
    assert strongest[0] == truths.CHURN_DRIVERS[0].column
    assert set(strongest) <= {driver.column for driver in truths.CHURN_DRIVERS}
    related = {
        (r["first"], r["second"]) for r in evidence(contracts)["app"]["look"]["relations"] if r["first"] == "churned"
    }
    assert ("churned", "contract_type") in related
    assert not related & {("churned", column) for column in truths.CHURN_NO_EFFECT}


def test_nothing_personal_is_shown_or_kept(studios, demo_pins):
    assert_names_nobody(*studios["contracts"], demo_pins["contracts"], "customer_id")


@pytest.mark.parametrize("language", ["en", "zh-CN"])
def test_a_table_that_cannot_answer_is_looked_at_all_the_same(language, tmp_path):
    """Few rows, no question, a column that is empty: the run ends well, and says that there is no model."""
    frame = pd.DataFrame({"code": [f"A{n:03d}" for n in range(60)], "size": range(60), "nothing": None, "kind": "one"})
    pins = {"little": pin_frame(frame, tmp_path / "pins", "little")}
    report = run("explore", pins, tmp_path / "p", language)
    assert report.error is None
    kept = evidence(tmp_path / "p")
    assert kept["method"] == "look" and "model" not in kept and not kept["metrics"]
    opened = run("explore", pins, tmp_path / "p", language, "app")
    assert opened.error is None
    text = seen(opened)
    assert ("No question is answered here" in text, "这里没有回答问题" in text) == (
        language == "en",
        language == "zh-CN",
    )
