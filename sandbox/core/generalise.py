"""The rule ``generalise``: which hierarchy, and which of its levels."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Sequence
from typing import Annotated, Any, Literal

from pydantic import Field, model_validator

from sandbox.core.errors import WrongValue
from sandbox.core.model import FrozenModel

_LEVELS = ("hierarchy", "bands", "quantiles", "dates", "prefixes", "regions")
_PARTS = ("day", "month", "quarter", "year", "decade")


class Generalise(FrozenModel):
    """Values to their labels on a ``level`` of a value generalisation hierarchy (``sandbox/snapshots/hierarchies``).

    Exactly one source says the levels between the value itself (0) and ``*`` (one past the last): ``hierarchy``, a CSV
    file in the layout value;level 1;level 2;…, its path relative to the spec file's folder; ``bands``, widths from
    ``start``; ``quantiles``, numbers of groups; ``dates``, parts; ``prefixes``, lengths; ``regions``, a tree of places.
    NULL stays NULL, except on the level of ``*``, which tells nothing of anybody.
    """

    kind: Literal["generalise"] = "generalise"
    hierarchy: str | None = Field(default=None, min_length=1)
    bands: tuple[Annotated[float, Field(gt=0, allow_inf_nan=False)], ...] | None = Field(default=None, min_length=1)
    start: float = Field(default=0, allow_inf_nan=False)
    quantiles: tuple[Annotated[int, Field(ge=2, le=1000)], ...] | None = Field(default=None, min_length=1)
    dates: tuple[Literal["day", "month", "quarter", "year", "decade"], ...] | None = Field(default=None, min_length=1)
    prefixes: tuple[Annotated[int, Field(ge=1, le=64)], ...] | None = Field(default=None, min_length=1)
    regions: Literal["cn"] | None = None
    level: int = Field(ge=0)

    @model_validator(mode="after")
    def _nested(self) -> Generalise:
        given = [name for name in _LEVELS if getattr(self, name) is not None]
        if len(given) != 1:
            raise WrongValue("name exactly one of {allowed}", allowed=", ".join(_LEVELS))
        if self.hierarchy is not None and (self.hierarchy.startswith(("/", "\\")) or ".." in self.hierarchy):
            raise WrongValue("`hierarchy` is a path below the folder of this file, without `..`")
        if self.start and self.bands is None:
            raise WrongValue("`start` belongs to `bands`")
        if not _rising(self.bands, lambda low, high: high > low and not round(high / low, 9) % 1):
            raise WrongValue("`bands`: every width must be a multiple of the one before, e.g. [5, 10, 20]")
        if not _rising(self.quantiles, lambda low, high: low > high and low % high == 0):
            raise WrongValue("`quantiles`: every number must be a part of the one before, e.g. [8, 4, 2]")
        if not _rising(self.dates, lambda low, high: _PARTS.index(low) < _PARTS.index(high)):
            raise WrongValue("`dates`: name the parts from the finest on, of {parts}", parts=", ".join(_PARTS))
        if not _rising(self.prefixes, lambda low, high: low > high):
            raise WrongValue("`prefixes`: every length must be shorter than the one before, e.g. [4, 2]")
        if self.height is not None and self.level > self.height:
            raise WrongValue("`level` must be 0 (the value itself) to {height} (`*`)", height=self.height)
        return self

    @property
    def source(self) -> str:
        """Which of the fields says the levels."""
        return next(name for name in _LEVELS if getattr(self, name) is not None)

    @property
    def height(self) -> int | None:
        """The level of ``*``; None for a file, which alone knows."""
        if self.hierarchy is not None:
            return None
        return 3 if self.regions else len(getattr(self, self.source)) + 1


def _rising(levels: Sequence[Any] | None, nested: Callable[[Any, Any], bool]) -> bool:
    return levels is None or all(nested(low, high) for low, high in itertools.pairwise(levels))
