"""How a template's form names what people set in it. Read from the notebook's source; nothing of it runs."""

from __future__ import annotations

import ast
from collections.abc import Mapping

from nbformat import NotebookNode

#: What declares one thing to set: its key comes first, then what the form calls it.
DECLARES = frozenset({"setting", "option", "value_of", "number_each"})


def setting_titles(notebook: NotebookNode) -> Mapping[str, str]:
    """A setting's key → its English title, as in ``lab.setting("hour", lab.t("An hour costs"), …)``."""
    found: dict[str, str] = {}
    for cell in notebook.cells:
        if cell.cell_type == "code":
            found.update(_declared(cell.source))
    return found


def _declared(source: str) -> dict[str, str]:
    try:
        calls = [node for node in ast.walk(ast.parse(source)) if isinstance(node, ast.Call)]
    except (SyntaxError, ValueError, RecursionError):  # a line of IPython's own, or a cell that was never run
        return {}
    named = [
        (_text(call.args[0]), _text(call.args[1])) for call in calls if _name(call) in DECLARES and len(call.args) > 1
    ]
    return {key: title for key, title in named if key and title}


def _name(call: ast.Call) -> str:
    return call.func.attr if isinstance(call.func, ast.Attribute) else ""


def _text(node: ast.expr) -> str:
    """A text, or the text inside ``lab.t("…")``."""
    if isinstance(node, ast.Call) and _name(node) == "t" and node.args:
        node = node.args[0]
    return node.value if isinstance(node, ast.Constant) and isinstance(node.value, str) else ""
