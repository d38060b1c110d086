"""Nobody fills the machine's disk: a kernel whose folders hold more than its limit is ended.

The operating system bounds one file (RLIMIT_FSIZE) and, where a kernel has mounts of its own, its private files. What
is left is the project's folder, which has to be on the disk, and machines without such mounts: those are counted from
outside, by one thread per server. Between two looks a kernel can write as much as the disk takes in that time.
"""

from __future__ import annotations

import contextlib
import logging
import os
import select
import signal
import stat
import threading
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path

from sandbox.core.errors import TooLarge
from sandbox.kernels.places import MOST_FILES

log = logging.getLogger(__name__)

INTERVAL = 1.0  # seconds
#: A longer path cannot be opened, so what is below it cannot be counted.
_DEEPEST = 64


@dataclass(frozen=True)
class Held:
    """``bytes`` on the disk and number of ``files`` in some folders; ``hidden``: not everything could be counted."""

    bytes: int = 0
    files: int = 0
    hidden: bool = False

    def over(self, limit: int) -> bool:
        return self.hidden or self.bytes > limit or self.files > MOST_FILES


def measure(folders: Iterable[Path], limit: int) -> Held:
    """What lies in ``folders``, without following links; counting ends where ``limit`` is exceeded.

    Each file counts with what it takes of the disk: a sparse file is as small as it is, many empty ones are many.
    """
    held, pending = Held(), [(str(folder), 0) for folder in folders]
    seen: set[tuple[int, int]] = set()
    while pending and not held.over(limit):
        folder, depth = pending.pop()
        try:
            with os.scandir(folder) as entries:
                for entry in entries:
                    status = entry.stat(follow_symlinks=False)
                    one = (status.st_dev, status.st_ino)
                    size = 0 if one in seen else 512 * status.st_blocks
                    seen.add(one)  # a file under two names is one file
                    held = Held(held.bytes + size, held.files + 1, held.hidden)
                    if stat.S_ISDIR(status.st_mode):
                        pending.append((entry.path, depth + 1))
                    if held.over(limit):
                        break
        except (FileNotFoundError, NotADirectoryError):
            continue  # it went meanwhile
        except OSError:
            held = Held(held.bytes, held.files, hidden=True)
        if depth > _DEEPEST:
            held = Held(held.bytes, held.files, hidden=True)
    return held


def check_room(folders: Iterable[Path], limit: int) -> None:
    """Raises TooLarge when ``folders`` hold more than ``limit`` bytes before the kernel has begun."""
    for folder in folders:
        held = measure((folder,), limit)
        if held.over(limit):
            raise TooLarge(
                "The folder {folder} holds more than a notebook may use: {limit} MB and {files} files.",
                "Delete what is not needed there, then start the notebook again.",
                folder=folder.name, limit=limit // 2**20, files=MOST_FILES,
            )  # fmt: skip


class _Watched:
    """One kernel, by a descriptor of our own that stays its: the server may forget the kernel meanwhile."""

    def __init__(
        self, pid: int, pidfd: int | None, folders: Iterable[Path], limit: int, over: Callable[[], None]
    ) -> None:
        self.folders = tuple(folders)
        self.limit = limit
        self._pid = pid
        self._pidfd = None if pidfd is None else os.dup(pidfd)
        self._over = over

    def alive(self) -> bool:
        if self._pidfd is not None:
            poller = select.poll()
            poller.register(self._pidfd, select.POLLIN)
            return not poller.poll(0)
        with contextlib.suppress(OSError):
            os.kill(self._pid, 0)
            return True
        return False

    def end(self) -> None:
        """End it and its process group; with a process namespace of its own, all that it started ends with it."""
        self._over()
        with contextlib.suppress(OSError):
            os.killpg(self._pid, signal.SIGKILL)
        if self._pidfd is not None:
            with contextlib.suppress(OSError):
                signal.pidfd_send_signal(self._pidfd, signal.SIGKILL)

    def close(self) -> None:
        if self._pidfd is not None:
            os.close(self._pidfd)


class _Watch:
    """The thread and what it looks at; it ends when there is nothing left to look at."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._watched: list[_Watched] = []
        self._thread: threading.Thread | None = None

    def add(self, one: _Watched) -> None:
        with self._lock:
            self._watched.append(one)
            if self._thread is None:
                self._thread = threading.Thread(target=self._run, name="diskwatch", daemon=True)
                self._thread.start()

    def _run(self) -> None:
        while True:
            time.sleep(INTERVAL)
            with self._lock:
                watched = list(self._watched)
            done = [one for one in watched if not _goes_on(one)]
            for one in done:
                one.close()
            with self._lock:
                self._watched = [one for one in self._watched if one not in done]
                if not self._watched:
                    self._thread = None
                    return


def _goes_on(one: _Watched) -> bool:
    """Whether there is something to look at the next time; ends the kernel whose folders hold too much."""
    if not one.alive():
        return False
    held = measure(one.folders, one.limit)
    if not held.over(one.limit):
        return True
    log.warning("a kernel was ended, because its folders hold too much", extra={
        "folders": [str(folder) for folder in one.folders], "bytes": held.bytes, "files": held.files,
        "hidden": held.hidden, "limit": one.limit,
    })  # fmt: skip
    one.end()
    return False


_watch = _Watch()


def watch(pid: int, pidfd: int | None, folders: Iterable[Path], limit: int, over: Callable[[], None]) -> None:
    """End process ``pid``, with ``over`` called just before, when ``folders`` hold more than ``limit`` bytes."""
    _watch.add(_Watched(pid, pidfd, folders, limit, over))


def _forget() -> None:
    """In a forked copy of the server the thread is missing, and the kernels are the original's."""
    global _watch
    _watch = _Watch()


os.register_at_fork(after_in_child=_forget)
