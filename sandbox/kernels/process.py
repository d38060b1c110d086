"""A running kernel, seen from the server: alive or not, how it ended, signals to it."""

from __future__ import annotations

import contextlib
import os
import select
import signal
import subprocess
import threading
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from sandbox.core.errors import Unavailable
from sandbox.kernels import diskwatch
from sandbox.kernels.channel import Channel, Closed
from sandbox.kernels.confine import ConfinementReport
from sandbox.kernels.places import KernelPlace
from sandbox.kernels.policy import KernelPolicy

_START_TIMEOUT = 60.0  # seconds; a cold subprocess on a busy machine imports for a while


@dataclass(frozen=True)
class KernelEnd:
    """How a kernel ended: exit code (negative: the signal that ended it), processor seconds, peak memory in bytes."""

    code: int
    cpu_seconds: float = 0.0
    memory_bytes: int = 0

    def reason(self, policy: KernelPolicy) -> str:
        """``finished``, ``cpu`` (its processor time was used up), ``killed`` or ``crashed``."""
        limit = policy.limits.cpu_seconds
        if self.code == 0:
            return "finished"
        if limit is not None and self.cpu_seconds >= limit - 1 and self.code in (-signal.SIGKILL, -signal.SIGXCPU):
            return "cpu"
        return "killed" if self.code in (-signal.SIGKILL, -signal.SIGTERM) else "crashed"


@dataclass(frozen=True)
class AppOrder:
    """Start an app zygote: execute ``notebook``, tell over ``channel`` what it shows, then fork kernels for viewers.

    ``shift`` lets it see other clocks by so many seconds; with ``trial`` it ends after it has told, and what it tells
    includes a mark of what each cell left behind. ``first``: only so many cells; each fork goes on with the others when
    its viewer comes. ``elsewhere``: in the fork server for trials, which has only the usual modules; it is not told.
    """

    notebook: Path
    channel: Channel
    shift: int = 0
    trial: bool = False
    first: int | None = None
    elsewhere: bool = False

    def to_json(self) -> dict[str, Any]:
        return {"notebook": str(self.notebook), "shift": self.shift, "trial": self.trial, "first": self.first}


class KernelProcess:
    """Handle of a kernel process; its parent is the zygote or the launch program, never the server.

    ``pid`` is as seen from the server. Made by ``start``, which raises Unavailable when the kernel does not come up.
    """

    def __init__(self, channel: Channel, policy: KernelPolicy, parent: subprocess.Popen[bytes] | None) -> None:
        self.policy = policy
        self.pid = 0
        self.report: ConfinementReport | None = None
        self.end: KernelEnd | None = None
        #: Its folders held too much, so it was ended.
        self.over_disk = False
        self._channel = channel
        self._pidfd: int | None = None
        self._parent = parent
        #: Several threads ask whether it has ended; one of them hears how, and closes the descriptors.
        self._ending = threading.RLock()

    def start(self, place: KernelPlace, app: AppOrder | None = None) -> None:
        """Send the request and wait until the kernel is confined (then only ipykernel's own start is missing)."""
        problem = ""
        deadline = time.monotonic() + _START_TIMEOUT
        try:
            request: dict[str, Any] = {"policy": self.policy.to_json(), "place": str(place.root)}
            if app is None:
                self._channel.send(request)
            else:
                self._channel.send(request | {"app": app.to_json()}, (app.channel.fileno(),))
            while self.report is None or not self.pid:
                message, descriptors = self._channel.receive(max(0.1, deadline - time.monotonic()))
                self._take(message, descriptors)
                if "error" in message:
                    problem = str(message["error"])
                    break
                if "exit" in message:
                    problem = f"it ended with status {message['exit']}"
                    break
        except Closed:
            problem = "the process that starts kernels ended"
        except TimeoutError:
            problem = f"it was not ready after {_START_TIMEOUT:.0f} s"
        if problem:
            self.kill()
            self.close()
            raise Unavailable(
                "The kernel could not be started: {problem}.",
                "Run “sandbox doctor” on this machine; the kernel's own log ends with: {log}",
                problem=problem, log=place.log_tail() or "-",
            )  # fmt: skip

    def watch_disk(self, place: KernelPlace) -> None:
        """End it when what it may write to holds more than its limit (``diskwatch``)."""
        folders = (place.root, *self.policy.writable)
        diskwatch.watch(self.pid, self._pidfd, folders, self.policy.limits.disk_bytes, self._has_too_much)

    def _has_too_much(self) -> None:
        self.over_disk = True

    def _take(self, message: dict[str, Any], descriptors: tuple[int, ...]) -> None:
        if "pid" in message:
            self.pid = int(message["pid"])
            if descriptors:
                self._pidfd = descriptors[0]
                self.pid = _pid_here(self._pidfd) or self.pid
        if "report" in message:
            self.report = ConfinementReport.from_json(message["report"])
        if "exit" in message:
            self.end = KernelEnd(int(message["exit"]), float(message["cpu"]), int(message["memory"]))

    def poll(self) -> int | None:
        """None while it runs, else its exit code (negative: signal)."""
        with self._ending:
            if self.end is None and self._has_ended(0):
                self._learn_end()
        return self.end.code if self.end else None

    def wait(self, timeout: float | None = None) -> int | None:
        """Like ``poll`` after waiting up to ``timeout`` seconds (None: until it ends)."""
        with contextlib.suppress(ValueError):  # closed: another thread has heard meanwhile that it ended
            self._has_ended(timeout)
        return self.poll()

    def _has_ended(self, timeout: float | None) -> bool:
        poller = select.poll()
        poller.register(self._channel if self._pidfd is None else self._pidfd, select.POLLIN | select.POLLHUP)
        return bool(poller.poll(None if timeout is None else timeout * 1000))

    def _learn_end(self) -> None:
        """Its parent says how it ended; when the parent is dead as well, it was killed with it."""
        try:
            while self.end is None:
                self._take(*self._channel.receive(2.0))
        except (Closed, TimeoutError):
            self.end = KernelEnd(-signal.SIGKILL)
        self.close()

    def send_signal(self, number: int) -> None:
        """To the kernel and the processes of its group; nothing happens when it has ended."""
        if self.poll() is not None or not self.pid:
            return
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.killpg(self.pid, number)
            return
        with contextlib.suppress(ProcessLookupError):
            os.kill(self.pid, number)

    def kill(self) -> None:
        """End it now. With a process namespace of its own, everything that it started ends with it."""
        self.send_signal(signal.SIGKILL)

    def close(self) -> None:
        """Let go of the descriptors; the handle only remembers how it ended from here on. May be called twice."""
        with self._ending:
            self._channel.close()
            if self._pidfd is not None:
                os.close(self._pidfd)
                self._pidfd = None
            if self.end is None:
                self.end = KernelEnd(-signal.SIGKILL)
            if self._parent is not None:
                with contextlib.suppress(subprocess.TimeoutExpired):
                    self._parent.wait(5)
                self._parent = None


def _pid_here(pidfd: int) -> int:
    """The process id behind a pidfd in this process namespace; 0 when it has already ended."""
    try:
        with open(f"/proc/self/fdinfo/{pidfd}") as info:
            fields = dict(line.rstrip("\n").split(":\t", 1) for line in info if ":\t" in line)
    except OSError:
        return 0
    return max(0, int(fields.get("Pid", "0")))
