"""The template for any table: a number and a yes or no are answered, what is planted is found; or the look stands."""

from __future__ import annotations

import pandas as pd
import pytest

from sandbox.demo import truths
from tests.helpers.pinned import pin_frame
from tests.templates.examined import Examinations
from tests.templates.running import evidence, run, seen


def test_what_is_planted_is_found(examined: Examinations) -> None:
    deliveries, contracts = examined("explore", "en").evidence, examined("explore", "zh-CN").evidence
    assert {f["factor"] for f in deliveries["explanation"]["overall"][:2]} == {"distance_km", "vehicle"}
    strongest = [f["factor"] for f in contracts["explanation"]["overall"]][:4]
    assert strongest[0] == truths.CHURN_DRIVERS[0].column
    assert set(strongest) <= {driver.column for driver in truths.CHURN_DRIVERS}
    related = {(r["first"], r["second"]) for r in contracts["app"]["look"]["relations"] if r["first"] == "churned"}
    assert ("churned", "contract_type") in related
    assert not related & {("churned", column) for column in truths.CHURN_NO_EFFECT}
    for kept in (deliveries, contracts):
        assert 0 < kept["value"]["assumptions"]["sent_to_a_person"] < 0.5


def test_the_app_says_it_in_words(examined: Examinations) -> None:
    for project, english, chinese in (
        (examined("explore", "en"), "The more “Cost in CNY”, the more", "“费用（元）”越大"),
        (examined("explore", "zh-CN"), "Of 100 such rows, about", "每 100 个这样的行中"),
    ):
        assert english in seen(project.kept.apps["en"]) and chinese in seen(project.kept.apps["zh-CN"])


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
