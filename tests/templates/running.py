"""Templates run as an examination runs them: headless, in a confined kernel, from top to bottom."""

from __future__ import annotations

import json
import shutil
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from sandbox.core.messages import Language
from sandbox.notebooks.app_cells import app_notebook
from sandbox.notebooks.execute import RunReport, run_notebook
from sandbox.notebooks.templates import load_template
from sandbox.notebooks.translate import translate_notebook
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


def run(
    name: str, pins: Mapping[str, Path], folder: Path, language: Language = "en", mode: str = "examine"
) -> RunReport:
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


def evidence(folder: Path) -> dict[str, Any]:
    """What a run recorded."""
    return json.loads((folder / "evidence.json").read_text(encoding="utf-8"))


def metric(folder: Path, name: str) -> dict[str, Any]:
    return next(m for m in evidence(folder)["metrics"] if m["name"] == name)
