"""How much a kernel says at once to a page: its own code is told when that is too much, before it is sent.

The app server bounds the same from its side (``appserver.pace``); there a message that is too large is just lost.
"""

from __future__ import annotations

import os
from collections.abc import Sequence
from typing import Any

from jupyter_client.session import Session

from sandbox.core.files import MOST_OFFERED

#: Bytes of one message: the largest file that an app may offer, and what goes with it.
MOST_SAID = MOST_OFFERED + 2**20
#: Characters of what is printed at once; the rest is left out.
MOST_PRINTED = 2**20


class TooLarge(ValueError):
    """What an app wants to show at once is too large for a page."""


class AppSession(Session):
    """A kernel's session; bounded where the kernel belongs to an app."""

    @property
    def _bounded(self) -> bool:
        return os.environ.get("SANDBOX_MODE") == "app"

    def send(
        self, stream: Any, msg_or_type: Any, *args: Any, buffers: Sequence[Any] | None = None, **kwargs: Any
    ) -> Any:
        """Like every session's. Raises TooLarge."""
        if self._bounded:
            _check(sum(memoryview(buffer).nbytes for buffer in buffers or ()))
        return super().send(stream, msg_or_type, *args, buffers=buffers, **kwargs)  # type: ignore[arg-type]

    def serialize(self, msg: dict[str, Any], ident: Any = None) -> list[bytes]:
        if not self._bounded:
            return super().serialize(msg, ident)
        content = msg.get("content")
        if msg["header"]["msg_type"] == "stream" and len(content["text"]) > MOST_PRINTED:
            msg = {**msg, "content": {**content, "text": f"{content['text'][:MOST_PRINTED]}\n…\n"}}
        parts = super().serialize(msg, ident)
        _check(sum(map(len, parts)))
        return parts


def _check(size: int) -> None:
    if size > MOST_SAID:
        raise TooLarge(f"{size / 2**20:.0f} MB at once are too much for a page; {MOST_SAID // 2**20} MB are the most.")
