"""Messages between the server and its kernel processes: JSON lines over a socket pair, descriptors beside them.

A pair has no name in any file system, so no kernel can reach it. Per kernel, in this order:

- server → child ``{"policy": …, "place": …}``. The child reads it, not the zygote: what the zygote parsed would stay in
  its memory, and the next kernel's memory is a copy of that.
- parent of the kernel → server ``{"pid": …}`` with the process's pidfd;
- child → server ``{"report": …}`` when confined, or ``{"error": …}``;
- parent of the kernel → server ``{"exit": code, "cpu": seconds, "memory": bytes}`` at the end.

An app zygote (``appzygote``) has executed a notebook, so what comes from it is a stranger's: those channels are read
with ``most`` and a deadline, and who sent a message is asked of the operating system (``sender``).
"""

from __future__ import annotations

import json
import os
import socket
import struct
import time
from typing import Any

_CREDENTIALS = struct.Struct("3i")  # struct ucred of <sys/socket.h>: process, user, group


_CLOSE_ON_EXEC = getattr(socket, "MSG_CMSG_CLOEXEC", 0)


class Closed(Exception):
    """The other side is gone."""


class Channel:
    """One end of a pair."""

    def __init__(self, sock: socket.socket) -> None:
        self.socket = sock
        self._pending = bytearray()
        self._descriptors: list[int] = []
        #: Process that sent the latest message, as numbered here; 0 unless the pair was made with ``known=True``.
        self.sender = 0

    @classmethod
    def pair(cls, known: bool = False) -> tuple[Channel, Channel]:
        """Near and far end. ``known``: the operating system tells the near end who sent a message (Linux)."""
        near, far = socket.socketpair(socket.AF_UNIX, socket.SOCK_STREAM)
        if known:
            near.setsockopt(socket.SOL_SOCKET, socket.SO_PASSCRED, 1)
        return cls(near), cls(far)

    def fileno(self) -> int:
        return self.socket.fileno()

    def send(self, message: dict[str, Any], descriptors: tuple[int, ...] = ()) -> None:
        """Raises Closed when nobody is there to read it."""
        line = json.dumps(message).encode() + b"\n"
        try:
            if descriptors:
                socket.send_fds(self.socket, [line], list(descriptors))
            else:
                self.socket.sendall(line)
        except OSError as error:
            raise Closed(str(error)) from None

    def receive(self, timeout: float | None = None, most: int | None = None) -> tuple[dict[str, Any], tuple[int, ...]]:
        """The next message with the descriptors that came with it.

        Raises Closed, TimeoutError when it is not complete after ``timeout`` seconds, ValueError for one of more than
        ``most`` bytes or that is no JSON object.
        """
        deadline = None if timeout is None else time.monotonic() + timeout
        try:
            while b"\n" not in self._pending:
                if most is not None and len(self._pending) > most:
                    raise ValueError("a message is too long")
                if deadline is not None:
                    self.socket.settimeout(max(0.001, deadline - time.monotonic()))
                self._take()
        except TimeoutError:
            raise
        except OSError as error:
            raise Closed(str(error)) from None
        finally:
            self.socket.settimeout(None)
        line, _, rest = self._pending.partition(b"\n")
        self._pending = rest
        if most is not None and len(line) > most:
            raise ValueError("a message is too long")
        received, self._descriptors = tuple(self._descriptors), []
        return _object(bytes(line)), received

    def _take(self) -> None:
        """Add what has arrived. Raises Closed at the end."""
        space = socket.CMSG_SPACE(4 * 4) + socket.CMSG_SPACE(_CREDENTIALS.size)
        data, ancillary, _, _ = self.socket.recvmsg(262144, space, _CLOSE_ON_EXEC)
        for level, kind, value in ancillary:
            if level == socket.SOL_SOCKET and kind == socket.SCM_RIGHTS:
                self._descriptors += struct.unpack(f"{len(value) // 4}i", value[: len(value) // 4 * 4])
            elif level == socket.SOL_SOCKET and kind == getattr(socket, "SCM_CREDENTIALS", None):
                self.sender = _CREDENTIALS.unpack(value)[0]
        if not data:
            raise Closed("end of file")
        self._pending += data

    def discard(self, descriptors: tuple[int, ...]) -> None:
        """Close descriptors that came unasked for."""
        for descriptor in descriptors:
            os.close(descriptor)

    def close(self) -> None:
        self.socket.close()


def _object(line: bytes) -> dict[str, Any]:
    try:
        message = json.loads(line)
    except RecursionError:
        raise ValueError("a message is nested too deeply") from None
    if not isinstance(message, dict):
        raise ValueError("a message is not an object")
    return message
