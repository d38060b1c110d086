"""A kernel that says more than pages and server can take: it waits, and nobody else does."""

from __future__ import annotations

import asyncio
import re
import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

import psutil
import pytest
import websocket
import zmq
import zmq.asyncio

from sandbox.appserver.pace import (
    BURST_BYTES,
    BYTES_PER_SECOND,
    MESSAGE_BYTES,
    MOST_UNSENT,
    MOST_WAITING,
    Pace,
    Unsent,
    bounded,
)
from sandbox.kernels.saying import MOST_SAID
from tests.appserver.site import Conversation, Hardened, Site, comm_msg

POURED, EACH = 20, 10_000_000
COUNTED = 10_000
#: More of the server's memory than this is not what it needs to pass a message on.
MOST_MEMORY = 130 * 2**20


def pour(page: Conversation) -> None:
    """Press the button of which the kernel says two hundred megabytes, and do not listen."""
    button = page.widgets["ButtonModel"][1]
    page.say(comm_msg(button, {"method": "custom", "content": {"event": "click"}}))


def taken(site: Site, since: int, enough: int, seconds: float) -> int:
    """The most memory that the server has taken since then, bytes; looked at until it is ``enough``."""
    server, most, end = psutil.Process(site.pid), 0, time.monotonic() + seconds
    while time.monotonic() < end and most < enough:
        most = max(most, server.memory_info().rss - since)
        time.sleep(0.02)
    return most


def not_listening(site: Site, seconds: float) -> bool:
    """Whether a viewer who does not listen makes the server keep for them what a kernel says."""
    viewer = site.viewer("pourer")
    with Conversation(viewer, viewer.open()) as page:
        before = psutil.Process(site.pid).memory_info().rss
        pour(page)
        return taken(site, before, MOST_MEMORY, seconds) >= MOST_MEMORY


def test_standalone_voila_keeps_all_of_it(standalone: Site) -> None:
    assert not_listening(standalone, 60), "this attack proves nothing: it fails on an unhardened server too"


def test_ours_does_not(ours: Hardened) -> None:
    assert not not_listening(ours, 8)


def test_who_listens_gets_all_of_it_and_others_go_on(ours: Hardened) -> None:
    viewer, mei = ours.viewer("listener"), ours.viewer("mei")
    with Conversation(viewer, viewer.open()) as page, Conversation(mei, mei.open()) as hers:
        pour(page)
        page.socket.settimeout(60)
        seen = 0
        while seen < POURED:
            frame = page.socket.recv()
            if len(frame) > EACH:
                seen += 1
                assert f"<p>poured {seen}</p>".encode() in frame, "in turn, and none is missing"
                assert seen % 5 or hers.move()
        assert page.move(), "and then it is as it was"


def test_what_is_told_faster_than_a_page_is_told_it_ends_as_it_ends(ours: Hardened) -> None:
    """An app that shows each step of its progress: were the last one lost, the page would show another for ever."""
    viewer = ours.viewer("counter")
    with Conversation(viewer, viewer.open()) as page:
        page.say(comm_msg(page.widgets["ButtonModel"][3], {"method": "custom", "content": {"event": "click"}}))
        page.socket.settimeout(60)
        heard = 0
        while heard < COUNTED:
            found = re.search(rb'"counted (\d+)"', page.socket.recv())
            if found:
                heard += 1
                assert int(found[1]) == heard, "in turn, and none is missing"
        assert page.move()


def test_a_page_that_goes_away_meanwhile_leaves_nothing(ours: Hardened) -> None:
    viewer = ours.viewer("leaver")
    for _ in range(3):
        with Conversation(viewer, viewer.open()) as page:
            pour(page)
            with suppress(websocket.WebSocketException):
                page.socket.recv()
    problems = [line for line in ours.log.read_text().splitlines() if '"level": "ERROR"' in line and "pace" in line]
    assert not problems
    assert viewer.open()


def test_a_kernel_is_listened_to_again_when_time_has_paid() -> None:
    clock = [0.0]
    pace = Pace(lambda: clock[0])
    assert pace.say(BURST_BYTES - MESSAGE_BYTES) == 0
    assert pace.say(BYTES_PER_SECOND - MESSAGE_BYTES) == pytest.approx(1)
    clock[0] += 0.75
    assert pace.say(0) == pytest.approx(0.25 + MESSAGE_BYTES / BYTES_PER_SECOND), "an empty message is a message too"
    clock[0] += 1000
    assert pace.say(BURST_BYTES + BYTES_PER_SECOND - MESSAGE_BYTES) == pytest.approx(1), "no more is saved than a burst"


def test_what_is_not_sent_is_counted_until_it_is_sent_or_lost() -> None:
    async def story() -> None:
        unsent, loop = Unsent(), asyncio.get_running_loop()
        ends: list[Callable[[asyncio.Future[None]], object]] = [
            lambda each: each.set_result(None),
            lambda each: each.set_exception(OSError("gone")),
            lambda each: each.cancel(),
        ]
        for end in ends:
            first, second = loop.create_future(), loop.create_future()
            unsent.add(MOST_UNSENT, first)
            assert not unsent.too_much
            unsent.add(1, second)
            assert unsent.too_much
            waiting = asyncio.ensure_future(unsent.room())
            await asyncio.sleep(0)
            assert not waiting.done()
            end(first)
            await asyncio.wait_for(waiting, 5)
            end(second)
            await asyncio.sleep(0)
            assert unsent.size == 0

    asyncio.run(story())


def test_the_largest_message_arrives_and_a_larger_one_never(tmp_path: Path) -> None:
    async def story() -> None:
        heard: list[bytes] = []
        with (
            zmq.Context() as kernels,
            kernels.socket(zmq.PUB) as kernel,
            bounded(zmq.asyncio.Context()) as ours,
            ours.socket(zmq.SUB) as page,
        ):
            kernel.linger = page.linger = 0
            kernel.bind(f"ipc://{tmp_path}/s")
            assert page.rcvhwm == MOST_WAITING
            page.subscribe(b"")
            page.connect(f"ipc://{tmp_path}/s")

            async def say(part: bytes, seconds: float) -> bool:
                """Again and again until it arrives: who has just connected misses something."""
                with suppress(TimeoutError):
                    async with asyncio.timeout(seconds):
                        while part not in heard:
                            kernel.send(part)
                            with suppress(TimeoutError):
                                async with asyncio.timeout(1):
                                    heard.append(await page.recv())
                return part in heard

            assert await say(b"x" * MOST_SAID, 60)
            assert not await say(b"x" * (MOST_SAID + 1), 2)

    asyncio.run(story())
