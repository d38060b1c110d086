"""Templates, languages and the app inside: small made ones, and those that ship."""

from __future__ import annotations

import json
from pathlib import Path

import nbformat
import pytest
from nbformat import NotebookNode
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook, new_output

from sandbox.core.errors import Damaged, NotFound
from sandbox.core.messages import LANGUAGES
from sandbox.core.notebook import APP, SETUP, tags
from sandbox.core.project import Kpi
from sandbox.notebooks.app_cells import app_notebook
from sandbox.notebooks.templates import Template, load_template, load_templates, starter_notebook
from sandbox.notebooks.translate import fill, translate_notebook
from tests.checks.conftest import make_project
from tests.conftest import ROOT

TOML = """
datasets = ["contracts"]
minutes = 3
[title]
en = "Small"
"zh-CN" = "小"
[problem]
en = "A problem."
"zh-CN" = "一个问题。"
[summary]
en = "What it does."
"zh-CN" = "做什么。"
[kpi]
baseline = 2.0
target = 1.0
[kpi.name]
en = "Loss"
"zh-CN" = "流失"
[kpi.unit]
en = "%"
"zh-CN" = "%"
[[needs]]
key = "who"
type = "unit"
title = { en = "Customer", "zh-CN" = "客户" }
"""
PO = """
msgid ""
msgstr "Content-Type: text/plain; charset=utf-8\\n"

msgctxt "title"
msgid "# {title}"
msgstr "# 项目：{title}"

msgctxt "help"
msgid "Some help."
msgstr "一些帮助。"

msgid "Risk"
msgstr "风险"
"""


def make(
    content: Path, name: str = "small", first: str = "# {title}\n\n{problem} {kpi} {baseline} {target} {unit}"
) -> Path:
    folder = content / "templates" / name
    folder.mkdir(parents=True)
    cells = [
        new_markdown_cell(first, id="title", metadata={"tags": ["studio"]}),
        new_code_cell("import this", id="setup", metadata={"tags": ["setup"]}),
        new_markdown_cell("Some help.", id="help", metadata={"tags": ["app"]}),
        new_code_cell("fit()", id="fit", metadata={"tags": ["studio"]}),
        new_code_cell("show()", id="show", metadata={"tags": ["app"]}),
    ]
    (folder / "notebook.ipynb").write_text(nbformat.writes(new_notebook(cells=cells)))
    (folder / "template.toml").write_text(TOML, encoding="utf-8")
    (folder / "zh-CN.po").write_text(PO, encoding="utf-8")
    (folder / "thumbnail.svg").write_text("<svg/>")
    return folder


@pytest.fixture
def template(tmp_path: Path) -> Template:
    make(tmp_path)
    return load_template(tmp_path, "small")


def source(notebook: NotebookNode, cell: str) -> str:
    return next(c.source for c in notebook.cells if c.id == cell)


def test_a_template_is_read(template: Template, tmp_path: Path) -> None:
    assert template.title.get("zh-CN") == "小" and template.needs[0].required and template.datasets == ("contracts",)
    assert template.kpi.get("zh-CN") == Kpi("流失", "%", 2.0, 1.0)
    assert [t.name for t in load_templates(tmp_path)] == ["small"]
    (template.folder / "zh-CN.po").write_text(PO + "\n")
    assert load_template(tmp_path, "small").version != template.version


def test_an_unknown_template_names_the_known_ones(template: Template, tmp_path: Path) -> None:
    for name in ("other", "../small", "", "a/b"):
        with pytest.raises(NotFound) as raised:
            load_template(tmp_path, name)
        assert "small" in raised.value.render()[1]


@pytest.mark.parametrize(
    ("file", "content"),
    [
        ("template.toml", "x ="),
        ("template.toml", TOML.replace("[kpi.unit]", "[kpi.other]")),
        ("notebook.ipynb", "{"),
        ("thumbnail.svg", None),
    ],
)
def test_a_damaged_template_is_named_with_its_file(tmp_path: Path, file: str, content: str | None) -> None:
    folder = make(tmp_path)
    if content is None:
        (folder / file).unlink()
    else:
        (folder / file).write_text(content, encoding="utf-8")
    with pytest.raises(Damaged) as raised:
        load_template(tmp_path, "small")
    assert file in str(raised.value) and "small" in str(raised.value)


def test_a_starter_speaks_the_persons_language_and_names_the_project(template: Template) -> None:
    project = make_project()
    english, chinese = (starter_notebook(template, language, project) for language in LANGUAGES)
    assert source(english, "title").startswith("# Keep customers") and "2.4 1.9 % a month" in source(english, "title")
    assert source(chinese, "title") == "# 项目：Keep customers" and source(chinese, "help") == "一些帮助。"
    assert chinese.metadata.sandbox.project == "keep-customers" and chinese.metadata.sandbox.language == "zh-CN"
    assert source(english, "fit") == source(chinese, "fit")
    nbformat.validate(chinese)
    assert all(c.outputs == [] for c in english.cells if c.cell_type == "code")


def test_a_template_without_a_place_for_the_title_gets_an_opening_cell(tmp_path: Path) -> None:
    make(tmp_path, "plain", first="# A title of its own")
    template = load_template(tmp_path, "plain")
    chinese = starter_notebook(template, "zh-CN", make_project())
    assert "Keep customers" in chinese.cells[0].source and "要改善的指标" in chinese.cells[0].source
    back = translate_notebook(chinese, template.texts("zh-CN"), template.texts("en"))
    assert "What it should move" in back.cells[0].source


def test_what_people_type_is_text_and_not_markup_or_a_place(template: Template) -> None:
    project = make_project(title="<b>50 %</b> {unit} *now*\n# big", problem="see [x](y)")
    title = source(starter_notebook(template, "en", project), "title")
    assert r"\<b\>50 %\</b\> \{unit\} \*now\* \# big" in title and title.count("\n") == 2


def test_languages_change_there_and_back_but_not_what_the_author_changed(template: Template) -> None:
    english = starter_notebook(template, "en", make_project())
    chinese = translate_notebook(english, template.texts("en"), template.texts("zh-CN"))
    assert source(chinese, "title") == "# 项目：Keep customers"
    assert source(english, "help") == "Some help.", "the given notebook stays as it is"
    again = translate_notebook(chinese, template.texts("zh-CN"), template.texts("en"))
    assert [c.source for c in again.cells] == [c.source for c in english.cells]
    english.cells[2].source = "My own words."
    assert source(translate_notebook(english, template.texts("en"), template.texts("zh-CN")), "help") == "My own words."


def test_fill_knows_its_places_only() -> None:
    assert fill("{title} {x} {{title}}", {"title": "{unit}", "unit": "u"}) == "{unit} {x} {{unit}}"


def test_an_app_has_its_cells_only(template: Template) -> None:
    made = starter_notebook(template, "en", make_project())
    made.metadata["widgets"] = {"x": 1}
    made.metadata["voila"] = {"theme": "evil"}
    made.cells[4].outputs = [new_output("stream", text="old")]
    made.cells[4].metadata["voila"] = {"x": 1}
    app = app_notebook(made, "zh-CN", template)
    assert [c.id for c in app.cells] == ["setup", "help", "show"]
    assert source(app, "help") == "一些帮助。" and app.cells[2].outputs == []
    assert set(app.metadata) == {"kernelspec", "sandbox"} and app.metadata.sandbox.language == "zh-CN"
    assert set(app.cells[2].metadata) == {"tags"}
    nbformat.validate(app)
    assert app_notebook(made, "zh-CN", None).cells[1].source == "Some help."


def test_an_app_of_a_notebook_with_hostile_metadata(template: Template) -> None:
    made = starter_notebook(template, "en", make_project())
    for about in ("text", {"language": ["zh-CN"], "fields": 3, "template": {"a": 1}}, None):
        made.metadata["sandbox"] = about
        assert [c.id for c in app_notebook(made, "en", template).cells] == ["setup", "help", "show"]


@pytest.mark.parametrize("name", [t.name for t in load_templates(ROOT)])
def test_templates_that_ship_are_complete(name: str) -> None:
    template = load_template(ROOT, name)
    english, chinese = template.texts("en"), template.texts("zh-CN")
    written = {c.id for c in template.notebook.cells if c.cell_type == "markdown"}
    assert written <= set(chinese), f"without a translation: {sorted(written - set(chinese))}"
    assert not json.loads((template.folder / "notebook.ipynb").read_text())["metadata"].get("widgets")
    assert all(not c.get("outputs") and c.get("execution_count") is None for c in template.notebook.cells)
    for language in LANGUAGES:
        made = starter_notebook(template, language, make_project())
        assert "Keep customers" in made.cells[0].source
        other = "en" if language == "zh-CN" else "zh-CN"
        app = app_notebook(made, other, template)
        assert app.cells and all(tags(c) & {APP, SETUP} for c in app.cells)
        texts = english if other == "en" else chinese
        assert all(c.source == texts[c.id] for c in app.cells if c.cell_type == "markdown" and "{" not in texts[c.id])
