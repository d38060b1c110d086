"""The server's side of an app zygote: what the app showed, and kernels in which it has already run.

Everything that comes from there is a stranger's word: read with limits of size and time, checked in form, and what
matters (which process a kernel is) is asked of the operating system.
"""

from __future__ import annotations

import os
import secrets
import signal
import threading
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from sandbox.core.errors import Unavailable
from sandbox.kernels import landlock, linux
from sandbox.kernels.channel import Channel, Closed
from sandbox.kernels.places import KernelPlace, ServerPlace
from sandbox.kernels.policy import KernelPolicy
from sandbox.kernels.process import AppOrder, KernelEnd, KernelProcess
from sandbox.kernels.start import start_kernel

#: Whether an app's process can be kept here: its forks need pidfds, and Landlock keeps viewers' files apart.
AVAILABLE = linux.AVAILABLE and linux.has_pidfds() and landlock.abi() > 0

_VIEWER_TIMEOUT = 20.0  # seconds until a forked kernel says that it is ready
_VIEWER_MESSAGE = 4096  # bytes


class Unfit(Exception):
    """The app cannot be prepared; the text is for the log."""


@dataclass(frozen=True)
class Shown:
    """What an app showed when it was executed: the outputs of each code cell, in order, and the widgets' state.

    ``modules`` are names of modules that were imported then, as the app tells; ``marks``, of a trial, name what each
    cell left behind. ``failed``: a cell did not come to its end, and those after it were not run.
    """

    cells: tuple[list[dict[str, Any]], ...]
    widgets: Mapping[str, Any]
    modules: tuple[str, ...] = ()
    marks: tuple[str, ...] = ()
    failed: bool = False


class WarmApp:
    """An app executed in a confined process that forks kernels for viewers. Blocks: make and use it in a thread.

    ``most`` is the largest first view, bytes; ``timeout`` the longest execution, seconds. ``trial`` only shows, with
    clocks that are ``shift`` seconds ahead. ``first``: only so many cells are executed; each kernel executes the others
    when its viewer comes (``ViewerProcess.finish``). ``elsewhere``: a trial in the fork server for trials. Raises Unfit
    for an app that cannot be prepared, Unavailable when no process comes up.
    """

    def __init__(
        self, policy: KernelPolicy, notebook: Path, *, most: int, timeout: float, trial: bool = False, shift: int = 0,
        first: int | None = None, elsewhere: bool = False,
    ) -> None:  # fmt: skip
        if not AVAILABLE:
            raise Unfit("kernels of viewers can only be forked and kept apart on Linux with pidfd and Landlock")
        self.policy = policy
        self._lock = threading.Lock()
        self._place = ServerPlace.get().new_kernel()
        self._place.hold_viewers()
        self._control, far = Channel.pair()
        try:
            order = AppOrder(notebook, far, shift, trial, first, elsewhere)
            self._process = start_kernel(policy, self._place, app=order)
        except BaseException:
            self._control.close()
            self._place.remove()
            raise
        finally:
            far.close()
        try:
            self.shown = self._learn(most, timeout)
        except BaseException:
            self.stop()
            raise

    @property
    def pid(self) -> int:
        return self._process.pid

    def alive(self) -> bool:
        return self._process.poll() is None

    def new_viewer(self) -> KernelPlace:
        """Where the next kernel will live; the zygote makes the folder, for the server must not follow it there."""
        return self._place.viewer(secrets.token_hex(4))

    def launch(self, place: KernelPlace, connection: Mapping[str, Any]) -> KernelProcess:
        """Fork a kernel with ``connection`` (the content of its connection file); ready when this returns.

        Raises Unavailable when it does not come up.
        """
        near, far = Channel.pair(known=True)
        try:
            with self._lock:
                self._control.send({"viewer": place.root.name}, (far.fileno(),))
            far.close()
            near.send({"connection": dict(connection)})
            _, descriptors = near.receive(_VIEWER_TIMEOUT, _VIEWER_MESSAGE)
            near.discard(descriptors)
            return ViewerProcess(near, self._process, near.sender)
        except (Closed, TimeoutError, ValueError, OSError) as error:
            near.close()
            raise Unavailable(
                "The app's process did not give a kernel: {problem}.",
                "Open the app again; it is then prepared anew.",
                problem=str(error) or type(error).__name__,
            ) from None
        finally:
            far.close()

    def stop(self) -> None:
        """End it and all of its kernels; their files go. May be called twice."""
        self._process.kill()
        self._process.wait(5.0)
        self._control.close()
        self._place.remove()

    def _learn(self, most: int, timeout: float) -> Shown:
        return _learn(self._control, most, timeout)


class ViewerProcess(KernelProcess):
    """A kernel that an app zygote forked. Nobody trustworthy is its parent: only that it has ended is known."""

    def __init__(self, channel: Channel, zygote: KernelProcess, pid: int) -> None:
        super().__init__(channel, zygote.policy, None)
        if pid <= 0:
            raise ValueError("nobody knows which process it is")
        self.report = zygote.report
        self.pid = pid
        self._pidfd = os.pidfd_open(pid)

    def finish(self, most: int, timeout: float) -> Shown:
        """Let it execute the cells that its app's process did not: its viewer is there. Blocks; once only.

        Raises Unfit when it does not say what it shows, within ``most`` bytes and ``timeout`` seconds.
        """
        try:
            self._channel.send({"go": True})
            return _learn(self._channel, most, timeout)
        except Closed:
            raise Unfit("it ended before its viewer came") from None

    def _learn_end(self) -> None:
        self.end = KernelEnd(-signal.SIGKILL)
        self.close()


def _learn(channel: Channel, most: int, timeout: float) -> Shown:
    try:
        message, descriptors = channel.receive(timeout, most)
    except Closed:
        raise Unfit("it ended while it was executed") from None
    except TimeoutError:
        raise Unfit(f"it took longer than {timeout:g} s") from None
    except ValueError as problem:
        raise Unfit(str(problem)) from None
    channel.discard(descriptors)
    if "unfit" in message:
        raise Unfit(str(message["unfit"])[:200])
    return _shown(message)


def _shown(message: Mapping[str, Any]) -> Shown:
    """Raises Unfit unless the message has the form that ``appzygote`` gives it."""
    cells, widgets, modules = message.get("cells"), message.get("widgets"), message.get("modules")
    if not isinstance(cells, list) or not isinstance(widgets, dict) or not isinstance(modules, list):
        raise Unfit("it did not say what it shows")
    if not isinstance(widgets.get("state"), dict):
        raise Unfit("its widgets have no state")
    for outputs in cells:
        if not isinstance(outputs, list) or not all(isinstance(output, dict) for output in outputs):
            raise Unfit("its outputs have no form")
    marks = message.get("marks")
    return Shown(
        tuple(cells), widgets, tuple(name for name in modules if isinstance(name, str)),
        tuple(map(str, marks)) if isinstance(marks, list) else (), message.get("failed") is True,
    )  # fmt: skip
