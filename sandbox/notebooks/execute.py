"""Run a notebook from top to bottom in a fresh confined kernel, and say how it ended.

The notebook is hostile: it may loop for ever, eat memory, print without end, end its kernel, or send messages that no
kernel would send. Each of these ends the run with a report; none of them raises, and none harms this process. What the
kernel sends is counted while it streams, so that 100 MB are never collected before somebody looks.
"""

from __future__ import annotations

import asyncio
import copy
import re
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import zmq
import zmq.asyncio
from jupyter_client.manager import AsyncKernelManager
from nbclient import NotebookClient
from nbclient.exceptions import (
    CellControlSignal,
    CellExecutionComplete,
    CellExecutionError,
    CellTimeoutError,
    DeadKernelError,
)
from nbformat import NotebookNode

from sandbox.core.errors import Unavailable
from sandbox.core.notebook import iter_outputs, tags, widget_states
from sandbox.core.run import ControlsTried, RunError, RunReport, Stopped
from sandbox.kernels.managers import SandboxKernelManager
from sandbox.kernels.policy import KernelPolicy
from sandbox.notebooks.controls import try_controls

__all__ = ["RunError", "RunReport", "iter_outputs", "run_in_kernel", "run_notebook"]

#: (number of the code cell that begins, number of code cells, the heading above it)
Progress = Callable[[int, int, str], None]

_START_SECONDS = 60
_POLL_SECONDS = 0.5
# A kernel ended by a signal with this much of its address space really in use died of memory: libraries and reserves
# take the rest, and native code that gets no memory aborts.
_NEAR_LIMIT = 0.5
_SLACK = 2**20  # so that the limit, and not the socket, ends the run when one message is a little too large
# An Output widget sends all it holds back and forth with every line that is added: that is not new output.
_ECHO_ALLOWANCE = 20
_MAX_TEXT = 500


def run_notebook(
    notebook: NotebookNode,
    *,
    policy: KernelPolicy,
    cwd: Path,
    timeout: float,
    output_limit: int,
    progress: Progress = lambda number, total, title: None,
    use_controls: bool = False,
) -> RunReport:
    """Execute a copy of ``notebook`` with ``cwd`` as working folder; blocks, so call it from a worker.

    ``timeout`` is for the whole notebook, seconds; ``output_limit`` for everything it sends, bytes. Cell tags that
    would skip a cell or excuse its errors are not obeyed. With ``use_controls`` the widgets are used as a viewer would
    use them, after the last cell. Raises Unavailable when no kernel can be started.
    """
    run = _Run(copy.deepcopy(notebook), policy, cwd, timeout, output_limit, progress)
    run.use_controls = use_controls
    return asyncio.run(run.report())


async def run_in_kernel(
    notebook: NotebookNode, manager: AsyncKernelManager, *, policy: KernelPolicy, timeout: float, output_limit: int
) -> RunReport:
    """Execute a copy of ``notebook`` in a kernel that runs already, and leave it running, with its widgets.

    ``policy`` is the kernel's; the limits are those of ``run_notebook``. A kernel that goes over its output is ended.
    """
    run = _Run(copy.deepcopy(notebook), policy, None, timeout, output_limit, lambda number, total, title: None)
    run.manager = manager
    return await run.report()


class _Run:
    """One execution: its kernel, its deadline and its books. Without ``cwd`` the kernel is somebody else's."""

    def __init__(
        self,
        notebook: NotebookNode,
        policy: KernelPolicy,
        cwd: Path | None,
        timeout: float,
        limit: int,
        progress: Progress,
    ) -> None:
        self.notebook, self.policy, self.cwd, self.timeout, self.limit = notebook, policy, cwd, timeout, limit
        self.progress = progress
        self.manager: AsyncKernelManager = SandboxKernelManager()
        self.deadline = time.monotonic() + timeout
        self.error: RunError | None = None
        self.stopped: Stopped = ""
        self.use_controls = False
        self.controls: ControlsTried | None = None
        self.cells_run = 0

    async def report(self) -> RunReport:
        started = time.monotonic()
        _forget_results(self.notebook)
        context = zmq.asyncio.Context()
        # A message larger than this is refused by the socket itself, before it takes memory here.
        context.setsockopt(zmq.MAXMSGSIZE, self.limit + _SLACK)
        client = _Client(self.notebook, self.manager, context, self)
        try:
            await self._start(client)
            await self._run_cells(client)
            client.set_widgets_metadata()
            if self.use_controls and self.error is None and client.kc is not None:
                self.controls = await try_controls(client.kc, widget_states(self.notebook))
        finally:
            await client.close()
            if self.cwd is not None:
                await _end(self.manager)
            context.destroy(linger=0)
        seconds = time.monotonic() - started
        return RunReport(self.notebook, self.error, self.stopped, seconds, self.cells_run, client.sent, self.controls)

    async def _start(self, client: _Client) -> None:
        try:
            if self.cwd is not None:
                await self.manager.start_kernel(policy=self.policy, cwd=str(self.cwd))
            await client.connect()
        except (RuntimeError, OSError, TimeoutError) as error:
            raise Unavailable(
                "No kernel could be started for the notebook: {problem}.",
                "Run `sandbox doctor`; it says what this machine lacks.",
                problem=str(error) or type(error).__name__,
            ) from error

    async def _run_cells(self, client: _Client) -> None:
        runnable = [i for i, c in enumerate(self.notebook.cells) if c.cell_type == "code" and c.source.strip()]
        for number, index in enumerate(runnable, 1):
            cell = self.notebook.cells[index]
            self.progress(number, len(runnable), _heading_above(self.notebook, index))
            try:
                await client.async_execute_cell(cell, index, execution_count=number)
            except Exception as error:  # every way in which hostile code can end the conversation
                self.error = await self._name(error, client, str(cell.get("id", "")))
            if self.error is None and client.asked_to_exit:
                self.stopped, self.error = "died", RunError(str(cell.get("id", "")), "exit", "exit()")
            if self.error is not None:
                return
            self.cells_run += 1

    async def _name(self, error: Exception, client: _Client, cell: str) -> RunError:
        """What ended the run at ``cell``; sets ``stopped`` when it was not an ordinary exception of the notebook."""
        if client.over_limit:
            self.stopped = "output"
            return RunError(cell, "OutputLimit", str(self.limit))
        if isinstance(error, CellExecutionError):
            name = _short(error.ename)
            if name.lstrip("_") in ("MemoryError", "ArrayMemoryError"):
                self.stopped = "memory"
            elif name == "SystemExit":
                self.stopped = "died"
            return RunError(cell, name, _short(error.evalue))
        if isinstance(error, CellTimeoutError) and time.monotonic() >= self.deadline:
            self.stopped = "time"
            return RunError(cell, "Timeout", f"{self.timeout:g}")
        if isinstance(error, CellTimeoutError):
            # The reply came but its output never ended: a message was refused by the socket as too large.
            self.stopped = "output"
            return RunError(cell, "OutputLimit", str(self.limit))
        alive = await self.manager.is_alive()
        end = getattr(self.manager, "end", None)
        if alive or end is None:
            self.stopped = "died"
            return RunError(cell, "KernelDied", type(error).__name__)
        of_memory = end.code < 0 and end.memory_bytes > self.policy.limits.memory_bytes * _NEAR_LIMIT
        if getattr(self.manager, "end_reason", "") == "cpu":
            self.stopped = "time"
            return RunError(cell, "Timeout", f"{self.timeout:g}")
        if getattr(self.manager, "end_reason", "") == "disk":
            self.stopped = "disk"
            return RunError(cell, "DiskLimit", str(self.policy.limits.disk_bytes))
        self.stopped = "memory" if of_memory else "died"
        return RunError(cell, "KernelDied", f"signal {-end.code}" if end.code < 0 else f"exit code {end.code}")


class _Client(NotebookClient):
    """nbclient, with the counting of what the kernel sends and without obedience to tags that hide cells."""

    def __init__(
        self, notebook: NotebookNode, manager: AsyncKernelManager, context: zmq.asyncio.Context, run: _Run
    ) -> None:
        super().__init__(
            notebook,
            km=manager,
            force_raise_errors=True,
            skip_cells_with_tag="\0",
            timeout_func=lambda cell: max(0.1, run.deadline - time.monotonic()),
            raise_on_iopub_timeout=True,
            iopub_timeout=10,
            store_widget_state=True,
        )
        self.sent = 0
        self.echoed = 0
        self.limit = run.limit
        self.over_limit = False
        self.asked_to_exit = False
        self._watching: list[asyncio.Task[None]] = []
        self._manager, self._own_context = manager, context
        self.on_cell_executed = self._note_exit

    async def connect(self) -> None:
        self.kc = self._manager.client(context=self._own_context)
        self.kc.start_channels()
        await self.kc.wait_for_ready(timeout=_START_SECONDS)
        self.kc.allow_stdin = False
        for channel in (self.kc.iopub_channel, self.kc.shell_channel):
            self._watching.append(asyncio.ensure_future(self._watch(channel.socket)))

    async def _watch(self, socket: zmq.asyncio.Socket) -> None:
        """A socket that gets a message above its maximum hangs up on a living kernel: that is too much output."""
        monitor = socket.get_monitor_socket(zmq.EVENT_DISCONNECTED)
        try:
            await monitor.recv_multipart()
            await asyncio.sleep(_POLL_SECONDS)  # a kernel that ended hangs up as well
            if await self._manager.is_alive():
                await self._stop_kernel()
        finally:
            socket.disable_monitor()
            monitor.close(linger=0)

    async def _stop_kernel(self) -> None:
        self.over_limit = True
        await self._manager.shutdown_kernel(now=True)
        if self.task_poll_for_reply is not None:
            self.task_poll_for_reply.cancel()

    async def close(self) -> None:
        for task in self._watching:
            task.cancel()
        await asyncio.gather(*self._watching, return_exceptions=True)
        if self.kc is not None:
            self.kc.stop_channels()

    async def _async_poll_output_msg(self, parent_msg_id: str, cell: NotebookNode, cell_index: int) -> None:
        """As in nbclient, but counts every message, survives malformed ones, and stops the kernel at the limit."""
        while True:
            try:
                message = await self.kc.iopub_channel.get_msg(timeout=None)  # type: ignore[union-attr]
                self._count(message)
                if self.over_limit:
                    await self._stop_kernel()
                    return
                if message["parent_header"].get("msg_id") == parent_msg_id:
                    self.process_message(message, cell, cell_index)
            except CellExecutionComplete:
                return
            except (CellControlSignal, zmq.ZMQError):
                raise
            except Exception:  # noqa: S112 - a message that no honest kernel sends shows nothing
                continue

    async def _async_poll_kernel_alive(self) -> None:
        while True:
            await asyncio.sleep(_POLL_SECONDS)
            self._nudge()
            try:
                await self._async_check_alive()
            except DeadKernelError:
                if self.task_poll_for_reply is not None:
                    self.task_poll_for_reply.cancel()
                return

    def _nudge(self) -> None:
        """Find messages whose arrival went unnoticed: an Output widget sends on the socket that waits for the reply,

        and ZeroMQ tells of an arrival once only. Without this a finished cell could wait until its time is up.
        """
        if self.kc is not None:
            for channel in (self.kc.shell_channel, self.kc.iopub_channel):
                channel.socket.get(zmq.EVENTS)

    def _count(self, message: dict[str, Any]) -> None:
        size = _size(message.get("content")) + sum(len(buffer) for buffer in message.get("buffers", ()))
        data = message.get("content", {}).get("data") if isinstance(message.get("content"), dict) else None
        if isinstance(data, dict) and data.get("method") == "echo_update":
            self.echoed += size
        else:
            self.sent += size
        self.over_limit = self.sent > self.limit or self.echoed > self.limit * _ECHO_ALLOWANCE

    def _note_exit(self, *, execute_reply: dict[str, Any], **_: Any) -> None:
        payload = execute_reply["content"].get("payload") or ()
        self.asked_to_exit = any(isinstance(p, dict) and p.get("source") == "ask_exit" for p in payload)


async def _end(manager: AsyncKernelManager) -> None:
    """The kernel is gone, whatever happened before."""
    if manager.has_kernel:
        await manager.shutdown_kernel(now=True)
    await manager.cleanup_resources()


def _forget_results(notebook: NotebookNode) -> None:
    notebook.metadata.pop("widgets", None)
    for cell in notebook.cells:
        if cell.cell_type == "code":
            cell.outputs, cell.execution_count = [], None
            # "raises-exception" and the like are for nbclient and viewers; the examination runs every cell.
            cell.metadata["tags"] = sorted(tags(cell) - {"raises-exception", "skip-execution"})


def _heading_above(notebook: NotebookNode, index: int) -> str:
    for cell in reversed(notebook.cells[:index]):
        if cell.cell_type == "markdown" and (found := re.search(r"^#{1,6}\s+(.+)$", cell.source, re.MULTILINE)):
            return found[1].strip()[:80]
    return ""


def _short(text: object) -> str:
    plain = re.sub(r"\x1b\[[0-9;]*m", "", str(text))
    return plain if len(plain) <= _MAX_TEXT else plain[:_MAX_TEXT] + "…"


def _size(value: Any) -> int:
    """Bytes, roughly, of a message's content; texts count their characters, everything else a little."""
    total, pending = 0, [value]
    while pending:
        part = pending.pop()
        if isinstance(part, str):
            total += len(part)
        elif isinstance(part, dict):
            total += sum(len(key) for key in part if isinstance(key, str))
            pending.extend(part.values())
        elif isinstance(part, list | tuple):
            pending.extend(part)
        else:
            total += 8
    return total
