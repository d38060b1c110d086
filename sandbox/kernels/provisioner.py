"""jupyter_client's provisioner: one confined kernel per instance, by policy or not at all."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Any

from jupyter_client.connect import KernelConnectionInfo
from jupyter_client.provisioning.local_provisioner import LocalProvisioner
from traitlets import Bool

from sandbox.core.errors import NotAllowed
from sandbox.kernels.confine import ConfinementReport
from sandbox.kernels.places import KernelPlace, ServerPlace
from sandbox.kernels.policy import KernelPolicy
from sandbox.kernels.process import KernelEnd, KernelProcess
from sandbox.kernels.start import start_kernel
from sandbox.kernels.warmapp import WarmApp


class SandboxProvisioner(LocalProvisioner):
    """``start_kernel(policy=KernelPolicy(…))``; a start without a policy is refused, so nothing runs unconfined.
    With ``app=WarmApp(…)`` besides, the kernel is forked from that app's process and has executed the app already.

    The command, environment and working folder that jupyter_client hands over are not used: they come from the server.
    """

    fork = Bool(True, help="fork kernels from a warm process where the machine can").tag(config=True)

    process: KernelProcess | None = None  # type: ignore[assignment]  # stands in for a Popen
    place: KernelPlace | None = None
    #: Connection file of a kernel that is forked from its app; its place is the app's, and the server keeps out of it.
    _app_file: Path | None = None
    #: How the last kernel ended (None: it runs, or there was none).
    end: KernelEnd | None = None
    #: Why it ended: see ``KernelEnd.reason``; ``disk`` when its folders held too much.
    end_reason: str | None = None

    @property
    def report(self) -> ConfinementReport | None:
        """What the running kernel was confined with."""
        return self.process.report if self.process else None

    async def pre_launch(self, **kwargs: Any) -> dict[str, Any]:
        if not isinstance(kwargs.get("policy"), KernelPolicy):
            raise NotAllowed(
                "This kernel was asked for without saying what it may touch.",
                "Open the notebook as a micro-project or an app; the sandbox then knows its data.",
            )
        app = kwargs.get("app")
        if isinstance(app, WarmApp):
            self.place = self.place or app.new_viewer()
            self._app_file = self._app_file or ServerPlace.get().new_connection_file()
        elif self.place is None:
            self.place = await _in_thread(ServerPlace.get().new_kernel)
        else:
            await _in_thread(self.place.prepare)
        manager = self.parent
        if manager is not None and not manager._connection_file_written:
            manager.transport = "ipc"
            manager.connection_file = str(self._app_file or self.place.connection_file)
            manager.ip = self.place.address
        kwargs["env"] = {}  # nothing of the server's environment is even copied
        return await super().pre_launch(**kwargs)

    async def launch_kernel(  # type: ignore[override]  # ours cannot go without a policy
        self, cmd: list[str], *, policy: KernelPolicy, app: WarmApp | None = None, **kwargs: Any
    ) -> KernelConnectionInfo:
        """Start the kernel. Raises Unavailable when it does not come up, BadInput when a granted path is missing."""
        place = self.place
        if place is None:
            raise RuntimeError("launch_kernel() before pre_launch()")
        self.end = self.end_reason = None
        if app is None:
            self.process = await _in_thread(start_kernel, policy, place, fork=self.fork)
        else:
            self.process = await _in_thread(app.launch, place, _as_text(self.connection_info))
        self.pid = self.pgid = self.process.pid
        self.cwd = policy.writable[0] if policy.writable else place.home
        return self.connection_info

    async def poll(self) -> int | None:
        if self.process is None:
            return 0
        code = self.process.poll()
        if code is not None:
            self._remember_end(self.process)
        return code

    async def wait(self) -> int | None:
        while await self.poll() is None:
            await asyncio.sleep(0.02)
        code = self.end.code if self.end else 0
        self.process = None
        return code

    async def send_signal(self, signum: int) -> None:
        if self.process is not None:
            self.process.send_signal(signum)

    async def kill(self, restart: bool = False) -> None:
        if self.process is not None:
            self.process.kill()

    async def terminate(self, restart: bool = False) -> None:
        """Same as ``kill``: the first process of a namespace ignores SIGTERM, and there is nothing to save."""
        await self.kill(restart)

    async def cleanup(self, restart: bool = False) -> None:
        """Nothing stays behind: process, sockets and private files go (sockets and key stay for a restart)."""
        if self.process is not None:
            self.process.kill()
            await _in_thread(self.process.wait, 5.0)
            self._remember_end(self.process)
            self.process = None
        if not restart and self.place is not None:
            if self._app_file is None:
                await _in_thread(self.place.remove)
            else:
                self._app_file.unlink(missing_ok=True)
            self.place = self._app_file = None
            manager = self.parent
            if manager is not None:
                manager._connection_file_written = False

    def _remember_end(self, process: KernelProcess) -> None:
        self.end = process.end
        reason = process.end.reason(process.policy) if process.end else None
        self.end_reason = "disk" if process.over_disk else reason


def _as_text(connection: KernelConnectionInfo) -> dict[str, Any]:
    return {name: value.decode() if isinstance(value, bytes) else value for name, value in connection.items()}


async def _in_thread(function: Any, *arguments: Any, **named: Any) -> Any:
    """Starting the zygote takes seconds: the server's event loop must not stand still meanwhile."""
    return await asyncio.to_thread(function, *arguments, **named)
