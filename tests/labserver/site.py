"""A real JupyterLab of ours beside a portal that answers as the REST API does."""

from __future__ import annotations

import html
import io
import json
import zipfile
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import httpx
import nbformat

from sandbox.identity.tickets import Ticket, seal
from sandbox.publishing.archive import read_archive
from sandbox.store.keys import Keys
from sandbox.store.workspace import Workspace
from tests.appserver.site import Viewer

SNAPSHOT = "20261121T080000Z-aaaaaaaaaaaa"


class Portal(ThreadingHTTPServer):
    daemon_threads = True

    def __init__(self) -> None:
        self.received: list[tuple[bytes, str]] = []
        super().__init__(("127.0.0.1", 0), _Api)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_address[1]}"


class _Api(BaseHTTPRequestHandler):
    server: Portal

    def do_GET(self) -> None:
        if self.headers["Authorization"] != "Bearer owners-token":
            return self._json({"detail": "not signed in"}, 401)
        if self.path == "/api/v1/projects/churn/grants":
            return self._json({"contracts": SNAPSHOT})
        if self.path.startswith("/api/v1/projects/churn/starter"):
            return self._send(starter(), "application/zip")
        if self.path.startswith("/api/v1/projects/churn/submissions/"):
            return self._json(submission("done"))
        if self.path == "/api/v1/lab/start":
            return self._json(
                {"person": "Lin", "projects": [], "templates": [], "asked": self.headers["Accept-Language"]}
            )
        if self.path == "/api/v1/lab/projects/churn":
            return self._json({"slug": "churn", "last": {"number": 2}, "data": [], "findings": []})
        if self.path == "/api/v1/lab/templates/churn/thumbnail":
            return self._send(b"<svg xmlns='http://www.w3.org/2000/svg'/>", "image/svg+xml")
        if self.path.startswith("/api/v1/learning/first-steps/starter"):
            return self._send(learning_starter(self.headers["Accept-Language"]), "application/zip")
        if self.path == "/api/v1/learning/first-steps/exercises/units":
            return self._json({"question": "q1", "asked": self.headers["Accept-Language"]})
        if self.path.startswith("/api/v1/projects/second/starter"):
            return self._send(starter(), "application/zip")
        return self._json({"detail": "There is no such project.", "remedy": "Look."}, 404)

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"]))
        if self.path == "/api/v1/projects":
            return self._json({"slug": "second", **json.loads(body)}, 201)
        if self.path == "/api/v1/lab/projects/churn/check":
            names = sorted(read_archive(body, max_bytes=2**20, max_files=50).files)
            return self._json({"findings": [{"level": "review", "message": ", ".join(names)}]})
        if self.path == "/api/v1/learning/first-steps/exercises/units":
            return self._json({"right": False, "given": json.loads(body)})
        self.server.received.append((body, html.unescape(self.headers["X-Sandbox-Note"])))
        self._json(submission("queued"), 201)

    def _json(self, value: Any, status: int = 200) -> None:
        self._send(json.dumps(value).encode(), "application/json", status)

    def _send(self, body: bytes, kind: str, status: int = 200) -> None:
        self.send_response(status)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: Any) -> None:
        """Quiet."""


def submission(examination: str) -> dict[str, Any]:
    text = {"message": "The KPI has no target.", "remedy": "Enter one."}
    findings = [{"level": "pass", "text": text}, {"level": "fail", "text": text}] if examination == "done" else []
    return {"project": "churn", "number": 1, "examination": examination, "progress": "", "findings": findings}


def starter() -> bytes:
    spec = {"name": "python3", "display_name": "Python 3", "language": "python"}
    notebook = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell("1 + 1")], metadata={"kernelspec": spec})
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        archive.writestr("notebook.ipynb", nbformat.writes(notebook))
        archive.writestr("project.toml", 'slug = "churn"\n')
    return buffer.getvalue()


def learning_starter(language: str) -> bytes:
    text = {"en": "# First steps", "zh-CN": "# 第一步"}[language]
    cells = [nbformat.v4.new_markdown_cell(text, id="title"), nbformat.v4.new_code_cell("1 + 1", id="own")]
    spec = {"name": "python3", "display_name": "Python 3", "language": "python"}
    about = {"learning": "first-steps", "language": language, "fields": {"title": text.removeprefix("# ")}}
    notebook = nbformat.v4.new_notebook(cells=cells, metadata={"kernelspec": spec, "sandbox": about})
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        archive.writestr("notebook.ipynb", nbformat.writes(notebook))
        archive.writestr("manifest.json", "{}")
    return buffer.getvalue()


class Lab:
    def __init__(self, base: str, home: Path, portal: Portal) -> None:
        self.base, self.home, self.portal = base, home, portal

    def enter(self, person: str = "lin", target: str = "churn", language: str = "en") -> httpx.Response:
        expires = datetime.now(UTC) + timedelta(seconds=60)
        ticket = Ticket("lab", person, person, language, expires, target=target)  # type: ignore[arg-type]
        text = seal(ticket, Keys(Workspace.at(self.home)).ticket_key())
        return httpx.post(f"{self.base}/sandbox/enter", data={"ticket": text}, trust_env=False, timeout=30)

    def owner(self) -> Viewer:
        viewer = Viewer(self.base, dict(self.enter().cookies), self.base)
        viewer.cookies.update(viewer.request("GET", "/lab").cookies)
        return viewer

    def post(self, viewer: Viewer, path: str, body: Any, window: str = "") -> httpx.Response:
        return self.send(viewer, "POST", path, body, window)

    def send(self, viewer: Viewer, method: str, path: str, body: Any, window: str = "") -> httpx.Response:
        """As a page of Lab does; ``window`` is the page's own id."""
        headers = {"X-XSRFToken": viewer.cookies["_xsrf"], "X-Sandbox-Window": window}
        return viewer.request(method, path, json=body, headers=headers)

    def kernel(self, viewer: Viewer, path: str) -> str:
        body = {"path": path, "name": path, "type": "notebook", "kernel": {"name": "python3"}}
        answer = self.post(viewer, "/api/sessions", body)
        assert answer.status_code == 201, answer.text
        return str(answer.json()["kernel"]["id"])
