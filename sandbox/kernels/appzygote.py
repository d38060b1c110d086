"""The zygote of one app: a confined process in which the app has been executed, and which forks kernels for viewers.

It is confined like a kernel before it executes anything, and its forks are born confined. What it says is a stranger's
word: an app's code ran here. Each fork confines itself once more (Landlock adds up), to a private folder of its own,
and so reaches neither its siblings' files and sockets nor, by signals, the siblings themselves.
"""

from __future__ import annotations

import contextlib
import json
import os
import signal
import socket
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from sandbox.kernels import child, forkmemory, forks, landlock, linux, singlethreaded, viewerapp
from sandbox.kernels.channel import Channel, Closed
from sandbox.kernels.grants import grants_for
from sandbox.kernels.marks import mark
from sandbox.kernels.places import FONTS, KernelPlace, remove_tree
from sandbox.kernels.policy import KernelPolicy
from sandbox.kernels.rehearsal import Rehearsal, Unfit, waits

#: Names of modules that are told; a large library has a thousand.
_MOST_MODULES = 5000
_CONNECTION_TIMEOUT = 20.0  # seconds until the server has told a fork its connection


class AppZygote:
    """``control`` is the channel to the server; ``confined``: Landlock holds it, and forks must add a layer."""

    def __init__(self, control: Channel, place: KernelPlace, policy: KernelPolicy, *, confined: bool) -> None:
        self._control = control
        self._place = place
        self._policy = policy
        self._confined = confined
        self._rehearsal: Any = None
        self._rest: list[str] = []
        self._viewers: dict[int, tuple[int, KernelPlace]] = {}  # pidfd → (pid, place)

    def run(self, app: dict[str, Any]) -> None:
        """Execute the app's notebook, say what it shows, and serve (unless it is a trial) until the server is gone."""
        if app["shift"]:
            _live_at_another_time(app["shift"])
        viewerapp.begin()
        singlethreaded.connect_duckdb()
        try:
            sources = _sources(Path(app["notebook"]))
            first = len(sources) if app["first"] is None else app["first"]
            self._rehearsal = rehearsal = Rehearsal()
            before = set(sys.modules)
            self._rest = sources[first:]
            marks: list[str] = []
            names, widgets = rehearsal.shell.user_ns, rehearsal.widgets
            rehearsal.run(sources[:first], lambda: marks.append(mark(names, widgets())) if app["trial"] else None)
            if any(waits(rehearsal.shell, source) for source in self._rest):
                raise Unfit("a later cell waits for something (await)")
            _check_forkable()
        except Unfit as problem:
            self._control.send({"unfit": str(problem)})
            return
        except Exception as error:  # the app's code can have broken what runs it
            self._control.send({"unfit": f"{type(error).__name__}: {error}"[:200]})
            return
        modules = [name for name in list(sys.modules) if isinstance(name, str) and name not in before][:_MOST_MODULES]
        self._control.send(_clean({**rehearsal.shown(), "modules": modules, "marks": marks}))
        if app["trial"]:
            return
        if not self._rest:
            rehearsal.cells.clear()
            viewerapp.make()
        del modules
        linux.prctl(linux.PR_SET_CHILD_SUBREAPER, 1)
        _settle()
        forks.serve_forks(self._control, self._open, self._ended)

    def _open(self, message: Mapping[str, Any], descriptors: Sequence[int]) -> int:
        channel = Channel(socket.socket(fileno=descriptors[0]))
        return self._fork(channel, self._place.viewer(message["viewer"]))

    def _fork(self, channel: Channel, place: KernelPlace) -> int:
        pid = os.fork()
        if pid == 0:
            forks.run_and_exit(lambda: self._be_kernel(channel, place))
        channel.close()
        pidfd = os.pidfd_open(pid)
        self._viewers[pidfd] = (pid, place)
        return pidfd

    def _ended(self, pidfd: int) -> None:
        """Nothing stays of a viewer's kernel: no zombie, no file, no process that it started."""
        pid, place = self._viewers.pop(pidfd)
        os.close(pidfd)
        with contextlib.suppress(ChildProcessError):
            os.waitpid(pid, 0)
        for orphan in _children() - {other for other, _ in self._viewers.values()}:
            with contextlib.suppress(OSError):
                os.kill(orphan, signal.SIGKILL)
                os.waitpid(orphan, 0)
        remove_tree(place.home)
        remove_tree(place.root)

    def _be_kernel(self, channel: Channel, place: KernelPlace) -> int:
        connection = self._become(channel, place)
        self._serve_viewer(channel, connection)
        return 0

    def _become(self, channel: Channel, place: KernelPlace) -> dict[str, Any]:
        """A kernel of its own: session, folder, environment, a layer of confinement; returns its connection."""
        for folder in (place.root, place.sockets, place.home, place.temporary):
            folder.mkdir(mode=0o700)
        child.begin_session(place.log)
        linux.prctl(linux.PR_SET_CHILD_SUBREAPER, 1)
        self._control.close()
        for pidfd in self._viewers:
            os.close(pidfd)
        os.environ.update(
            HOME=str(place.home), TMPDIR=str(place.temporary), JOBLIB_TEMP_FOLDER=str(place.temporary),
            IPYTHONDIR=str(place.home / ".ipython"), MPLCONFIGDIR=str(place.home / FONTS),
        )  # fmt: skip
        os.chdir(place.home)
        child.forget_parent()
        if self._confined:
            own = [grant for grant in grants_for(self._policy, place) if grant.path.exists()]
            landlock.restrict([*own, landlock.Grant(self._place.modules, landlock.READ)])
        request, _ = channel.receive(_CONNECTION_TIMEOUT)
        return dict(request["connection"])

    def _serve_viewer(self, channel: Channel, connection: dict[str, Any]) -> None:
        viewerapp.listen(connection)
        with contextlib.suppress(Closed):
            channel.send({"ready": True})
        if self._rest:
            channel.receive()  # until the viewer is there; Closed ends this process
            self._finish(channel)
        channel.close()
        viewerapp.serve()

    def _finish(self, channel: Channel) -> None:
        """Run the cells that could not be run ahead, and say what all of them show."""
        failed = False
        try:
            self._rehearsal.run(self._rest)
        except Unfit:
            failed = True
        with contextlib.suppress(Closed):
            channel.send(_clean({**self._rehearsal.shown(), "modules": [], "failed": failed}))


def _clean(message: dict[str, Any]) -> dict[str, Any]:
    from ipykernel.jsonutil import json_clean

    return dict(json_clean(message))


def _live_at_another_time(seconds: int) -> None:
    """Libraries first: native code (pandas) crashes when it is loaded on top of classes that are not the real ones."""
    from sandbox.kernels.forkserver import PRELOAD
    from sandbox.kernels.otherclock import shift_clocks
    from sandbox.kernels.zygote import preload

    preload(list(PRELOAD))
    shift_clocks(seconds)


def _sources(notebook: Path) -> list[str]:
    cells = json.loads(notebook.read_text(encoding="utf-8"))["cells"]
    sources = (cell["source"] for cell in cells if cell["cell_type"] == "code")
    return ["".join(source) for source in sources]


def _children() -> set[int]:
    """Process ids whose parent is this process; empty where /proc does not tell."""
    found: set[int] = set()
    own = str(os.getpid())
    for name in os.listdir("/proc"):  # noqa: PTH208 - many times, in a small process
        if not name.isdigit():
            continue
        try:
            with open(f"/proc/{name}/stat") as file:
                fields = file.read().rsplit(")", 1)[1].split()
        except OSError:
            continue
        if fields[1] == own:
            found.add(int(name))
    return found


def _check_forkable() -> None:
    """A thread would be missing in a fork, and whatever lock it holds would stay held; a child would be shared."""
    threads = singlethreaded.remaining_threads()
    if threads != 1:
        raise Unfit(f"the app started {threads - 1} threads")
    if _children():
        raise Unfit("the app started other processes")


def _settle() -> None:
    """Give back what only the execution needed."""
    import linecache

    linecache.clearcache()
    forkmemory.settle()
