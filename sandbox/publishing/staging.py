"""Write a folder or a file beside its place, flush it to disk, rename it: others see all of it or nothing.

Names of unfinished work begin with a dot; nothing that lists submissions or versions shows them.
"""

from __future__ import annotations

import os
import secrets
import shutil
import stat
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from sandbox.core.errors import Conflict, TooLarge, Unavailable

MARK = ".staged-"
STALE_SECONDS = 24 * 3600.0


@contextmanager
def staged(folder: Path) -> Iterator[Path]:
    """An empty folder to fill; when the block ends well it becomes ``folder``, otherwise it is removed.

    Raises Conflict when ``folder`` exists: finished work is never overwritten. Parents are made (0700).
    """
    if folder.exists():
        raise _taken(folder)
    folder.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    beside = folder.parent / f"{MARK}{folder.name}-{secrets.token_hex(6)}"
    try:
        beside.mkdir(mode=0o700)
        yield beside
        _flush_folders(beside)
        _rename(beside, folder)
    except OSError as error:
        raise Unavailable("“{name}” could not be written: {problem}.", "Make room on the disk, then try again.",
                          name=folder.name, problem=error.strerror or str(error)) from error  # fmt: skip
    finally:
        shutil.rmtree(beside, ignore_errors=True)


def _rename(beside: Path, folder: Path) -> None:
    try:
        beside.rename(folder)
    except OSError:
        if folder.exists():  # somebody else was faster; a folder with content is never replaced by a rename
            raise _taken(folder) from None
        raise
    flush_folder(folder.parent)


def write_file(path: Path, content: bytes) -> None:
    """Write a new file (0600), flushed to disk; missing folders on the way are made (0700)."""
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW, 0o600)
    with os.fdopen(descriptor, "wb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())


def read_limited(path: Path, limit: int) -> bytes:
    """The bytes of a regular file that a kernel may have written: no link is followed, no pipe is waited for.

    Raises FileNotFoundError when there is none, TooLarge beyond ``limit`` bytes, Unavailable if it is no regular file.
    """
    try:
        descriptor = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)
    except FileNotFoundError:
        raise
    except OSError:
        raise _unreadable(path) from None
    with os.fdopen(descriptor, "rb") as file:
        found = os.fstat(descriptor)
        if not stat.S_ISREG(found.st_mode) or found.st_nlink != 1:
            raise _unreadable(path)
        content = file.read(limit + 1)
    if len(content) > limit:
        raise TooLarge("“{name}” is larger than {limit} MB.", "Record less, or make a smaller model.",
                       name=path.name, limit=f"{limit / 2**20:g}")  # fmt: skip
    return content


def flush_folder(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def clear_stale(parent: Path, older_than: float = STALE_SECONDS) -> int:
    """Remove what killed processes left in ``parent``, if it is ``older_than`` seconds old; the number of folders."""
    limit = time.time() - older_than
    stale = [f for f in parent.glob(f"{MARK}*") if f.lstat().st_mtime < limit]
    for folder in stale:
        shutil.rmtree(folder, ignore_errors=True)
    return len(stale)


def _flush_folders(folder: Path) -> None:
    for current, _, _ in os.walk(folder, topdown=False):
        flush_folder(Path(current))


def _taken(folder: Path) -> Conflict:
    return Conflict("“{name}” exists already.", "Reload the page to see it; finished work is never overwritten.",
                    name=folder.name)  # fmt: skip


def _unreadable(path: Path) -> Unavailable:
    return Unavailable("“{name}” is not an ordinary file.", "Run the notebook again in a fresh folder.", name=path.name)
