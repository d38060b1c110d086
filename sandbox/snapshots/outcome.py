"""What gates found and did, as values."""

from __future__ import annotations

from dataclasses import dataclass

from sandbox.core.spec import Gate


@dataclass(frozen=True)
class Classes:
    """The classes of a table under a gate. ``smallest`` counts units (0: no class); ``small`` are those that fail;
    ``worst`` is the worst score (see ``criteria.Scores``), None when there is none."""

    count: int
    smallest: int
    small: int
    small_rows: int
    worst: float | None = None


@dataclass(frozen=True)
class Outcome:
    """What a gate did: classes before all gates and after them, and who was left out because of it."""

    gate: Gate
    unit: str
    quasi_identifiers: tuple[str, ...]
    before: Classes
    after: Classes
    rows_left_out: int
    units_left_out: int
    units: int

    @property
    def share_left_out(self) -> float:
        """Share of units, 0–1."""
        return self.units_left_out / self.units if self.units else 0.0


@dataclass(frozen=True)
class Passed:
    """All gates hold. ``units_left_out`` counts a unit once, whatever number of gates left out rows of it."""

    outcomes: tuple[Outcome, ...]
    units_left_out: int
