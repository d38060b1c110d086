"""A viewer at an app server: opens pages, speaks the kernel's websocket protocol in every encoding."""

from __future__ import annotations

import json
import re
import struct
import time
import uuid
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import httpx
import websocket

from sandbox.identity.tickets import Ticket, seal
from sandbox.store.keys import Keys
from sandbox.store.workspace import Workspace

APP, OTHER, VERSION = "churn-warning", "other-app", "20261121T093000Z-1a2b3c4d5e6f"
V1 = "v1.kernel.websocket.jupyter.org"


@dataclass
class Viewer:
    """Somebody with a browser; ``cookies`` is what the browser would send."""

    base: str
    cookies: dict[str, str] = field(default_factory=dict)
    origin: str | None = None

    def request(self, method: str, path: str, **options: Any) -> httpx.Response:
        headers = {"Origin": self.origin} if self.origin else {}
        headers.update(options.pop("headers", {}))
        cookies = {**self.cookies, **options.pop("cookies", {})}
        with httpx.Client(cookies=cookies, trust_env=False, timeout=60) as client:
            return client.request(method, f"{self.base}{path}", headers=headers, **options)

    def open(self, app: str = APP, notebook: str = "app.ipynb") -> str:
        """Open the app's page; the id of its kernel."""
        answer = self.request("GET", f"/voila/render/{app}/{VERSION}/{notebook}")
        assert answer.status_code == 200, answer.text[:500]
        found = re.search(r'"kernelId":\s*"([^"]+)"', answer.text)
        assert found, answer.text[:500]
        return found[1]

    def connect(self, kernel: str, subprotocol: str | None = None) -> websocket.WebSocket:
        cookie = "; ".join(f"{name}={value}" for name, value in self.cookies.items())
        return websocket.create_connection(
            f"{self.base.replace('http', 'ws')}/api/kernels/{kernel}/channels?session_id={uuid.uuid4().hex}",
            cookie=cookie or None,
            origin=self.origin or self.base,
            subprotocols=[subprotocol] if subprotocol else None,
            timeout=10,
        )

    def send(self, kernel: str, messages: list[dict[str, Any]], encoding: str = "json", seconds: float = 3.0) -> str:
        """What comes back within ``seconds``, or until a reply to the last message came; empty if not let in."""
        try:
            socket = self.connect(kernel, V1 if encoding == "v1" else None)
        except (websocket.WebSocketException, OSError):
            return ""
        try:
            for each in messages:
                send(socket, each, encoding)
            return receive(socket, messages[-1]["header"]["msg_id"], seconds)
        finally:
            socket.close()

    def alive(self, kernel: str) -> bool:
        return self.request("GET", f"/api/kernels/{kernel}").status_code == 200


@dataclass
class Unhardened:
    base: str

    def viewer(self, person: str = "rita", app: str = APP) -> Viewer:
        return Viewer(self.base)


@dataclass
class Hardened:
    base: str
    home: Path
    pid: int
    viewers: list[Viewer] = field(default_factory=list)

    def ticket(self, person: str = "rita", app: str = APP, language: str = "en", seconds: int = 60) -> str:
        expires = datetime.now(UTC) + timedelta(seconds=seconds)
        ticket = Ticket("app", person, person.title(), language, expires, app=app, version=VERSION)  # type: ignore[arg-type]
        return seal(ticket, Keys(Workspace.at(self.home)).ticket_key())

    def viewer(self, person: str = "rita", app: str = APP) -> Viewer:
        answer = httpx.post(f"{self.base}/enter", data={"ticket": self.ticket(person, app)}, trust_env=False)
        assert answer.status_code == 200, answer.text
        self.viewers.append(Viewer(self.base, dict(answer.cookies), self.base))
        return self.viewers[-1]

    def everybody_leaves(self) -> None:
        """Sign everybody out, which ends their kernels."""
        for viewer in self.viewers:
            viewer.origin = self.base
            viewer.request("POST", "/leave")
        self.viewers.clear()


def message(kind: str, content: dict[str, Any], channel: str = "shell") -> dict[str, Any]:
    header = {
        "msg_id": uuid.uuid4().hex, "username": "x", "session": uuid.uuid4().hex, "msg_type": kind,
        "version": "5.3", "date": "2026-01-01T00:00:00Z",
    }  # fmt: skip
    return {
        "header": header,
        "parent_header": {},
        "metadata": {},
        "content": content,
        "channel": channel,
        "buffers": [],
    }


def execute(code: str, channel: str = "shell") -> dict[str, Any]:
    content = {"code": code, "silent": False, "store_history": True, "user_expressions": {}, "allow_stdin": False}
    return message("execute_request", content, channel)


def as_v1(each: dict[str, Any]) -> bytes:
    """The binary encoding that JupyterLab speaks."""
    parts = [each["channel"].encode()]
    parts += [json.dumps(each[name]).encode() for name in ("header", "parent_header", "metadata", "content")]
    offsets = [8 * (len(parts) + 2)]
    for part in parts:
        offsets.append(offsets[-1] + len(part))
    return struct.pack(f"<{len(offsets) + 1}Q", len(offsets), *offsets) + b"".join(parts)


def as_legacy_binary(each: dict[str, Any]) -> bytes:
    """The older binary encoding: a table of 32-bit offsets, the message as JSON, then buffers."""
    body = json.dumps({**each, "buffers": []}).encode()
    return struct.pack("!II", 1, 8) + body


def send(socket: websocket.WebSocket, each: dict[str, Any], encoding: str) -> None:
    if encoding == "json":
        socket.send(json.dumps(each))
    else:
        socket.send_binary(as_v1(each) if encoding == "v1" else as_legacy_binary(each))


def receive(socket: websocket.WebSocket, msg_id: str, seconds: float) -> str:
    collected, deadline = "", time.monotonic() + seconds
    socket.settimeout(0.3)
    while time.monotonic() < deadline:
        try:
            frame = socket.recv()
        except websocket.WebSocketTimeoutException:
            continue
        except (websocket.WebSocketException, OSError):
            break
        text = frame.decode("utf-8", "replace") if isinstance(frame, bytes) else str(frame)
        collected += text + "\n"
        if msg_id in text and "_reply" in text:
            deadline = min(deadline, time.monotonic() + 0.5)
    return collected
