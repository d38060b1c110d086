"""What a viewer may say to the kernel of an open page: to widgets that exist, as often as a hand can, of bounded size.

The kernel's own widgets are known from the executed notebook and from what the kernel opens later. A viewer opens
nothing but the widgets' control channel, with which a page that lost its connection asks for what it missed.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any
from weakref import WeakKeyDictionary

CONTROL_TARGET = "jupyter.widget.control"
ALLOWED_TYPES = frozenset({"comm_open", "comm_close", "comm_msg", "comm_info_request", "kernel_info_request"})
#: What the page's widgets send; ``request_state`` is asked by some that come from elsewhere.
METHODS = frozenset({"update", "custom", "request_state"})
#: Control channels that can be open at the same time, and comms of a kernel that are remembered.
MOST_CONTROLS = 8
MOST_COMMS = 20_000
#: Characters of an id, bytes of a message's JSON (files travel beside it), and of everything in a burst.
MOST_ID, MOST_JSON, MOST_BYTES = 128, 2**20, 24 * 2**20
#: Messages at once and afterwards per second; a slider that is dragged makes about forty.
BURST, PER_SECOND, BYTES_PER_SECOND = 400, 100, 4 * 2**20
FULL_AGAIN_SECONDS = max(BURST / PER_SECOND, MOST_BYTES / BYTES_PER_SECOND)
#: Websockets of one page at the same time: a lost one may linger a little; and as how many messages each one counts,
#: because the kernel is asked and four of its sockets are opened for it.
MOST_SOCKETS, SOCKET_MESSAGES = 4, 10
#: As how many messages it counts to open a page (a kernel is forked for it), to ask whether its kernel is there, to
#: have a text made inert, and to fetch a file.
OPENING_MESSAGES, QUESTION_MESSAGES, MARKUP_MESSAGES, FILE_MESSAGES = 20, 2, 2, 20
#: Seconds after which somebody who said too much is let in again: some of the allowance is back.
AGAIN_SECONDS = 2


@dataclass(frozen=True)
class Incoming:
    """A frame as it was understood; ``json_size``: of what is not binary, bytes; ``parts``: what goes to the kernel."""

    channel: str
    kind: str
    content: Mapping[str, Any]
    json_size: int
    parts: tuple[bytes, ...] = ()


class TooMuch(Exception):
    """More than anybody does with a page: the connection ends (the page takes it up again)."""


@dataclass
class Rate:
    """A bucket for messages and one for bytes, filled up as time goes by."""

    now: Callable[[], float] = time.monotonic
    messages: float = BURST
    octets: float = MOST_BYTES
    at: float = field(default=-1.0)

    def spend(self, size: int, messages: int = 1) -> None:
        """Raises TooMuch when there is not as much left; then nothing is taken."""
        now = self.now()
        passed, self.at = (now - self.at if self.at >= 0 else 0.0), now
        self.messages = min(BURST, self.messages + passed * PER_SECOND)
        self.octets = min(MOST_BYTES, self.octets + passed * BYTES_PER_SECOND)
        if self.messages < messages or self.octets < size:
            raise TooMuch
        self.messages -= messages
        self.octets -= size


class Allowances:
    """What viewers may send: one allowance for all that a person has open of one app, however often they connect.

    Not one for all of a person's apps, or the page of one app could keep the others' from speaking.
    """

    def __init__(self, now: Callable[[], float] = time.monotonic) -> None:
        self._now = now
        self._rates: dict[tuple[str, str], Rate] = {}  # the latest at the end

    def spend(self, person: str, app: str, size: int, messages: int = 1) -> None:
        """Raises TooMuch."""
        rate = self._rates[person, app] = self._rates.pop((person, app), None) or Rate(self._now)
        try:
            rate.spend(size, messages)
        finally:
            self._forget()

    def _forget(self) -> None:
        """Those that have been full again for a while: a new one would be the same."""
        while self._rates:
            oldest = next(iter(self._rates))
            if self._now() - self._rates[oldest].at < FULL_AGAIN_SECONDS:
                return
            del self._rates[oldest]

    def __len__(self) -> int:
        return len(self._rates)


class Comms:
    """The comms of one kernel that its viewer may speak to."""

    def __init__(self) -> None:
        self._widgets: set[str] = set()
        self._controls: set[str] = set()

    def exist(self, comm_ids: Iterable[str]) -> None:
        """The kernel has opened these."""
        for comm_id in comm_ids:
            if len(self._widgets) < MOST_COMMS and comm_id not in self._controls:
                self._widgets.add(comm_id)

    def gone(self, comm_id: str) -> None:
        """The kernel has closed this one."""
        self._widgets.discard(comm_id)
        self._controls.discard(comm_id)

    def knows(self, comm_id: str) -> bool:
        """Whether the kernel has a widget of that id."""
        return comm_id in self._widgets

    def is_control(self, comm_id: str) -> bool:
        return comm_id in self._controls

    def admits(self, message: Incoming) -> bool:
        """Whether a viewer's message goes on to the kernel."""
        if message.channel != "shell" or message.kind not in ALLOWED_TYPES or message.json_size > MOST_JSON:
            return False
        if message.kind in ("kernel_info_request", "comm_info_request"):
            return True
        comm_id = message.content.get("comm_id")
        if not isinstance(comm_id, str) or not 0 < len(comm_id) <= MOST_ID:
            return False
        return {"comm_open": self._opens, "comm_close": self._closes, "comm_msg": self._speaks}[message.kind](
            comm_id, message.content
        )

    def _opens(self, comm_id: str, content: Mapping[str, Any]) -> bool:
        if content.get("target_name") != CONTROL_TARGET or content.get("target_module") is not None:
            return False
        if comm_id in self._widgets or len(self._controls) >= MOST_CONTROLS:
            return False
        self._controls.add(comm_id)
        return True

    def _closes(self, comm_id: str, _content: Mapping[str, Any]) -> bool:
        """Only what the viewer opened; widgets are the kernel's to close."""
        known = comm_id in self._controls
        self._controls.discard(comm_id)
        return known

    def _speaks(self, comm_id: str, content: Mapping[str, Any]) -> bool:
        data = content.get("data")
        method = data.get("method") if isinstance(data, dict) else None
        if comm_id in self._controls:
            return method == "request_states"
        return comm_id in self._widgets and isinstance(method, str) and method in METHODS


_of_kernels: WeakKeyDictionary[Any, Comms] = WeakKeyDictionary()


def comms_of(kernel_manager: Any) -> Comms:
    """The comms of the kernel that ``kernel_manager`` runs."""
    return _of_kernels.setdefault(kernel_manager, Comms())
