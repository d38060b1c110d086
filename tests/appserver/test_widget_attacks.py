"""Widget messages that no page sends: absurd values, buffers that lead nowhere, floods, noise, at the live websocket.

What they do to Voilà as it comes is shown first. On ours a viewer's own kernel goes on and follows the next honest move
of the slider, the server's log holds no traceback, no traceback reaches a page, and a second viewer notices nothing.
"""

from __future__ import annotations

import json
import random
import re
import struct
import threading
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import closing, contextmanager
from dataclasses import replace
from typing import Any

import psutil
import pytest
import websocket

from sandbox.appserver.traffic import CONTROL_TARGET, MOST_CONTROLS, PER_SECOND
from tests.appserver.site import (
    Conversation,
    Hardened,
    Site,
    as_v1,
    comm_msg,
    message,
)  # fmt: skip

#: Where a frame of a traceback comes from, in a kernel as on a server.
TRACEBACK = re.compile(r"Traceback \(most recent|site-packages")
BIG = 10**400


def page_of(site: Site, person: str = "rita") -> Conversation:
    viewer = site.viewer(person)
    return Conversation(replace(viewer, quiet=min(viewer.quiet, 1.0)), viewer.open())


def update(comm_id: str, state: Any, paths: Any = (), buffers: tuple[bytes, ...] = ()) -> dict[str, Any]:
    each = comm_msg(comm_id, {"method": "update", "state": state, "buffer_paths": paths})
    return each | {"buffers": list(buffers)}


def nested(depth: int) -> Any:
    made: Any = 1
    for _ in range(depth):
        made = [made]
    return made


#: States that are sent to a slider.
VALUES: dict[str, Any] = {
    "not a number": {"value": float("nan")}, "infinite": {"value": float("inf")}, "less": {"value": float("-inf")},
    "401 digits": {"value": BIG}, "minus 401 digits": {"value": -BIG}, "half": {"value": 0.5}, "huge": {"value": 1e308},
    "text": {"value": "x"}, "nothing": {"value": None}, "list": {"value": [1]}, "object": {"value": {"__class__": 1}},
    "boundless": {"max": BIG}, "no bound": {"max": float("nan")}, "as before": {"min": 0, "max": 60},
    "another's layout": {"layout": "IPY_MODEL_{slider}"}, "no layout": {"layout": None}, "style": {"style": "x"},
    "model": {"_model_name": "X", "_view_name": 5}, "class": {"__class__": 1, "comm": None, "keys": [1]},
    "classes": {"_dom_classes": [["a"]]}, "label": {"description": 5}, "children": {"children": ["x"]},
    "nested": {"value": nested(900)}, "lone surrogate": {"description": "\ud800"},
    "a text for a state": "value", "a list for a state": [], "no state": None, "a number for a state": 5,
}  # fmt: skip

#: Paths and buffers that are sent to a slider with a state of a value and a list.
TEN = (b"x" * 10,)
BUFFERS: dict[str, tuple[Any, tuple[bytes, ...]]] = {
    "nowhere": ([["nowhere", "a", 0]], TEN), "class": ([["__class__"]], TEN),
    "deep class": ([["value", "__class__", "__init__", "__globals__"]], TEN), "negative": ([["_dom_classes", -1]], TEN),
    "beyond": ([["_dom_classes", 10**30]], TEN), "half": ([["_dom_classes", 0.5]], TEN), "empty": ([[]], TEN),
    "doubled": ([["value"]] * 3, TEN * 3), "more buffers": ([["value"]], TEN * 200), "text": (["value"], TEN),
    "more paths": ([["value"]] * 1000, TEN), "number": ([5], TEN), "object": ({"a": 1}, TEN), "null": (None, TEN),
    "large": ([["value"]], (b"x" * 4_000_000,)), "many": ([["value"]] * 240, (b"",) * 240),
    "too many": ([["value"]] * 400, (b"",) * 400),
}  # fmt: skip

#: What else the data of a widget's message can be.
DATA: tuple[Any, ...] = (
    {"method": "custom"}, {"method": "custom", "content": 5}, {"method": "update"}, {"method": "request_state"},
    {"method": "update", "state": {"value": 3}, "buffer_paths": 5}, {"method": "update", "state": {}}, [], None, 5, "x",
)  # fmt: skip

#: Parts of the message that lie around it.
AROUND: tuple[dict[str, Any], ...] = (
    {"parent_header": 5}, {"parent_header": []}, {"parent_header": None}, {"metadata": 5}, {"metadata": None},
    {"parent_header": {"date": "x"}}, {"header": None}, {"header": []}, {"content": None}, {"content": [1]},
)  # fmt: skip
HEADERS: tuple[dict[str, Any], ...] = (
    {"subshell_id": "not-there"}, {"subshell_id": ["a"]}, {"date": "x"}, {"date": 5}, {"session": 5}, {"msg_id": None},
    {"version": "0.0"}, {"version": 5}, {"version": "x"}, {"version": "4.0"}, {"username": None}, {"msg_type": ["a"]},
)  # fmt: skip


def absurdities(slider: str) -> Iterator[tuple[str, dict[str, Any]]]:
    """(name, message) of everything above."""
    for name, state in VALUES.items():
        yield name, update(slider, {"layout": f"IPY_MODEL_{slider}"} if name == "another's layout" else state)
    for name, (paths, buffers) in BUFFERS.items():
        yield f"buffers, {name}", update(slider, {"value": 3, "_dom_classes": []}, paths, buffers)
    for data in DATA:
        yield f"data {data}", comm_msg(slider, data)
    for part in AROUND:
        yield f"{part}", update(slider, {"value": 3}) | part
    for part in HEADERS:
        each = update(slider, {"value": 3})
        yield f"header {part}", each | {"header": each["header"] | part}


def written(site: Site, since: int) -> str:
    return site.log.read_bytes()[since:].decode("utf-8", "replace")


# What works on standalone Voilà -------------------------------------------------------------------------------------


def _traceback(page: Conversation, _: Site) -> bool:
    """A wrong value makes the kernel tell its code and its paths."""
    return TRACEBACK.search(page.ask(update(page.slider, {"value": [1]}), "Traceback")) is not None


def _long_text(page: Conversation, _: Site) -> bool:
    """Five megabytes as a widget's value: the kernel keeps them, and sends them back each time."""
    state = {"value": "x" * 5_000_000 + "THE-END"}
    return "THE-END" in page.ask(update(page.widgets["HTMLModel"][0], state), "THE-END")


def _broken_frame(page: Conversation, site: Site) -> bool:
    """Frames that are no messages are exceptions in the server."""
    before = site.log.stat().st_size
    for chance in map(random.Random, range(20)):
        make_noise(page, 1, chance)
        page.move()
        if TRACEBACK.search(written(site, before)):
            return True
    return False


def _claimed_parts(page: Conversation, site: Site) -> bool:
    """A frame of sixteen bytes that claims millions of parts: the server counts them, and serves nobody meanwhile."""
    server = psutil.Process(site.pid)
    before = sum(server.cpu_times()[:2])
    with closing(page.viewer.connect(page.kernel)) as socket:
        socket.send_binary(struct.pack("<QQ", 2**22, 8))
        page.move()
    return sum(server.cpu_times()[:2]) - before > 0.5


def _thousand_comms(page: Conversation, _: Site) -> bool:
    """A thousand comms are opened, as fast as it goes: the kernel keeps every one of them."""
    flood(page, 1000)
    return controls(page) >= 1000


def controls(page: Conversation) -> int:
    """Comms of the kernel that are not its own."""
    return max(line.count(CONTROL_TARGET) for line in page.ask(message("comm_info_request", {}), "never").split("\n"))


def _subshell_not_there(page: Conversation, _: Site) -> bool:
    """A widget's message names a subshell that is not there, and the widget answers to nobody any more."""
    for months in (20, 21, 22):
        each = update(page.slider, {"value": months})
        each["header"]["subshell_id"] = "not-there"
        page.ask(each, f"risk = {100 - months} %")
    return not page.move()


ATTACKS: dict[str, Callable[[Conversation, Site], bool]] = {
    "traceback of a wrong value": _traceback,
    "five megabytes of text": _long_text,
    "broken frames": _broken_frame,
    "claimed parts": _claimed_parts,
    "a thousand comms": _thousand_comms,
    "subshell that is not there": _subshell_not_there,
}


@pytest.fixture(scope="module")
def page_at_voila(standalone: Site) -> Iterator[Conversation]:
    """A page that the attacks share; the last of them leaves it of no use."""
    with page_of(standalone) as page:
        yield page


@pytest.fixture(scope="module")
def page_at_ours(ours: Hardened) -> Iterator[Conversation]:
    with page_of(ours) as page:
        yield page


@pytest.mark.parametrize("name", ATTACKS)
def test_works_on_standalone_voila_as_it_comes(name: str, page_at_voila: Conversation, standalone: Site) -> None:
    assert ATTACKS[name](page_at_voila, standalone), "this attack proves nothing: it fails on an unhardened server too"


@pytest.mark.parametrize("name", ATTACKS)
def test_fails_on_ours(name: str, page_at_ours: Conversation, ours: Hardened) -> None:
    assert not ATTACKS[name](page_at_ours, ours)
    assert page_at_ours.move()


def flood(page: Conversation, count: int, at_once: int = 500) -> int:
    """Open ``count`` comms, connecting anew whenever the server has had enough; how often it had."""
    opened = [
        as_v1(message("comm_open", {"comm_id": f"{number:032x}", "target_name": CONTROL_TARGET, "data": {}})
              | {"metadata": {"version": "1.0.0"}})
        for number in range(count)
    ]  # fmt: skip
    return sum(not _pushed(page, opened[start : start + at_once]) for start in range(0, count, at_once))


def make_noise(page: Conversation, count: int, chance: random.Random) -> None:
    """Send ``count`` broken frames, no faster than the server reads them, so that it reads every one."""
    for _ in range(count):
        _pushed(page, [noise(chance, page.slider)])
        time.sleep(1 / PER_SECOND)


def _pushed(page: Conversation, frames: Iterable[str | bytes]) -> bool:
    """Send frames and take what has come, without waiting. Where the connection has ended, make a new one: False."""
    try:
        page.socket.settimeout(30)
        for frame in frames:
            page.socket.send(frame) if isinstance(frame, str) else page.socket.send_binary(frame)
        page.socket.settimeout(0)
        while page.socket.recv():  # nothing: the server has said good-bye
            pass
    except BlockingIOError:
        return True
    except (websocket.WebSocketException, OSError):
        pass
    page.reconnect()
    return False


WEIRD = (None, True, -1, 10**30, 1.5, "", "x" * 3000, "\ud800", [], {}, ["shell"], {"a": {"b": []}}, "shutdown_request")


def noise(chance: random.Random, slider: str) -> str | bytes:
    """One frame: bytes out of nothing, or a good message with a wound."""
    each = update(slider, {"value": chance.randrange(60)}, [["value"]], (b"abc",))
    kind = chance.randrange(4)
    if kind == 0:
        return chance.randbytes(chance.randrange(300))
    if kind == 1:
        del each["buffers"]
        part = each[chance.choice(list(each))]
        inside = part if isinstance(part, dict) and part and chance.random() < 0.6 else each
        inside[chance.choice(list(inside))] = chance.choice(WEIRD)
        text = json.dumps(each)
        return text if chance.random() < 0.7 else text[: chance.randrange(len(text))]
    frame = bytearray(as_v1(each))
    if kind == 2:  # the table of offsets
        place = 8 * chance.randrange(9)
        wrong = (0, 1, 8, 255, 2**31, 2**40, 2**63, 2**64 - 1, len(frame), len(frame) + 1)
        frame[place : place + 8] = struct.pack("<Q", chance.choice(wrong))
    else:
        for _ in range(chance.randrange(1, 6)):
            frame[chance.randrange(len(frame))] = chance.randrange(256)
    return bytes(frame) if chance.random() < 0.7 else bytes(frame[: chance.randrange(len(frame))])


# What nothing may do on ours ----------------------------------------------------------------------------------------


@contextmanager
def honest_viewer(site: Hardened) -> Iterator[list[float]]:
    """Somebody else moves the slider all the time; the seconds that each answer took. Fails when one did not come."""
    took: list[float] = []
    lost: list[int] = []
    stop = threading.Event()
    with page_of(site, "mei") as page:

        def move() -> None:
            while not stop.is_set():
                began = time.monotonic()
                if not page.move():
                    lost.append(len(took))
                took.append(time.monotonic() - began)
                stop.wait(0.05)  # a hand

        thread = threading.Thread(target=move, daemon=True)
        thread.start()
        try:
            yield took
        finally:
            stop.set()
            thread.join(30)
    assert took and not lost


def test_a_kernel_survives_absurd_values_and_buffers(ours: Hardened) -> None:
    before = ours.log.stat().st_size
    with page_of(ours) as page:
        for name, each in absurdities(page.slider):
            page.say(each)
            assert page.move(), name
        assert not TRACEBACK.search(page.heard)
    assert not TRACEBACK.search(written(ours, before))


def test_ten_thousand_comm_opens(ours: Hardened) -> None:
    with page_of(ours) as page, honest_viewer(ours) as took:
        server = psutil.Process(ours.pid)
        before = server.memory_info().rss
        ended = flood(page, 10_000)
        assert page.move(), "the kernel itself is well"
        assert ended, "the connection ends after so many messages"
        assert controls(page) <= MOST_CONTROLS
        assert server.memory_info().rss - before < 64 * 2**20
    assert max(took) < 5


def test_noise_leaves_no_trace(ours: Hardened) -> None:
    """Fuzzed: 1,500 frames, the same each time; standalone Voilà is shown some of them above."""
    before, server = ours.log.stat().st_size, psutil.Process(ours.pid)
    with page_of(ours) as page, honest_viewer(ours) as took:
        memory = server.memory_info().rss
        make_noise(page, 1500, random.Random("v1"))
        assert server.memory_info().rss - memory < 64 * 2**20
        assert page.move(), "the kernel is well"
        assert not TRACEBACK.search(page.heard)
    assert max(took) < 5
    assert not TRACEBACK.search(written(ours, before))


def ends(socket: websocket.WebSocket, opcode: int, data: bytes) -> bool:
    """Whether the server ends the connection on such a frame."""
    try:
        socket.sock.sendall(struct.pack("!BBQI", 0x80 | opcode, 0x80 | 127, len(data), 0) + data)
        socket.settimeout(10)
        while socket.recv():
            pass
    except websocket.WebSocketTimeoutException:
        return False
    except (websocket.WebSocketException, OSError):
        pass
    return True


def test_frames_that_are_no_websocket_messages(ours: Hardened) -> None:
    before = ours.log.stat().st_size
    frames = {"a text that is none": (1, b"\xff\xfe"), "an unknown kind": (3, b"x"), "11 MB": (2, bytes(11 * 2**20))}
    with page_of(ours) as page:
        for name, (opcode, data) in frames.items():
            assert ends(page.socket, opcode, data), name
            page.reconnect()
        assert page.move()
    assert not TRACEBACK.search(written(ours, before))
