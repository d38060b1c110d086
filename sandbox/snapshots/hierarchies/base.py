"""What a value generalisation hierarchy is.

Level 0 is the value itself; every further level is coarser than the one before (values that share a label share all
labels above it); at the last level, the ``height``, everything is ``*`` and the column tells nothing. An empty value
stays empty, except at the last level: there it is ``*`` as well, or the column would still tell who has a value.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Sequence
from typing import Any

ALL = "*"
"""The label that tells nothing."""


class Hierarchy(ABC):
    """Labels of values by level. Implementations say the labels of the levels between the value itself and ``*``."""

    @property
    @abstractmethod
    def height(self) -> int:
        """The last level, at least 1."""

    @abstractmethod
    def between(self, value: Any, level: int) -> str | None:
        """The label of a ``value`` that is not None at a ``level`` from 1 to ``height`` - 1; None when it has none."""

    def check(self, values: Sequence[Any]) -> None:  # noqa: B027 - most hierarchies know every value
        """Raise BadInput when ``values`` (None is none) are not all known."""

    def labels(self, values: Sequence[Any], level: int) -> list[Any]:
        """``values`` at ``level``, in their order. At level 0 they are what they were, above it texts or None.

        Raises BadInput when a value is not in the hierarchy, ValueError for a level that is none.
        """
        if not 0 <= level <= self.height:
            raise ValueError(f"the levels of this hierarchy are 0 to {self.height}, not {level}")
        if level == 0:
            return list(values)
        if level == self.height:
            return [ALL] * len(values)
        self.check(values)
        return [None if value is None else self.between(value, level) for value in values]


def as_text(value: Any) -> str:
    """A value as DuckDB casts it to text, for the types that quasi-identifiers have."""
    if isinstance(value, bool):
        return "true" if value else "false"
    return str(value)
