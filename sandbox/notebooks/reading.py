"""Take in a notebook that somebody sent, as data: bounded, valid, with an id for every cell. Nothing of it runs."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

import nbformat
from nbformat import NotebookNode

from sandbox.core.errors import BadInput, TooLarge

MAX_BYTES = 10 * 2**20
MAX_CELLS = 500
_MAX_DEPTH = 60
_SAVE_AGAIN = (
    "Open it in JupyterLab, save it again, and submit again; if it does not open there, start from the template."
)


def read_notebook(data: bytes, file: str = "notebook.ipynb", max_bytes: int = MAX_BYTES) -> NotebookNode:
    """The notebook in ``data`` in format 4.5; ``file`` is only named in errors.

    Raises TooLarge, or BadInput saying what is not a notebook about it.
    """
    if len(data) > max_bytes:
        raise TooLarge(
            "{file} has {size:.1f} MB; at most {limit:.1f} MB can be read.",
            "Clear all outputs (Edit, Clear Outputs of All Cells), save, and submit again.",
            file=file,
            size=len(data) / 2**20,
            limit=max_bytes / 2**20,
        )
    raw = _json(data, file)
    if not isinstance(raw, dict) or not isinstance(raw.get("cells"), list) or raw.get("nbformat") != 4:
        raise BadInput("{file} is not a Jupyter notebook of format 4.", _SAVE_AGAIN, file=file)
    if len(raw["cells"]) > MAX_CELLS:
        raise TooLarge(
            "{file} has {cells} cells; at most {limit} can be examined.",
            "Keep what the project needs and move the rest to another notebook.",
            file=file,
            cells=len(raw["cells"]),
            limit=MAX_CELLS,
        )
    if not all(isinstance(cell, dict) for cell in raw["cells"]):
        raise BadInput("{file} is not a Jupyter notebook of format 4.", _SAVE_AGAIN, file=file)
    _give_ids(raw)
    notebook = nbformat.from_dict(_with_text_joined(raw))
    try:
        nbformat.validate(notebook)
    except (nbformat.ValidationError, TypeError, KeyError, AttributeError, ValueError) as error:
        # nbformat repairs before it validates, and stumbles over shapes that no notebook has.
        raise _unreadable(file, (str(error).splitlines() or [""])[0][:200]) from None
    return notebook


def _json(data: bytes, file: str) -> Any:
    try:
        value = json.loads(data.decode("utf-8-sig"), parse_constant=_no_constant)
    except UnicodeDecodeError:
        raise BadInput("{file} is not text in UTF-8, so it is no notebook.", _SAVE_AGAIN, file=file) from None
    except RecursionError:
        raise BadInput("{file} is nested too deeply to be a notebook.", _SAVE_AGAIN, file=file) from None
    except ValueError as error:
        raise _unreadable(file, str(error)[:200]) from None
    if _depth_exceeds(value, _MAX_DEPTH):
        raise BadInput("{file} is nested too deeply to be a notebook.", _SAVE_AGAIN, file=file)
    return value


def _unreadable(file: str, problem: str) -> BadInput:
    return BadInput(
        "{file} cannot be read as a notebook: {problem}.",
        _SAVE_AGAIN,
        file=file,
        problem=problem,
    )


def _no_constant(text: str) -> Any:
    raise ValueError(f"{text} is not a JSON value")


def _depth_exceeds(value: Any, limit: int) -> bool:
    level = [value]
    for _ in range(limit):
        holders = [part for part in level if isinstance(part, dict | list)]
        if not holders:
            return False
        level = [child for part in holders for child in (part.values() if isinstance(part, dict) else part)]
    return True


def _give_ids(raw: dict[str, Any]) -> None:
    """Every cell gets an id of its own: findings and translations name cells by it."""
    raw["nbformat_minor"] = 5
    seen: set[str] = set()
    for number, cell in enumerate(raw["cells"], 1):
        if not isinstance(cell.get("id"), str) or cell["id"] in seen:
            cell["id"] = next(name for n in range(number, 10**9) if (name := f"cell-{n}") not in seen)
        seen.add(cell["id"])


def _with_text_joined(raw: Mapping[str, Any]) -> Mapping[str, Any]:
    """Sources on disk are lists of lines; in memory they are text."""
    for cell in raw["cells"]:
        if isinstance(cell.get("source"), list):
            cell["source"] = "".join(str(line) for line in cell["source"])
        outputs = cell.get("outputs")
        for output in outputs if isinstance(outputs, list) else ():
            if isinstance(output, dict) and isinstance(output.get("text"), list):
                output["text"] = "".join(str(line) for line in output["text"])
    return raw
