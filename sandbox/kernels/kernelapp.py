"""ipykernel as we run it: no history file, no debugger, no chatter; widgets work after a fork."""

from __future__ import annotations

import sys
import warnings
from collections.abc import Callable
from pathlib import Path
from typing import Any, ClassVar
from unittest import mock

# A debugger in a served kernel costs 27 MB and opens ports; ipykernel goes without it when it is not there.
sys.modules.setdefault("debugpy", None)  # type: ignore[arg-type]

from ipykernel.kernelapp import IPKernelApp  # noqa: E402 - debugpy has to be blocked first
from traitlets.config import Config  # noqa: E402


class SandboxKernelApp(IPKernelApp):
    """A kernel that has nobody to connect to and nothing to say on its terminal."""

    #: What the server said of the kernel's connection; None: it stands in a file that is named on the command line.
    connection: dict[str, Any] | None = None

    def begin(self) -> None:
        """All of the initialisation that needs neither thread nor socket: before a fork, it is done for all forks."""
        super(IPKernelApp, self).initialize([])
        self.init_pdb()

    def resume(self, connection: dict[str, Any]) -> None:
        """The rest, in the order of ``IPKernelApp.initialize``."""
        self.connection = connection
        self.init_blackhole()
        self.init_connection_file()
        self.init_sockets()
        self.init_heartbeat()
        self.log_connection_info()
        self.init_io()
        self.init_signal()
        self.init_kernel()
        self.init_shell()

    def init_connection_file(self) -> None:
        """From the file that is named, or from what the server said: then there is no such file in a kernel's reach."""
        if self.connection is None:
            super().init_connection_file()
        else:
            self.load_connection_info(self.connection)

    def init_control(self, context: Any) -> None:
        """Without the debugger's own connection: connecting is refused, and ZMQ would try again for ever."""
        super().init_control(context)
        endpoint = self.shell_socket.LAST_ENDPOINT
        if endpoint:
            self.debug_shell_socket.disconnect(endpoint)
        if self.connection is not None:
            self.shell_channel_thread = None  # one thread less: a page has no use for subshells

    def init_iopub(self, context: Any) -> None:
        """Forked children cannot print through a TCP port; ipykernel goes without and would warn at every start."""
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", UserWarning)
            super().init_iopub(context)

    def init_kernel(self) -> None:
        """Without the list of all modules, which is for the debugger: making it writes to each module's memory, and a
        fork's memory is shared only as long as nobody writes to it.
        """
        from ipykernel import ipkernel

        with mock.patch.object(ipkernel, "sys", _NoModules()):
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


def configuration() -> Config:
    config = Config()
    config.HistoryManager.enabled = False
    config.IPKernelApp.exec_PYTHONSTARTUP = False
    return config


def serve(connection: Path | dict[str, Any], before_notebook: Callable[[], None], shell: Any = None) -> None:
    """Run the kernel of a connection file, or of its content, until it is told to end.

    ``before_notebook`` is called when ipykernel is up and before it takes the first request. ``shell``: one that has
    executed cells already (``rehearsal``), whose variables and widgets become this kernel's; ``begin`` was called then.
    """
    app = SandboxKernelApp.instance(config=configuration())
    if isinstance(connection, dict):
        app.resume(connection)
    else:
        app.initialize(["-f", str(connection)])
    if shell is not None:
        shell.kernel = shell.parent = app.kernel
    _connect_widgets(app.kernel)
    before_notebook()
    app.start()


def begin() -> None:
    """Make the kernel application of this process, as far as a fork can take it over."""
    SandboxKernelApp.instance(config=configuration()).begin()


def _connect_widgets(kernel: Any) -> None:
    widgets = sys.modules.get("ipywidgets")
    if widgets is None:
        return
    # Imported before there was a kernel, it could not register: sliders would show and do nothing.
    widgets.register_comm_target()
    for comm in kernel.comm_manager.comms.values():
        comm.kernel = kernel  # or a widget made before there was a kernel would never send
