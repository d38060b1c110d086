"""The server's side of the zygote: started at the first kernel, replaced when it dies.

A server process has one for its kernels, and for a while a second one, in which apps are tried.
"""

from __future__ import annotations

import atexit
import contextlib
import logging
import os
import subprocess
import sys
import threading
import weakref
from collections.abc import Iterator, Sequence
from pathlib import Path

from sandbox.kernels import environment, linux
from sandbox.kernels.channel import Channel, Closed
from sandbox.kernels.places import KernelPlace
from sandbox.kernels.policy import KernelPolicy
from sandbox.kernels.process import AppOrder, KernelProcess

log = logging.getLogger(__name__)

PACKAGE_PARENT = Path(__file__).resolve().parents[2]

#: What a notebook of ours imports, and what ipykernel imports late. A module that starts a thread must not be here.
#: What else published apps import is not listed but learned (``learned``).
PRELOAD = (
    "numpy", "pandas", "duckdb", "matplotlib.pyplot", "matplotlib.backends.backend_svg", "joblib",
    "sklearn.ensemble", "sklearn.linear_model", "sklearn.pipeline", "sklearn.compose", "sklearn.preprocessing",
    "sklearn.impute", "sklearn.metrics", "sklearn.model_selection", "sklearn.inspection", "sklearn.dummy",
    "skops.io", "ipywidgets", "sandbox.kernels.child", "sandbox.kernels.accesslog", "sandbox.kernels.kernelapp",
    "ipykernel.ipkernel", "ipykernel.zmqshell", "ipykernel.debugger", "IPython.core.debugger",
    "IPython.core.completerlib", "IPython.core.logger", "IPython.core.oinspect", "IPython.extensions.storemagic",
    "IPython.utils.wildcard", "tornado.platform.asyncio", "tornado.queues", "sandbox.lab",
)  # fmt: skip

#: How long the fork server for trials waits for another one, seconds. An examination tries an app in each language, and
#: the first start of a workspace examines several; it holds 170 MB meanwhile.
TRIALS_REST = 10.0

_READY_TIMEOUT = 60.0  # seconds


class Unfit(Exception):
    """This machine or this zygote cannot fork kernels; the reason is the text."""


class ForkServer:
    """One zygote. ``launch`` gives a running kernel; after ``stop`` (or the zygote's death) it gives none."""

    def __init__(self, preload: tuple[str, ...] = PRELOAD) -> None:
        if not linux.AVAILABLE or not linux.has_pidfds():
            raise Unfit("forking kernels needs Linux on x86_64 or aarch64")
        self.owner = os.getpid()
        self.preload = preload
        self._lock = threading.Lock()
        self._launched: weakref.WeakSet[KernelProcess] = weakref.WeakSet()
        self._control, far = Channel.pair()
        self._process = run_program("sandbox.kernels.zygote", far, [",".join(preload)])
        # Whenever it ends it is seen off at once; the next kernel, who would find out, may be long in coming.
        threading.Thread(target=self._process.wait, name="zygote", daemon=True).start()
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
        with self._lock:
            self._launched.add(process)
        process.start(place, app)
        return process

    def idle(self) -> bool:
        """Whether nothing that was forked here is known to run."""
        with self._lock:
            return all(process.end is not None for process in self._launched)

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


class _Keeper:
    """Starts a fork server at its first use, and anew when it has died. ``learned`` are imported besides the usual."""

    def __init__(self) -> None:
        self.server: ForkServer | None = None
        self.learned: tuple[str, ...] = ()
        self._old: list[ForkServer] = []
        self._lock = threading.Lock()

    def get(self) -> ForkServer:
        with self._lock:
            self._end_old()
            if self.server is None or not self.server.alive():
                if self.server is not None:
                    self._end(self.server)
                self.server = self._start(self.learned)
            return self.server

    def learn(self, modules: tuple[str, ...]) -> bool:
        """From now on kernels are forked from a server that has ``modules`` as well. Those that run stay with theirs,
        which ends after the last of them. Blocks while the other one starts; kernels can be forked meanwhile. Whether
        another server has taken over.
        """
        with self._lock:
            self._end_old()
            self.learned, old = modules, self.server
        if old is None or not old.alive() or old.preload == (*PRELOAD, *modules):
            return False
        new = self._start(modules)
        with self._lock:
            if self.server is not old:  # it died meanwhile, and its successor has learned the same
                self._end(new)
                return False
            self.server = new
            self._old.append(old)
            self._end_old()
            return True

    def servers(self) -> list[ForkServer]:
        return [*self._old, *([] if self.server is None else [self.server])]

    def stop(self) -> None:
        with self._lock:
            for server in self.servers():
                self._end(server)
            self.server, self._old = None, []

    @staticmethod
    def _start(learned: tuple[str, ...]) -> ForkServer:
        """What was learned must not cost what is usual: without it, when a server cannot fork with it."""
        try:
            server = ForkServer((*PRELOAD, *learned))
        except Unfit as problem:
            if not learned:
                raise
            log.warning("modules that apps use are not imported ahead: %s", problem)
            server = ForkServer()
        atexit.register(server.stop)
        return server

    @staticmethod
    def _end(server: ForkServer) -> None:
        server.stop()
        atexit.unregister(server.stop)

    def _end_old(self) -> None:
        over = [server for server in self._old if server.idle() or not server.alive()]
        self._old = [server for server in self._old if server not in over]
        for server in over:
            self._end(server)


class _Trials:
    """Keeps the fork server for trials while they follow one another."""

    def __init__(self) -> None:
        self.keeper = _Keeper()
        self._lock = threading.Lock()
        self._running = 0
        self._rest: threading.Timer | None = None

    @contextlib.contextmanager
    def running(self) -> Iterator[None]:
        with self._lock:
            self._running += 1
            if self._rest is not None:
                self._rest.cancel()
        try:
            yield
        finally:
            with self._lock:
                self._running -= 1
                self._rest = threading.Timer(TRIALS_REST, self._end)
                self._rest.daemon = True
                self._rest.start()

    def _end(self) -> None:
        with self._lock:
            if not self._running:
                self.keeper.stop()


_kernels, _trials = _Keeper(), _Trials()


def current() -> ForkServer:
    """The fork server of this process; started, or started anew, if need be. Raises Unfit where there can be none."""
    return _kernels.get()


def learn(modules: Sequence[str]) -> bool:
    """Let this process's kernels (not its trials) be forked with ``modules`` imported; see ``_Keeper.learn``. They must
    be known to be fit (``learned.learn``). Raises Unfit where kernels cannot be forked.
    """
    return _kernels.learn(tuple(modules))


def for_trials() -> ForkServer:
    """Another one, with another hash seed and another layout of its memory: what an app shows in both, it shows
    everywhere. To be used within ``trial``. Raises Unfit where there can be none.
    """
    return _trials.keeper.get()


def trial() -> contextlib.AbstractContextManager[None]:
    """While it lasts, what ``for_trials`` gave stays; soon after the last one it ends, for it costs memory."""
    return _trials.running()


def stop() -> None:
    """End this process's fork servers and all of their kernels, if there are any."""
    _kernels.stop()
    _trials.keeper.stop()


def _forget() -> None:
    """In a forked copy of the server: zygotes are the original's; its ends of the pairs must not be held open here."""
    global _kernels, _trials
    for keeper in (_kernels, _trials.keeper):
        for server in keeper.servers():
            server.abandon()
    _kernels, _trials = _Keeper(), _Trials()


os.register_at_fork(after_in_child=_forget)
