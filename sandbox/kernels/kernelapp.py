"""ipykernel as we run it: no history file, no debugger, no chatter; charts are data; widgets work after a fork."""

from __future__ import annotations

import sys
import warnings
from collections.abc import Callable
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Any, ClassVar
from unittest import mock

# A debugger in a served kernel costs 27 MB and opens ports; ipykernel goes without it when it is not there.
sys.modules.setdefault("debugpy", None)  # type: ignore[arg-type]

import zmq  # noqa: E402
from ipykernel.kernelapp import IPKernelApp  # noqa: E402 - debugpy has to be blocked first
from traitlets import default  # noqa: E402
from traitlets.config import Config  # noqa: E402

from sandbox.kernels import gamepads  # noqa: E402
from sandbox.kernels.charts import printers  # noqa: E402
from sandbox.kernels.saying import AppSession  # noqa: E402


class SandboxKernelApp(IPKernelApp):
    """A kernel that has nobody to connect to and nothing to say on its terminal."""

    @default("session")
    def _session_default(self) -> AppSession:
        return AppSession(parent=self)

    def init_control(self, context: Any) -> None:
        """Without the debugger's own connection: connecting is refused, and ZMQ would try again for ever."""
        super().init_control(context)
        endpoint = self.shell_socket.LAST_ENDPOINT
        if endpoint:
            self.debug_shell_socket.disconnect(endpoint)

    def init_iopub(self, context: Any) -> None:
        """What is said faster than it is taken waits; ZMQ would drop what is beyond a thousand messages.

        Forked children cannot print through a TCP port; ipykernel goes without and would warn at every start.
        """
        context.sockopts[zmq.XPUB_NODROP] = 1
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", UserWarning)
            super().init_iopub(context)
        del context.sockopts[zmq.XPUB_NODROP]

    def init_kernel(self) -> None:
        with without_modules():
            super().init_kernel()

    def init_poller(self) -> None:
        """No thread that watches for the parent's end: the operating system does (PR_SET_PDEATHSIG)."""

    def log_connection_info(self) -> None:
        names = ("shell", "iopub", "stdin", "hb", "control")
        self._ports = {name: getattr(self, f"{name}_port") for name in names}


class _NoModules:
    """``sys`` with an empty list of modules."""

    modules: ClassVar[dict[str, Any]] = {}

    def __getattr__(self, name: str) -> Any:
        return getattr(sys, name)


def without_modules() -> AbstractContextManager[Any]:
    """A kernel made within has no list of all modules, which is for the debugger: making it writes to each module's
    memory, and a fork's memory is shared only as long as nobody writes to it."""
    from ipykernel import ipkernel

    return mock.patch.object(ipkernel, "sys", _NoModules())


def configuration() -> Config:
    config = Config()
    config.HistoryManager.enabled = False
    config.IPKernelApp.exec_PYTHONSTARTUP = False
    config.MimeBundleFormatter.deferred_printers = printers()
    return config


def serve(connection: Path, before_notebook: Callable[[], None]) -> None:
    """Run the kernel of a connection file until it is told to end.

    ``before_notebook`` is called when ipykernel is up and before it takes the first request.
    """
    app = SandboxKernelApp.instance(config=configuration())
    app.initialize(["-f", str(connection)])
    connect_widgets(app.kernel)
    before_notebook()
    app.start()


def connect_widgets(kernel: Any) -> None:
    """Let widgets that were imported or made before there was a kernel speak through it."""
    gamepads.attach(kernel)
    widgets = sys.modules.get("ipywidgets")
    if widgets is None:
        return
    # Imported before there was a kernel, it could not register: sliders would show and do nothing.
    widgets.register_comm_target()
    for comm in kernel.comm_manager.comms.values():
        comm.kernel = kernel  # or a widget made before there was a kernel would never send
