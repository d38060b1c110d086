"""A project that several people work on: who may, and who has its text just now."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime, timedelta

#: A window that was not heard of for so long has lost its turn. Windows in the background may ask only once a minute:
#: browsers slow their clocks down.
SILENT = timedelta(seconds=90)


@dataclass(frozen=True)
class Colleague:
    """``person`` may work on ``project``, which is somebody else's; ``ended`` when they no longer may."""

    project: str
    person: str
    since: datetime
    ended: datetime | None = None


@dataclass(frozen=True)
class SharedText:
    """``text`` is the SHA-256 of the newest shared text ("" before the first); ``holder`` edits it in ``window``."""

    project: str
    text: str = ""
    holder: str = ""
    window: str = ""
    since: datetime | None = None
    seen: datetime | None = None

    def held(self, now: datetime) -> bool:
        """Whether somebody has it who was heard of lately."""
        return bool(self.holder) and self.seen is not None and now - self.seen <= SILENT

    def free(self) -> SharedText:
        """The same text with nobody who edits it."""
        return replace(self, holder="", window="", since=None, seen=None)
