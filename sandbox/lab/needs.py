"""What a template needs from a table, as typed column roles; declared in the notebook, mapped in the form."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from sandbox.lab.columns import Column, Kind

Role = Literal["unit", "outcome", "time", "facts"]

_KINDS: dict[Role, tuple[Kind, ...]] = {
    "unit": ("id", "category", "text", "number"),
    "outcome": ("category", "number"),
    "time": ("time",),
    "facts": ("number", "category"),
}


@dataclass(frozen=True)
class Need:
    """One role. ``hints`` are words of both languages that such a column's name tends to hold, likeliest first."""

    key: str
    role: Role
    title: str
    hints: str = ""
    required: bool = True

    def fits(self, column: Column) -> bool:
        """Whether a column can play the role, judged by its kind."""
        if self.role == "outcome" and column.kind == "number":
            return column.distinct <= 20
        return column.kind in _KINDS[self.role]


def unit(key: str, title: str, hints: str = "", *, required: bool = True) -> Need:
    """Who or what each row is about; keeps one customer or machine on one side of the split."""
    return Need(key, "unit", title, hints, required)


def outcome(key: str, title: str, hints: str = "") -> Need:
    """What happened or not; the form also asks which value means yes."""
    return Need(key, "outcome", title, hints)


def time(key: str, title: str, hints: str = "", *, required: bool = False) -> Need:
    """When the row was recorded; if mapped, the model learns from earlier rows and is checked on later ones."""
    return Need(key, "time", title, hints, required)


def facts(key: str, title: str, hints: str = "") -> Need:
    """What the model may learn from: any number of number and category columns."""
    return Need(key, "facts", title, hints)
