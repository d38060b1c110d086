"""Earlier versions of a project's notebook: every save is kept, content-addressed, bounded, and can be brought back.

A version holds the notebook and the form's choices. Contents lie once each, compressed, under their SHA-256 beside an
index; the folder is the workspace's (``Workspace.history``), out of reach of the project's kernels.
"""

from __future__ import annotations

import gzip
import hashlib
import json
import threading
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass, replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import Literal

from sandbox.core.errors import NotFound
from sandbox.store.workspace import read_plain, write_atomically

NOTEBOOK, CHOICES = "notebook.ipynb", "choices.json"

#: Why there is a version: an ordinary save; a text that could not be saved, kept aside; the state before or after an
#: older version was brought back.
Reason = Literal["saved", "aside", "before", "restored"]

MOST_VERSIONS = 200
MOST_BYTES = 100 * 2**20
_MOST_NOTEBOOK, _MOST_CHOICES = 50 * 2**20, 2**20
_RECENT = 20
_BUCKETS = ((timedelta(days=1), timedelta(minutes=10)), (timedelta(days=30), timedelta(hours=3)))
_BEYOND = timedelta(days=7)


@dataclass(frozen=True)
class Version:
    """``number`` counts from 1 within the project; ``size`` is what it takes on disk, in bytes (its own contents only).

    ``notebook`` and ``choices`` are SHA-256 of the contents, ``choices`` empty where the form chose nothing yet;
    ``of`` is the number of the version that was brought back.
    """

    number: int
    time: datetime
    reason: Reason
    by: str
    notebook: str
    choices: str = ""
    size: int = 0
    of: int = 0


@dataclass(frozen=True)
class Contents:
    """The bytes of both files; ``choices`` is empty when the project has none."""

    notebook: bytes
    choices: bytes = b""

    @classmethod
    def of(cls, project: Path) -> Contents:
        """What lies in the project's folder now; a kernel may have put anything there."""
        return cls(
            read_plain(project / NOTEBOOK, _MOST_NOTEBOOK),
            read_plain(project / CHOICES, _MOST_CHOICES),
        )

    def put(self, project: Path) -> None:
        """Write both; a project whose version had no choices keeps those that it has."""
        write_atomically(project / NOTEBOOK, self.notebook)
        if self.choices:
            write_atomically(project / CHOICES, self.choices)


class History:
    """The versions of one project, in ``folder``. Calls may come from several threads of one process."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._lock = threading.Lock()

    def versions(self) -> list[Version]:
        """The newest first."""
        with self._lock:
            return self._read()[::-1]

    def keep(self, contents: Contents, reason: Reason, by: str, now: datetime, of: int = 0) -> Version:
        """Keep ``contents`` as the newest version; the newest itself when nothing changed since.

        Drops versions that are too many (``thinned``).
        """
        with self._lock:
            versions = self._read()
            made = Version(
                number=versions[-1].number + 1 if versions else 1,
                time=now,
                reason=reason,
                by=by,
                notebook=sha256(contents.notebook),
                choices=sha256(contents.choices) if contents.choices else "",
                of=of,
            )
            if versions and reason != "restored" and _same(versions[-1], made):
                return versions[-1]
            self._folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            written = self._write(made.notebook, contents.notebook)
            written += self._write(made.choices, contents.choices) if made.choices else 0
            made = replace(made, size=written)
            kept = thinned([*versions, made], now)
            write_atomically(self._folder / "versions.json", _render(kept))
            self._drop_unused(kept)
            return made

    def contents(self, number: int) -> Contents:
        """Raises NotFound for a version that there is not, or not any more."""
        with self._lock:
            found = next((v for v in self._read() if v.number == number), None)
            try:
                if found is not None:
                    return Contents(self._load(found.notebook), self._load(found.choices) if found.choices else b"")
            except (OSError, EOFError, gzip.BadGzipFile):
                pass
        raise NotFound(
            "There is no version {number} of this notebook any more.",
            "Choose another one; old versions make room for new ones.",
            number=number,
        )

    def _read(self) -> list[Version]:
        try:
            rows = json.loads((self._folder / "versions.json").read_bytes())
            return [Version(**{**row, "time": datetime.fromisoformat(row["time"])}) for row in rows]
        except (OSError, ValueError, TypeError, KeyError):
            return []

    def _place(self, digest: str) -> Path:
        return self._folder / f"{digest}.gz"

    def _write(self, digest: str, content: bytes) -> int:
        """Bytes that were written; none for contents that lie there already."""
        place = self._place(digest)
        if place.exists():
            return 0
        packed = gzip.compress(content, compresslevel=5, mtime=0)
        write_atomically(place, packed)
        return len(packed)

    def _load(self, digest: str) -> bytes:
        return gzip.decompress(self._place(digest).read_bytes())

    def _drop_unused(self, kept: Sequence[Version]) -> None:
        used = {v.notebook for v in kept} | {v.choices for v in kept}
        for file in self._folder.glob("*.gz"):
            if file.stem not in used:
                file.unlink(missing_ok=True)


def thinned(versions: Sequence[Version], now: datetime) -> list[Version]:
    """Which of ``versions`` (oldest first) are kept.

    The newest twenty, and texts kept aside; before them one for ten minutes of the last day, for three hours of the
    last month, for a week beyond. The oldest go when they are still too many or take too much room.
    """
    recent = list(versions[-_RECENT:])
    kept: dict[tuple[timedelta, int] | int, Version] = {}
    for version in versions[:-_RECENT]:
        # The last one of its span of time stays; texts kept aside have a span of their own.
        kept[version.number if version.reason == "aside" else _bucket(version, now)] = version
    left = [*sorted(kept.values(), key=lambda v: v.number), *recent]
    return list(_that_fit(left))[::-1]


def _bucket(version: Version, now: datetime) -> tuple[timedelta, int]:
    age = now - version.time
    width = next((width for limit, width in _BUCKETS if age <= limit), _BEYOND)
    return width, int(version.time.timestamp() // width.total_seconds())


def _that_fit(versions: Sequence[Version]) -> Iterator[Version]:
    room = MOST_BYTES
    for count, version in enumerate(reversed(versions)):
        room -= version.size
        if count and (room < 0 or count >= MOST_VERSIONS):
            return
        yield version


def sha256(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()


def _same(one: Version, other: Version) -> bool:
    return (one.notebook, one.choices) == (other.notebook, other.choices)


def _render(versions: Sequence[Version]) -> bytes:
    rows = [{**asdict(v), "time": v.time.isoformat()} for v in versions]
    return json.dumps(rows, ensure_ascii=False, indent=0).encode()
