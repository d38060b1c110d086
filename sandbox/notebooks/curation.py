"""What a template must be before a lab lead offers it to others: read as data here, run by ``workflows/curate``.

To add a demand: add a function to ``_LOOKS`` that yields findings for what is wrong; its name is the finding's check.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import cached_property

from nbformat import NotebookNode

from sandbox.core.findings import Finding, Level
from sandbox.core.messages import Message
from sandbox.core.notebook import APP, SETUP, STUDIO, cell_id, cells, source, tags
from sandbox.i18n import read_catalogue
from sandbox.notebooks.templates import Template

LONGEST_CELL = 30  # lines; a longer one belongs into `sandbox.lab`, where every template can use it
_CHINESE = re.compile(r"[\u4e00-\u9fff]")
_LIMITS = re.compile(r"limits of use|do not use|before you rely", re.IGNORECASE)
_ELSEWHERE = re.compile(r"https?://|^(?:~/|/(?:home|root|Users|mnt|media|tmp|var|opt|data|srv)/|[A-Za-z]:\\)")
_TRAINS = re.compile(r"\.(?:fit|fit_transform|partial_fit)\(")


@dataclass(frozen=True)
class Curated:
    """A template with what is read from it more than once."""

    template: Template

    @property
    def notebook(self) -> NotebookNode:
        return self.template.notebook

    @cached_property
    def code(self) -> dict[str, ast.Module | None]:
        """Cell id → syntax tree of a code cell; None where it is no Python."""
        return {cell_id(cell): _parsed(source(cell)) for cell in cells(self.notebook, "code")}

    def calls(self, name: str) -> Iterator[tuple[str, ast.Call]]:
        """(cell id, call) of every ``lab.<name>(…)``."""
        for cell, tree in self.code.items():
            for node in ast.walk(tree) if tree else ():
                if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr == name:
                    yield cell, node


def inspect_template(template: Template) -> list[Finding]:
    """Everything that reading tells; one finding with level pass for each demand that is met."""
    curated, findings = Curated(template), []
    for look, met in _LOOKS:
        found = list(look(curated))
        findings += found or [Finding(look.__name__.strip("_"), Level.PASS, Message(met))]
    return findings


def _structure(curated: Curated) -> Iterable[Finding]:
    for cell in cells(curated.notebook):
        said = tags(cell) & {SETUP, STUDIO, APP}
        if len(said) != 1:
            yield _fail(
                "structure",
                Message("The cell “{cell}” has not exactly one of the tags setup, studio and app.", _cell(cell)),
                Message("Tag what people work on with studio, what a viewer uses with app, what both need with setup."),
                cell,
            )
        if cell.get("outputs") or cell.get("execution_count"):
            yield _fail(
                "structure",
                Message("The cell “{cell}” holds results of a run.", _cell(cell)),
                Message("Clear all outputs before you save: they may show data, and they age."),
                cell,
            )
        if cell.get("cell_type") == "code" and len(source(cell).splitlines()) > LONGEST_CELL:
            yield Finding(
                "structure",
                Level.REVIEW,
                Message("The cell “{cell}” has more than {most} lines.", {**_cell(cell), "most": LONGEST_CELL}),
                Message("Nobody reads a cell of that length; move what others could use to `sandbox.lab`."),
                cell_id(cell),
            )
    have = {tag for cell in cells(curated.notebook, "code") for tag in tags(cell)}
    for tag in sorted({SETUP, STUDIO, APP} - have):
        yield _fail(
            "structure",
            Message("No code cell has the tag {tag}.", {"tag": tag}),
            Message("A template has a part to set up, a part to work on and a part for viewers."),
        )
    if "form" not in curated.code:
        yield _fail(
            "structure",
            Message("There is no code cell “form”."),
            Message("Give the cell that shows `lab.form(…)` the id form: it is run for people when they open it."),
        )


def _code(curated: Curated) -> Iterable[Finding]:
    for cell, tree in curated.code.items():
        if tree is None:
            yield _fail(
                "code",
                Message("The cell “{cell}” is no Python.", {"cell": cell}),
                Message("Magics and shell commands do not work in an examination; write plain Python."),
                cell=cell,
            )
            continue
        texts = {n.value for n in ast.walk(tree) if isinstance(n, ast.Constant) and isinstance(n.value, str)}
        for text in sorted(t for t in texts if _ELSEWHERE.search(t)):
            yield _fail(
                "code",
                Message(
                    "The cell “{cell}” names {place}, which is not everywhere.", {"cell": cell, "place": text[:80]}
                ),
                Message('Kernels have no network and see only the project; take data with lab.data("…").'),
                cell=cell,
            )
    for each in cells(curated.notebook, "code"):
        if APP in tags(each) and _TRAINS.search(source(each)):
            yield _fail(
                "code",
                Message("The app's cell “{cell}” fits a model.", _cell(each)),
                Message("Fit in a studio cell and save; the app opens what was saved."),
                each,
            )


def _texts(curated: Curated) -> Iterable[Finding]:
    template = curated.template
    chinese, words = template.texts("zh-CN"), read_catalogue(template.folder / "zh-CN.po")
    for cell in cells(curated.notebook, "markdown"):
        if not _CHINESE.search(chinese.get(cell_id(cell), "")):
            yield _fail(
                "texts",
                Message("The text of the cell “{cell}” is not translated.", _cell(cell)),
                Message('Add an entry with `msgctxt "{cell}"` to zh-CN.po.', _cell(cell)),
                cell,
            )
    for cell, call in curated.calls("t"):
        text = call.args[0].value if call.args and isinstance(call.args[0], ast.Constant) else None
        if not isinstance(text, str):
            yield _fail(
                "texts",
                Message("lab.t in the cell “{cell}” is not given a plain text.", {"cell": cell}),
                Message("Translations are found by the English text itself; write it in the call."),
                cell=cell,
            )
        elif not _CHINESE.search(words.get(text, "")):
            yield _fail(
                "texts",
                Message("“{text}” in the cell “{cell}” is not translated.", {"text": text[:80], "cell": cell}),
                Message("Add an entry with this msgid to zh-CN.po."),
                cell=cell,
            )
    for name in ("title", "problem", "summary"):
        if not _CHINESE.search(getattr(template, name).zh):
            yield _fail(
                "texts",
                Message("The {name} in template.toml has no Chinese text.", {"name": name}),
                Message("Write it in both languages, in the words of the people who will use it."),
            )


def _needs(curated: Curated) -> Iterable[Finding]:
    declared = {need.key: need.type for need in curated.template.needs}
    asked: dict[str, str] = {}
    for role in sorted(set(declared.values())):
        for _, call in curated.calls(role):
            if call.args and isinstance(call.args[0], ast.Constant) and isinstance(call.args[0].value, str):
                asked[call.args[0].value] = role
    for key in sorted(set(declared) ^ set(asked) | {k for k in declared if asked.get(k) not in (None, declared[k])}):
        yield _fail(
            "needs",
            Message("The need “{key}” is not the same in template.toml and in the notebook.", {"key": key}),
            Message(
                "Declare it in both, with the same type: the form comes from the notebook, the page from the file."
            ),
        )
    if not declared:
        yield _fail("needs", Message("No needs are declared."), Message("Say which columns the template asks for."))


def _honesty(curated: Curated) -> Iterable[Finding]:
    text = "\n".join(source(cell) for cell in cells(curated.notebook, "markdown"))
    if not _LIMITS.search(text):
        yield _fail(
            "honesty",
            Message("No text says where the limits of use are."),
            Message("Add a cell “Limits of use”: for what it must not be used, and when it is to be checked again."),
        )
    if not any(curated.calls("worth")) and not any("worth" in source(c) for c in cells(curated.notebook, "code")):
        yield Finding(
            "honesty",
            Level.REVIEW,
            Message("Nothing says what the result is worth."),
            Message("Add a value calculator with the assumptions visible (`lab.worth`), bound to the KPI."),
        )
    if not any(curated.calls("record")) and not any("record" in source(c) for c in cells(curated.notebook, "code")):
        yield _fail(
            "honesty",
            Message("The notebook records no evidence."),
            Message("End the studio part with `lab.record(…)`, or nobody can judge the project."),
        )


_LOOKS = (
    (_structure, "Every cell has its part; no results are saved."),
    (_code, "The code is plain, stays in its place, and the app fits nothing."),
    (_texts, "Every text is there in both languages."),
    (_needs, "Needs are declared once and alike."),
    (_honesty, "Limits, worth and evidence are there."),
)


def _fail(check: str, message: Message, remedy: Message, node: NotebookNode | None = None, cell: str = "") -> Finding:
    return Finding(check, Level.FAIL, message, remedy, cell or (cell_id(node) if node is not None else None))


def _cell(node: NotebookNode) -> dict[str, str]:
    return {"cell": cell_id(node)}


def _parsed(text: str) -> ast.Module | None:
    try:
        return ast.parse(text)
    except (SyntaxError, ValueError):
        return None
