"""Templates: curated notebooks for one business problem each, with their form, texts and suggested KPI.

A template is a folder ``templates/<name>/`` with ``template.toml``, ``notebook.ipynb`` (no outputs, English),
``zh-CN.po`` (markdown by msgctxt = cell id, words of widgets by msgid) and ``thumbnail.svg``.
"""

from __future__ import annotations

import contextlib
import copy
import hashlib
import re
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any, Literal

from nbformat import NotebookNode
from nbformat.v4 import new_markdown_cell
from pydantic import BaseModel, ConfigDict, ValidationError

from sandbox.core.errors import Damaged, NotFound, SandboxError
from sandbox.core.messages import Language
from sandbox.core.notebook import SETUP
from sandbox.core.project import Kpi, Project
from sandbox.core.spec import Text
from sandbox.i18n import read_catalogue
from sandbox.notebooks.reading import read_notebook
from sandbox.notebooks.translate import fill, translate_notebook

#: What a notebook says first when the template's own texts have no place for the project's title.
PROJECT_CELL = "project"
_PROJECT: Mapping[Language, str] = {
    "en": "# {title}\n\n{problem}\n\n**What it should move:** {kpi}, from {baseline} to {target} {unit}",
    "zh-CN": "# {title}\n\n{problem}\n\n**要改善的指标**：{kpi}，从 {baseline} 到 {target} {unit}",
}
_FILES = ("template.toml", "notebook.ipynb", "zh-CN.po", "thumbnail.svg")


#: What a template's result rests on: a fitted model, readable rules, or a test of two groups.
Method = Literal["model", "rules", "experiment"]


class Need(BaseModel):
    """A column that the template asks for; people map their own column to it. ``type`` is one of the lab's roles."""

    model_config = ConfigDict(frozen=True, extra="allow")

    key: str
    title: Text
    type: str
    required: bool = True


class SuggestedKpi(BaseModel):
    """The business figure that projects of this template usually want to move."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    name: Text
    unit: Text
    baseline: float
    target: float

    def get(self, language: Language) -> Kpi:
        return Kpi(self.name.get(language), self.unit.get(language), self.baseline, self.target)


class _Description(BaseModel):
    """``template.toml``; keys that only the lab reads are let through."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    title: Text
    problem: Text
    summary: Text
    needs: tuple[Need, ...]
    kpi: SuggestedKpi
    datasets: tuple[str, ...] = ()
    minutes: int = 5
    method: Method = "model"
    people: bool = False


@dataclass(frozen=True)
class Template:
    """``datasets`` are suggested ones; ``method`` says whether it fits a model and if not, what it does instead;
    ``people``: whether it decides about people, so that fairness must be looked at;
    ``version`` is a hash of its files and tells what a project started from.
    """

    name: str
    folder: Path
    version: str
    title: Text
    problem: Text
    summary: Text
    needs: tuple[Need, ...]
    kpi: SuggestedKpi
    datasets: tuple[str, ...]
    minutes: int
    method: Method
    people: bool

    @cached_property
    def notebook(self) -> NotebookNode:
        return read_notebook((self.folder / "notebook.ipynb").read_bytes(), f"{self.name}/notebook.ipynb")

    def texts(self, language: Language) -> Mapping[str, str]:
        """Cell id → markdown, in ``language``; a text without a translation is missing."""
        if language == "en":
            texts = {cell.id: cell.source for cell in self.notebook.cells if cell.cell_type == "markdown"}
        else:
            texts = read_catalogue(self.folder / f"{language}.po", context=True)
        return {PROJECT_CELL: _PROJECT[language], **texts}

    @property
    def thumbnail(self) -> Path:
        return self.folder / "thumbnail.svg"


def load_templates(content: Path, own: Path | None = None) -> list[Template]:
    """All templates, by name: those below ``content``, and on top those in the folder ``own`` that can be used.

    Raises Damaged naming the file of a shipped one that cannot be read. One of your own that is damaged hides no other:
    ``sandbox template check`` tells about it.
    """
    shipped = {name: load_template(content, name) for name in _names(content / "templates")}
    for name in _names(own) if own else ():
        with contextlib.suppress(SandboxError):
            shipped[name] = load_template(content, name, own)
    return [shipped[name] for name in sorted(shipped)]


def load_template(content: Path, name: str, own: Path | None = None) -> Template:
    """The template ``name``, in the folder ``own`` if it is there. Raises NotFound, or Damaged naming the file that
    cannot be read."""
    mine = own is not None and name in _names(own)
    folder = (own if own and mine else content / "templates") / name
    if not re.fullmatch(r"[a-z0-9][a-z0-9-]{0,62}", name) or not folder.is_dir():
        known = ", ".join(sorted({*_names(content / "templates"), *(_names(own) if own else ())})) or "-"
        raise NotFound("There is no template “{name}”.", "Choose one of these: {known}.", name=name[:80], known=known)
    return read_template(folder)


def _names(folder: Path) -> list[str]:
    return sorted(file.parent.name for file in folder.glob("*/template.toml"))


def read_template(folder: Path) -> Template:
    """The template in ``folder``, which has its name. Raises Damaged naming the file that cannot be read."""
    name = folder.name
    digest = hashlib.sha256()
    for file in _FILES:
        digest.update(_read(folder / file, name))
    description = _describe(folder, name)
    template = Template(
        name=name,
        folder=folder,
        version=digest.hexdigest()[:12],
        **{key: getattr(description, key) for key in _Description.model_fields},
    )
    try:
        _ = template.notebook  # a broken notebook is found now, not when somebody starts a project
    except SandboxError as error:
        raise _damaged(name, "notebook.ipynb", str(error)) from None
    return template


def starter_notebook(template: Template, language: Language, project: Project) -> NotebookNode:
    """The notebook that a new project begins with: in ``language``, with the project's title, problem and KPI."""
    notebook = copy.deepcopy(template.notebook)
    if not any("{title}" in cell.source for cell in notebook.cells if cell.cell_type == "markdown"):
        opening = new_markdown_cell(_PROJECT["en"], id=PROJECT_CELL, metadata={"tags": [SETUP]})
        notebook.cells.insert(0, opening)
    fields = _fields(project)
    notebook.metadata["sandbox"] = {
        "template": template.name,
        "template_version": template.version,
        "language": language,
        "project": project.slug,
        "fields": fields,
    }
    for cell in notebook.cells:
        if cell.cell_type == "markdown":
            cell.source = fill(cell.source, fields)
        else:
            cell["outputs"], cell["execution_count"] = [], None
    return translate_notebook(notebook, template.texts("en"), template.texts(language))


def _fields(project: Project) -> dict[str, str]:
    kpi = project.kpi
    written = {"title": project.title, "problem": project.problem, "kpi": kpi.name, "unit": kpi.unit}
    return {
        **{place: _as_plain_markdown(text) for place, text in written.items()},
        "baseline": f"{kpi.baseline:,.10g}",
        "target": f"{kpi.target:,.10g}",
    }


def _as_plain_markdown(text: str) -> str:
    """One line that markdown shows as it was typed: a title is text, not markup."""
    return re.sub(r"([\\`*_{}\[\]<>|#~$&])", r"\\\1", " ".join(text.split()))


def _describe(folder: Path, name: str) -> _Description:
    try:
        data: dict[str, Any] = tomllib.loads((folder / "template.toml").read_text("utf-8"))
        return _Description.model_validate(data)
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise _damaged(name, "template.toml", str(error)) from None
    except ValidationError as error:
        places = "; ".join(f"{'.'.join(map(str, p['loc']))}: {p['msg']}" for p in error.errors())
        raise _damaged(name, "template.toml", places) from None


def _read(file: Path, name: str) -> bytes:
    try:
        return file.read_bytes()
    except OSError as error:
        raise _damaged(name, file.name, error.strerror or str(error)) from None


def _damaged(name: str, file: str, problem: str) -> Damaged:
    return Damaged(
        "The template “{name}” cannot be used: {file}: {problem}.",
        "Correct that file, or restore it from the version that was installed.",
        name=name,
        file=file,
        problem=problem,
    )
