"""The submitted code as syntax trees. Nothing is run; what cannot be parsed is said to be so."""

from __future__ import annotations

import ast
import warnings
from collections.abc import Iterator
from dataclasses import dataclass

from IPython.core.inputtransformer2 import TransformerManager

from sandbox.checks.facts import Facts
from sandbox.core.notebook import Json, cell_id, cells, source, tags

_MAX_SOURCE = 200_000


@dataclass(frozen=True)
class Code:
    """A code cell, or a .py file (then ``cell`` is None and ``place`` the file). ``tree`` is None if unparseable."""

    cell: str | None
    place: str
    tags: frozenset[str]
    text: str
    tree: ast.Module | None


def all_code(facts: Facts) -> list[Code]:
    """Code cells in order, then the Python files that came along."""
    found = list(notebook_code(facts.notebook)) if facts.notebook is not None else []
    for name, data in sorted(facts.files.items()):
        if name.lower().endswith(".py"):
            text = data.decode("utf-8", "replace")
            found.append(Code(None, name, frozenset(), text, _parse(text)))
    return found


def notebook_code(notebook: Json) -> Iterator[Code]:
    for cell in cells(notebook, "code"):
        text = source(cell)
        yield Code(cell_id(cell), cell_id(cell), tags(cell), text, _parse(_without_magics(text)))


def calls(code: Code) -> Iterator[tuple[str, ast.Call]]:
    """(dotted name, call) of every call in ``code``; a call on an expression has a name that begins with a dot."""
    for node in ast.walk(code.tree) if code.tree else ():
        if isinstance(node, ast.Call):
            yield dotted(node.func), node


def dotted(node: ast.expr) -> str:
    """``pd.read_csv`` for that expression; ``.read_text`` for a method of something that is not a name."""
    parts: list[str] = []
    while isinstance(node, ast.Attribute):
        parts.append(node.attr)
        node = node.value
    parts.append(node.id if isinstance(node, ast.Name) else "")
    return ".".join(reversed(parts))


def _without_magics(text: str) -> str:
    """IPython's own syntax (``%time``, ``!ls``) as the Python calls that it stands for."""
    if len(text) > _MAX_SOURCE:
        return text
    try:
        return str(TransformerManager().transform_cell(text))
    except SyntaxError:
        return text


def _parse(text: str) -> ast.Module | None:
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            return ast.parse(text)
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return None
