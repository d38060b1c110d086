"""What came of running a notebook from top to bottom."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

#: Why a run ended early: "" it did not; ``time`` its time was up; ``memory`` the kernel went over its memory;
#: ``disk`` it left more files than it may;
#: ``output`` it showed more than is allowed; ``died`` the kernel ended by itself.
Stopped = Literal["", "time", "memory", "disk", "died", "output"]


@dataclass(frozen=True)
class RunError:
    """The cell that did not come to its end. ``name`` is the exception's class, or what ended the kernel."""

    cell_id: str
    name: str
    value: str


@dataclass(frozen=True)
class ControlsTried:
    """How many controls were there, how many were used, and the name of the one that changed something ("": none)."""

    there: int = 0
    tried: int = 0
    moved: str = ""


@dataclass(frozen=True)
class RunReport:
    """``notebook`` is the executed notebook, as far as it came, with the widgets' state in its metadata.

    ``cells_run`` counts code cells that came to their end, ``output_bytes`` everything that the kernel sent;
    ``controls`` what came of using the widgets, if that was asked for.
    """

    notebook: Mapping[str, Any]
    error: RunError | None = None
    stopped: Stopped = ""
    seconds: float = 0.0
    cells_run: int = 0
    output_bytes: int = 0
    controls: ControlsTried | None = None

    @property
    def ok(self) -> bool:
        return self.error is None and not self.stopped
