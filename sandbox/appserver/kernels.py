"""The kernels behind open app pages: one each, owned by whoever opened it, counted, and ended when left alone."""

from __future__ import annotations

import asyncio
import contextvars
import logging
from collections import Counter, defaultdict, deque
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from math import ceil
from typing import Any

import zmq.asyncio
from jupyter_server.services.kernels.kernelmanager import AsyncMappingKernelManager
from traitlets import Int, default

from sandbox.appserver.pace import Pace, bounded
from sandbox.appserver.sessions import Admission
from sandbox.appserver.traffic import ALLOWED_TYPES, MOST_SOCKETS, SOCKET_MESSAGES, Allowances, TooMuch
from sandbox.core.errors import TooBusy
from sandbox.kernels.policy import KernelPolicy
from sandbox.kernels.warmapp import WarmApp

log = logging.getLogger(__name__)

#: A page that loads attaches within seconds; a kernel without a viewer for longer may go when room is needed.
ABANDONED = timedelta(seconds=30)
#: The same when it is its own viewer who opens one more page: their browser is there, and would have connected again.
LEFT_BEHIND = timedelta(seconds=10)
#: Most pages that one person can have open, so that nobody takes all the room.
PAGES_PER_PERSON = 8


@dataclass(frozen=True)
class Opening:
    """By which admission a page is opened now, and what its kernel may touch; set by the page handler around Voilà's
    own code.
    """

    admission: Admission
    policy: KernelPolicy


opening: contextvars.ContextVar[Opening | None] = contextvars.ContextVar("opening", default=None)


class AppKernels(AsyncMappingKernelManager):
    """Starts kernels only for an ``opening``, under its policy, and remembers whose they are."""

    most_kernels = Int(120, config=True, help="Most app kernels at the same time.")
    most_kernels_each = Int(60, config=True, help="Most kernels of one app, so that it leaves room for the others.")

    @default("context")
    def _context_default(self) -> zmq.asyncio.Context:
        self._created_context = True
        return bounded(zmq.asyncio.Context())

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.allowed_message_types = sorted(ALLOWED_TYPES)
        self._admissions: dict[str, Admission] = {}
        self._starting: list[Admission] = []
        self._spare: set[str] = set()
        self._alone: dict[str, datetime] = {}  # kernels of viewers who are not connected, since when
        self._closed: deque[str] = deque(maxlen=1000)
        self._sockets: Counter[str] = Counter()
        self._allowances = Allowances()
        self._paces: defaultdict[str, Pace] = defaultdict(Pace)
        #: Called with the id of every kernel that is no longer there.
        self.on_removed: Callable[[str], None] | None = None

    def owner_of(self, kernel_id: str) -> str | None:
        """The person whose page the kernel belongs to; None for one that is not (or no longer) there."""
        admission = self._admissions.get(kernel_id) if kernel_id in self else None
        return admission.person if admission else None

    def admission_of(self, kernel_id: str) -> Admission | None:
        """By which admission the kernel's page was opened."""
        return self._admissions.get(kernel_id)

    def kernels_of(self, person: str) -> list[str]:
        return [kernel_id for kernel_id in self.list_kernel_ids() if self.owner_of(kernel_id) == person]

    def viewed(self) -> list[str]:
        """Kernels that somebody was given; the others are spare."""
        return [kernel_id for kernel_id in self.list_kernel_ids() if kernel_id in self._admissions]

    def by_use(self) -> dict[str, int]:
        """How many kernels viewers have, and how many wait for one."""
        return {"viewed": len(self.viewed()), "spare": len(self._spare)}

    async def start_spare(self, app: WarmApp) -> str:
        """A kernel of ``app`` that nobody owns and nobody can reach until it is handed over."""
        kernel_id: str = await super().start_kernel(kernel_name="python3", policy=app.policy, app=app)
        self._spare.add(kernel_id)
        return kernel_id

    async def hand_over(self, kernel_id: str, admission: Admission) -> None:
        """Make a spare kernel the admitted person's. Raises TooBusy when there is no room."""
        await self.make_room(admission)
        self._spare.discard(kernel_id)
        self.get_kernel(kernel_id).last_activity = self._alone[kernel_id] = datetime.now(UTC)
        self._admissions[kernel_id] = admission

    async def start_kernel(self, *, kernel_name: str | None = None, **_: Any) -> str:
        """Start a kernel for the current opening. Voilà's arguments (server environment, folder) are not used."""
        current = opening.get()
        if current is None:
            raise RuntimeError("a kernel can only be started for somebody who opens an app page")
        await self.make_room(current.admission)
        self._starting.append(current.admission)
        try:
            kernel_id: str = await super().start_kernel(kernel_name="python3", policy=current.policy)
        finally:
            self._starting.remove(current.admission)
        self._admissions[kernel_id] = current.admission
        self._alone[kernel_id] = datetime.now(UTC)
        return kernel_id

    async def make_room(self, admission: Admission) -> None:
        """End kernels that nobody looks at if that is needed: of the person, of the app, of all. Raises TooBusy when
        there is still no room."""
        own = self.kernels_of(admission.person)
        mine = len(own) + sum(each.person == admission.person for each in self._starting)
        if mine >= PAGES_PER_PERSON:
            await self._end_abandoned(own, LEFT_BEHIND, TooBusy(
                "You have {count} app pages open, and more cannot be opened at the same time.",
                "Close one of them, then try again.",
                count=mine,
            ))  # fmt: skip
        of_app = [kernel_id for kernel_id in self.viewed() if self._admissions[kernel_id].app == admission.app]
        if len(of_app) + sum(each.app == admission.app for each in self._starting) >= self.most_kernels_each:
            await self._end_abandoned(of_app, ABANDONED, TooBusy(
                "Many colleagues are using this app right now, and there is no room for one more page of it.",
                "Please try again in a minute; this page does so by itself.",
            ))  # fmt: skip
        if len(self.viewed()) + len(self._starting) >= self.most_kernels:
            await self._end_abandoned(self.viewed(), ABANDONED, TooBusy(
                "Many colleagues are using apps right now, and there is no room for one more page.",
                "Please try again in a minute; this page does so by itself.",
            ))  # fmt: skip

    async def _end_abandoned(self, kernel_ids: list[str], after: timedelta, no_room: TooBusy) -> None:
        """End that of ``kernel_ids`` which has been alone the longest, and for longer than ``after``. Raises
        ``no_room``, with the time until one will have been, when there is none.
        """
        alone = [(self._alone[kernel_id], kernel_id) for kernel_id in kernel_ids if kernel_id in self._alone]
        if not alone:
            raise no_room
        since, kernel_id = min(alone)
        left = since + after - datetime.now(UTC)
        if left > timedelta():
            no_room.retry_after = ceil(left.total_seconds())
            raise no_room
        await self.shutdown_kernel(kernel_id, now=True)

    def processes(self) -> list[tuple[str, int]]:
        """The process of every kernel, by the kernel's id."""
        managers = [(kernel_id, self.get_kernel(kernel_id)) for kernel_id in self.list_kernel_ids()]
        return [(kernel_id, manager.provisioner.pid) for kernel_id, manager in managers if manager.has_kernel]

    def spend(self, kernel_id: str, size: int, messages: int = 1) -> None:
        """Take from what the kernel's viewer may send. Raises TooMuch, also when nobody has the kernel any more."""
        admission = self._admissions.get(kernel_id)
        if admission is None:
            raise TooMuch
        self.spend_of(admission, size, messages)

    def spend_of(self, admission: Admission, size: int, messages: int) -> None:
        """The same for who has no kernel yet. Raises TooMuch."""
        self._allowances.spend(admission.person, admission.app, size, messages)

    @contextmanager
    def attached(self, kernel_id: str) -> Iterator[None]:
        """Count a websocket to the kernel while it is there, from its beginning on. Raises TooMuch."""
        self.spend(kernel_id, 0, SOCKET_MESSAGES)
        if self._sockets[kernel_id] >= MOST_SOCKETS:
            raise TooMuch
        self._sockets[kernel_id] += 1
        try:
            yield
        finally:
            self._sockets[kernel_id] -= 1
            if not self._sockets[kernel_id]:
                del self._sockets[kernel_id]

    def said(self, kernel_id: str, size: int) -> float:
        """Note that a kernel said ``size`` bytes to a page; the seconds until it may be listened to again."""
        return self._paces[kernel_id].say(size) if kernel_id in self else 0.0

    def start_watching_activity(self, kernel_id: str) -> None:
        """Only by what a kernel says of itself (busy, idle): what it says to pages would all come here once more."""
        super().start_watching_activity(kernel_id)
        socket = self.get_kernel(kernel_id)._activity_stream.socket
        socket.unsubscribe(b"")
        socket.subscribe(b"kernel.")

    def notify_connect(self, kernel_id: str) -> None:
        super().notify_connect(kernel_id)
        self._alone.pop(kernel_id, None)

    def notify_disconnect(self, kernel_id: str) -> None:
        super().notify_disconnect(kernel_id)
        if not self._kernel_connections.get(kernel_id):
            self._alone[kernel_id] = datetime.now(UTC)

    async def cull_kernel_if_idle(self, kernel_id: str) -> None:
        """End a kernel that nobody has looked at for the idle time, however busy it is; a spare kernel waits.

        Jupyter's own rule would keep one that prints for ever.
        """
        if kernel_id in self._spare:
            return
        alone = self._alone.get(kernel_id)
        if kernel_id not in self._admissions:  # its viewer left while it was started
            await super().cull_kernel_if_idle(kernel_id)
        elif alone is not None and datetime.now(UTC) - alone > timedelta(seconds=self.cull_idle_timeout):
            log.info("an app's kernel is ended, because nobody looks at it", extra={"kernel": kernel_id})
            await self.shutdown_kernel(kernel_id, now=True)

    def remove_kernel(self, kernel_id: str) -> Any:
        self._admissions.pop(kernel_id, None)
        self._alone.pop(kernel_id, None)
        self._spare.discard(kernel_id)
        self._paces.pop(kernel_id, None)
        removed = super().remove_kernel(kernel_id)
        if self.on_removed is not None:
            self.on_removed(kernel_id)
        return removed

    async def end_all_of(self, person: str) -> None:
        """End every kernel of ``person`` (sign-out)."""
        await self._end(self.kernels_of(person))

    async def end_where_over(self, holds: Callable[[Admission], bool]) -> None:
        """End every kernel whose admission is over."""
        over = [kernel_id for kernel_id, admission in self._admissions.items() if not holds(admission)]
        self._closed.extend(over)
        await self._end(over)

    def was_closed(self, kernel_id: str) -> bool:
        """Whether the kernel was ended because its viewer may no longer open the app, or the app was retired."""
        return kernel_id in self._closed

    async def _end(self, kernel_ids: list[str]) -> None:
        await asyncio.gather(
            *(self.shutdown_kernel(kernel_id, now=True) for kernel_id in kernel_ids), return_exceptions=True
        )
