"""The websocket between an app page and its kernel: widget traffic on the shell channel, and nothing else.

Standalone Voilà refuses most message types but lets ``shutdown_request`` through and looks at no channel. Here a
message passes only if all of it is understood, in each encoding of the protocol, and ``traffic`` admits it.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import re
import struct
from typing import Any

from jupyter_server.services.kernels.connection.base import deserialize_msg_from_ws_v1
from jupyter_server.services.kernels.connection.channels import ZMQChannelsWebsocketConnection

from sandbox.appserver.downloads import is_answer
from sandbox.appserver.traffic import Incoming, Rate, TooMuch, comms_of

#: The websocket status that says so.
POLICY_VIOLATION = 1008
#: Parts of one binary message: five and its buffers.
MAX_PARTS = 256
#: Until a kernel that did not answer is asked again; doubled each time.
FIRST_PAUSE_SECONDS = 0.01
V1 = "v1.kernel.websocket.jupyter.org"
#: What every header holds, and nothing else; the protocol's versions that a page may speak.
HEADER = frozenset({"msg_id", "msg_type", "session", "username", "version", "date"})
VERSION = re.compile(r"5\.[0-9]{1,2}")


def read_message(data: str | bytes, subprotocol: str | None) -> Incoming | None:
    """A frame from a browser; None when it is not a well-formed Jupyter message."""
    try:
        if isinstance(data, bytes) and not _sound(data, subprotocol):
            return None
        if subprotocol == V1:
            if not isinstance(data, bytes):
                return None
            channel, parts = deserialize_msg_from_ws_v1(data)
            # These parts reach the kernel as they are: read them so strictly that it cannot read them otherwise.
            header, *others, content = (_strict_json(bytes(part).decode("utf-8")) for part in parts[:4])
            json_size = sum(len(part) for part in parts[:4])
        else:
            text = _text_of(data) if isinstance(data, bytes) else data
            message = _strict_json(text)
            channel, header, *others, content = (
                message[name] for name in ("channel", "header", "parent_header", "metadata", "content")
            )
            if message.get("buffers"):
                return None  # they travel beside the text
            json_size = len(text)
    except Exception:  # whatever a hostile frame provokes in the decoders: what is not understood is not passed on
        return None
    if not (isinstance(channel, str) and all(isinstance(each, dict) for each in (*others, content))):
        return None
    return Incoming(channel, header["msg_type"], content, len(data), json_size) if _is_header(header) else None


def _is_header(header: Any) -> bool:
    """Whether it says what a page's header says. The protocol knows more, with which a message would ask for a subshell
    (ipykernel then answers nobody at that widget any more) or for the rules of an older protocol."""
    if not isinstance(header, dict) or header.keys() != HEADER:
        return False
    return all(isinstance(value, str) for value in header.values()) and bool(VERSION.fullmatch(header["version"]))


def _text_of(frame: bytes) -> str:
    """The message in the older binary form, of which ``_sound`` holds."""
    count, start = struct.unpack_from("!II", frame)
    end = struct.unpack_from("!I", frame, 8)[0] if count > 1 else len(frame)
    return frame[start:end].decode("utf-8")


def _sound(frame: bytes, subprotocol: str | None) -> bool:
    """Whether a binary frame's table of offsets is one. Jupyter's decoders believe the count in its first bytes, and a
    frame of nine bytes that claims 2⁶⁴ parts keeps them, and the server, busy for ever."""
    width, order = (8, "<Q") if subprotocol == V1 else (4, "!I")
    if len(frame) < width:
        return False
    (count,) = struct.unpack_from(order, frame)
    if not 1 <= count <= MAX_PARTS or len(frame) < width * (count + 1):
        return False
    offsets = struct.unpack_from(f"{order[0]}{count}{order[1]}", frame, width)
    return list(offsets) == sorted(offsets) and offsets[0] >= width * (count + 1) and offsets[-1] <= len(frame)


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
    """Drops what is not admitted, in silence towards the sender, with a line in the log."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._rate = Rate()

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

    def handle_incoming_message(self, incoming_msg: str) -> None:
        message = read_message(incoming_msg, self.subprotocol)
        try:
            self._rate.spend(len(incoming_msg))
        except TooMuch:
            self.log.warning("ended a websocket that sent too much")
            self.websocket_handler.close(POLICY_VIOLATION, "too much")
            return
        if message is None or not comms_of(self.kernel_manager).admits(message):
            self.log.warning("dropped a websocket message that is not widget traffic")
            return
        try:
            super().handle_incoming_message(incoming_msg)
        except ValueError:  # a text that is no Unicode: the older encodings are written anew for the kernel
            self.log.warning("dropped a websocket message that cannot be written")

    def handle_outgoing_message(self, stream: str, outgoing_msg: list[Any]) -> None:
        """A file that was asked for by ``downloads`` goes there only: here it would count as too much output."""
        if not is_answer(self.session.feed_identities(outgoing_msg)[1][1:], self.session):
            super().handle_outgoing_message(stream, outgoing_msg)

    def _on_zmq_reply(self, stream: Any, msg_list: Any) -> None:
        self._learn(msg_list)
        super()._on_zmq_reply(stream, msg_list)

    def _learn(self, msg_list: Any) -> None:
        """Note which comms the kernel opens and closes."""
        v1 = self.subprotocol == V1
        header = self.session.unpack(msg_list[0]) if v1 else msg_list["header"]
        kind = header["msg_type"]
        if kind not in ("comm_open", "comm_close", "comm_info_reply"):
            return
        comms = comms_of(self.kernel_manager)
        content = self.session.unpack(msg_list[3]) if v1 else msg_list["content"]
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
        if msg["header"]["msg_type"] != "error":
            return
        msg["content"] = {"ename": "Error", "evalue": "", "traceback": []}
        if self.subprotocol == V1:
            msg_list[3] = self.session.pack(msg["content"])
