"""``redact``: free text with a mark for everything personal that the detectors find in it.

The same detectors as in the examination and in proposals (``sandbox/personal``); ``docs/detectors.md`` says how much
they find and what they miss. The column is one SQL expression: the text never comes into Python.
"""

from __future__ import annotations

from sandbox.core.errors import BadInput
from sandbox.core.rules import Redact
from sandbox.personal import redacted
from sandbox.snapshots.masking.cell import Cell
from sandbox.snapshots.sql import Sql


def validate(rule: Redact, cell: Cell) -> None:
    if cell.kind != "VARCHAR":
        raise BadInput(
            "The rule redact needs texts, but the column “{column}” is of type {type}.",
            "Declare `type: VARCHAR` for the column, or choose another rule.",
            column=cell.column,
            type=cell.kind,
        )


def operate(rule: Redact, cell: Cell) -> Sql:
    return Sql(redacted(cell.sql.text))
