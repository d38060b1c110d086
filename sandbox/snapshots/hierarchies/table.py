"""A hierarchy that lists every value with its labels."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sandbox.core.errors import BadInput
from sandbox.snapshots.hierarchies.base import ALL, Hierarchy, as_text

_SHOWN = 5


@dataclass(frozen=True)
class Listed(Hierarchy):
    """``rows``: value as text → its labels from level 1 to the last but one; all of one length. ``name``: the file."""

    name: str
    rows: Mapping[str, tuple[str, ...]]

    @property
    def height(self) -> int:
        return 1 + len(next(iter(self.rows.values()), ()))

    def between(self, value: Any, level: int) -> str | None:
        return self.rows[as_text(value)][level - 1]

    def check(self, values: Sequence[Any]) -> None:
        missing = sorted({t for v in values if v is not None and (t := as_text(v)) not in self.rows})
        if missing:
            raise missing_values(self.name, missing)

    def mapping(self, level: int) -> dict[str, str]:
        """Every value as text with its label at ``level``; for a join."""
        if level == 0:
            return {value: value for value in self.rows}
        if level == self.height:
            return dict.fromkeys(self.rows, ALL)
        return {value: labels[level - 1] for value, labels in self.rows.items()}


def missing_values(name: str, missing: Sequence[str]) -> BadInput:
    """The error for values of the table that the hierarchy ``name`` does not list."""
    shown = ", ".join(f"“{v}”" for v in missing[:_SHOWN]) + (" …" if len(missing) > _SHOWN else "")
    return BadInput(
        "The hierarchy {file} lacks values of the column: {values} ({count} in all).",
        "Add a line for each of them to {file}; mind blanks, leading zeros and upper and lower case.",
        file=name,
        count=len(missing),
        values=shown,
    )
