"""The server's side of the zygote: started at the first kernel, one per server process, replaced when it dies."""

from __future__ import annotations

import atexit
import logging
import os
import subprocess
import sys
import threading
from pathlib import Path

from sandbox.kernels import environment, linux
from sandbox.kernels.channel import Channel, Closed
from sandbox.kernels.places import KernelPlace
from sandbox.kernels.policy import KernelPolicy
from sandbox.kernels.process import AppOrder, KernelProcess

log = logging.getLogger(__name__)

PACKAGE_PARENT = Path(__file__).resolve().parents[2]

#: What a notebook of ours imports, and what ipykernel imports late. A module that starts a thread must not be here.
PRELOAD = (
    "numpy", "pandas", "duckdb", "matplotlib.pyplot", "matplotlib.backends.backend_svg", "joblib",
    "sklearn.ensemble", "sklearn.linear_model", "sklearn.pipeline", "sklearn.compose", "sklearn.preprocessing",
    "sklearn.impute", "sklearn.metrics", "sklearn.model_selection", "sklearn.inspection", "sklearn.dummy",
    "skops.io", "ipywidgets", "sandbox.kernels.child", "sandbox.kernels.accesslog", "sandbox.kernels.kernelapp",
    "ipykernel.ipkernel", "ipykernel.zmqshell", "ipykernel.debugger", "IPython.core.debugger",
    "IPython.core.completerlib", "IPython.core.logger", "IPython.core.oinspect", "IPython.extensions.storemagic",
    "IPython.utils.wildcard", "tornado.platform.asyncio", "tornado.queues", "sandbox.lab",
)  # fmt: skip

_READY_TIMEOUT = 60.0  # seconds


class Unfit(Exception):
    """This machine or this zygote cannot fork kernels; the reason is the text."""


class ForkServer:
    """One zygote. ``launch`` gives a running kernel; after ``stop`` (or the zygote's death) it gives none."""

    def __init__(self, preload: tuple[str, ...] = PRELOAD) -> None:
        if not linux.AVAILABLE or not hasattr(os, "pidfd_open"):
            raise Unfit("forking kernels needs Linux on x86_64 or aarch64")
        self.owner = os.getpid()
        self._lock = threading.Lock()
        self._control, far = Channel.pair()
        self._process = run_program("sandbox.kernels.zygote", far, [",".join(preload)])
        try:
            answer, _ = self._control.receive(_READY_TIMEOUT)
        except (Closed, TimeoutError):
            self.stop()
            raise Unfit("the zygote did not start") from None
        self.nested = bool(answer["nested"])
        self.problems = tuple(str(problem) for problem in answer["problems"])
        log.info("zygote ready in %s s%s", answer["seconds"], "".join(f"; {problem}" for problem in self.problems))
        if answer["threads"] != 1:
            self.stop()
            raise Unfit(f"a preloaded module started a thread: {'; '.join(self.problems)}")

    def alive(self) -> bool:
        return self.owner == os.getpid() and self._process.poll() is None

    @property
    def pid(self) -> int:
        """Of the zygote's supervisor; its end ends the zygote and all of its kernels."""
        return self._process.pid

    def launch(self, policy: KernelPolicy, place: KernelPlace, app: AppOrder | None = None) -> KernelProcess:
        """Fork a kernel, or the zygote of an app.

        Raises Closed when the zygote is gone, Unavailable when the kernel does not come up.
        """
        near, far = Channel.pair()
        try:
            with self._lock:
                self._control.send({"fork": True}, (far.fileno(),))
        except Closed:
            near.close()
            raise
        finally:
            far.close()
        process = KernelProcess(near, policy, None)
        process.start(place, app)
        return process

    def stop(self) -> None:
        """End the zygote; its kernels end with it. May be called twice."""
        if self.owner != os.getpid():
            return
        self._control.close()
        try:
            self._process.wait(3)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait(3)

    def abandon(self) -> None:
        """In a forked copy of the owner: let go without ending anything."""
        self._control.close()


def run_program(module: str, channel: Channel, arguments: list[str]) -> subprocess.Popen[bytes]:
    """Start one of our helper programs with its end of a channel; the server's end stays the only other one."""
    try:
        return subprocess.Popen(
            [sys.executable, "-m", module, str(channel.fileno()), *arguments],
            pass_fds=(channel.fileno(),),
            env=environment.of_program(PACKAGE_PARENT),
            cwd="/",
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            start_new_session=True,  # a Ctrl-C at the server's terminal is the server's to handle
        )
    finally:
        channel.close()


_current: ForkServer | None = None
_current_lock = threading.Lock()


def current() -> ForkServer:
    """The fork server of this process; started, or started anew, if need be. Raises Unfit where there can be none."""
    global _current
    with _current_lock:
        if _current is None or not _current.alive():
            if _current is not None:
                _current.stop()
            _current = ForkServer()
            atexit.register(_current.stop)
        return _current


def stop() -> None:
    """End this process's fork server and all of its kernels, if there is one."""
    global _current
    with _current_lock:
        if _current is not None:
            _current.stop()
            _current = None


def _forget() -> None:
    """In a forked copy of the server: the zygote is the original's; its end of the pair must not be held open here."""
    global _current, _current_lock
    if _current is not None:
        _current.abandon()
    _current, _current_lock = None, threading.Lock()


os.register_at_fork(after_in_child=_forget)
