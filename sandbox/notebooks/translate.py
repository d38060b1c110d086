"""Change a notebook's language: texts by cell id, so that the code exists once. Pure.

A cell that its author changed says what the author wanted to say, so it stays as it is, in the author's language.
"""

from __future__ import annotations

import copy
import re
from collections.abc import Mapping

from nbformat import NotebookNode

#: Places in a template's texts for what the person wrote in the new-project form.
PLACES = ("title", "problem", "kpi", "unit", "baseline", "target")
_PLACE = re.compile(r"\{(" + "|".join(PLACES) + r")\}")


def translate_notebook(
    notebook: NotebookNode, from_texts: Mapping[str, str], to_texts: Mapping[str, str]
) -> NotebookNode:
    """A copy whose markdown cells say ``to_texts[id]`` where they said ``from_texts[id]`` (both: cell id → text).

    What the project's form filled into a text (``metadata.sandbox.fields``) is filled into its translation as well.
    """
    notebook = copy.deepcopy(notebook)
    fields = _fields(notebook)
    for cell in notebook.cells:
        known, wanted = from_texts.get(cell.get("id", "")), to_texts.get(cell.get("id", ""))
        if cell.cell_type == "markdown" and known and wanted and _same(cell.source, fill(known, fields)):
            cell.source = fill(wanted, fields)
    return notebook


def fill(text: str, fields: Mapping[str, str]) -> str:
    """``text`` with ``{title}`` and the other PLACES filled in; what is filled in is not searched for places again."""
    return _PLACE.sub(lambda found: fields.get(found[1], found[0]), text)


def _same(one: str, other: str) -> bool:
    return one.replace("\r\n", "\n").strip() == other.strip()


def _fields(notebook: NotebookNode) -> Mapping[str, str]:
    about = notebook.metadata.get("sandbox", {})
    fields = about.get("fields", {}) if isinstance(about, dict) else {}
    return {p: fields[p] for p in PLACES if isinstance(fields.get(p), str)} if isinstance(fields, dict) else {}
