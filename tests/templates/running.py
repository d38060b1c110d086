"""Templates run as an examination runs them: headless, in a confined kernel, from top to bottom."""

from __future__ import annotations

import json
import shutil
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import duckdb
import pytest

from sandbox.notebooks.app_cells import app_notebook
from sandbox.notebooks.execute import RunReport, run_notebook
from sandbox.notebooks.templates import load_template
from sandbox.notebooks.translate import translate_notebook
from sandbox.portal.words import WORDS
from sandbox.workflows.grants import Grant
from tests.conftest import ROOT

LONGEST = 60.0  # seconds, a template's run on demo data
MEMORY = 2 * 2**30
SMALL_CELL = 10
PROJECT = """title = "Try 试验"
problem = "A problem 问题"
[kpi]
name = "Figure 指标"
unit = "%"
baseline = 24.0
target = 20.0
"""


def run(name: str, pins: dict[str, Path], folder: Path, language: str = "en", mode: str = "examine") -> RunReport:
    """Run template ``name`` on ``pins`` in ``folder`` (made if missing)."""
    template = load_template(ROOT, name)
    if mode == "app":
        notebook = app_notebook(template.notebook, language, template)
        policy = Grant(language, MEMORY, SMALL_CELL, pins).app(folder)
    else:
        folder.mkdir(exist_ok=True)
        (folder / "project.toml").write_text(PROJECT, encoding="utf-8")
        notebook = translate_notebook(template.notebook, template.texts("en"), template.texts(language))
        for texts in template.folder.glob("*.po"):  # as the starter of a project does
            shutil.copy(texts, folder)
        policy = Grant(language, MEMORY, SMALL_CELL, pins).examination(folder, 120)
    return run_notebook(notebook, policy=policy, cwd=folder, timeout=120, output_limit=10 * 2**20)


def seen(report: RunReport) -> str:
    """Everything that a reader sees, widgets included, as one text."""
    return json.dumps(report.notebook, ensure_ascii=False)


def evidence(folder: Path) -> dict:
    """What a run recorded. Every assumption in it has words on the portal's page, not the name of a variable."""
    kept = json.loads((folder / "evidence.json").read_text(encoding="utf-8"))
    assert not set(kept["value"]["assumptions"]) - set(WORDS["assumption"])
    return kept


def metric(folder: Path, name: str) -> dict:
    return next(m for m in evidence(folder)["metrics"] if m["name"] == name)


@dataclass(frozen=True)
class Studio:
    """One run of a template on a demo dataset. ``words``: one that only the English app has, one only the Chinese."""

    template: str
    dataset: str
    language: str
    words: tuple[str, str]


Runs = dict[str, tuple[RunReport, Path]]


def run_studios(studios: Mapping[str, Studio], demo_pins: Mapping[str, Path], folders: pytest.TempPathFactory) -> Runs:
    """Each once, in its language: report and folder by the name of the studio."""
    made = {}
    for name, studio in studios.items():
        folder = folders.mktemp(name)
        pins = {studio.dataset: demo_pins[studio.dataset]}
        made[name] = run(studio.template, pins, folder, studio.language), folder
        print(f"{name}: {made[name][0].seconds:.1f} s")
    return made


def assert_speaks(report: RunReport, language: str) -> None:
    """The studio's own words are in this language and in no other."""
    text = seen(report)
    assert ("See the result" in text) == (language == "en")
    assert ("查看结果" in text) == (language == "zh-CN")


def assert_app_opens(studio: Studio, folder: Path, language: str, demo_pins: Mapping[str, Path]) -> None:
    """From what was frozen: in that language, whole, and without changing a file."""
    frozen = json.dumps(evidence(folder), ensure_ascii=False, sort_keys=True)  # as publication writes it
    (folder / "evidence.json").write_text(frozen, encoding="utf-8")
    before = {file.name: file.read_bytes() for file in folder.iterdir() if file.is_file()}
    opened = run(studio.template, {studio.dataset: demo_pins[studio.dataset]}, folder, language, "app")
    assert opened.error is None
    text = seen(opened)
    english, chinese = studio.words
    assert (english in text, chinese in text) == (language == "en", language == "zh-CN")
    assert "could not be calculated" not in text and "无法计算" not in text
    assert "<svg" in text and "FloatSliderModel" in text and "DropdownModel" in text
    assert {file.name: file.read_bytes() for file in folder.iterdir() if file.is_file()} == before


def assert_better_than_baseline(kept: dict) -> None:
    """The first metric, by its whole interval."""
    first = kept["metrics"][0]
    worst = first["interval"][0] if first["higher_is_better"] else -first["interval"][1]
    assert worst > (first["baseline"] if first["higher_is_better"] else -first["baseline"])


def assert_names_nobody(report: RunReport, folder: Path, snapshot: Path, unit: str) -> None:
    """No pseudonym of the snapshot is shown or kept as evidence."""
    with duckdb.connect(str(snapshot / "data.duckdb"), read_only=True) as connection:
        ids = [str(row[0]) for row in connection.execute(f'SELECT DISTINCT "{unit}" FROM data LIMIT 500').fetchall()]
    everything = seen(report) + (folder / "evidence.json").read_text(encoding="utf-8")
    assert ids and not [pseudonym for pseudonym in ids if pseudonym in everything]
