"""How much a kernel may say to its pages, so that one that says too much keeps neither time nor memory from others.

A kernel that has said more than its allowance is not listened to until time has paid for it: what it says then waits in
the kernel, and when a thousand messages do, so does the app's own code. The same holds while a page takes what was sent
more slowly than it comes. Nothing is lost but messages that are too large for a page: these never arrive.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from dataclasses import dataclass, field

import zmq
import zmq.asyncio

from sandbox.kernels.saying import MOST_SAID

#: Bytes that a kernel may say at once, and afterwards per second: more than an office's network brings to one desk.
BURST_BYTES, BYTES_PER_SECOND = 32 * 2**20, 16 * 2**20
#: What a message counts beyond its own bytes, for the time that this server takes to pass it on (0.2 ms): four thousand
#: at once, two thousand a second.
MESSAGE_BYTES = 8 * 2**10
#: Bytes that wait for a page before its kernel is not listened to, and messages that wait for this server in each
#: socket. What is beyond waits in the kernel.
MOST_UNSENT, MOST_WAITING = 8 * 2**20, 4


def bounded(context: zmq.asyncio.Context) -> zmq.asyncio.Context:
    """``context``, for the sockets to kernels that are made of it from now on. They take few messages ahead, and none
    with a part that is too large: before it is in memory, ZMQ ends the connection. No kernel says such a thing unless
    its code goes around ours (``kernels.saying``).
    """
    context.sockopts[zmq.RCVHWM], context.sockopts[zmq.MAXMSGSIZE] = MOST_WAITING, MOST_SAID
    return context


@dataclass
class Pace:
    """What one kernel has said to all of its pages together."""

    now: Callable[[], float] = time.monotonic
    left: float = BURST_BYTES
    at: float = field(default=-1.0)

    def say(self, size: int) -> float:
        """Note a message of ``size`` bytes. The seconds until the kernel may be listened to again; 0.0: at once."""
        now = self.now()
        passed, self.at = (now - self.at if self.at >= 0 else 0.0), now
        self.left = min(BURST_BYTES, self.left + passed * BYTES_PER_SECOND) - size - MESSAGE_BYTES
        return max(0.0, -self.left / BYTES_PER_SECOND)


class Unsent:
    """What was given to a websocket and is not with the operating system yet, bytes."""

    def __init__(self) -> None:
        self.size = 0
        self._room = asyncio.Event()
        self._room.set()

    @property
    def too_much(self) -> bool:
        return not self._room.is_set()

    def add(self, size: int, sent: asyncio.Future[None]) -> None:
        """``size`` bytes were given to it; ``sent`` is done when they are on their way, or the websocket was lost."""
        self.size += size
        if self.size > MOST_UNSENT:
            self._room.clear()
        sent.add_done_callback(lambda done: self._gone(size, done))

    def _gone(self, size: int, done: asyncio.Future[None]) -> None:
        if not done.cancelled():
            done.exception()  # a page that went away is no news
        self.size -= size
        if self.size <= MOST_UNSENT:
            self._room.set()

    async def room(self) -> None:
        """Until there is room for more."""
        await self._room.wait()
