"""Modules that live apps import are imported ahead of them all: learned when another version becomes live."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import threading
import time
from collections.abc import Callable, Mapping

from sandbox.appserver.memory import available_memory
from sandbox.appserver.places import Places
from sandbox.core.errors import SandboxError
from sandbox.kernels import forkserver, learned
from sandbox.publishing.shelf import read_manifest

log = logging.getLogger(__name__)

#: What is live must have stayed the same for so long, seconds, before anything is learned from it. Apps become live in
#: batches (the first ``sandbox up`` publishes several, an examination apart); another fork server for each of them
#: would make everything ready anew each time, and nobody waits for it: apps open quickly without.
REST_SECONDS = 60.0
#: With less memory than this left, bytes, nothing is learned: for a while there are two fork servers.
SCARCE = 1024 * 2**20


class Preloading:
    """Keeps the fork server's modules those that live apps want."""

    def __init__(self, places: Places, on_change: Callable[[], None], rest: float = REST_SECONDS) -> None:
        """``on_change`` is called, in the event loop, when another fork server has taken over."""
        self._on_change = on_change
        self._rest = rest
        self._apps = places.apps
        self._file = places.workspace.preload
        self._live: dict[str, str] = {}  # what was learned from
        self._heard: dict[str, str] = {}
        self._heard_at = time.monotonic()
        self._work: asyncio.Task[None] | None = None
        self._closing = threading.Event()

    def begin(self) -> None:
        """Start the fork server with what was learned when the server last ran. Blocks for seconds."""
        learned.begin(self._file)

    def follow(self, live: Mapping[str, str]) -> None:
        """Hear app → live version, again and again; when they are others than before, and have been for a while, learn
        in the background."""
        if dict(live) != self._heard:
            self._heard, self._heard_at = dict(live), time.monotonic()
        if self._heard == self._live or (self._work is not None and not self._work.done()):
            return
        if time.monotonic() - self._heard_at < self._rest:
            return
        if available_memory() < SCARCE:
            return
        self._live = dict(live)
        self._loop = asyncio.get_running_loop()
        self._work = asyncio.create_task(asyncio.to_thread(self._learn, dict(live)))

    def _learn(self, live: Mapping[str, str]) -> None:
        wanted = []
        for app, version in sorted(live.items()):
            with contextlib.suppress(SandboxError):
                wanted.append(read_manifest(self._apps / app / version).imports)
        names = learned.together(wanted)
        known = learned.remembered(self._file)
        try:
            now = learned.learn(names, known, lambda: not self._closing.is_set())
            if self._closing.is_set():
                return
            changed = forkserver.learn(now.modules)
        except forkserver.Unfit as problem:
            log.info("nothing is imported ahead", extra={"reason": str(problem)})
            return
        log.info("imported ahead of apps", extra={"modules": list(now.modules), "left_out": dict(now.left_out)})
        if changed:
            self._loop.call_soon_threadsafe(self._on_change)
        try:
            if now != known:
                learned.remember(self._file, now)
        except OSError as problem:  # the app server's disk may be read-only: then it learns again after a restart
            log.info("what is imported ahead is not remembered", extra={"problem": str(problem)})

    async def close(self) -> None:
        """Wait for what is being learned."""
        self._closing.set()
        if self._work is not None:
            with contextlib.suppress(Exception):
                await self._work
