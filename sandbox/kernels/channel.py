"""Messages between the server and its kernel processes: JSON lines over a socket pair, descriptors beside them.

A pair has no name in any file system, so no kernel can reach it. Per kernel, in this order:

- server → child ``{"policy": …, "place": …}``. The child reads it, not the zygote: what the zygote parsed would stay in
  its memory, and the next kernel's memory is a copy of that.
- parent of the kernel → server ``{"pid": …}`` with the process's pidfd;
- child → server ``{"report": …}`` when confined, or ``{"error": …}``;
- parent of the kernel → server ``{"exit": code, "cpu": seconds, "memory": bytes}`` at the end.
"""

from __future__ import annotations

import json
import socket
from typing import Any


class Closed(Exception):
    """The other side is gone."""


class Channel:
    """One end of a pair."""

    def __init__(self, sock: socket.socket) -> None:
        self.socket = sock
        self._pending = b""
        self._descriptors: list[int] = []

    @classmethod
    def pair(cls) -> tuple[Channel, Channel]:
        near, far = socket.socketpair(socket.AF_UNIX, socket.SOCK_STREAM)
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

    def receive(self, timeout: float | None = None) -> tuple[dict[str, Any], tuple[int, ...]]:
        """The next message with the descriptors that came with it. Raises Closed, or TimeoutError after seconds."""
        self.socket.settimeout(timeout)
        try:
            while b"\n" not in self._pending:
                data, descriptors, _, _ = socket.recv_fds(self.socket, 65536, 4)
                if not data:
                    raise Closed("end of file")
                self._pending += data
                self._descriptors += descriptors
        except TimeoutError:
            raise
        except OSError as error:
            raise Closed(str(error)) from None
        finally:
            self.socket.settimeout(None)
        line, self._pending = self._pending.split(b"\n", 1)
        received, self._descriptors = tuple(self._descriptors), []
        return json.loads(line), received

    def close(self) -> None:
        self.socket.close()
