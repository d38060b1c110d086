"""The de-identification grade of a snapshot in the terms of GB/T 42460-2023, clause 4 (个人信息去标识化效果分级).

The standard knows four grades: 1, data that identify a person directly; 2, direct identifiers are gone, but
quasi-identifiers remain whose risk of re-identification is at or above the threshold; 3, the same with a risk below the
threshold; 4, no identifier of either kind is left. It leaves the threshold to the organisation; ours is THRESHOLD.

A pseudonym is not a direct identifier as long as its key is kept apart (clause 3): grades hold for people without the
key. Whoever raises THRESHOLD lowers what a certificate promises; say so in the change log.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from sandbox.core.messages import Message
from sandbox.core.policy import ColumnClass
from sandbox.snapshots.manifest import Manifest

STANDARD = "GB/T 42460-2023"
THRESHOLD = 0.25
"""The chance, 0–1, to point at the right unit in the worst class must be smaller: k = 5 gives 0.2."""

GradeNumber = Literal[1, 2, 3, 4]


@dataclass(frozen=True)
class Grade:
    """``risk`` is the highest prosecutor risk, 0–1; None where no column could point at anybody."""

    number: GradeNumber
    risk: float | None
    reason: Message


def grade_of(manifest: Manifest, threshold: float = THRESHOLD) -> Grade | None:
    """The grade of what was published; None when the data are not about persons."""
    if not manifest.personal:
        return None
    direct = [c.name for c in manifest.columns if c.cls is ColumnClass.DIRECT and c.rule.get("kind") != "redact"]
    bare = [
        c.name
        for c in manifest.columns
        if c.cls is ColumnClass.IDENTIFIER and c.rule.get("kind") not in ("pseudonym", "drop")
    ]
    if direct or bare:
        columns = {"columns": ", ".join([*direct, *bare])}
        return Grade(1, None, Message("Direct identifiers are left: {columns}.", columns))
    if manifest.risk is None:
        if any(c.cls is ColumnClass.QUASI for c in manifest.columns):
            return Grade(2, None, Message("Quasi-identifiers are left, and their risk was not measured."))
        return Grade(4, None, Message("Neither direct identifiers nor quasi-identifiers are left; ids are pseudonyms."))
    risk = manifest.risk.prosecutor.highest
    fields = {"risk": f"{risk:.3g}", "threshold": f"{threshold:g}"}
    if risk < threshold:
        text = "No direct identifier is left; the highest risk of re-identification, {risk}, is below {threshold}."
        return Grade(3, risk, Message(text, fields))
    text = "No direct identifier is left, but the highest risk of re-identification, {risk}, is not below {threshold}."
    return Grade(2, risk, Message(text, fields))
