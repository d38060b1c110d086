"""Notes of how apps are used, until the portal has taken them. Bounded: a portal that is away costs notes, not memory.

What a browser says is a stranger's word: it is taken once for each page, if it can be true.
"""

from __future__ import annotations

import hashlib
import hmac
import time
import uuid
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime

from sandbox.appserver.sessions import Admission
from sandbox.core.usage import LONGEST_READY_MS, Opening

#: Notes that wait at most; and so long, seconds, for a page to say when it was ready.
MOST, PATIENCE = 2000, 30.0
#: A browser begins to count before we do, milliseconds: its question is on its way.
SLACK_MS = 2000


@dataclass
class _Note:
    opening: Opening
    began: float
    kernel: str = ""


class Openings:
    """``key`` makes marks of persons; ``now`` is aware UTC; ``clock`` counts seconds."""

    def __init__(self, key: bytes, now: Callable[[], datetime], clock: Callable[[], float] = time.monotonic) -> None:
        self._key, self._now, self._clock = key, now, clock
        self._notes: OrderedDict[str, _Note] = OrderedDict()
        self._of_kernels: dict[str, str] = {}
        #: Called with each opening when it is settled: ready, failed, or silent for too long.
        self.on_settled: Callable[[Opening], None] = lambda opening: None

    def begin(self, admission: Admission) -> str:
        """A page is asked for; the id of its note."""
        day = self._now().date()
        mark = hmac.new(self._key, f"{day}|{admission.person}".encode(), hashlib.sha256).hexdigest()[:16]
        note = Opening(uuid.uuid4().hex, admission.app, admission.version, day, mark)
        self._notes[note.id] = _Note(note, self._clock())
        while len(self._notes) > MOST:
            self._drop(next(iter(self._notes)))
        return note.id

    def given(self, note_id: str, kernel: str) -> None:
        """The page was sent, with ``kernel``."""
        if note := self._notes.get(note_id):
            note.kernel = kernel
            self._of_kernels[kernel] = note_id

    def failed(self, note_id: str) -> None:
        if note := self._notes.get(note_id):
            self._settle(note, replace(note.opening, failed=True))

    def ready(self, kernel: str, milliseconds: int) -> bool:
        """What the page with ``kernel`` says; False when it said so before or it cannot be."""
        note = self._notes.get(self._of_kernels.get(kernel, ""))
        if note is None or note.opening.ready_ms is not None or note.opening.failed:
            return False
        passed = 1000 * (self._clock() - note.began)
        if not 0 < milliseconds <= min(LONGEST_READY_MS, passed + SLACK_MS):
            return False
        self._settle(note, replace(note.opening, ready_ms=milliseconds))
        return True

    def settled(self, most: int) -> list[Opening]:
        """What can be told now, oldest first."""
        late = self._clock() - PATIENCE
        found = [n.opening for n in self._notes.values() if n.opening.ready_ms or n.opening.failed or n.began < late]
        return found[:most]

    def told(self, openings: list[Opening]) -> None:
        """The portal has taken these."""
        for opening in openings:
            self._drop(opening.id)

    def _settle(self, note: _Note, opening: Opening) -> None:
        note.opening = opening
        self.on_settled(opening)

    def _drop(self, note_id: str) -> None:
        note = self._notes.pop(note_id, None)
        if note is not None:
            self._of_kernels.pop(note.kernel, None)
