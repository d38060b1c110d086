"""Kernels for viewers, with the app executed in them: what a page needs before it can be shown.

An app is executed once and its process kept (``pool``); every viewer gets a fork of it. The first viewer may see it at
once, for it was executed for them. Others share it only when a second run, elsewhere and at another time, showed the
same; an app whose first view depends on time or chance is executed anew for each of them.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import logging
import os
from collections.abc import Coroutine, Iterable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, TypeVar

import nbformat
from nbformat import NotebookNode
from tornado import web

from sandbox.appserver.gate import Page
from sandbox.appserver.kernels import AppKernels, Opening, opening
from sandbox.appserver.memory import available_memory
from sandbox.appserver.places import Places
from sandbox.appserver.pool import Pool
from sandbox.appserver.receipts import Receipts
from sandbox.appserver.sessions import Admission
from sandbox.core.errors import SandboxError, TooBusy
from sandbox.kernels import linux
from sandbox.kernels.policy import KernelPolicy
from sandbox.kernels.warmapp import Unfit
from sandbox.notebooks.execute import run_in_kernel
from sandbox.notebooks.first_run import begin_once, execute_once, shows_the_same
from sandbox.publishing.shelf import read_manifest
from sandbox.settings import Settings
from sandbox.workflows.grants import Grant, snapshot_folders

log = logging.getLogger(__name__)

_Result = TypeVar("_Result")

#: Longest time for an app's cells, seconds; a good app takes one or two.
PREPARE_SECONDS = 60
#: Most apps (version and language) that are kept executed; the one that waited longest without viewers goes first. One
#: takes some 50 to 110 MB, its spare kernel included: a whole gallery where there is room for it, else a few.
MOST_POOLS, FEW_POOLS = 64, 8
SPARES = 1
#: Until a spare kernel that was taken is replaced, seconds: the browser draws the page meanwhile.
REFILL_SECONDS = 0.5
#: With less memory than this left, bytes, few apps are kept ready; with less than the second, none; with less than the
#: third, nobody more is let in.
ROOMY, SCARCE, EXHAUSTED = 3 * 2**30, 768 * 2**20, 256 * 2**20
#: Processes and threads of one kernel; all kernels of an app count together.
_PER_KERNEL = 16


@dataclass(frozen=True)
class Claimed:
    """A viewer's own kernel, and what the app showed when it was executed.

    ``notebook`` has outputs and, in its metadata, the state of the widgets, whose comms are alive in the kernel. Do not
    change it: viewers share it. ``first_view`` names this execution: a page may be kept under it; it is empty
    when the notebook was executed for this viewer alone.
    ``failed``: a cell did not come to its end; the notebook ends there.
    """

    kernel_id: str
    notebook: NotebookNode
    first_view: str = ""
    failed: bool = False


class WarmApps:
    """Gives every viewer a kernel of their own in which the app has been executed."""

    def __init__(self, kernels: AppKernels, places: Places, settings: Settings, receipts: Receipts) -> None:
        self._kernels = kernels
        self._places = places
        self._settings = settings
        self._receipts = receipts
        self._memory = places.workspace.home / "run" / "ready-apps.json"
        self._pools: dict[Page, Pool] = {}  # the latest used last
        self._old: list[Pool] = []
        self._unfit: set[Page] = set()
        self._preparing: dict[Page, asyncio.Future[None]] = {}
        self._live: dict[str, str] = {}
        self._tried: set[Page] = set()
        self._following: asyncio.Task[None] | None = None
        self._executing = asyncio.Semaphore(os.cpu_count() or 2)
        self._tasks: set[asyncio.Task[Any]] = set()
        kernels.on_removed = self._removed

    async def claim(self, page: Page, admission: Admission, incident: str) -> Claimed:
        """A kernel for the holder of ``admission``, who opens ``page``; it is theirs from now on.

        Raises Damaged when the version is not what its receipt says (``incident`` names the lines in the log), TooBusy
        when there is no room, Unavailable when no kernel comes up.
        """
        folder = self._places.apps / page.app / page.version
        await self._receipts.check(folder, incident)
        await self._check_memory()
        # Before the app is executed: who has to wait is told so at once, and with the right status.
        await self._kernels.make_room(admission)
        pool = self._pool(page)
        if pool is None and self._can_prepare(page):
            # A viewer who leaves meanwhile does not stop it: others come.
            pool = await asyncio.shield(self._run(self._prepare(page, folder)))
            if pool is not None:  # executed for this viewer, just now
                return await self._from(pool, admission, page)
        elif (pool is None or not pool.steady) and page in self._preparing and self._executing.locked():
            await self._preparing[page]
        pool = self._pool(page)
        if pool is not None and pool.steady:
            return await self._from(pool, admission, page)
        async with self._executing:
            if pool is not None and pool.begun:
                with contextlib.suppress(Unfit):
                    return await self._finish(pool, admission, page)
            return await self._execute(page, folder, admission)

    async def begin_again(self) -> None:
        """Make ready what was ready when the server ended: the first viewers after a restart need not wait either. What
        was used last is most likely wanted first."""
        await self._get_ready(reversed(await asyncio.to_thread(self._remembered)))

    def begin_anew(self) -> None:
        """Prepare again, one after the other, what nobody has open: another fork server has taken over, and the one
        before ends with its last kernel. What is ready stays so until the new one is."""
        self._run(self._anew([page for page, pool in self._pools.items() if not pool.in_use]))

    async def _anew(self, pages: Iterable[Page]) -> None:
        for page in pages:
            pool = self._pools.get(page)
            if pool is not None and not pool.in_use and self._can_prepare(page):
                await self._make_ready(page)

    def follow(self, live: Mapping[str, str]) -> None:
        """Prepare the versions that became live (app → version) before anybody opens them, and let go of those that no
        longer are; who has one of these open may finish with it."""
        over = {(app, version) for app, version in self._live.items() if live.get(app) != version}
        self._live = dict(live)
        self._tried = {page for page in self._tried if (page.app, page.version) not in over}  # it may come back
        for page in [page for page in self._pools if (page.app, page.version) in over]:
            self._retire(page)
        if self._following is None or self._following.done():
            self._following = self._run(self._get_ready_what_is_live())

    async def _get_ready_what_is_live(self) -> None:
        pages = await asyncio.to_thread(self._live_pages)
        await self._get_ready(page for page in pages if page not in self._tried)

    def _live_pages(self) -> list[Page]:
        """Each app in the language of its author first: what most of its viewers read."""
        own, other = [], []
        for app, version in self._live.items():
            with contextlib.suppress(SandboxError):
                manifest = read_manifest(self._places.apps / app / version)
                for language in manifest.languages:
                    (own if language == manifest.language else other).append(Page(app, version, language))
        return [page for page in own + other if Page.parse(page.path)]

    async def _get_ready(self, pages: Iterable[Page]) -> None:
        """Prepare what there is room for, one after the other: so that there is a processor left for those who open
        apps meanwhile."""
        for page in pages:
            if self._pool(page) is None and len(self._pools) < _most_pools() and self._can_prepare(page):
                await self._make_ready(page)

    async def _make_ready(self, page: Page) -> None:
        folder = self._places.apps / page.app / page.version
        self._tried.add(page)
        with contextlib.suppress(SandboxError):
            await self._receipts.check(folder, "while nobody waits")
            await self._prepare(page, folder)
        if page in self._preparing:
            await self._preparing[page]

    def _remembered(self) -> list[Page]:
        try:
            paths = json.loads(self._memory.read_text())
            pages = [Page.parse(str(path)) for path in paths[:MOST_POOLS]]
        except (OSError, ValueError, TypeError, KeyError):
            return []
        return [page for page in pages if page and (self._places.apps / page.path).is_file()]

    def _remember(self) -> None:
        ready = [page.path for page, pool in self._pools.items() if pool.steady or pool.begun]
        try:
            self._memory.parent.mkdir(mode=0o700, exist_ok=True)
            self._memory.write_text(json.dumps(ready))
        except OSError as problem:  # the app server's disk may be read-only: then it only forgets
            log.info("ready apps are not remembered", extra={"problem": str(problem)})

    def status(self) -> dict[str, int]:
        """How many apps (versions and languages) wait executed for their viewers, in part, not at all."""
        pools = self._pools.values()
        return {
            "apps_ready": sum(pool.steady for pool in pools),
            "apps_begun": sum(pool.begun for pool in pools),
            "apps_executed_for_each": len(self._unfit),
            "apps_preparing": len(self._preparing),
        }

    async def _from(self, pool: Pool, admission: Admission, page: Page) -> Claimed:
        shared = pool.name if pool.steady else ""
        kernel_id = await pool.claim(admission)
        if page in self._pools:
            self._pools[page] = self._pools.pop(page)  # the latest used
        self._refill(pool)
        return Claimed(kernel_id, pool.notebook, shared)

    async def _finish(self, pool: Pool, admission: Admission, page: Page) -> Claimed:
        """A kernel that has begun, and the rest executed in it for this viewer alone. Raises Unfit when it cannot."""
        claimed = await self._from(pool, admission, page)
        try:
            notebook, whole = await pool.finish(claimed.kernel_id, self._settings.output_bytes, PREPARE_SECONDS)
        except BaseException as problem:  # also when the viewer left
            log.warning("an app that was begun did not end", extra={"app": page.app, "problem": str(problem)})
            self._run(self._end(claimed.kernel_id))
            raise
        return Claimed(claimed.kernel_id, notebook, failed=not whole)

    @staticmethod
    def _refill(pool: Pool) -> None:
        """Replace the spare kernel that was taken, when its viewer's page has been drawn: both need the processor."""
        if available_memory() > SCARCE and (pool.steady or pool.begun):
            pool.refill(after=REFILL_SECONDS)

    def _pool(self, page: Page) -> Pool | None:
        """The page's pool, if its process lives."""
        pool = self._pools.get(page)
        if pool is not None and not pool.alive():
            log.warning("an app's process ended", extra={"app": page.app, "version": page.version})
            self._retire(page)
            return None
        return pool

    def _can_prepare(self, page: Page) -> bool:
        return page not in self._preparing and page not in self._unfit and available_memory() > SCARCE

    async def _prepare(self, page: Page, folder: Path) -> Pool | None:
        """Execute the app and keep it; None when it cannot be kept. Whether it may be shared turns out later; the pool
        that the page has already is replaced only then."""
        if page not in self._pools:
            await self._make_room()
        self._preparing[page] = asyncio.get_running_loop().create_future()
        try:
            policy, file, most = self._shared_policy(page, folder), folder / page.notebook, self._settings.output_bytes
            app, notebook = await asyncio.to_thread(execute_once, policy, file, most, PREPARE_SECONDS)
        except (Unfit, SandboxError) as problem:
            self._give_up(page, str(problem))
            self._prepared(page)
            return None
        except BaseException:
            self._prepared(page)
            raise
        pool = Pool(app, notebook, self._kernels, SPARES)
        self._pools.setdefault(page, pool)
        self._run(self._compare(page, pool, policy, file))
        return pool

    async def _compare(self, page: Page, pool: Pool, policy: KernelPolicy, file: Path) -> None:
        """Run the app elsewhere; share it when it shows the same, else keep what is the same of it."""
        most = self._settings.output_bytes
        # In the examination two runs showed this already, elsewhere and at another time.
        known = read_manifest(file.parent).first_views.get(page.language) == pool.first_view
        try:
            if known or await asyncio.to_thread(shows_the_same, policy, file, pool.first_view, most, PREPARE_SECONDS):
                pool.steady = True
                self._put(page, pool)
            else:
                self._put(page, pool)
                self._retire(page)
                app, notebook = await asyncio.to_thread(begin_once, policy, file, most, PREPARE_SECONDS)
                pool = self._pools[page] = Pool(app, notebook, self._kernels, SPARES, begun=True)
        except (Unfit, SandboxError) as error:
            self._put(page, pool)
            self._give_up(page, str(error))
            return
        finally:
            self._prepared(page)
        kind = "steady" if pool.steady else "begun"
        log.info("an app is ready for its viewers", extra={"app": page.app, "version": page.version, "kind": kind})
        await asyncio.to_thread(self._remember)
        await asyncio.to_thread(linux.release_memory)  # reading modules, notebook and scripts left pages free
        if available_memory() > SCARCE:
            pool.refill()

    def _prepared(self, page: Page) -> None:
        self._preparing.pop(page).set_result(None)

    def _give_up(self, page: Page, problem: str) -> None:
        log.info("an app is executed for each viewer", extra={
            "app": page.app, "version": page.version, "problem": problem,
        })  # fmt: skip
        self._unfit.add(page)
        self._retire(page)

    def _put(self, page: Page, pool: Pool) -> None:
        """Let ``pool`` take the page's viewers from now on."""
        if self._pools.get(page) is not pool:
            self._retire(page)
            self._pools[page] = pool

    def _retire(self, page: Page) -> None:
        """No more viewers for the page's pool; those that it has stay."""
        pool = self._pools.pop(page, None)
        if pool is None:
            return
        pool.retired = True
        self._old.append(pool)
        self._run(pool.drop_spares())
        self._sweep()

    def _removed(self, kernel_id: str) -> None:
        for pool in [*self._pools.values(), *self._old]:
            pool.forget(kernel_id)
        self._sweep()

    def _sweep(self) -> None:
        """End retired pools whose last viewer has left."""
        over = [pool for pool in self._old if not pool.in_use]
        self._old = [pool for pool in self._old if pool.in_use]
        for pool in over:
            self._run(pool.stop())

    async def _make_room(self) -> None:
        for page in [page for page, pool in self._pools.items() if not pool.in_use]:
            if len(self._pools) < _most_pools():
                break
            self._retire(page)

    async def _check_memory(self) -> None:
        """Let go of what is only kept ready when memory is scarce. Raises TooBusy when there is none."""
        if available_memory() > SCARCE:
            return
        for page, pool in list(self._pools.items()):
            await pool.drop_spares()
            if not pool.in_use:
                self._retire(page)
        if available_memory() < EXHAUSTED:
            raise TooBusy(
                "Many colleagues are using apps right now, and there is no room for one more page.",
                "Please try again in a minute; this page does so by itself.",
            )

    async def _execute(self, page: Page, folder: Path, admission: Admission) -> Claimed:
        """An ordinary kernel, and the app executed in it for this viewer alone."""
        policy = self._policy(page, folder)
        notebook = await asyncio.to_thread(nbformat.read, folder / page.notebook, as_version=4)
        token = opening.set(Opening(admission, policy))
        try:
            kernel_id = await self._kernels.start_kernel()
        finally:
            opening.reset(token)
        try:
            report = await run_in_kernel(
                notebook, self._kernels.get_kernel(kernel_id), policy=policy, timeout=PREPARE_SECONDS,
                output_limit=self._settings.output_bytes,
            )  # fmt: skip
        except BaseException:  # also when the viewer left: nobody will use the kernel
            self._run(self._end(kernel_id))
            raise
        if not report.ok:
            log.warning("an app did not come to its end", extra={
                "app": page.app, "version": page.version, "stopped": report.stopped,
                "problem": report.error.name if report.error else "",
            })  # fmt: skip
        return Claimed(kernel_id, nbformat.from_dict(report.notebook), failed=not report.ok)

    async def _end(self, kernel_id: str) -> None:
        with contextlib.suppress(KeyError, web.HTTPError):  # it has ended meanwhile
            await self._kernels.shutdown_kernel(kernel_id, now=True)

    def _policy(self, page: Page, folder: Path) -> KernelPolicy:
        snapshots = snapshot_folders(self._places.workspace, read_manifest(folder).pins)
        settings = self._settings
        return Grant(page.language, settings.kernel_memory, settings.small_cell, snapshots, settings.kernel_disk).app(
            folder
        )

    def _shared_policy(self, page: Page, folder: Path) -> KernelPolicy:
        """The same for an app's process, whose kernels share one count of processes."""
        policy = self._policy(page, folder)
        processes = policy.limits.processes + _PER_KERNEL * (self._kernels.most_kernels_each + SPARES)
        return replace(policy, limits=replace(policy.limits, processes=processes))

    def _run(self, work: Coroutine[Any, Any, _Result]) -> asyncio.Task[_Result]:
        task = asyncio.create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
        return task

    async def close(self) -> None:
        """End all apps' processes, and with them their kernels."""
        for task in list(self._tasks):
            with contextlib.suppress(Exception):
                await task
        pools, self._pools, self._old = [*self._pools.values(), *self._old], {}, []
        await asyncio.gather(*(pool.stop() for pool in pools))


def _most_pools() -> int:
    return MOST_POOLS if available_memory() > ROOMY else FEW_POOLS
