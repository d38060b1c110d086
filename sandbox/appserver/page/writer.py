"""The program that reads apps' texts: a process for each page, ended when it takes too much time or memory.

``python -m sandbox.appserver.page.writer <descriptor>``; the descriptor is one end of a pair with the app server
(``writing``). It reads nothing itself: for each order it forks, and the fork reads what its own channel brings.
"""

from __future__ import annotations

import contextlib
import gc
import os
import resource
import signal
import socket
import sys
from collections.abc import Mapping, Sequence
from typing import Any

from sandbox.appserver.page.markup import inert
from sandbox.kernels import linux
from sandbox.kernels.channel import Channel, Closed
from sandbox.kernels.forks import run_and_exit, serve_forks

#: What the texts of one page may take: seconds of a processor, bytes of address space. An ordinary page takes 20 ms.
PROCESSOR_SECONDS, MEMORY = 3, 2**30
#: Behind what people wait for.
NICE = 5


def _read(channel: Channel) -> int:
    linux.die_with_parent(signal.SIGKILL)
    os.nice(NICE)
    resource.setrlimit(resource.RLIMIT_CPU, (PROCESSOR_SECONDS, PROCESSOR_SECONDS))
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    with contextlib.suppress(Closed):
        message, _ = channel.receive()
        channel.send({"made": [inert(kind, source) for kind, source in message["texts"]]})
    return 0


def main(arguments: list[str]) -> int:
    control = Channel(socket.socket(fileno=int(arguments[0])))
    inert("markdown", "*a* $b$ <style>c { color: red }</style>")  # what it imports late is there before the first fork
    gc.collect()
    gc.freeze()
    pids: dict[int, int] = {}

    def fork(_: Mapping[str, Any], descriptors: Sequence[int]) -> int:
        channel = Channel(socket.socket(fileno=descriptors[0]))
        pid = os.fork()
        if pid == 0:
            control.close()
            run_and_exit(lambda: _read(channel))
        channel.close()
        pidfd = os.pidfd_open(pid)
        pids[pidfd] = pid
        return pidfd

    def ended(pidfd: int) -> None:
        os.waitpid(pids.pop(pidfd), 0)
        os.close(pidfd)

    with contextlib.suppress(KeyboardInterrupt):
        serve_forks(control, fork, ended)
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
