"""Goes a viewer's way in the zygote, with a kernel and a slider of its own, so that forks find it trodden.

Python writes into the code that it runs: it counts the calls of a function, replaces its instructions by faster ones
and notes beside them what they met. A fork that does so copies the pages that the code lies in, and is slow until then.
What has run often enough before the fork stays as it is. And code that runs in every fork is laid side by side, for a
call writes to it in any case. Nothing of an app or of a viewer is in this process, and nothing of the way stays in it.
"""

from __future__ import annotations

import asyncio
import contextlib
import contextvars
import faulthandler
import gc
import signal
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from types import CodeType, FrameType, FunctionType
from typing import Any

import comm
import ipywidgets
import zmq
from ipykernel.kernelbase import Kernel
from ipywidgets.widgets import widget
from jupyter_client.session import Session
from tornado.ioloop import IOLoop

from sandbox.kernels.kernelapp import connect_widgets
from sandbox.kernels.viewerapp import NO_CONNECTION, Publisher, ViewerKernel, ViewerKernelApp, configuration_of_viewers

#: Python 3.11 replaces a function's instructions at its eighth call, and goes on with them at the next ones.
ROUNDS = 12
#: Of the slider, in each round.
_MOVES = 3
#: Until the first question is asked again, and longest time for a round.
_FIRST_SECONDS, _ROUND_SECONDS = 0.03, 5.0
_CHANNELS = ("shell", "iopub", "stdin", "control", "hb")


def rehearse(rounds: int = ROUNDS) -> None:
    """Be the kernel of ``rounds`` viewers, one after the other. There is one thread again when this returns.

    Raises OSError or zmq.ZMQError when there is no place for sockets, TimeoutError when the kernel does not answer.
    """
    with _as_it_was():
        contextvars.Context().run(_rehearse, rounds)
    show_once()


def show_once() -> None:
    """A table and a drawing, of the libraries that are imported: an app that depends on time or chance shows its own
    after the fork. Nothing is chosen by this, neither matplotlib's backend nor pyplot's figure.
    """
    if "pandas" in sys.modules:
        import pandas

        pandas.DataFrame({"a": [1, 2], "b": [0.5, 1.5], "c": ["x", "y"]})._repr_html_()
    if "matplotlib.figure" in sys.modules:
        from IPython.core.pylabtools import print_figure
        from matplotlib import font_manager
        from matplotlib.backends.backend_agg import FigureCanvasAgg
        from matplotlib.figure import Figure

        figure = Figure(figsize=(6, 3))
        FigureCanvasAgg(figure)
        axes = figure.subplots()
        axes.bar(["a", "b"], [1.0, 2.0], label="x")
        axes.plot([1.0, 2.0])
        axes.set_title("x")
        axes.legend()
        print_figure(figure)
        # A font in there is an open file, and no fork shall have one. (matplotlib would see to it as well.)
        font_manager._get_font.cache_clear()


def _rehearse(rounds: int) -> None:
    slider, text = ipywidgets.IntSlider(0, max=10**6), ipywidgets.HTML()

    def show(_: object = None) -> None:
        text.value = f"<p>{slider.value}</p>"

    slider.observe(show, "value")
    try:
        app = _app()
        with tempfile.TemporaryDirectory() as folder:
            _lay_side_by_side(_called_in(app, slider, Path(folder, "first")))
            for number in range(rounds):
                _round(app, slider, Path(folder, str(number)))
    finally:
        ViewerKernel.clear_instance()
        for each in (slider, text):
            for part in (each.layout, each.style, each):
                part.close()


def _app() -> Any:
    """As ``viewerapp.begin`` and ``make``, but with a kernel that has no shell: a process keeps its first one."""
    app = ViewerKernelApp(config=configuration_of_viewers())
    app.session = Session(parent=app)
    app.iopub_thread = Publisher(app.session)
    app.iopub_socket = app.iopub_thread.background_socket
    app.load_connection_info(NO_CONNECTION)
    values = {
        "parent": app, "session": app.session, "log": app.log,
        "iopub_thread": app.iopub_thread, "iopub_socket": app.iopub_socket,
    }  # fmt: skip
    app.kernel = kernel = ViewerKernel.__new__(ViewerKernel, **values)
    Kernel.__init__(kernel, **values)
    kernel.comm_manager = comm.get_comm_manager()
    for kind in ("comm_open", "comm_msg", "comm_close"):
        kernel.shell_handlers[kind] = getattr(kernel.comm_manager, kind)
    for each in ViewerKernel._walk_mro():
        each._instance = kernel  # widgets ask for the process's kernel
    connect_widgets(kernel)
    return app


def _round(app: Any, slider: Any, path: Path) -> None:
    ports = {f"{name}_port": port for port, name in enumerate(_CHANNELS, 1)}
    with contextlib.ExitStack() as stack:
        stack.callback(asyncio.set_event_loop_policy, None)
        stack.callback(_close, app)
        app.listen(NO_CONNECTION | ports | {"ip": str(path), "key": "rehearsal"})
        app.take_up()
        app.kernel.start()
        loop = IOLoop.current()
        stack.callback(loop.close)
        client = stack.enter_context(zmq.Context())
        stack.callback(client.destroy, linger=0)
        loop.run_sync(lambda: _talk(client, str(path), slider), _ROUND_SECONDS)


def _close(app: Any) -> None:
    if app.control_thread is not None and app.control_thread.is_alive():
        for socket in (app.shell_socket, app.stdin_socket, app.iopub_thread.socket):
            socket.close(linger=0)
        app.context.term()  # the control thread closes its socket then, and ends
        app.control_thread.join()
    elif app.context is not None:
        app.context.destroy(linger=0)
    app.iopub_thread.socket = None


async def _talk(context: zmq.Context[Any], path: str, slider: Any) -> None:
    """What the app server and a page say to a kernel."""
    session = Session(key=b"rehearsal")
    shell, iopub = context.socket(zmq.DEALER), context.socket(zmq.SUB)
    iopub.subscribe(b"")
    shell.connect(f"ipc://{path}-1")
    iopub.connect(f"ipc://{path}-2")
    while not await _ask(session, shell, iopub, "kernel_info_request", {}, _FIRST_SECONDS):
        pass  # the kernel had not heard yet that somebody listens; the round's own time ends this
    await _ask(session, shell, iopub, "comm_info_request", {})
    for _ in range(_MOVES):
        data = {"method": "update", "state": {"value": slider.value + 1}, "buffer_paths": []}
        await _ask(session, shell, iopub, "comm_msg", {"comm_id": slider.model_id, "data": data})


async def _ask(
    session: Session, shell: Any, iopub: Any, kind: str, content: dict[str, Any], most: float = _ROUND_SECONDS
) -> bool:
    """Whether the kernel has said within ``most`` seconds that it is done with this."""
    asked = session.send(shell, kind, content)["header"]["msg_id"]
    end = time.monotonic() + most
    while time.monotonic() < end:
        await asyncio.sleep(0.001)
        for answer in _received(session, iopub):
            if answer["content"].get("execution_state") == "idle" and answer["parent_header"].get("msg_id") == asked:
                return True
    return False


def _received(session: Session, socket: Any) -> Iterator[dict[str, Any]]:
    while (answer := session.recv(socket)[1]) is not None:
        yield answer


def _called_in(app: Any, slider: Any, path: Path) -> set[CodeType]:
    """The code that runs in a round."""
    called: set[CodeType] = set()

    def note(frame: FrameType, event: str, _: object) -> None:
        if event == "call":
            called.add(frame.f_code)

    sys.setprofile(note)
    try:
        _round(app, slider, path)
    finally:
        sys.setprofile(None)
    return called


def _lay_side_by_side(called: set[CodeType]) -> None:
    """Give the functions that have this code copies of it, made one after the other."""
    copies = {id(code): code.replace() for code in called}
    for function in gc.get_objects():
        if isinstance(function, FunctionType):
            function.__code__ = copies.get(id(function.__code__), function.__code__)


@contextlib.contextmanager
def _as_it_was() -> Iterator[None]:
    """Undo what a kernel changes in its process."""
    streams = sys.stdout, sys.stderr, sys.displayhook
    interrupt, echo = signal.getsignal(signal.SIGINT), widget.JUPYTER_WIDGETS_ECHO
    enable, register = faulthandler.enable, faulthandler.register
    widget.JUPYTER_WIDGETS_ECHO = False  # as in a viewer's kernel
    try:
        yield
    finally:
        sys.stdout, sys.stderr, sys.displayhook = streams
        signal.signal(signal.SIGINT, interrupt)
        widget.JUPYTER_WIDGETS_ECHO = echo
        faulthandler.enable, faulthandler.register = enable, register  # type: ignore[assignment]
