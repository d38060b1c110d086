"""Which bytes a source was: name, size and sha256, and a watch that notices when it changes while it is read."""

from __future__ import annotations

import hashlib
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

from sandbox.core.errors import BadInput, Conflict, NotFound

CHUNK = 1 << 20


@dataclass(frozen=True)
class Fingerprint:
    """``name`` is without the folder: a manifest must not tell how the steward's machine is arranged."""

    name: str
    bytes: int
    sha256: str


Stamp = tuple[int, int, int, int, int]


@dataclass(frozen=True)
class Watch:
    """What the file looked like before it was read. ``unchanged`` is asked after the last byte was used."""

    path: Path
    stamp: Stamp

    @classmethod
    def on(cls, path: Path) -> Watch:
        """Raises NotFound or BadInput when ``path`` is not a readable, non-empty file."""
        try:
            with path.open("rb"):
                pass
            watch = cls(path, stamp(path))
        except FileNotFoundError:
            raise NotFound(
                "The source {file} does not exist.",
                "Check `source.path`; a relative path starts at the workspace folder.",
                file=path.name,
            ) from None
        except OSError as error:
            raise BadInput(
                "The source {file} cannot be read: {problem}.",
                "Check that it is a file and that you may read it.",
                file=path.name,
                problem=error.strerror or str(error),
            ) from None
        if watch.stamp[0] == 0:
            raise BadInput(
                "The source {file} is empty (0 bytes).",
                "Export it again; a source needs column names and at least one row.",
                file=path.name,
            )
        return watch

    def unchanged(self) -> None:
        """Raises Conflict when the file is no longer the one that was hashed."""
        try:
            same = stamp(self.path) == self.stamp
        except OSError:
            same = False
        if not same:
            raise Conflict(
                "The source {file} changed while it was being read, so nothing was built.",
                "Wait until whoever writes it has finished, or build from a copy.",
                file=self.path.name,
            )


def stamp(path: Path) -> Stamp:
    """(size, modification, status change, inode, device); times in nanoseconds."""
    s = path.stat()
    return s.st_size, s.st_mtime_ns, s.st_ctime_ns, s.st_ino, s.st_dev


def file_sha256(*paths: Path) -> str:
    """Hexadecimal sha256 over the bytes of ``paths`` in order."""
    digest = hashlib.sha256()
    for path in paths:
        with path.open("rb") as file:
            while chunk := file.read(CHUNK):
                digest.update(chunk)
    return digest.hexdigest()


def fingerprint(path: Path, *more: Path) -> Fingerprint:
    """The fingerprint of a source; ``more`` are files that belong to it, such as a SQLite write-ahead log."""
    return Fingerprint(path.name, sum(p.stat().st_size for p in (path, *more)), file_sha256(path, *more))


class HashedMeanwhile:
    """The fingerprint of a file, taken in the background while somebody else reads the same bytes.

    Called, it waits for the result; ``stop`` ends it early.
    """

    def __init__(self, path: Path) -> None:
        self._path, self._stopped = path, False
        pool = ThreadPoolExecutor(1, thread_name_prefix="fingerprint")
        self._result: Future[Fingerprint] = pool.submit(self._hash)
        pool.shutdown(wait=False)

    def __call__(self) -> Fingerprint:
        return self._result.result()

    def stop(self) -> None:
        self._stopped = True

    def _hash(self) -> Fingerprint:
        digest, size = hashlib.sha256(), 0
        with self._path.open("rb") as file:
            while not self._stopped and (chunk := file.read(CHUNK)):
                digest.update(chunk)
                size += len(chunk)
        return Fingerprint(self._path.name, size, digest.hexdigest())
