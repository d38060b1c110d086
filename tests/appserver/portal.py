"""A portal without defences of its own, which notes what reaches it: what app pages are tried against."""

from __future__ import annotations

from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

COOKIE = "portal_session=of-the-reviewer"


class Portal(ThreadingHTTPServer):
    """A portal without defences of its own: it notes what reaches it. GET / sets its session cookie."""

    daemon_threads = True

    def __init__(self) -> None:
        self.seen: list[tuple[str, str, bool]] = []
        self.form = ""
        super().__init__(("127.0.0.1", 0), _PortalHandler)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_address[1]}"


class _PortalHandler(BaseHTTPRequestHandler):
    server: Portal

    def do_GET(self) -> None:
        self._answer()

    def do_POST(self) -> None:
        self._answer()

    def _answer(self) -> None:
        self.server.seen.append((self.command, self.path, COOKIE in (self.headers.get("Cookie") or "")))
        body = self.server.form.encode()
        self.send_response(200)
        self.send_header("Content-Type", "text/html")
        self.send_header("Set-Cookie", f"{COOKIE}; HttpOnly; SameSite=Lax")
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: Any) -> None:
        """Quiet."""
