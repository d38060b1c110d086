"""Curating templates: every shipped one is fit to be offered, and each thing that makes one unfit is named."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import nbformat
import pytest

from sandbox.core.errors import Damaged
from sandbox.core.findings import Finding, Level
from sandbox.notebooks.curation import inspect_template
from sandbox.notebooks.templates import load_template, load_templates, read_template
from tests.conftest import ROOT

Change = Callable[[Any], None]


@pytest.mark.parametrize("template", load_templates(ROOT), ids=lambda t: t.name)
def test_every_shipped_template_can_be_offered(template: Any) -> None:
    findings = inspect_template(template)
    assert [f for f in findings if f.level is Level.FAIL] == []
    assert len(findings) >= 5


@pytest.fixture
def copy(tmp_path: Path) -> Path:
    return Path(shutil.copytree(ROOT / "templates" / "customer-churn", tmp_path / "lapse"))


def changed(folder: Path, change: Change) -> list[Finding]:
    file = folder / "notebook.ipynb"
    notebook = nbformat.read(file, as_version=4)
    change({cell.id: cell for cell in notebook.cells})
    nbformat.write(notebook, file)
    return [f for f in inspect_template(read_template(folder)) if f.level is Level.FAIL]


def outputs(cells: Any) -> None:
    cells["data"]["outputs"] = [nbformat.v4.new_output("stream", text="4711 Wang Fang")]


def untagged(cells: Any) -> None:
    cells["data"].metadata.pop("tags")


def fits_in_app(cells: Any) -> None:
    cells["app-case"].source += "\nmodel.fit(1, 2)"


def magic(cells: Any) -> None:
    cells["data"].source = "!rm -rf /"


def path(cells: Any) -> None:
    cells["data"].source += "\nopen('/home/me/list.csv')"


def new_text(cells: Any) -> None:
    cells["setup"].source += '\nlab.t("Brand new words")'


def computed_text(cells: Any) -> None:
    cells["setup"].source += "\nlab.t(str(1))"


def renamed_need(cells: Any) -> None:
    cells["setup"].source = cells["setup"].source.replace('lab.outcome("left"', 'lab.outcome("gone"')


def no_limits(cells: Any) -> None:
    for cell in cells.values():
        if cell.cell_type == "markdown":
            cell.source = "…"


def no_evidence(cells: Any) -> None:
    cells["save"].source = "pass"


@pytest.mark.parametrize(
    ("change", "check", "said"),
    [
        (outputs, "structure", "holds results"),
        (untagged, "structure", "exactly one of the tags"),
        (fits_in_app, "code", "fits a model"),
        (magic, "code", "no Python"),
        (path, "code", "/home/me/list.csv"),
        (new_text, "texts", "Brand new words"),
        (computed_text, "texts", "plain text"),
        (renamed_need, "needs", "gone"),
        (no_limits, "honesty", "limits of use"),
        (no_evidence, "honesty", "no evidence"),
    ],
    ids=lambda value: getattr(value, "__name__", None),
)
def test_what_makes_a_template_unfit(copy: Path, change: Change, check: str, said: str) -> None:
    findings = changed(copy, change)
    told = [f for f in findings if f.check == check and said in f.message.render()]
    assert told and all(f.remedy.render() for f in told)


def test_one_of_your_own_stands_beside_the_shipped_ones(copy: Path, tmp_path: Path) -> None:
    assert "lapse" in [t.name for t in load_templates(ROOT, tmp_path)]
    assert load_template(ROOT, "lapse", tmp_path).folder == copy
    (copy / "template.toml").write_text("title = [")
    assert "lapse" not in [t.name for t in load_templates(ROOT, tmp_path)]
    with pytest.raises(Damaged, match=r"template\.toml"):
        load_template(ROOT, "lapse", tmp_path)
