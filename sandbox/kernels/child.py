"""The new process, from the fork to ipykernel: become a session of its own, confine, forget the parent, serve.

A request with ``app`` makes an app zygote (``appzygote``) instead of a kernel; the descriptor that comes with it is the
end of the channel it speaks on from then on.
"""

from __future__ import annotations

import contextlib
import os
import random
import signal
import socket
import sys
import tempfile
from pathlib import Path

from sandbox.kernels import linux
from sandbox.kernels.channel import Channel, Closed
from sandbox.kernels.confine import confine
from sandbox.kernels.places import KernelPlace
from sandbox.kernels.policy import KernelPolicy

_ACCESS_LOG = "SANDBOX_ACCESS_LOG"


def run(channel: Channel, *, nested: bool) -> int:
    """Read the request from ``channel``, become the kernel it asks for, and serve it. Returns the exit status."""
    try:
        request, descriptors = channel.receive()
        policy = KernelPolicy.from_json(request["policy"])
        place = KernelPlace(Path(request["place"]))
        _own_session(place.log, {channel.fileno(), *descriptors})
        report = confine(policy, place, nested=nested)
        forget_parent()
    except Closed:
        return 1
    except Exception as error:  # the server needs the reason, whatever it is
        with contextlib.suppress(Closed):
            channel.send({"error": f"{type(error).__name__}: {error}"})
        return 1
    with contextlib.suppress(Closed):
        channel.send({"report": report.to_json()})
    channel.close()  # a notebook must not be able to report in the server's name
    if "app" in request:
        from sandbox.kernels.appzygote import AppZygote

        control = Channel(socket.socket(fileno=descriptors[0]))
        AppZygote(control, place, policy, confined=report.applied("landlock")).run(request["app"])
    else:
        _serve(place, policy)
    return 0


def _serve(place: KernelPlace, policy: KernelPolicy) -> None:
    from sandbox.kernels.kernelapp import serve

    def watch() -> None:
        if _ACCESS_LOG in policy.env:
            from sandbox.kernels.accesslog import record

            record(Path(policy.env[_ACCESS_LOG]), policy, place)

    serve(place.connection_file, watch)


def _own_session(log: Path, keep: set[int]) -> None:
    """A session, default signals, no descriptor of the parent's but those to keep."""
    begin_session(log)
    last = 2
    for descriptor in [*sorted(keep), os.sysconf("SC_OPEN_MAX")]:
        os.closerange(last + 1, descriptor)
        last = descriptor


def begin_session(log: Path) -> None:
    """A session that ends with the parent, default signals, and ``log`` for what the process itself says."""
    os.setsid()
    if linux.AVAILABLE:
        linux.die_with_parent(signal.SIGKILL)
    signal.set_wakeup_fd(-1)
    for number in (signal.SIGTERM, signal.SIGCHLD, signal.SIGHUP):
        signal.signal(number, signal.SIG_DFL)
    signal.signal(signal.SIGINT, signal.default_int_handler)
    written = os.open(log, os.O_WRONLY | os.O_CREAT | os.O_APPEND | os.O_NOFOLLOW, 0o600)
    null = os.open(os.devnull, os.O_RDONLY)
    for source, target in ((null, 0), (written, 1), (written, 2)):
        os.dup2(source, target)
    os.close(null)
    os.close(written)


def forget_parent() -> None:
    """What a fork copies and must not be the same in two kernels: random states, names, keys."""
    random.seed()
    numpy = sys.modules.get("numpy")
    if numpy is not None:
        numpy.random.seed()
    tempfile._name_sequence = None  # type: ignore[attr-defined]
    tempfile.tempdir = None
    multiprocessing = sys.modules.get("multiprocessing.process")
    if multiprocessing is not None:
        multiprocessing.current_process().authkey = os.urandom(32)
