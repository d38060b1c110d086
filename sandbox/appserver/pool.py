"""One app version in one language, executed once, with kernels that wait for its viewers."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import secrets
from typing import Any

from nbformat import NotebookNode
from tornado import web

from sandbox.appserver.kernels import AppKernels
from sandbox.appserver.sessions import Admission
from sandbox.core.errors import SandboxError
from sandbox.core.first_view import first_view
from sandbox.kernels.warmapp import WarmApp
from sandbox.notebooks.first_run import executed

log = logging.getLogger(__name__)


class Pool:
    """Kernels of one executed app. ``steady``: it shows the same in every run, so it may be shown to everybody.
    ``begun``: only its leading cells have been executed; a kernel executes the others when its viewer comes.

    ``viewers`` are the kernels in use, ``retired``: it takes no more viewers and ends with its last one.
    """

    def __init__(
        self, app: WarmApp, notebook: NotebookNode, kernels: AppKernels, spares: int, *, begun: bool = False
    ) -> None:
        self.app = app
        self.notebook = notebook
        self.first_view = first_view(notebook)
        #: The name of what is shown with the ids of this very execution, which a page holds.
        self.name = f"{self.first_view[:16]}-{secrets.token_hex(8)}"
        self.steady = False
        self.begun = begun
        self.viewers: set[str] = set()
        self.retired = False
        self._claiming = 0
        self._kernels = kernels
        self._spares: list[str] = []
        self._wanted = spares
        self._starting = 0
        self._refilling = False
        self._tasks: set[asyncio.Task[None]] = set()

    def alive(self) -> bool:
        return self.app.alive()

    @property
    def in_use(self) -> bool:
        """Whether it has viewers, or somebody who is just becoming one."""
        return bool(self.viewers) or self._claiming > 0

    async def claim(self, admission: Admission) -> str:
        """A kernel for the admitted person: a spare one, or a new one. Raises TooBusy or Unavailable."""
        self._claiming += 1
        try:
            kernel_id = self._take_spare() or await self._start()
            try:
                await self._kernels.hand_over(kernel_id, admission)
            except SandboxError:
                self._spares.append(kernel_id)
                raise
            self.viewers.add(kernel_id)
        finally:
            self._claiming -= 1
        return kernel_id

    async def finish(self, kernel_id: str, most: int, timeout: float) -> tuple[NotebookNode, bool]:
        """Let a claimed kernel of a begun app execute the rest; the notebook, and whether it came to its end.

        Raises Unfit when it does not say what it shows.
        """
        process = self._kernels.get_kernel(kernel_id).provisioner.process
        shown = await asyncio.to_thread(process.finish, most, timeout)
        return await asyncio.to_thread(executed, self.notebook, shown), not shown.failed

    async def _start(self) -> str:
        """A new kernel. If the viewer leaves meanwhile, it becomes a spare one."""
        starting = asyncio.ensure_future(self._kernels.start_spare(self.app))
        try:
            return await asyncio.shield(starting)
        except asyncio.CancelledError:
            self._run(self._keep(starting))
            raise

    async def _keep(self, starting: asyncio.Future[str]) -> None:
        with contextlib.suppress(SandboxError):
            self._spares.append(await starting)

    def _take_spare(self) -> str | None:
        while self._spares:
            kernel_id = self._spares.pop(0)
            if kernel_id in self._kernels:
                return kernel_id
        return None

    def refill(self, after: float = 0.0) -> None:
        """Start, beside everything else and ``after`` so many seconds, the spare kernels that are missing."""
        if after and not self._refilling:
            self._refilling = True
            asyncio.get_running_loop().call_later(after, self._refill_now)
        elif not after:
            self._refill_now()

    def _refill_now(self) -> None:
        self._refilling = False
        while not self.retired and len(self._spares) + self._starting < self._wanted:
            self._starting += 1
            self._run(self._add_spare())

    async def _add_spare(self) -> None:
        try:
            kernel_id = await self._kernels.start_spare(self.app)
        except SandboxError as problem:
            log.warning("no spare kernel", extra={"problem": str(problem)})
            return
        finally:
            self._starting -= 1
        if self.retired:
            await self._end(kernel_id)
        else:
            self._spares.append(kernel_id)

    def forget(self, kernel_id: str) -> None:
        """A kernel has ended, whosever it was."""
        self.viewers.discard(kernel_id)
        with contextlib.suppress(ValueError):
            self._spares.remove(kernel_id)

    async def drop_spares(self) -> None:
        spares, self._spares = self._spares, []
        await asyncio.gather(*(self._end(kernel_id) for kernel_id in spares))

    async def stop(self) -> None:
        """End everything of it, viewers' kernels too."""
        self.retired = True
        await asyncio.gather(*self._tasks, return_exceptions=True)
        await asyncio.gather(*(self._end(kernel_id) for kernel_id in [*self.viewers, *self._spares]))
        await asyncio.to_thread(self.app.stop)

    async def _end(self, kernel_id: str) -> None:
        with contextlib.suppress(KeyError, web.HTTPError):  # it has ended meanwhile
            await self._kernels.shutdown_kernel(kernel_id, now=True)

    def _run(self, work: Any) -> None:
        task = asyncio.create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
