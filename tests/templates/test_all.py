"""All twelve templates in both languages, as everybody meets them: submitted, examined, shown as an app."""

from __future__ import annotations

import json
from collections.abc import Callable

import duckdb
import pytest

from sandbox.core.findings import Level
from sandbox.core.first_view import first_view
from sandbox.core.messages import LANGUAGES
from sandbox.notebooks.first_run import execute_once
from sandbox.notebooks.templates import load_template
from sandbox.portal.words import WORDS
from sandbox.publishing.model import inspect_model
from sandbox.publishing.shelf import NOTEBOOKS, read_manifest
from sandbox.workflows.grants import Grant
from tests.conftest import ROOT
from tests.templates.examined import NAMES, Examinations
from tests.templates.running import MEMORY, SMALL_CELL, seen

BOTH = [pytest.param(name, language, id=f"{name}-{language}") for name in NAMES for language in LANGUAGES]
#: Seconds of processor time that an examination may take, its run included: all together fit into ten minutes of two
#: processors, and no run takes a minute.
SHARE = 10 * 60 * 2 / len(BOTH)
#: What only the English app says, and what only the Chinese one does.
SAYS = {
    "campaign-test": ("The change works", "改动有效"),
    "credit-risk": ("are not treated alike", "没有得到同等对待"),
    "customer-churn": ("What is it worth", "值多少钱"),
    "customer-segments": ("bought again within 90 days", "在 90 天内再次购买"),
    "delivery-cost": ("Has the model aged?", "模型过时了吗"),
    "demand-replenishment": ("to order for the week of", "的订货量"),
    "expense-check": ("pass by rule: small", "按规则通过：小额"),
    "explore": ("What goes together", "哪些列有关联"),
    "machine-failure": ("Of 1,000 such", "每 1,000 个"),
    "next-best-offer": ("with the 3 most popular ones", "用最热门的 3 个商品"),
    "quality-inspection": ("Drifts: coating", "正在漂移：coating"),
    "ticket-triage": ("go to their queue without a person", "无需人工，直接进入队列"),
}
#: Templates whose units are people, and the column of their pseudonyms.
UNITS = {
    "campaign-test": "customer_id",
    "credit-risk": "customer_id",
    "customer-churn": "customer_id",
    "customer-segments": "customer_id",
    "expense-check": "employee_id",
    "next-best-offer": "customer_id",
    "ticket-triage": "customer_id",
}
#: Checks that ask for a person's look, because of what is planted in the data or what they are about.
LOOK = {
    ("credit-risk", "en"): {"fairness"},  # women are asked for more evidence than they should be
    ("credit-risk", "zh-CN"): {"fairness"},
    ("explore", "zh-CN"): {"fairness"},  # the rows are customers, and the template compares no groups of them
    ("ticket-triage", "en"): {"fairness"},  # there are fewer tickets in English to learn from
    ("ticket-triage", "zh-CN"): {"fairness"},
}


@pytest.mark.parametrize(("name", "language"), BOTH)
def test_the_project_passes_its_examination(
    name: str, language: str, examined: Examinations, record_property: Callable[[str, object], None]
) -> None:
    project = examined(name, language)
    assert project.candidate is not None, project.findings
    asked = {finding.check: finding.message for finding in project.findings if finding.level is not Level.PASS}
    assert set(asked) == LOOK.get((name, language), set()), asked
    record_property("examination", project.kept.processor)
    assert project.kept.processor < SHARE
    assert ("See the result" in project.shown) == (language == "en")
    assert ("查看结果" in project.shown) == (language == "zh-CN")


@pytest.mark.parametrize(("name", "language"), BOTH)
def test_what_it_records_is_whole(name: str, language: str, examined: Examinations) -> None:
    project = examined(name, language)
    kept, first = project.evidence, project.evidence["metrics"][0]
    method = load_template(ROOT, name).method
    assert kept.get("method", "model") == method
    assert ("model" in kept) == (project.folder / "model.skops").is_file() == (method == "model")
    if method == "model":
        read = inspect_model(project.folder / "model.skops")
        assert read.untrusted == () and read.carries_rows == ()
    worst = first["interval"][0] if first["higher_is_better"] else -first["interval"][1]
    assert worst > (first["baseline"] if first["higher_is_better"] else -first["baseline"])
    assert first["rows"] >= 50 and kept["explanation"]["overall"] and kept["explanation"]["cases"] >= 1
    assert kept["value"]["expected"] is not None and kept["value"]["assumptions"]
    assert not set(kept["value"]["assumptions"]) - set(WORDS["assumption"]), "names of variables on the portal's page"


@pytest.mark.parametrize(("name", "language"), BOTH)
def test_its_app_speaks_both_languages_and_answers_its_controls(
    name: str, language: str, examined: Examinations
) -> None:
    project = examined(name, language)
    assert set(project.kept.apps) == set(LANGUAGES)
    for spoken, report in project.kept.apps.items():
        assert report.error is None
        _whole(name, spoken, seen(report))
        assert report.controls is not None and report.controls.moved


@pytest.mark.parametrize("name", NAMES)
def test_the_published_app_opens_and_leaves_no_trace(name: str, examined: Examinations) -> None:
    """From the candidate's folder, as the app server opens it: what was frozen was read and written anew. It shows what
    it showed when it was examined, so that nobody need try a second time whether its viewers may share it."""
    project = examined(name, "en")
    assert project.candidate is not None
    before = {file.name: file.read_bytes() for file in project.candidate.iterdir() if file.is_file()}
    policy = Grant("zh-CN", MEMORY, SMALL_CELL, project.snapshots).app(project.candidate)
    app, notebook = execute_once(policy, project.candidate / NOTEBOOKS["zh-CN"], most=2**24, timeout=120)
    app.stop()
    _whole(name, "zh-CN", json.dumps(notebook, ensure_ascii=False))
    assert read_manifest(project.candidate).first_views.get("zh-CN") == first_view(notebook)
    assert {file.name: file.read_bytes() for file in project.candidate.iterdir() if file.is_file()} == before


@pytest.mark.parametrize(("name", "unit"), list(UNITS.items()))
def test_no_pseudonym_is_shown_or_kept(name: str, unit: str, examined: Examinations) -> None:
    project = examined(name, "en")
    for snapshot in project.snapshots.values():
        with duckdb.connect(str(snapshot / "data.duckdb"), read_only=True) as connection:
            rows = connection.execute(f'SELECT DISTINCT "{unit}" FROM data LIMIT 500').fetchall()
        kept = "".join(file.read_text("utf-8") for file in project.folder.glob("*.json"))
        apps = "".join(seen(report) for report in project.kept.apps.values())
        assert rows and not [row[0] for row in rows if str(row[0]) in project.shown + apps + kept]


def _whole(name: str, language: str, text: str) -> None:
    english, chinese = SAYS[name]
    assert (english in text, chinese in text) == (language == "en", language == "zh-CN")
    assert "could not be calculated" not in text and "无法计算" not in text
    assert "<svg" in text and "FloatSliderModel" in text and "DropdownModel" in text
    assert ("TextareaModel" in text) == (name == "ticket-triage")
