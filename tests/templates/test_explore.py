"""The template for any table: a number and a yes or no are answered, what is planted is found; or the look stands."""

from __future__ import annotations

import json
from pathlib import Path

import pandas as pd
import pytest

from sandbox.demo import truths
from sandbox.notebooks.execute import RunReport
from sandbox.publishing.model import inspect_model
from tests.helpers.pinned import pin_frame
from tests.templates.running import LONGEST, evidence, run, seen

STUDIO = {"deliveries": "en", "contracts": "zh-CN"}
#: A word of each dataset's app in each language, and one that only the other language has.
WORDS = {
    "deliveries": ("The more “Cost in CNY”, the more", "“费用（元）”越大"),
    "contracts": ("Of 100 such rows, about", "每 100 个这样的行中"),
}


@pytest.fixture(scope="module")
def studios(demo_pins, tmp_path_factory) -> dict[str, tuple[RunReport, Path]]:
    """The template on a table whose question is a number, and on one whose question is a yes or no."""
    made = {}
    for dataset, language in STUDIO.items():
        folder = tmp_path_factory.mktemp(dataset)
        made[dataset] = run("explore", {dataset: demo_pins[dataset]}, folder, language), folder
        print(f"explore on {dataset}: {made[dataset][0].seconds:.1f} s")
    return made


@pytest.mark.parametrize("dataset", STUDIO)
def test_the_run_leaves_what_an_examination_asks_for(dataset, studios):
    report, folder = studios[dataset]
    assert report.error is None and report.seconds < LONGEST
    kept = evidence(folder)
    first = kept["metrics"][0]
    worse = first["interval"][0] if first["higher_is_better"] else -first["interval"][1]
    assert worse > (first["baseline"] if first["higher_is_better"] else -first["baseline"])
    assert inspect_model(folder / "model.skops").untrusted == ()
    assert kept["explanation"]["overall"] and kept["explanation"]["cases"] >= 1
    assert kept["value"]["expected"] is not None and 0 < kept["value"]["assumptions"]["sent_to_a_person"] < 0.5
    text = seen(report)
    assert ("See the result" in text) == (STUDIO[dataset] == "en")
    assert ("查看结果" in text) == (STUDIO[dataset] == "zh-CN")


@pytest.mark.parametrize("language", ["en", "zh-CN"])
@pytest.mark.parametrize("dataset", STUDIO)
def test_the_app_opens_from_what_was_frozen(dataset, language, studios, demo_pins):
    _, folder = studios[dataset]
    frozen = json.dumps(evidence(folder), ensure_ascii=False, sort_keys=True)  # as publication writes it
    (folder / "evidence.json").write_text(frozen, encoding="utf-8")
    before = {file.name: file.read_bytes() for file in folder.iterdir() if file.is_file()}
    opened = run("explore", {dataset: demo_pins[dataset]}, folder, language, "app")
    assert opened.error is None
    text = seen(opened)
    english, chinese = WORDS[dataset]
    assert (english in text, chinese in text) == (language == "en", language == "zh-CN")
    assert "could not be calculated" not in text and "无法计算" not in text
    assert "<svg" in text and "FloatSliderModel" in text and "DropdownModel" in text
    assert {file.name: file.read_bytes() for file in folder.iterdir() if file.is_file()} == before


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
    import duckdb

    report, folder = studios["contracts"]
    with duckdb.connect(str(demo_pins["contracts"] / "data.duckdb"), read_only=True) as connection:
        ids = [row[0] for row in connection.execute("SELECT DISTINCT customer_id FROM data LIMIT 500").fetchall()]
    everything = seen(report) + (folder / "evidence.json").read_text(encoding="utf-8")
    assert ids and not [pseudonym for pseudonym in ids if str(pseudonym) in everything]


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
    assert ("No question is answered here" in text, "这里没有回答问题" in text) == (language == "en", language == "zh-CN")
