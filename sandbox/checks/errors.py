"""Refuses a notebook that does not run from its first cell to its last: nobody could repeat what it claims.

Says which cell, what happened and what to do: an error, an endless loop, too much memory, a kernel that ended itself.
"""

from __future__ import annotations

from collections.abc import Iterable

from sandbox.checks.facts import Facts
from sandbox.core.findings import Finding, Level
from sandbox.core.messages import Message
from sandbox.core.run import RunReport
from sandbox.personal import detect, plain

PHASE, NAME = "run", "errors"
_REMEDIES = {
    "ModuleNotFoundError": Message(
        "Only the packages that come with the sandbox can be imported; ask the operator if another one is needed."
    ),
    "NameError": Message(
        "The name is not defined above this cell. Use Run, Restart Kernel and Run All Cells to see it."
    ),
    "KeyError": Message("Check that the column is mapped in the form and that its name is spelled as in the dataset."),
}


def check(facts: Facts) -> Iterable[Finding]:
    if facts.run is None:
        yield Finding(
            NAME,
            Level.FAIL,
            Message("The notebook was not run."),
            Message("Submit again; if this stays, tell the operator."),
        )
    elif facts.run.ok:
        count = {"cells": facts.run.cells_run, "seconds": facts.run.seconds}
        yield Finding(
            NAME, Level.PASS, Message("All {cells} code cells ran from top to bottom in {seconds:.1f} s.", count)
        )
    elif facts.run.stopped != "output":  # too much output is a check of its own
        message, remedy = describe(facts.run, facts)
        yield Finding(NAME, Level.FAIL, message, remedy, facts.run.error.cell_id if facts.run.error else None)


def describe(run: RunReport, facts: Facts) -> tuple[Message, Message]:
    """What ended ``run``, and what to do about it."""
    error = run.error
    match run.stopped:
        case "time":
            return (
                Message("This cell did not end within the time of the whole run, {seconds:.0f} s.",
                        {"seconds": facts.limits.seconds}),
                Message("Look for a loop that never ends, or work on fewer rows or simpler models."),
            )  # fmt: skip
        case "memory":
            return (
                Message("This cell needed more memory than a notebook has, {gb:.1f} GB.",
                        {"gb": facts.limits.memory_bytes / 2**30}),
                Message("Take only the columns and rows that are needed, or let lab.data(…) add up before .df()."),
            )  # fmt: skip
        case "disk":
            return (
                Message("This cell wrote more files, or larger ones, than a notebook may keep."),
                Message("Write fewer or smaller files, and delete those that are only needed for a while."),
            )
        case "died":
            return (
                Message("The kernel ended in this cell ({how}).", {"how": _shown(error.value) if error else ""}),
                Message("Take exit(), quit(), sys.exit() or os._exit() out of the cell; a notebook ends by itself."),
            )
    name, value = (error.name, _shown(error.value)) if error else ("", "")
    return (
        Message("This cell stops with an error: {name}: {value}", {"name": name, "value": value}),
        _REMEDIES.get(
            name, Message("Correct the cell, then use Run, Restart Kernel and Run All Cells before submitting.")
        ),
    )


def _shown(text: str) -> str:
    """An error's text without personal data: a finding is read by many."""
    (hits,) = detect([text])
    if hits:
        text = plain(text)  # as the hits were found: ordinary digits, nothing invisible
    for hit in hits:
        text = text.replace(hit.written, hit.excerpt)
    return text[:300]
