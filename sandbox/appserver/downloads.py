"""Files that an app offers: asked of the viewer's own kernel, by the id of the control that offers one.

No path and no name comes from the browser. The kernel answers on the channel on which it publishes; this side listens
there itself and keeps the answer from the page's websocket (``is_answer``), where it would count as too much output.
Name and bytes are a stranger's word: bounded, made harmless, and never shown by a browser (``headers``).
"""

from __future__ import annotations

import asyncio
import contextlib
import re
import secrets
import uuid
from collections.abc import AsyncIterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote

import zmq
import zmq.asyncio
from jupyter_client.session import Session

from sandbox.appserver.pace import bounded
from sandbox.appserver.traffic import comms_of
from sandbox.core.errors import BadInput, NotFound, TooBusy, Unavailable
from sandbox.core.files import MOST_OFFERED, OFFERED_TYPES

#: Seconds until a kernel must have made the file.
SECONDS = 30
#: Files fetched at the same time, for all viewers: each is held in memory.
MOST_AT_ONCE = 4
COMM_ID = r"[0-9a-f]{32}"

#: Begins the session of every question here, so that answers are known among all that a kernel publishes.
_MARK = f"download-{secrets.token_hex(8)}-"
_NUDGE_SECONDS = 0.05
_MOST_NAME = 120
_MOST_PROBLEM = 400


@dataclass(frozen=True)
class File:
    """What the kernel gave; ``name`` as it said it."""

    name: str
    data: bytes

    @property
    def safe_name(self) -> str:
        return safe_name(self.name)

    def headers(self) -> Mapping[str, str]:
        """So that a browser keeps the file and never shows it, whatever is in it."""
        name = self.safe_name
        kind = OFFERED_TYPES[name.rpartition(".")[2]]
        plain = re.sub(r"[^A-Za-z0-9._-]", "_", name)
        return {
            "Content-Type": kind,
            "Content-Disposition": f"attachment; filename=\"{plain}\"; filename*=UTF-8''{quote(name, safe='')}",
            "Content-Security-Policy": "default-src 'none'; sandbox",
            "Cache-Control": "no-store",
            "Content-Encoding": "identity",  # to compress it would keep everybody else waiting
        }


def safe_name(name: str) -> str:
    """A file name without folders or anything invisible, of a type that is data; raises NotFound for another type."""
    last = re.split(r"[/\\]", name)[-1]
    visible = "".join(letter for letter in last if letter.isprintable() and letter not in '<>:"|?*').strip(" .")
    stem, _, kind = visible.rpartition(".")
    if kind.lower() not in OFFERED_TYPES:
        raise NotFound("This app offers no such file.", "Tell the app's owner.")
    return f"{stem[:_MOST_NAME].rstrip(' .') or 'file'}.{kind.lower()}"


def is_answer(parts: Sequence[bytes], session: Session) -> bool:
    """Whether a published message (header, parent header, metadata, content, buffers) is the answer to a download."""
    if len(parts) < 4 or _MARK.encode() not in parts[1]:
        return False
    try:
        return _answer_in(session.unpack(parts[3])) is not None
    except ValueError:
        return False


class Downloads:
    """One file at a time for each kernel, a few at a time for all."""

    def __init__(self) -> None:
        self._busy: set[str] = set()

    async def fetch(self, kernel_id: str, manager: Any, comm_id: str) -> File:
        """The file that the control ``comm_id`` of the kernel offers now.

        Raises NotFound when it offers none, BadInput with the kernel's words when it refuses, TooBusy, Unavailable.
        """
        if not comms_of(manager).knows(comm_id):
            raise NotFound("This app offers no such file.", "Tell the app's owner.")
        if kernel_id in self._busy or len(self._busy) >= MOST_AT_ONCE:
            raise TooBusy("Other files are being fetched right now.", "Please try again in a minute.")
        self._busy.add(kernel_id)
        try:
            async with asyncio.timeout(SECONDS):
                return await _fetch(manager, comm_id)
        except TimeoutError:
            raise Unavailable(
                "The app did not give the file in time, or it is larger than {megabytes} MB.",
                "Please try again in a minute, or tell the app's owner.",
                megabytes=MOST_OFFERED // 2**20,
            ) from None
        finally:
            self._busy.discard(kernel_id)


async def _fetch(manager: Any, comm_id: str) -> File:
    session = Session(key=manager.session.key, session=f"{_MARK}{uuid.uuid4().hex}")
    async with _sockets(manager) as (shell, iopub):
        await _reach(session, shell, iopub)
        content = {"comm_id": comm_id, "data": {"method": "custom", "content": {"event": "fetch"}}}
        asked = session.send(shell, "comm_msg", content)["header"]["msg_id"]
        while True:
            message = await _own(session, iopub)
            if message["parent_header"].get("msg_id") != asked:
                continue
            answer = _answer_in(message["content"]) if message["content"].get("comm_id") == comm_id else None
            if answer is not None:
                return _file(answer, message["buffers"])
            if message["msg_type"] == "status" and message["content"].get("execution_state") == "idle":
                raise NotFound("This app offers no such file.", "Tell the app's owner.")


def _file(answer: Mapping[str, Any], buffers: Sequence[Any]) -> File:
    problem = answer.get("problem")
    if isinstance(problem, str) and problem:
        raise BadInput("{problem}", "Tell the app's owner.", problem=problem[:_MOST_PROBLEM])
    name = answer.get("name")
    if not isinstance(name, str) or len(name) > 4 * _MOST_NAME or len(buffers) != 1:
        raise NotFound("This app offers no such file.", "Tell the app's owner.")
    data = bytes(buffers[0])
    if len(data) > MOST_OFFERED:
        raise BadInput(
            "The file is larger than {megabytes} MB.", "Tell the app's owner.", megabytes=MOST_OFFERED // 2**20
        )
    return File(name, data)


def _answer_in(content: Any) -> Mapping[str, Any] | None:
    data = content.get("data") if isinstance(content, dict) else None
    custom = data.get("content") if isinstance(data, dict) and data.get("method") == "custom" else None
    return custom if isinstance(custom, dict) and custom.get("event") == "file" else None


@contextlib.asynccontextmanager
async def _sockets(manager: Any) -> AsyncIterator[tuple[zmq.asyncio.Socket, zmq.asyncio.Socket]]:
    context = bounded(zmq.asyncio.Context.shadow(manager.context.underlying))
    shell, iopub = context.socket(zmq.DEALER), context.socket(zmq.SUB)
    try:
        iopub.subscribe(b"")
        for socket, channel in ((shell, "shell"), (iopub, "iopub")):
            socket.connect(manager._make_url(channel))
        yield shell, iopub
    finally:
        for socket in (shell, iopub):
            socket.close(linger=0)


async def _reach(session: Session, shell: zmq.asyncio.Socket, iopub: zmq.asyncio.Socket) -> None:
    """Until what the kernel publishes arrives here: an answer must not be missed, for it is not given twice."""
    while True:
        session.send(shell, "kernel_info_request", {})
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(_NUDGE_SECONDS):
                await _own(session, iopub)
                return


async def _own(session: Session, iopub: zmq.asyncio.Socket) -> dict[str, Any]:
    """The next message that the kernel publishes in answer to ``session``."""
    while True:
        _, parts = session.feed_identities(await iopub.recv_multipart())
        if len(parts) >= 5 and session.session.encode() in parts[2]:
            with contextlib.suppress(ValueError):  # signed with another key, or malformed
                return session.deserialize(parts)
