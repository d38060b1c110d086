"""The notebooks of the learning paths: their texts in the reader's language, their exercises already in place.

A path is a folder ``learning/<name>/`` with ``notebook.ipynb`` (English, no outputs) and ``zh-CN.po`` (markdown by
msgctxt = cell id, words of widgets by msgid). An exercise is a cell ``lab.exercise("path/name")``.
"""

from __future__ import annotations

import copy
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from nbformat import NotebookNode
from nbformat.v4 import new_output

from sandbox.core.errors import Damaged
from sandbox.core.learning import EXERCISE
from sandbox.core.messages import Language
from sandbox.i18n import read_catalogue
from sandbox.notebooks.reading import read_notebook
from sandbox.notebooks.translate import translate_notebook

FILES = ("notebook.ipynb", "zh-CN.po")
_CALL = re.compile(r"""^lab\.exercise\("([a-z0-9-]+)/([a-z0-9-]+)"\)""", re.MULTILINE)


@dataclass(frozen=True)
class Part:
    """A cell as a page shows it: ``kind`` is text, exercise (``text`` is its name) or code."""

    kind: str
    text: str


def learning_notebook(content: Path, path: str, language: Language) -> NotebookNode:
    """The path's notebook in ``language``. Its exercises are shown before anything has run.

    Raises Damaged naming the file that cannot be read.
    """
    folder = content / "learning" / path
    try:
        notebook = copy.deepcopy(read_notebook((folder / FILES[0]).read_bytes(), f"{path}/{FILES[0]}"))
        texts = read_catalogue(folder / f"{language}.po", context=True) if language != "en" else {}
    except OSError as error:
        raise Damaged(
            "The learning path “{path}” cannot be read: {problem}.",
            "Restore its folder from the version that was installed.",
            path=path,
            problem=error.strerror or str(error),
        ) from None
    for cell in notebook.cells:
        if cell.cell_type == "code":
            cell["execution_count"] = None
            name = exercise_in(cell, path)
            cell["outputs"] = [_shown(path, name)] if name else []
    notebook = translate_notebook(notebook, _english(notebook), texts)
    # JupyterLab shows the title on the tab, where all notebooks have the same file name.
    title = notebook.cells[0].source.splitlines()[0].removeprefix("# ")
    notebook.metadata["sandbox"] = {"learning": path, "language": language, "fields": {"title": title}}
    return notebook


def parts(notebook: NotebookNode, path: str) -> Iterator[Part]:
    """The notebook piece by piece, for a page without a kernel."""
    for cell in notebook.cells:
        if cell.cell_type == "markdown":
            yield Part("text", cell.source)
        elif name := exercise_in(cell, path):
            yield Part("exercise", name)
        elif cell.cell_type == "code" and "setup" not in cell.metadata.get("tags", ()):
            yield Part("code", cell.source)


def exercise_in(cell: NotebookNode, path: str) -> str:
    """The name of the exercise of ``path`` that a cell shows; empty if it shows none."""
    found = _CALL.search(cell.source) if cell.cell_type == "code" else None
    return found[2] if found and found[1] == path else ""


def _shown(path: str, name: str) -> NotebookNode:
    output: NotebookNode = new_output("display_data", {EXERCISE: {"exercise": f"{path}/{name}"}, "text/plain": name})
    return output


def _english(notebook: NotebookNode) -> Mapping[str, str]:
    return {cell.id: cell.source for cell in notebook.cells if cell.cell_type == "markdown"}
