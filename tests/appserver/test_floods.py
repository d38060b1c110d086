"""A viewer who wants more of the server than a page may take: many websockets, many pages, connecting again and again.

Each attack must work on standalone Voilà as it comes and fail on ours, where all pages that a person has open of one
app share one allowance. What this costs others is looked at last.
"""

from __future__ import annotations

import re
import select
import threading
import time
from collections.abc import Callable, Sequence
from contextlib import ExitStack, closing, suppress
from socket import create_connection
from urllib.parse import urlsplit

import httpx
import pytest
import websocket

from sandbox.appserver.traffic import (
    AGAIN_SECONDS,
    BURST,
    MOST_SOCKETS,
    PER_SECOND,
    QUESTION_MESSAGES,
)
from tests.appserver.site import OTHER, Conversation, Hardened, Site, Viewer, as_v1, message

Attack = Callable[[Site], bool]

CROWD = 40
BUSY = b'"busy"'  # what every listener hears for each message that a kernel takes up


def taken_up(listeners: Sequence[websocket.WebSocket], sent: int, quiet: float) -> tuple[int, float]:
    """How many messages kernels have taken up, and when the last one was: until it is all that were ``sent``, or there
    is none for ``quiet`` seconds."""
    count, latest = 0, time.monotonic()
    while count < sent and time.monotonic() < latest + quiet:
        for socket in select.select(listeners, [], [], quiet)[0]:
            socket.settimeout(quiet)  # a ping alone is no message
            with suppress(websocket.WebSocketTimeoutException):
                if BUSY in socket.recv():
                    count, latest = count + 1, time.monotonic()
    assert count, "nobody listens"
    return count, latest


def ask(socket: websocket.WebSocket, times: int) -> None:
    with suppress(websocket.WebSocketException, OSError):
        for _ in range(times):  # each with an id of its own: a kernel does not take up the same message twice
            socket.send_binary(as_v1(message("comm_info_request", {})))


def ask_as_new(viewer: Viewer, kernel: str, times: int) -> None:
    """Through a websocket of its own, if the server has it, until the kernel has answered all or the server ended it:
    what has not reached the kernel when a websocket is closed is lost."""
    with suppress(websocket.WebSocketBadStatusException), closing(viewer.connect(kernel)) as socket:
        ask(socket, times)
        with suppress(websocket.WebSocketException, OSError):
            socket.settimeout(5)
            answered = 0
            while answered < times and (frame := socket.recv()):
                answered += b"comm_info_reply" in frame


def too_many(began: float, listeners: Sequence[websocket.WebSocket], viewer: Viewer, sent: int) -> bool:
    """Whether kernels have taken up more since then than one page may say, or all there was to say: on a busy machine
    that may take a kernel which nobody shields so long that it would be no more than allowed."""
    count, latest = taken_up(listeners, sent, min(5.0, max(1.0, viewer.quiet)))
    return count >= sent or count > BURST + PER_SECOND * (latest - began)


def _many_sockets(site: Site) -> bool:
    """More websockets to the own kernel than any page needs: each takes four of the server's sockets and a queue."""
    viewer = site.viewer("collector")
    kernel = viewer.open()
    with ExitStack() as stack:
        for _ in range(CROWD):
            with suppress(websocket.WebSocketBadStatusException):
                stack.enter_context(closing(viewer.connect(kernel)))
        deadline = time.monotonic() + 60
        while (answer := viewer.request("GET", f"/api/kernels/{kernel}")).status_code == 429:
            assert time.monotonic() < deadline
            time.sleep(AGAIN_SECONDS)  # connecting spent the allowance for questions too
    return bool(answer.json()["connections"] > MOST_SOCKETS)


def _asked_on_many_sockets(site: Site) -> bool:
    viewer = site.viewer("juggler")
    kernel = viewer.open()
    with ExitStack() as stack:
        listener, *sockets = [stack.enter_context(closing(viewer.connect(kernel))) for _ in range(MOST_SOCKETS)]
        began = time.monotonic()
        for socket in sockets:
            ask(socket, 2 * BURST)
        return too_many(began, [listener], viewer, len(sockets) * 2 * BURST)


def _asked_by_many_pages(site: Site) -> bool:
    viewer = site.viewer("opener")
    kernels = [viewer.open() for _ in range(4)]
    with ExitStack() as stack:
        listeners, sockets = (
            [stack.enter_context(closing(viewer.connect(kernel))) for kernel in kernels] for _ in "ab"
        )
        began = time.monotonic()
        for socket in list(sockets):
            ask(socket, BURST)
        return too_many(began, list(listeners), viewer, len(kernels) * BURST)


def _asked_again_and_again(site: Site) -> bool:
    viewer = site.viewer("returner")
    kernel = viewer.open()
    with closing(viewer.connect(kernel)) as listener:
        began = time.monotonic()
        for _ in range(6):
            ask_as_new(viewer, kernel, BURST)
        return too_many(began, [listener], viewer, 6 * BURST)


def _asked_over_http(site: Site) -> bool:
    """Questions about the own kernel beside its websocket, one after the other without waiting for an answer."""
    viewer = site.viewer("inquirer")
    kernel = viewer.open()
    times, began = BURST, time.monotonic()
    answered = piped(viewer, f"/api/kernels/{kernel}", times).count(200)
    return answered > (BURST + PER_SECOND * (time.monotonic() - began)) / QUESTION_MESSAGES


def piped(viewer: Viewer, path: str, times: int) -> list[int]:
    """The statuses of so many GETs through one connection, all of them sent before the first is answered."""
    place = urlsplit(viewer.base)
    cookies = "; ".join(f"{name}={value}" for name, value in viewer.cookies.items())
    question = f"GET {path} HTTP/1.1\r\nHost: {place.netloc}\r\nCookie: {cookies}\r\n\r\n".encode()
    with closing(create_connection((place.hostname, place.port), 60)) as connection:
        threading.Thread(target=connection.sendall, args=(question * times,), daemon=True).start()
        heard, found = b"", []
        while len(found) < times and (part := connection.recv(2**16)):
            heard += part
            found = [int(status) for status in re.findall(rb"HTTP/1\.1 (\d{3}) ", heard)]
    return found


ATTACKS: dict[str, Attack] = {
    "many websockets": _many_sockets,
    "asked on many websockets": _asked_on_many_sockets,
    "asked by many pages": _asked_by_many_pages,
    "asked again and again": _asked_again_and_again,
    "asked over HTTP": _asked_over_http,
}


@pytest.mark.parametrize("name", ATTACKS)
def test_works_on_standalone_voila_as_it_comes(name: str, standalone: Site) -> None:
    assert ATTACKS[name](standalone), "this attack proves nothing: it fails on an unhardened server too"


@pytest.mark.parametrize("name", ATTACKS)
def test_fails_on_ours(name: str, ours: Hardened) -> None:
    assert not ATTACKS[name](ours)


def test_whoever_asked_too_much_is_told_so_and_let_in_again(ours: Hardened) -> None:
    """Every address of the own kernel, and the app's page, count together with the websocket."""
    viewer = ours.viewer("impatient")
    kernel = viewer.open()
    questions: dict[str, Callable[[], httpx.Response]] = {
        "model": lambda: viewer.request("POST", f"/api/kernels/{kernel}"),
        "markup": lambda: viewer.request("POST", f"/voila/api/markup/{kernel}", content="\nlatex\n$x$"),
        "file": lambda: viewer.request("POST", f"/voila/api/download/{kernel}/{'0' * 32}", content="\nzh-CN"),
        "ready": lambda: viewer.request("POST", f"/voila/api/ready/{kernel}", content="soon"),
        "page": lambda: viewer.request("GET", viewer.path()),
    }
    over = threading.Event()

    def flood() -> None:
        while not over.is_set():
            piped(viewer, f"/api/kernels/{kernel}", BURST)

    flooding = threading.Thread(target=flood)
    flooding.start()
    try:
        for name, question in questions.items():
            deadline = time.monotonic() + 60
            while (answer := question()).status_code != 429:
                assert time.monotonic() < deadline, name
            assert int(answer.headers["Retry-After"]) == AGAIN_SECONDS, name
            assert ("http-equiv" in answer.text) == (name == "page"), "a page tries again; what a script reads is text"
    finally:
        over.set()
        flooding.join()
    time.sleep(AGAIN_SECONDS)
    answers = {name: question().status_code for name, question in questions.items()}
    assert answers == {"model": 200, "markup": 200, "file": 404, "ready": 404, "page": 200}


def test_another_viewer_and_another_app_notice_nothing(ours: Hardened) -> None:
    flooder, mei = ours.viewer("flooder"), ours.viewer("mei")
    kernel, other = flooder.open(), ours.viewer("flooder", OTHER)
    with Conversation(mei, mei.open()) as hers, Conversation(other, other.open(OTHER)) as own:
        began = time.monotonic()
        assert hers.move()
        most = 5 + 100 * (time.monotonic() - began)  # 0.02 s on an idle machine
        for _ in range(3):
            with suppress(websocket.WebSocketException), closing(flooder.connect(kernel)) as socket:
                ask(socket, 2 * BURST)
                for page in (hers, own):
                    began = time.monotonic()
                    assert page.move() and page.socket.connected
                    assert time.monotonic() - began < most


def test_a_page_that_lost_its_connection_gets_in_again_and_again(ours: Hardened) -> None:
    """A bad network must not look like an attack."""
    viewer = ours.viewer("traveller")
    kernel = viewer.open()
    for _ in range(3 * MOST_SOCKETS):
        assert viewer.attached(kernel)
        time.sleep(0.25)  # the page's own pause
