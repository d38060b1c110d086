"""What an examination says: findings with a level, a place and a remedy."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

from sandbox.core.messages import Message


class Level(StrEnum):
    """``fail`` cannot be published; ``review`` needs a person's judgement; ``pass`` is evidence that it was checked."""

    PASS = "pass"  # noqa: S105 - a level, not a password
    REVIEW = "review"
    FAIL = "fail"


_ORDER = {Level.PASS: 0, Level.REVIEW: 1, Level.FAIL: 2}


@dataclass(frozen=True)
class Finding:
    """One observation. ``check`` is the check's module name; ``cell`` the notebook cell's id, or None for the whole."""

    check: str
    level: Level
    message: Message
    remedy: Message = field(default_factory=lambda: Message(""))
    cell: str | None = None

    def to_json(self) -> dict[str, Any]:
        return {
            "check": self.check,
            "level": self.level.value,
            "message": self.message.to_json(),
            "remedy": self.remedy.to_json(),
            "cell": self.cell,
        }

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> Finding:
        return cls(
            data["check"],
            Level(data["level"]),
            Message.from_json(data["message"]),
            Message.from_json(data["remedy"]),
            data.get("cell"),
        )


def worst(findings: Iterable[Finding]) -> Level:
    """The gravest level among ``findings``; PASS when there are none."""
    return max((f.level for f in findings), key=_ORDER.__getitem__, default=Level.PASS)


def gravest_first(findings: Iterable[Finding]) -> list[Finding]:
    return sorted(findings, key=lambda f: -_ORDER[f.level])
