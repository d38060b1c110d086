"""A kernel that computes without end gets out of the others' way: its processes are made less important.

Nothing is taken from it while nobody else wants the processor. Where the operating system groups processes by session
(Linux's autogroup) a kernel is a group of its own already; there the group is made less important too.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import os
import time
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path

import psutil

log = logging.getLogger(__name__)

#: Looked at so often, seconds; and so much of a processor for so long makes a kernel less important.
INTERVAL, BUSY, LOOKS = 1.0, 0.8, 3
NICE = 15
#: Whether this operating system says at once which processes another one has started.
_NAMES_CHILDREN = Path(f"/proc/self/task/{os.getpid()}/children").exists()


class Fairness:
    """``kernels`` gives the ids and processes of the kernels there are now."""

    def __init__(self, kernels: Callable[[], Iterable[tuple[str, int]]]) -> None:
        self._kernels = kernels
        self._used: dict[str, tuple[float, float]] = {}  # kernel → (when, processor seconds so far)
        self._busy: dict[str, int] = {}  # kernel → looks in a row at which it was busy

    async def run(self) -> None:
        """Look for ever."""
        while True:
            await asyncio.sleep(INTERVAL)
            try:
                for _ in self.look():
                    await asyncio.sleep(0)  # viewers' messages come between
            except Exception:  # whatever it is, the next look must come
                log.exception("a look at busy kernels failed")

    def look(self) -> Iterator[str]:
        """One look at every kernel, each when the next item is asked for."""
        there = dict(self._kernels())
        self._used = {kernel: used for kernel, used in self._used.items() if kernel in there}
        self._busy = {kernel: looks for kernel, looks in self._busy.items() if kernel in there}
        for kernel, pid in there.items():
            with contextlib.suppress(psutil.Error):
                self._judge(kernel, psutil.Process(pid))
            yield kernel

    def _judge(self, kernel: str, process: psutil.Process) -> None:
        family = [process, *_descendants(process)]
        now, used = time.monotonic(), _processor_seconds(family)
        before, had = self._used.get(kernel, (now, used))
        self._used[kernel] = now, used
        if now <= before:
            return
        self._busy[kernel] = self._busy.get(kernel, 0) + 1 if (used - had) / (now - before) > BUSY else 0
        if self._busy[kernel] == LOOKS:
            log.info("a kernel computes without end and is made less important", extra={"kernel": kernel})
        if self._busy[kernel] >= LOOKS:
            for each in family:
                set_importance(each.pid, NICE)
        elif not self._busy[kernel] and process.nice() == NICE:
            for each in family:
                set_importance(
                    each.pid, os.getpriority(os.PRIO_PROCESS, 0)
                )  # only a privileged server may give importance back


def _descendants(process: psutil.Process) -> list[psutil.Process]:
    """All processes below it. psutil reads every process of the machine for each question: with fifty kernels that
    held up all viewers, every second."""
    if not _NAMES_CHILDREN:
        return process.children(recursive=True)
    below, found = _children(process.pid), []
    while below:
        pid = below.pop()
        with contextlib.suppress(psutil.Error):
            found.append(psutil.Process(pid))
            below += _children(pid)
    return found


def _children(pid: int) -> list[int]:
    found: list[int] = []
    with contextlib.suppress(OSError):
        for thread in Path(f"/proc/{pid}/task").iterdir():
            with contextlib.suppress(OSError):  # threads come and go
                found += map(int, (thread / "children").read_text().split())
    return found


def _processor_seconds(family: Iterable[psutil.Process]) -> float:
    total = 0.0
    for process in family:
        with contextlib.suppress(psutil.Error):
            times = process.cpu_times()
            total += times.user + times.system
    return total


def set_importance(pid: int, nice: int) -> None:
    """``nice`` as in setpriority(2), for every thread and the session's group; what is not allowed is left."""
    with contextlib.suppress(OSError):
        for thread in os.listdir(f"/proc/{pid}/task"):  # noqa: PTH208 - threads come and go
            os.setpriority(os.PRIO_PROCESS, int(thread), nice)
    with contextlib.suppress(OSError):
        os.setpriority(os.PRIO_PROCESS, pid, nice)
    with contextlib.suppress(OSError):
        Path(f"/proc/{pid}/autogroup").write_text(str(nice))
