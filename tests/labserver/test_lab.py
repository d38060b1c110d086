"""A real JupyterLab of ours with a portal that answers as the REST API does: coming in, kernels, files, submitting."""

from __future__ import annotations

import html
import io
import json
import sys
import threading
import zipfile
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import httpx
import nbformat
import pytest

from sandbox.identity.tickets import Ticket, seal
from sandbox.labserver.language import choose_language, chosen_language
from sandbox.labserver.places import Places
from sandbox.publishing.archive import read_archive
from sandbox.publishing.starter import unpack_starter
from sandbox.store.keys import Keys
from sandbox.store.workspace import Workspace
from tests.appserver.conftest import free_port, plain_environment, running
from tests.appserver.site import Viewer, execute

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
        return self._json({"detail": "There is no such project.", "remedy": "Look."}, 404)

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"]))
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

    def post(self, viewer: Viewer, path: str, body: Any) -> httpx.Response:
        return viewer.request("POST", path, json=body, headers={"X-XSRFToken": viewer.cookies["_xsrf"]})

    def kernel(self, viewer: Viewer, path: str) -> str:
        body = {"path": path, "name": path, "type": "notebook", "kernel": {"name": "python3"}}
        answer = self.post(viewer, "/api/sessions", body)
        assert answer.status_code == 201, answer.text
        return str(answer.json()["kernel"]["id"])


@pytest.fixture(scope="session")
def lab(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Lab]:
    tmp = tmp_path_factory.mktemp("lab")
    home = Workspace.at(tmp / "home").ensure().home
    (home / "snapshots" / "contracts" / SNAPSHOT).mkdir(parents=True)
    (home / "snapshots" / "contracts" / SNAPSHOT / "manifest.json").write_text("granted")
    (home / "projects" / "bob" / "other").mkdir(parents=True)
    (home / "projects" / "bob" / "other" / "notes.txt").write_text("of bob")
    token = tmp / "token"
    token.write_text("owners-token\n")
    portal, port = Portal(), free_port()
    threading.Thread(target=portal.serve_forever, daemon=True).start()
    environment = {
        **plain_environment(tmp),
        "SANDBOX_HOME": str(home),
        "SANDBOX_LAB_PORT": str(port),
        "SANDBOX_LAB_URL": f"http://127.0.0.1:{port}",
        "SANDBOX_PORTAL_URL": portal.url,
        "SANDBOX_LAB_OWNER": "lin",
        "SANDBOX_API_TOKEN_FILE": str(token),
    }
    base = f"http://127.0.0.1:{port}"
    command = [sys.executable, "-m", "sandbox.labserver"]
    with running(command, environment, f"{base}/sandbox/healthz", tmp / "lab.log", tmp):
        yield Lab(base, home, portal)
    portal.shutdown()


def test_coming_in_brings_the_files_and_the_cookie(lab: Lab) -> None:
    answer = lab.enter()
    assert answer.status_code == 200
    assert "/lab/workspaces/churn/tree/churn/notebook.ipynb" in answer.text and "token" not in answer.text.lower()
    cookie = answer.headers["Set-Cookie"].lower()
    assert "httponly" in cookie and "samesite=strict" in cookie
    assert (lab.home / "projects" / "lin" / "churn" / "notebook.ipynb").is_file()
    assert lab.owner().request("GET", "/api/contents/churn").status_code == 200


def test_nobody_else_comes_in(lab: Lab) -> None:
    assert lab.enter(person="bob").status_code == 403
    assert httpx.post(f"{lab.base}/sandbox/enter", data={"ticket": "x.y"}, trust_env=False).status_code == 401
    stranger = Viewer(lab.base)
    for path in (
        "/api/contents",
        "/api/kernels",
        "/sandbox/status?project=churn&number=1",
        "/files/churn/notebook.ipynb",
    ):
        answer = stranger.request("GET", path)
        assert answer.status_code in (302, 403), path
    assert stranger.request("GET", "/lab?token=").status_code == 302


def test_a_kernel_has_its_project_and_what_the_portal_grants(lab: Lab) -> None:
    owner = lab.owner()
    kernel = lab.kernel(owner, "churn/notebook.ipynb")
    code = f"""
import json, os, pathlib
pins = json.loads(os.environ["SANDBOX_PINS"])
print("DATA", pathlib.Path(pins["contracts"], "manifest.json").read_text())
pathlib.Path("note.txt").write_text("x"); print("CWD", os.path.basename(os.getcwd()))
for path in ({str(lab.home / "projects" / "bob" / "other" / "notes.txt")!r}, {str(lab.home / "registry.sqlite")!r}):
    try: open(path).read(); print("LEAK")
    except OSError: print("REFUSED")
print("ENV", any("TOKEN" in name for name in os.environ))
"""
    output = owner.send(kernel, execute(code), sign="ENV False")
    for sign in ("DATA granted", "CWD churn", "REFUSED", "ENV False"):
        assert sign in output, output
    assert "LEAK\\n" not in output


def test_outside_of_a_project_there_is_no_data(lab: Lab) -> None:
    owner = lab.owner()
    (lab.home / "projects" / "lin" / "scratch").mkdir(exist_ok=True)
    kernel = lab.kernel(owner, "scratch/any.ipynb")
    code = (
        "import json, os; print('P' + 'INS', json.loads(os.environ['SANDBOX_PINS']), 'SANDBOX_PROJECT' in os.environ)"
    )
    assert "PINS {} False" in owner.send(kernel, execute(code), sign="PINS {")


def test_links_do_not_lead_out_of_the_folder(lab: Lab) -> None:
    owner = lab.owner()
    project = lab.home / "projects" / "lin" / "churn"
    (project / "out").symlink_to(lab.home / "projects" / "bob")
    (project / "key.txt").symlink_to(lab.home / "keys" / "ticket.key")
    for path in ("/api/contents/churn/out/other/notes.txt", "/files/churn/out/other/notes.txt", "/files/churn/key.txt"):
        answer = owner.request("GET", path, headers={"Referer": f"{lab.base}/lab"})
        assert answer.status_code == 404 and "of bob" not in answer.text, path
    own = owner.request("GET", "/files/churn/project.toml", headers={"Referer": f"{lab.base}/lab"})
    assert own.status_code == 200
    (project / "out").unlink()
    (project / "key.txt").unlink()


def test_submit_and_follow(lab: Lab) -> None:
    owner = lab.owner()
    answer = lab.post(owner, "/sandbox/submit", {"project": "churn", "note": "请看\n<b>"})
    assert answer.status_code == 200, answer.text
    assert answer.json()["url"] == f"{lab.portal.url}/projects/churn/submissions/1"
    archive, note = lab.portal.received[-1]
    assert note == "请看\n<b>"
    assert "notebook.ipynb" in read_archive(archive, max_bytes=2**20, max_files=50).files
    found = owner.request("GET", "/sandbox/status?project=churn&number=1").json()
    assert [f["level"] for f in found["findings"]] == ["fail", "pass"]
    refused = lab.post(owner, "/sandbox/submit", {"project": "../bob/other", "note": ""})
    assert refused.status_code == 404 and refused.json()["remedy"]


def test_no_terminal_and_no_foreign_kernel(lab: Lab) -> None:
    owner = lab.owner()
    assert owner.request("GET", "/api/terminals").status_code == 404
    assert list(owner.request("GET", "/api/kernelspecs").json()["kernelspecs"]) == ["python3"]


def test_the_starter_overwrites_nothing(tmp_path: Path) -> None:
    folder = tmp_path / "churn"
    folder.mkdir()
    (folder / "project.toml").write_text("mine")
    unpack_starter(starter(), folder)
    assert (folder / "project.toml").read_text() == "mine"
    assert (folder / "notebook.ipynb").is_file()
    assert [path.name for path in tmp_path.iterdir()] == ["churn"]


def test_language_follows_the_ticket_but_not_over_the_persons_choice(tmp_path: Path) -> None:
    places = Places(
        Workspace.at(tmp_path), 8002, "lin", "http://127.0.0.1:8002", "http://127.0.0.1:8000", tmp_path / "t"
    )
    choose_language(places, "zh-CN")
    settings = places.private / "user-settings" / "@jupyterlab/translation-extension" / "plugin.jupyterlab-settings"
    assert chosen_language(places) == "zh-CN" and json.loads(settings.read_text())["locale"] == "zh_CN"
    settings.write_text("{}")
    choose_language(places, "zh-CN")
    assert settings.read_text() == "{}"
