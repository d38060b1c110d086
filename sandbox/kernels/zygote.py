"""The zygote: a warm process that has everything imported and forks kernels on request.

``python -m sandbox.kernels.zygote <descriptor> <module,module,…>``; the descriptor is one end of a pair with the server
(``forkserver``). It never executes a notebook, holds no secret, starts no thread and opens no database: every kernel
gets a copy of whatever it has. It ends when the server closes its end.
"""

from __future__ import annotations

import contextlib
import importlib
import os
import random
import resource
import signal
import socket
import sys
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from sandbox.kernels import forkmemory, linux
from sandbox.kernels.channel import Channel, Closed
from sandbox.kernels.forks import run_and_exit, serve_forks
from sandbox.kernels.supervise import supervise


@dataclass
class Zygote:
    """Forks kernels asked for on ``control`` and tells each kernel's server when it ends."""

    control: Channel
    nested: bool
    kernels: dict[int, tuple[int, Channel]] = field(default_factory=dict)  # pidfd → (pid, channel)

    def serve(self) -> None:
        """Until the server is gone."""
        own_namespace = os.open("/proc/self/ns/pid", os.O_RDONLY | os.O_CLOEXEC) if self.nested else -1

        def fork(_: Mapping[str, Any], descriptors: Sequence[int]) -> int:
            return self._fork(Channel(socket.socket(fileno=descriptors[0])), own_namespace)

        serve_forks(self.control, fork, self._ended)

    def _fork(self, channel: Channel, own_namespace: int) -> int:
        """A kernel for ``channel``; returns its pidfd. The kernel is the first process of its own namespace."""
        nested = self.nested
        if nested:
            try:
                linux.unshare(linux.CLONE_NEWPID)
            except OSError:
                nested = False  # the machine's limit of namespaces is reached
        pid = os.fork()
        if pid == 0:
            run_and_exit(lambda: self._be_kernel(channel, nested))
        if nested:
            linux.setns(own_namespace, linux.CLONE_NEWPID)
        pidfd = os.pidfd_open(pid)
        self.kernels[pidfd] = (pid, channel)
        try:
            channel.send({"pid": pid}, (pidfd,))
        except Closed:
            signal.pidfd_send_signal(pidfd, signal.SIGKILL)
        return pidfd

    def _be_kernel(self, channel: Channel, nested: bool) -> int:
        from sandbox.kernels import child

        return child.run(channel, nested=nested)

    def _ended(self, pidfd: int) -> None:
        pid, channel = self.kernels.pop(pidfd)
        _, status, usage = os.wait4(pid, 0)
        os.close(pidfd)
        with contextlib.suppress(Closed):  # the server may have forgotten it
            channel.send(end_message(status, usage))
        channel.close()


def end_message(status: int, usage: resource.struct_rusage) -> dict[str, float | int]:
    """Exit code (negative: signal), processor seconds, largest resident memory in bytes."""
    return {
        "exit": os.waitstatus_to_exitcode(status),
        "cpu": round(usage.ru_utime + usage.ru_stime, 2),
        "memory": usage.ru_maxrss * 1024,
    }


def preload(modules: list[str]) -> list[str]:
    """Import what kernels will want; returns what could not be, with the reason. Nothing here may start a thread."""
    problems = []
    for name in modules:
        before = linux.thread_count()
        try:
            importlib.import_module(name)
        except Exception as error:  # a missing or broken module costs its users time, not the zygote
            problems.append(f"{name}: {type(error).__name__}: {error}")
        if linux.thread_count() > before:
            problems.append(f"{name}: started a thread")
    return problems


def rehearse() -> list[str]:
    """Make the start of a viewer's kernel quick (``warmup``); returns the reason when that was not possible."""
    from sandbox.kernels import warmup

    try:
        warmup.rehearse()
    except Exception as error:  # forks are slower, and larger
        return [f"rehearsal: {type(error).__name__}: {error}"]
    return []


def _body(control: Channel, modules: list[str], nested: bool) -> int:
    start = time.perf_counter()
    problems = preload(modules) + rehearse()
    random.seed()
    threads = linux.thread_count()
    forkmemory.settle()
    try:
        control.send({
            "threads": threads, "nested": nested, "problems": problems,
            "seconds": round(time.perf_counter() - start, 2),
        })  # fmt: skip
    except Closed:  # the server ended meanwhile
        return 0
    if threads == 1:
        Zygote(control, nested).serve()
    return 0


def main(arguments: list[str]) -> int:
    descriptor, modules = int(arguments[0]), [name for name in arguments[1].split(",") if name]
    control = Channel(socket.socket(fileno=descriptor))
    # The supervisor must not hold the pair open: its end is how the zygote learns that the server is gone.
    status = supervise(lambda nested: _body(control, modules, nested), attend=lambda pid: control.close())
    return 0 if status == 0 else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
