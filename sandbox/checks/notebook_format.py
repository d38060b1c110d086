"""Refuses a submission whose notebook is missing or cannot be read as data: nothing else could be said about it.

Also refuses saved outputs that would run something when a reviewer opens the notebook.
"""

from __future__ import annotations

from collections.abc import Iterable

from sandbox.checks.facts import Facts
from sandbox.checks.html import read_html
from sandbox.core.findings import Finding, Level
from sandbox.core.messages import Message
from sandbox.core.notebook import Json, cell_id, cells, iter_texts

PHASE, NAME = "read", "notebook_format"
_MARKUP = frozenset({"text/html", "image/svg+xml", "text/markdown"})


def check(facts: Facts) -> Iterable[Finding]:
    if facts.notebook is None:
        yield _unreadable(facts)
        return
    active = list(_active_cells(facts.notebook))
    for cell, what in active:
        yield Finding(
            NAME,
            Level.FAIL,
            Message("A saved result of this cell holds a script or an active element ({what}).", {"what": what}),
            Message("Clear all outputs (Edit, Clear Outputs of All Cells), save, and submit again."),
            cell,
        )
    code = len(cells(facts.notebook, "code"))
    if not code:
        yield Finding(
            NAME,
            Level.FAIL,
            Message("The notebook has no code cell, so there is nothing to examine."),
            Message("Open the project again from the portal; it begins with the template's notebook."),
        )
    elif not active:
        count = {"cells": len(cells(facts.notebook)), "code": code}
        yield Finding(
            NAME, Level.PASS, Message("The notebook can be read: {cells} cells, {code} of them with code.", count)
        )


def _unreadable(facts: Facts) -> Finding:
    if facts.notebook_problem is not None:
        return Finding(NAME, Level.FAIL, facts.notebook_problem.message, facts.notebook_problem.remedy)
    return Finding(
        NAME,
        Level.FAIL,
        Message("The submission has no notebook.ipynb."),
        Message("Submit from the button in the project's notebook; it packs the right files."),
    )


def _active_cells(notebook: Json) -> Iterable[tuple[str | None, str]]:
    seen: set[str | None] = set()
    for shown in iter_texts(notebook):
        if shown.cell in seen:
            continue
        what = "javascript" if "javascript" in shown.kind else None
        if shown.kind in _MARKUP:
            what = read_html(shown.text).active
        if what:
            seen.add(shown.cell)
            yield shown.cell, what
    for cell in cells(notebook, "markdown"):
        if cell_id(cell) not in seen and (what := read_html("".join(cell.get("source", ""))).active):
            yield cell_id(cell), what
