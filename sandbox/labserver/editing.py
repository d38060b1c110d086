"""Who works on a project: one window at a time may change its notebook, and nobody's text is lost.

Opening a notebook takes its lock when nobody holds it; a window that asks again every few seconds keeps it, one that
has gone silent loses it. Whoever wants it can take it over; the other window learns so at its next question. Beside
the lock stands which text each window started from, so that a save with a stale base is recognised, however long a
window slept. Both are kept on disk: a Lab server that starts again asks nobody to begin anew.
"""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass, replace
from datetime import datetime
from pathlib import Path

from sandbox.core.errors import Conflict
from sandbox.core.sharing import SILENT
from sandbox.store.workspace import write_atomically

_MOST_WINDOWS = 50


@dataclass(frozen=True)
class Lock:
    """``window`` is the id that a page of Lab made for itself."""

    window: str
    person: str
    since: datetime
    seen: datetime


class Editing:
    """The lock of one project; ``folder`` is where it is kept."""

    def __init__(self, folder: Path) -> None:
        self._file = folder / "editing.json"
        self._lock: Lock | None = None
        self._bases: dict[str, str] = {}
        self._read()

    def holder(self, now: datetime) -> Lock | None:
        """Who works on the project; None when nobody does, or nobody that was heard of lately."""
        lock = self._lock
        return lock if lock is not None and now - lock.seen <= SILENT else None

    def ask(self, window: str, person: str, now: datetime, *, take: bool = False) -> Lock:
        """The lock as it is after ``window`` asked for it: its own, or (unless it wants to ``take`` it) another's."""
        holder = self.holder(now)
        if holder is not None and holder.window != window and not take:
            return holder
        if self._lock is not None and self._lock.window == window:
            late = now - self._lock.seen > SILENT / 3
            self._lock = replace(self._lock, seen=now)
            if late:  # a write to disk for every question would be too many
                self._write()
        else:
            self._lock = Lock(window, person, since=now, seen=now)
            self._write()
        return self._lock

    def has(self, window: str, base: str) -> None:
        """``window`` has the text with SHA-256 ``base`` now: it loaded or saved it."""
        if self._bases.pop(window, "") != base:
            self._bases[window] = base
            self._bases = dict(list(self._bases.items())[-_MOST_WINDOWS:])
            self._write()
        else:
            self._bases[window] = base

    def release(self, window: str) -> None:
        if self._lock is not None and self._lock.window == window:
            self._lock = None
            self._write()

    def check(self, window: str, current: str, now: datetime) -> None:
        """Raise Conflict unless ``window`` may save over the text with SHA-256 ``current`` ("" when there is none)."""
        holder = self.holder(now)
        if holder is not None and holder.window != window:
            raise Conflict(
                "{person} has been working on this project in another window since {time}.",
                "Your text is kept among the versions. To go on here, take the project over.",
                person=holder.person,
                time=holder.since.astimezone().strftime("%H:%M"),
            )
        if current and window and self._bases.get(window) != current:
            raise Conflict(
                "The notebook was changed elsewhere after this window opened it.",
                "Your text is kept among the versions. Reload the notebook, then bring back what you need from there.",
            )

    def _read(self) -> None:
        try:
            found = json.loads(self._file.read_bytes())
            self._bases = {str(window): str(base) for window, base in found["bases"].items()}
            if row := found["lock"]:
                times = {key: datetime.fromisoformat(row[key]) for key in ("since", "seen")}
                self._lock = Lock(**{**row, **times})
        except (OSError, ValueError, TypeError, KeyError, AttributeError):
            return

    def _write(self) -> None:
        self._file.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        row = None
        if self._lock is not None:
            times = {"since": self._lock.since.isoformat(), "seen": self._lock.seen.isoformat()}
            row = {**asdict(self._lock), **times}
        text = json.dumps({"lock": row, "bases": self._bases}, ensure_ascii=False)
        write_atomically(self._file, text.encode())
