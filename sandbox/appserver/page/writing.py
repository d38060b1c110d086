"""The app server's side of ``writer``: apps' texts made inert without anybody else waiting for it."""

from __future__ import annotations

import asyncio
import json
import logging
import subprocess
import threading
from collections.abc import Iterable, Mapping

from sandbox.core.errors import SandboxError, Unavailable
from sandbox.kernels import linux
from sandbox.kernels.channel import Channel, Closed
from sandbox.kernels.forkserver import run_program

log = logging.getLogger(__name__)

#: Whether there can be such a process here; where not, only authors are served who are trusted, and their apps' texts
#: are read in a thread.
AVAILABLE = linux.AVAILABLE and linux.has_pidfds()
#: Until all texts of a page must be made, seconds of the clock; the processor's are limited in the process itself.
PATIENCE_SECONDS = 20
#: Largest answer, bytes.
MOST = 128 * 2**20

Text = tuple[str, str]


class Writer:
    """Starts the program at its first use, and anew when it has ended."""

    def __init__(self) -> None:
        self._process: subprocess.Popen[bytes] | None = None
        self._control: Channel | None = None
        self._lock = threading.Lock()

    def begin(self) -> None:
        """Start it if it does not run. Blocks for a moment; the first texts wait until it has imported its readers."""
        with self._lock:
            if not AVAILABLE or (self._process is not None and self._process.poll() is None):
                return
            if self._control is not None:
                self._control.close()
            self._control, far = Channel.pair()
            self._process = run_program("sandbox.appserver.page.writer", far, [])

    async def made(self, texts: Iterable[Text]) -> Mapping[Text, str]:
        """(kind, source) → its inert fragment (``markup``). Raises Unavailable when that takes too long."""
        wanted = list(dict.fromkeys(texts))
        if not wanted:
            return {}
        if not AVAILABLE:
            from sandbox.appserver.page.markup import inert

            return {text: await asyncio.to_thread(inert, *text) for text in wanted}
        try:
            async with asyncio.timeout(PATIENCE_SECONDS):
                line = await self._ask(await asyncio.to_thread(_order, wanted))
            made = (await asyncio.to_thread(json.loads, line))["made"]
        except (TimeoutError, Closed, OSError, ValueError, asyncio.IncompleteReadError, asyncio.LimitOverrunError):
            log.warning("the texts of an app took too long to be made inert", extra={"texts": len(wanted)})
            raise took_too_long() from None
        return dict(zip(wanted, made, strict=True))

    async def _ask(self, order: bytes) -> bytes:
        near, far = Channel.pair()
        try:
            await asyncio.to_thread(self._hand_over, far)
        finally:
            far.close()
        reader, writer = await asyncio.open_unix_connection(sock=near.socket, limit=MOST)
        try:
            writer.write(order)
            await writer.drain()
            return await reader.readuntil(b"\n")
        finally:
            writer.close()

    def _hand_over(self, far: Channel) -> None:
        for last in (False, True):
            self.begin()
            try:
                with self._lock:
                    if self._control is not None:
                        self._control.send({"read": True}, (far.fileno(),))
                return
            except Closed:
                if last:
                    raise

    def close(self) -> None:
        """End it and what it forked. May be called twice."""
        with self._lock:
            if self._control is not None:
                self._control.close()
            if self._process is not None:
                self._process.kill()
                self._process.wait(3)
            self._process = self._control = None


def _order(texts: list[Text]) -> bytes:
    return json.dumps({"texts": texts}).encode() + b"\n"


def took_too_long() -> SandboxError:
    """What a viewer is told."""
    return Unavailable("What this app shows takes too long to be prepared for a page.", "Tell the app's owner.")
