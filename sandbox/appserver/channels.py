"""The websocket between an app page and its kernel: widget traffic on the shell channel, and nothing else.

Standalone Voilà refuses most message types but lets ``shutdown_request`` through and looks at no channel. Here a
message passes only if all of it is understood: both encodings of the protocol, the channel, the type.
"""

from __future__ import annotations

import json
import struct
from typing import Any

from jupyter_server.services.kernels.connection.base import deserialize_binary_message, deserialize_msg_from_ws_v1
from jupyter_server.services.kernels.connection.channels import ZMQChannelsWebsocketConnection

ALLOWED_TYPES = frozenset({"comm_open", "comm_close", "comm_msg", "comm_info_request", "kernel_info_request"})
ALLOWED_CHANNELS = frozenset({"shell"})
#: Parts of one binary message: five and its buffers.
MAX_PARTS = 256
V1 = "v1.kernel.websocket.jupyter.org"


def read_message(data: str | bytes, subprotocol: str | None) -> tuple[str, str] | None:
    """(channel, message type) of a frame from a browser; None when it is not a well-formed Jupyter message."""
    try:
        if isinstance(data, bytes) and not _sound(data, subprotocol):
            return None
        if subprotocol == V1:
            if not isinstance(data, bytes):
                return None
            channel, parts = deserialize_msg_from_ws_v1(data)
            # This part reaches the kernel as it is: read it so strictly that the kernel cannot read it otherwise.
            header = json.loads(bytes(parts[0]).decode("utf-8"), object_pairs_hook=_distinct)
        else:
            message = deserialize_binary_message(data) if isinstance(data, bytes) else json.loads(data)
            channel, header = message["channel"], message["header"]
        kind = header["msg_type"]
    except Exception:  # whatever a hostile frame provokes in the decoders: what is not understood is not passed on
        return None
    return (channel, kind) if isinstance(channel, str) and isinstance(kind, str) else None


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


def _distinct(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        raise ValueError("a key is given twice")
    return found


def allowed(data: str | bytes, subprotocol: str | None) -> bool:
    found = read_message(data, subprotocol)
    return found is not None and found[0] in ALLOWED_CHANNELS and found[1] in ALLOWED_TYPES


class WidgetChannels(ZMQChannelsWebsocketConnection):
    """Drops what is not allowed, in silence towards the sender, with a line in the log."""

    def handle_incoming_message(self, incoming_msg: str) -> None:
        if not allowed(incoming_msg, self.subprotocol):
            self.log.warning("dropped a websocket message that is not widget traffic")
            return
        super().handle_incoming_message(incoming_msg)

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
