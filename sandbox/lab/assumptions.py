"""What a warning is worth: three assumptions that everybody can see and change, and plain arithmetic."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from sandbox.lab.evaluation import Counts

#: Lowest and highest value that each assumption may take; whatever comes from a widget is brought into this range.
RANGES: Mapping[str, tuple[float, float]] = {"cost": (0.0, 1e6), "value": (0.0, 1e7), "success": (0.01, 1.0)}


@dataclass(frozen=True)
class Worth:
    """Assumptions. ``cost`` of acting on one warning and ``value`` of one prevented case in ``unit``;
    ``success`` is the share (0–1) of rightly warned cases that acting prevents.
    """

    cost: float
    value: float
    success: float
    unit: str = ""

    def updated(self, changes: Mapping[str, float]) -> Worth:
        """With changed assumptions; unknown names and impossible numbers are ignored, the rest is clamped."""
        valid: dict[str, Any] = {
            name: min(high, max(low, float(changes[name])))
            for name, (low, high) in RANGES.items()
            if name in changes and isinstance(changes[name], int | float) and math.isfinite(changes[name])
        }
        return replace(self, **valid)

    @property
    def break_even(self) -> float:
        """The risk from which acting pays: what it costs over what it brings on average. Between 0.01 and 0.95."""
        gain = self.value * self.success
        return min(0.95, max(0.01, self.cost / gain)) if gain > 0 else 0.95

    def of(self, counts: Counts) -> float:
        """Net worth of acting on all warnings among the counted cases, in ``unit``."""
        return counts.right * self.success * self.value - counts.warned * self.cost

    def prevented(self, counts: Counts) -> float:
        """Share (0–1) of all cases of the outcome that acting prevents; what moves the KPI."""
        return counts.right / counts.happened * self.success if counts.happened else 0.0

    def to_json(self) -> dict[str, float]:
        return {"cost": self.cost, "value": self.value, "success": self.success}


def worth(*, cost: float, value: float, success: float, unit: str = "") -> Worth:
    """The assumptions that a template starts with; the form and the app let people change them."""
    return Worth(cost, value, success, unit)


def moved_kpi(baseline: float, prevented: float) -> float:
    """Where the KPI goes when ``prevented`` (share) of what it counts no longer happens."""
    return baseline * (1 - prevented)
