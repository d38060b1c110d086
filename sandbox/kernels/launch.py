"""One kernel in an ordinary subprocess, for machines without a fork server.

``python -m sandbox.kernels.launch <descriptor>``; the descriptor is the kernel's channel. The kernel confines itself in
the same way as a forked one; it only starts cold (a second instead of hundredths).
"""

from __future__ import annotations

import contextlib
import os
import resource
import select
import signal
import socket
import sys
import threading

from sandbox.kernels import child, linux
from sandbox.kernels.channel import Channel, Closed
from sandbox.kernels.supervise import supervise
from sandbox.kernels.zygote import end_message


def _attend(channel: Channel, kernel: int) -> None:
    """Tell the server about the kernel; wait until it ends, or end it when the server closes its end or dies."""
    if not linux.has_pidfds():
        with contextlib.suppress(Closed):
            channel.send({"pid": kernel})
        threading.Thread(target=_end_with_server, args=(channel, kernel), daemon=True).start()
        return
    pidfd = os.pidfd_open(kernel)
    with contextlib.suppress(Closed):
        channel.send({"pid": kernel}, (pidfd,))
    poller = select.poll()
    poller.register(channel, select.POLLHUP)
    poller.register(pidfd, select.POLLIN)
    if all(descriptor != pidfd for descriptor, _ in poller.poll()):
        os.kill(kernel, signal.SIGKILL)
    os.close(pidfd)


def _end_with_server(channel: Channel, kernel: int) -> None:
    poller = select.poll()
    poller.register(channel, select.POLLHUP)
    poller.poll()
    with contextlib.suppress(ProcessLookupError):
        os.kill(kernel, signal.SIGKILL)


def main(arguments: list[str]) -> int:
    channel = Channel(socket.socket(fileno=int(arguments[0])))
    status = supervise(lambda nested: child.run(channel, nested=nested), lambda kernel: _attend(channel, kernel))
    with contextlib.suppress(Closed):
        channel.send(end_message(status, resource.getrusage(resource.RUSAGE_CHILDREN)))
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
