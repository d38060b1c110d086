"""The websocket between an app page and its kernel: widget traffic on the shell channel, and nothing else.

Standalone Voilà refuses most message types but lets ``shutdown_request`` through and looks at no channel. Here a
message passes only if all of it is understood, in the one encoding that our page speaks, and ``traffic`` admits it.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import re
import struct
from collections.abc import Callable
from itertools import pairwise
from typing import Any

from jupyter_server.services.kernels.connection.channels import ZMQChannelsWebsocketConnection

from sandbox.appserver.downloads import is_answer
from sandbox.appserver.pace import Unsent
from sandbox.appserver.traffic import Incoming, TooMuch, comms_of

#: The websocket status that says so.
POLICY_VIOLATION = 1008
#: Parts of one message: the channel, header, parent header, metadata, content, and its buffers.
JSON_PARTS, MAX_PARTS = 5, 256
#: Until a kernel that did not answer is asked again; doubled each time.
FIRST_PAUSE_SECONDS = 0.01
#: The encoding, by its name as a websocket's protocol. Jupyter's servers know two older ones; nobody here speaks them.
V1 = "v1.kernel.websocket.jupyter.org"
#: What every header holds, and nothing else; the protocol's versions that a page may speak.
HEADER = frozenset({"msg_id", "msg_type", "session", "username", "version", "date"})
VERSION = re.compile(r"5\.[0-9]{1,2}")


def read_message(frame: str | bytes) -> Incoming | None:
    """A frame from a browser; None when it is not a well-formed Jupyter message."""
    try:
        channel, *parts = parts_of(frame) if isinstance(frame, bytes) else ()
        # These parts reach the kernel as they are: read them so strictly that it cannot read them otherwise.
        header, *others, content = (_strict_json(part.decode("utf-8")) for part in parts[: JSON_PARTS - 1])
        if not (_is_header(header) and all(isinstance(each, dict) for each in (*others, content))):
            return None
        json_size = sum(map(len, parts[: JSON_PARTS - 1]))
        return Incoming(channel.decode("utf-8"), header["msg_type"], content, json_size, tuple(parts))
    except Exception:  # whatever a hostile frame provokes in the decoders: what is not understood is not passed on
        return None


def parts_of(frame: bytes) -> list[bytes]:
    """The channel and the parts of a message, cut out by the frame's table: how many places it names, and the places,
    as 64-bit numbers. Raises ValueError or struct.error when the table is none.

    Jupyter's own decoder believes the count: sixteen bytes that claim 2⁶⁴ parts keep it busy for ever.
    """
    (count,) = struct.unpack_from("<Q", frame)
    if not JSON_PARTS < count <= MAX_PARTS:
        raise ValueError(f"{count} places")
    places = struct.unpack_from(f"<{count}Q", frame, 8)
    if list(places) != sorted(places) or places[0] < 8 * (count + 1) or places[-1] > len(frame):
        raise ValueError("places outside of the frame")
    return [frame[start:end] for start, end in pairwise(places)]


def _is_header(header: Any) -> bool:
    """Whether it says what a page's header says. The protocol knows more, with which a message would ask for a subshell
    (ipykernel then answers nobody at that widget any more) or for the rules of an older protocol."""
    if not isinstance(header, dict) or header.keys() != HEADER:
        return False
    return all(isinstance(value, str) for value in header.values()) and bool(VERSION.fullmatch(header["version"]))


def _strict_json(text: str) -> Any:
    """Without what Python reads beyond the standard: keys given twice, NaN and infinite numbers."""
    return json.loads(text, object_pairs_hook=_distinct, parse_constant=_no_number)


def _no_number(name: str) -> Any:
    raise ValueError(f"{name} is no number in JSON")


def _distinct(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        raise ValueError("a key is given twice")
    return found


class WidgetChannels(ZMQChannelsWebsocketConnection):
    """Drops what is not admitted, in silence towards the sender, with a line in the log. A kernel that says more than
    its page can take is listened to later (``pace``)."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._ended = False
        self._unsent = Unsent()
        self._pause: asyncio.Task[None] | None = None

    @property
    def write_message(self) -> Callable[..., asyncio.Future[None]]:
        return self._write

    def _write(self, message: Any, binary: bool = False) -> asyncio.Future[None]:
        sent: asyncio.Future[None] = self.websocket_handler.write_message(message, binary)
        self._unsent.add(len(message), sent)
        return sent

    def nudge(self) -> asyncio.Future[None]:
        """Ask until the kernel answers and what it publishes arrives here.

        Jupyter's own waits half a second when the first sign was missed; a page is opened in less.
        """
        return asyncio.ensure_future(self._reach())

    async def _reach(self) -> None:
        if getattr(self.kernel_manager, "execution_state", None) == "busy":
            return  # it would answer only when it is done, and it is there
        iopub, shell = self.channels["iopub"], self.kernel_manager.connect_shell()
        published, answered = asyncio.Event(), asyncio.Event()
        iopub.on_recv(lambda _: published.set())
        shell.on_recv(lambda _: answered.set())
        pause = FIRST_PAUSE_SECONDS
        try:
            async with asyncio.timeout(self.kernel_info_timeout):
                while self.kernel_id in self.multi_kernel_manager and not shell.closed() and not iopub.closed():
                    self.session.send(shell, "kernel_info_request")
                    with contextlib.suppress(TimeoutError):
                        async with asyncio.timeout(pause):
                            await answered.wait()
                            await published.wait()
                            return
                    pause = min(1.0, 2 * pause)
        except TimeoutError:
            self.log.warning("a kernel did not answer", extra={"kernel": self.kernel_id})
        finally:
            if not shell.closed():
                shell.close()
            if not iopub.closed():
                iopub.stop_on_recv()

    def handle_incoming_message(self, incoming_msg: str | bytes) -> None:
        if self._ended or not self.channels:
            return  # what was still on its way
        try:
            self.multi_kernel_manager.spend(self.kernel_id, len(incoming_msg))
        except TooMuch:
            self._ended = True
            self.log.warning("ended a websocket that sent too much")
            self.websocket_handler.close(POLICY_VIOLATION, "too much")
            return
        message = read_message(incoming_msg)
        if message is None or not comms_of(self.kernel_manager).admits(message):
            self.log.warning("dropped a websocket message that is not widget traffic")
            return
        self.session.send_raw(self.channels["shell"], message.parts)

    def handle_outgoing_message(self, stream: str, outgoing_msg: list[Any]) -> None:
        """A file that was asked for by ``downloads`` goes there only: here it would count as too much output."""
        if not is_answer(self.session.feed_identities(outgoing_msg)[1][1:], self.session):
            super().handle_outgoing_message(stream, outgoing_msg)
            seconds = self.multi_kernel_manager.said(self.kernel_id, sum(map(len, outgoing_msg)))
            if (seconds or self._unsent.too_much) and self._pause is None:
                for channel in self.channels.values():
                    channel.stop_on_recv()
                self._pause = asyncio.ensure_future(self._listen_again(seconds))

    async def _listen_again(self, seconds: float) -> None:
        await asyncio.sleep(seconds)
        await self._unsent.room()
        self._pause = None
        for channel in self.channels.values():
            if not channel.closed():
                channel.on_recv_stream(self.handle_outgoing_message)

    def disconnect(self) -> None:
        if self._pause is not None:
            self._pause.cancel()
        super().disconnect()

    def _on_zmq_reply(self, stream: Any, msg_list: Any) -> None:
        self._learn(msg_list)
        super()._on_zmq_reply(stream, msg_list)

    def _learn(self, parts: list[bytes]) -> None:
        """Note which comms the kernel opens and closes."""
        kind = self.session.unpack(parts[0])["msg_type"]
        if kind not in ("comm_open", "comm_close", "comm_info_reply"):
            return
        comms = comms_of(self.kernel_manager)
        content = self.session.unpack(parts[3])
        if kind == "comm_open":
            comms.exist([str(content["comm_id"])])
        elif kind == "comm_close":
            comms.gone(str(content["comm_id"]))
        elif kind == "comm_info_reply":
            comms.exist(str(comm_id) for comm_id in content.get("comms", {}))

    def _on_error(self, channel: str, msg: dict[str, Any], msg_list: list[Any]) -> None:
        """An error in a kernel is told without its traceback, which would show code and data to a viewer."""
        if channel != "iopub":
            return
        msg["header"] = self.get_part("header", msg["header"], msg_list)
        if msg["header"]["msg_type"] == "error":
            self.log.warning("an app's code failed at what its viewer did", extra={"kernel": self.kernel_id})
            msg["content"] = {"ename": "Error", "evalue": "", "traceback": []}
            msg_list[3] = self.session.pack(msg["content"])
