"""The kernel of an app's viewer: made in the app's process, taken up after the fork, with as little as a page needs.

A page sends widget messages and nothing else. So they are dealt with in one thread, and a second one sleeps until the
kernel is interrupted or ended. There is no heartbeat (the operating system says when a kernel has ended), no thread
that publishes, none that watches descriptors, no debugger and no subshell: each would cost every viewer memory, for
what is touched after the fork is copied, and every message a change of threads.
"""

from __future__ import annotations

import logging
import os
import signal
import sys
import threading
from collections.abc import Callable
from typing import Any

import zmq
from ipykernel.iostream import BackgroundSocket, IOPubThread
from ipykernel.ipkernel import IPythonKernel
from ipykernel.kernelbase import Kernel
from ipywidgets.widgets import widget
from jupyter_client.session import new_id
from tornado.ioloop import IOLoop
from traitlets import Type
from zmq.eventloop.zmqstream import ZMQStream

from sandbox.kernels.kernelapp import IPKernelApp, SandboxKernelApp, configuration, connect_widgets, without_modules

log = logging.getLogger(__name__)

NO_CONNECTION: dict[str, Any] = {
    "transport": "ipc", "ip": "none", "key": "none", "signature_scheme": "hmac-sha256",
    "shell_port": 1, "iopub_port": 1, "stdin_port": 1, "control_port": 1, "hb_port": 1,
}  # fmt: skip


class Publisher(IOPubThread):
    """Publishes in the thread that has something to say, one at a time; ipykernel's hands it to a thread of its own."""

    def __init__(self, session: Any) -> None:  # not IOPubThread's: it makes a loop, pipes and a thread
        self.socket, self.session = None, session
        self.background_socket = BackgroundSocket(self)
        self.thread = threading.Thread(name="IOPub")  # never started: whoever asks is told that it does not run
        self._sending = threading.RLock()

    def open(self, socket: Any) -> None:
        """From now on, what is published is sent; until then it goes nowhere."""
        self.socket, self.io_loop = socket, IOLoop.current()

    def schedule(self, f: Callable[[], Any]) -> None:
        """Timers belong to the loop's thread."""
        if threading.current_thread() is threading.main_thread():
            f()
        else:
            self.io_loop.add_callback(f)

    def send_multipart(self, *args: Any, **kwargs: Any) -> None:
        with self._sending:
            if self.socket is not None:
                self.socket.send_multipart(*args, **kwargs)

    def stop(self) -> None:
        """There is nothing to stop."""


class Control(threading.Thread):
    """Interrupts and ends the kernel when the server asks for it, also while the app's code is busy."""

    def __init__(self, socket: Any, session: Any, loop: IOLoop) -> None:
        super().__init__(name="Control", daemon=True)
        self._socket, self._session, self._loop = socket, session, loop

    def run(self) -> None:
        while True:
            try:
                sender, request = self._session.recv(self._socket, mode=0)
            except zmq.ZMQError:  # the kernel is ending
                self._socket.close(linger=0)
                return
            except Exception:  # nothing of the server's, whoever sent it
                log.warning("a message on the control channel is not understood")
                continue
            kind = request["header"]["msg_type"]
            if kind == "interrupt_request":
                os.killpg(0, signal.SIGINT)
            elif kind == "shutdown_request":
                self._loop.add_callback(self._loop.stop)
            else:
                continue
            content = {"status": "ok"} | ({"restart": False} if kind == "shutdown_request" else {})
            self._session.send(self._socket, kind.replace("request", "reply"), content, request, ident=sender)


class ViewerKernel(IPythonKernel):
    def start(self) -> None:
        """Without the debugger's part, which would warn that it has no stream."""
        if self.shell is not None:
            self.shell.exit_now = False
        Kernel.start(self)


class ViewerKernelApp(SandboxKernelApp):
    """``begin`` and ``make`` before the fork, ``listen`` and ``take_up`` after it; in all, ``IPKernelApp.initialize``.

    Whatever a fork writes to costs memory once per viewer. So all that needs neither thread nor socket is done before.
    """

    kernel_class = Type(ViewerKernel, klass=Kernel)

    def begin(self) -> None:
        """What needs no notebook."""
        super(IPKernelApp, self).initialize([])
        self.init_pdb()
        self.configure_tornado_logger()
        self.iopub_thread = Publisher(self.session)
        self.iopub_socket = self.iopub_thread.background_socket
        self.load_connection_info(NO_CONNECTION)  # what is imported and worked out for it stays

    def make(self) -> None:
        """The kernel, which takes over the shell that executed the app's cells. It cannot hear or say anything yet."""
        with without_modules():
            self.kernel = kernel = self.kernel_class.instance(
                parent=self, session=self.session, iopub_thread=self.iopub_thread, iopub_socket=self.iopub_socket,
                log=self.log, profile_dir=self.profile_dir, user_ns=self.user_ns,
            )  # fmt: skip
        self.init_shell()
        self.shell.kernel = self.shell.parent = kernel
        connect_widgets(kernel)

    def listen(self, connection: dict[str, Any]) -> None:
        """Open the sockets; the connection is what the server said, and no file. What arrives waits."""
        self.session.pid = os.getpid()  # else it would say nothing: it was made before the fork
        self.session.session = new_id()
        self.init_blackhole()
        self.shell_port = self.stdin_port = self.control_port = self.iopub_port = 0
        self.load_connection_info(connection)
        self.init_sockets()
        self.log_connection_info()

    def take_up(self) -> None:
        """Hear and answer from now on."""
        self.init_io()
        self.init_signal()
        if self.kernel is None:
            self.make()
        kernel = self.kernel
        self.displayhook.get_execution_count = lambda: kernel.execution_count
        kernel._stdout, kernel._stderr = sys.stdout, sys.stderr
        kernel.shell_stream, kernel.stdin_socket = ZMQStream(self.shell_socket), self.stdin_socket
        kernel.record_ports({f"{name}_port": port for name, port in self._ports.items()})
        self.control_thread = Control(self.control_socket, self.session, IOLoop.current())
        self.control_thread.start()

    def init_sockets(self) -> None:
        self.context = zmq.Context()
        for name in ("shell", "stdin", "control"):
            socket = self.context.socket(zmq.ROUTER)
            socket.linger, socket.router_handover = 1000, 1
            setattr(self, f"{name}_port", self._bind_socket(socket, getattr(self, f"{name}_port")))
            setattr(self, f"{name}_socket", socket)
        iopub = self.context.socket(zmq.PUB)
        iopub.linger = 1000
        iopub.xpub_nodrop = True  # see ``SandboxKernelApp.init_iopub``
        self.iopub_port = self._bind_socket(iopub, self.iopub_port)
        self.iopub_thread.open(iopub)


def begin() -> None:
    """Make the kernel application of this process, as far as a fork can take it over."""
    # A page needs no copy of what it said itself; of a file, that would be all of it.
    widget.JUPYTER_WIDGETS_ECHO = False
    _open_first_socket()
    ViewerKernelApp.instance(config=configuration_of_viewers()).begin()


def configuration_of_viewers() -> Any:
    config = configuration()
    config.IPKernelApp.capture_fd_output = False  # two threads less; what native code prints goes to the kernel's log
    return config


def _open_first_socket() -> None:
    """A process's first socket makes Python forget what it has noted of every generic class, all over its memory. So it
    is opened, and closed again, before the fork."""
    with zmq.Context() as context, context.socket(zmq.ROUTER) as socket:
        socket.linger = 0


def make() -> None:
    """Make the kernel itself: when all of the app's cells were executed, in the one shell of this process."""
    ViewerKernelApp.instance().make()


def listen(connection: dict[str, Any]) -> None:
    """Open the kernel's sockets, after the fork; ``connection`` is the content of a connection file."""
    ViewerKernelApp.instance().listen(connection)


def serve() -> None:
    """Answer until the kernel is ended, with the variables and widgets that the app's cells made (``rehearsal``)."""
    app = ViewerKernelApp.instance()
    app.take_up()
    app.start()
