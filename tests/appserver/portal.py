"""A portal without defences of its own, which notes what reaches it: what app pages are tried against."""

from __future__ import annotations

import json
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

COOKIE = "portal_session=of-the-reviewer"


class Portal(ThreadingHTTPServer):
    """A portal without defences of its own: it notes what reaches it. GET / sets its session cookie."""

    daemon_threads = True

    def __init__(self) -> None:
        self.seen: list[tuple[str, str, bool]] = []
        self.form = ""
        #: What it says of every open app when it is asked: nothing, or for example that it is closed.
        self.standing = ""
        super().__init__(("127.0.0.1", 0), _PortalHandler)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_address[1]}"


class _PortalHandler(BaseHTTPRequestHandler):
    server: Portal

    def do_GET(self) -> None:
        self._answer()

    def do_POST(self) -> None:
        asked = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        if self.server.standing and b'"tickets"' in asked:
            told = {"standings": [self.server.standing] * len(json.loads(asked)["tickets"])}
            self._send(json.dumps(told).encode(), "application/json")
            return
        self._answer()

    def _answer(self) -> None:
        self.server.seen.append((self.command, self.path, COOKIE in (self.headers.get("Cookie") or "")))
        self._send(self.server.form.encode(), "text/html")

    def _send(self, body: bytes, kind: str) -> None:
        self.send_response(200)
        self.send_header("Content-Type", kind)
        self.send_header("Set-Cookie", f"{COOKIE}; HttpOnly; SameSite=Lax")
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: Any) -> None:
        """Quiet."""
