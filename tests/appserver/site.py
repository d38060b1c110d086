"""A viewer at an app server: opens pages, speaks the kernel's websocket protocol."""

from __future__ import annotations

import json
import re
import ssl
import struct
import time
import uuid
from collections.abc import Mapping
from contextlib import closing
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import httpx
import websocket

from sandbox.core.messages import as_language
from sandbox.identity.tickets import Ticket, seal
from sandbox.store.keys import Keys
from sandbox.store.workspace import Workspace

APP, OTHER, THIRD = "churn-warning", "other-app", "third-app"
#: Nothing here speaks TLS; without this, every client would load the machine's certificates.
NO_TLS = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
#: A made-up token as cookie and as header: what Voilà believes in place of a page's own.
FORGED = {"cookies": {"_xsrf": "x"}, "headers": {"X-XSRFToken": "x"}}
V1 = "v1.kernel.websocket.jupyter.org"


@dataclass
class Viewer:
    """Somebody with a browser; ``cookies`` is what the browser would send.

    ``quiet``: after that many seconds without the wanted sign, once the kernel has answered a later and harmless
    request, nothing more is expected.
    """

    base: str
    cookies: dict[str, str] = field(default_factory=dict)
    origin: str | None = None
    versions: Mapping[str, str] = field(default_factory=dict)
    quiet: float = 20.0

    def request(self, method: str, path: str, **options: Any) -> httpx.Response:
        headers = {"Origin": self.origin} if self.origin else {}
        headers.update(options.pop("headers", {}))
        cookies = {**self.cookies, **options.pop("cookies", {})}
        with httpx.Client(cookies=cookies, trust_env=False, verify=NO_TLS, timeout=60) as client:
            return client.request(method, f"{self.base}{path}", headers=headers, **options)

    def path(self, app: str = APP, notebook: str = "app.ipynb") -> str:
        """The address of an app's page."""
        return f"/voila/render/{app}/{self.versions[app]}/{notebook}"

    def open(self, app: str = APP) -> str:
        """Open the app's page; the id of its kernel."""
        answer = self.request("GET", self.path(app))
        assert answer.status_code == 200, answer.text[:500]
        found = re.search(r'"kernelId":\s*"([^"]+)"', answer.text)
        assert found, answer.text[:500]
        return found[1]

    def connect(self, kernel: str, *more: str, protocol: str | None = V1) -> websocket.WebSocket:
        """Without ``protocol``, Jupyter's servers speak the older encodings. ``more``: what else is offered."""
        cookie = "; ".join(f"{name}={value}" for name, value in self.cookies.items())
        return websocket.create_connection(
            f"{self.base.replace('http', 'ws')}/api/kernels/{kernel}/channels?session_id={uuid.uuid4().hex}",
            cookie=cookie or None,
            origin=self.origin or self.base,
            subprotocols=[each for each in (protocol, *more) if each] or None,
            timeout=30,
        )

    def send(self, kernel: str, each: dict[str, Any], sign: str, protocol: str | None = V1) -> str:
        """What comes back until ``sign`` is in it, or nothing more is expected; empty if not let in."""
        try:
            socket = self.connect(kernel, protocol=protocol)
        except (websocket.WebSocketException, OSError):
            return ""
        try:
            fence = message("comm_info_request", {})
            for one in (each, fence):
                send(socket, one)
            return receive(socket, sign, fence["header"]["msg_id"], self.quiet)
        finally:
            socket.close()

    def attached(self, kernel: str, *more: str) -> bool:
        """Whether the kernel's websocket lets the viewer in and answers."""
        try:
            with closing(self.connect(kernel, *more)) as socket:
                fence = message("comm_info_request", {})
                send(socket, fence)
                return "comm_info_reply" in receive(socket, "comm_info_reply", fence["header"]["msg_id"], 0)
        except (websocket.WebSocketException, OSError):
            return False

    def alive(self, kernel: str) -> bool:
        return self.request("GET", f"/api/kernels/{kernel}").status_code == 200


class Conversation:
    """An open page's connection to its kernel: the reference app's controls, honest moves and other messages."""

    def __init__(self, viewer: Viewer, kernel: str) -> None:
        self.viewer, self.kernel = viewer, kernel
        self.heard, self.months = "", 0
        self.socket = viewer.connect(kernel)
        control = uuid.uuid4().hex
        opening = {"comm_id": control, "target_name": "jupyter.widget.control", "data": {}}
        self.say(message("comm_open", opening) | {"metadata": {"version": "1.0.0"}})
        states = self.ask(comm_msg(control, {"method": "request_states"}), "update_states")
        self.say(message("comm_close", {"comm_id": control, "data": {}}))
        #: Model name → comm ids, in the order in which the app made them.
        self.widgets: dict[str, list[str]] = {}
        for comm_id, model in re.findall(r'"([0-9a-f]{32})": ?\{"model_name": ?"(\w+)"', states):
            self.widgets.setdefault(model, []).append(comm_id)

    @property
    def slider(self) -> str:
        return self.widgets["IntSliderModel"][0]

    def __enter__(self) -> Conversation:
        return self

    def __exit__(self, *_: object) -> None:
        """As when the page is closed: its beacon ends the kernel."""
        self.socket.close()
        self.viewer.request("POST", f"/voila/api/shutdown/{self.kernel}", **FORGED)

    def reconnect(self) -> None:
        """As a page does: again later, when the server does not let it in yet."""
        self.socket.close()
        for pause in (0.25, 0.5, 1, 2, 4):
            try:
                self.socket = self.viewer.connect(self.kernel)
                return
            except websocket.WebSocketBadStatusException:
                time.sleep(pause)
        self.socket = self.viewer.connect(self.kernel)

    def say(self, each: dict[str, Any]) -> None:
        """Send a message. Where the server has ended the connection, it is taken up again, as a page does."""
        try:
            send(self.socket, each)
        except (websocket.WebSocketException, OSError):
            self.reconnect()
            send(self.socket, each)

    def ask(self, each: dict[str, Any], sign: str, quiet: float | None = None) -> str:
        """What is heard until ``sign`` is in it, or nothing more is expected (as ``Viewer.send``)."""
        fence = message("comm_info_request", {})
        self.say(each)
        self.say(fence)
        answer = receive(self.socket, sign, fence["header"]["msg_id"], self.viewer.quiet if quiet is None else quiet)
        self.heard += answer
        return answer

    def move(self) -> bool:
        """Whether the text beside the slider follows when it is moved on; tried anew when a connection had ended."""
        self.months = self.months % 50 + 1
        wanted = f"risk = {100 - self.months} %"
        update = comm_msg(self.slider, {"method": "update", "state": {"value": self.months}})
        # Here the sign is what is expected: patience costs nothing, and a busy machine may be late with it.
        if wanted in self.ask(update, wanted, quiet=20):
            return True
        if self.socket.connected:
            return False
        self.reconnect()
        return wanted in self.ask(update, wanted, quiet=20)


@dataclass
class Site:
    """A server with two apps. ``kept`` is a page that attacks share, for most of them leave it as it was.

    ``pid`` and ``log`` are the server's process and what it wrote.
    """

    base: str
    versions: Mapping[str, str]
    kept: tuple[Viewer, str] | None = None
    pid: int = 0
    log: Path = Path()

    def viewer(self, person: str = "rita", app: str = APP) -> Viewer:
        return self.anonymous()

    def anonymous(self) -> Viewer:
        return Viewer(self.base, versions=self.versions)

    def opened(self) -> tuple[Viewer, str]:
        """Rita and the kernel of her open page."""
        if self.kept is None or not self.kept[0].alive(self.kept[1]):
            rita = self.viewer("rita")
            self.kept = rita, rita.open()
        return self.kept


@dataclass
class Hardened(Site):
    home: Path = Path()

    def ticket(self, person: str = "rita", app: str = APP, language: str = "en", **changes: Any) -> str:
        expires = datetime.now(UTC) + timedelta(seconds=60)
        ticket = Ticket("app", person, person.title(), as_language(language), expires,
                        app=app, version=self.versions.get(app, NO_VERSION))  # fmt: skip
        return seal(replace(ticket, **changes), Keys(Workspace.at(self.home)).ticket_key())

    def viewer(self, person: str = "rita", app: str = APP, **changes: Any) -> Viewer:
        ticket = self.ticket(person, app, **changes)
        answer = httpx.post(f"{self.base}/enter", data={"ticket": ticket}, trust_env=False, verify=NO_TLS)
        assert answer.status_code == 303, answer.text
        # A refusal is silent. The harmless request behind it was answered, and the channels are served in turn, so what
        # has not come a moment later was not passed on.
        return Viewer(self.base, dict(answer.cookies), self.base, self.versions, quiet=0.3)


NO_VERSION = "20261121T093000Z-1a2b3c4d5e6f"


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


def comm_msg(comm_id: str, data: Any) -> dict[str, Any]:
    return message("comm_msg", {"comm_id": comm_id, "data": data})


def execute(code: str, channel: str = "shell") -> dict[str, Any]:
    content = {"code": code, "silent": False, "store_history": True, "user_expressions": {}, "allow_stdin": False}
    return message("execute_request", content, channel)


def as_v1(each: dict[str, Any]) -> bytes:
    """The binary encoding that our pages and JupyterLab speak."""
    parts = [each["channel"].encode()]
    parts += [json.dumps(each[name]).encode() for name in ("header", "parent_header", "metadata", "content")]
    parts += each.get("buffers", [])
    offsets = [8 * (len(parts) + 2)]
    for part in parts:
        offsets.append(offsets[-1] + len(part))
    return struct.pack(f"<{len(offsets) + 1}Q", len(offsets), *offsets) + b"".join(parts)


def send(socket: websocket.WebSocket, each: dict[str, Any]) -> None:
    """In the encoding that was agreed; JSON where there was none."""
    if socket.getsubprotocol() == V1:
        socket.send_binary(as_v1(each))
    else:
        socket.send(json.dumps(each))


def receive(socket: websocket.WebSocket, sign: str, fence: str, quiet: float, seconds: float = 60) -> str:
    """What comes until ``sign`` is in it, for ``quiet`` seconds after ``fence`` was answered, and for ``seconds``."""
    collected, deadline, answered = "", time.monotonic() + seconds, False
    socket.settimeout(0.1)
    while time.monotonic() < deadline and sign not in collected:
        try:
            frame = socket.recv()
        except websocket.WebSocketTimeoutException:
            continue
        except (websocket.WebSocketException, OSError):
            break
        text = frame.decode("utf-8", "replace") if isinstance(frame, bytes) else str(frame)
        collected += text + "\n"
        if not answered and fence in text and "comm_info_reply" in text:
            answered, deadline = True, time.monotonic() + quiet
    return collected
