"""What an attack on a snapshot found: ``<version>.redteam.json`` beside the snapshot, newest attack only."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path
from typing import Literal

from pydantic import BaseModel, ConfigDict, ValidationError

from sandbox.core.messages import Message

SUFFIX = ".redteam.json"

AttackName = Literal[
    "exact_linkage",
    "fuzzy_linkage",
    "homogeneity",
    "inference",
    "singling_out",
    "intervals",
    "dates",
    "averaging",
    "dictionary",
    "dictionary_with_key",
]


class _Model(BaseModel):
    model_config = ConfigDict(frozen=True, extra="allow")


class Attack(_Model):
    """One attack: share of targets, 0–1, for whom it succeeds on the snapshot, and likewise on the raw table.

    ``baseline`` is what guessing without the table achieves; ``columns`` are those that the attacker used; ``column``
    is the sensitive one. None stands for an attack that makes no sense there.
    """

    name: AttackName
    published: float | None
    raw: float | None
    baseline: float | None = None
    columns: tuple[str, ...] = ()
    column: str | None = None


class RedTeam(_Model):
    """``score`` is the highest success rate of a linkage without the key, 0–1: smaller is safer.

    ``targets`` are people about whom the attacker knows something; ``knowledge`` names the auxiliary table, empty when
    the attacker knows the quasi-identifiers of a random sample of the raw table.
    """

    dataset: str
    version: str
    tested: datetime
    seed: int
    targets: int
    units: int
    knowledge: str = ""
    score: float
    attacks: tuple[Attack, ...]

    def render(self) -> bytes:
        return (self.model_dump_json(indent=1) + "\n").encode()


_SAID: dict[AttackName, str] = {
    "exact_linkage": "Links people by {columns}, which the attacker knows exactly",
    "fuzzy_linkage": "Links people by {columns}, of which the attacker knows every tenth wrongly",
    "homogeneity": "Learns “{column}” for certain, because all look-alikes share it",
    "inference": "Guesses “{column}” from the look-alikes",
    "singling_out": "Finds a person who is alone with three values ({columns})",
    "intervals": "Links people by the intervals between their dates ({columns}), all of which the attacker knows",
    "dates": "Links people by all of their dates ({columns}), which the attacker knows",
    "averaging": "Comes within 5% of a person's mean “{column}” by averaging its noisy values",
    "dictionary": "Finds the person behind a pseudonym by hashing all ids, without the key",
    "dictionary_with_key": "The same with the key stolen: what the key protects",
}


def told(attack: Attack) -> Message:
    """What the attacker tried, in a steward's words."""
    return Message(_SAID[attack.name], {"columns": ", ".join(attack.columns) or "–", "column": attack.column or ""})


def report_file(snapshot: Path) -> Path:
    return snapshot.with_name(snapshot.name + SUFFIX)


def read_report(snapshot: Path) -> RedTeam | None:
    """The report on the snapshot in this folder; None when nobody attacked it, or the report cannot be read."""
    try:
        return RedTeam.model_validate_json(report_file(snapshot).read_bytes())
    except (OSError, ValidationError):
        return None
