"""The server does not start when a part of its hardening is missing."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest
from voila.tornado.treehandler import TornadoVoilaTreeHandler

from sandbox.appserver.hardening import check_hardening, problems
from sandbox.appserver.places import Places
from sandbox.appserver.server import AppServer
from sandbox.core.errors import Unavailable
from sandbox.settings import Settings
from sandbox.store.workspace import Workspace


@pytest.fixture
def server(tmp_path: Path) -> AppServer:
    home = Workspace.at(tmp_path / "home").ensure().home
    places = Places(Workspace.at(home), 8001, "http://localhost:8001", "http://127.0.0.1:8000")
    made = AppServer(places, Settings(home=home))
    made.initialize()
    return made


def test_all_holds(server: AppServer) -> None:
    assert problems(server) == []


@pytest.mark.parametrize(
    ("name", "value"),
    [("file_allowlist", [".*"]), ("allow_template_override", "YES"), ("show_tracebacks", True),
     ("preheat_kernel", True), ("progressive_rendering", True), ("http_header_envs", ["Cookie"])],
)  # fmt: skip
def test_each_loosened_setting_is_named(server: AppServer, name: str, value: object) -> None:
    setattr(server.voila_configuration, name, value)
    with pytest.raises(Unavailable):
        check_hardening(server)


def test_another_address_or_root_is_refused(server: AppServer) -> None:
    server.ip = "0.0.0.0"
    assert problems(server)
    server.ip = "127.0.0.1"
    server.root_dir = "/"
    assert problems(server)


def test_a_handler_that_is_not_ours_is_refused(server: AppServer) -> None:
    from tornado import web

    server.connection_dir = ""
    server.app = web.Application(**server.init_settings())
    server.app.add_handlers("localhost", server.init_handlers())
    assert problems(server) == []
    server.app.add_handlers("localhost", [(r"/voila/tree", TornadoVoilaTreeHandler)])
    assert any("TreeHandler" in problem for problem in problems(server))


def test_a_configuration_file_in_the_working_folder_is_not_run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "voila.py").write_text("open('ran', 'w').close()")
    monkeypatch.chdir(tmp_path)
    home = Workspace.at(tmp_path / "home").ensure().home
    AppServer(
        Places(Workspace.at(home), 8001, "http://localhost:8001", "http://127.0.0.1:8000"), Settings(home=home)
    ).initialize()
    assert not (tmp_path / "ran").exists()


def test_server_cannot_open_the_registry() -> None:
    """What it does not import it cannot use, and need not hold in memory."""
    program = "import sys; import sandbox.appserver.server; print([n for n in sys.modules if n.startswith({})])"
    for names, there in ((("sqlalchemy", "alembic", "sandbox.store.registry"), False), (("sandbox.store.keys",), True)):
        done = subprocess.run([sys.executable, "-c", program.format(names)], capture_output=True, text=True, check=True)
        assert (done.stdout.strip() != "[]") == there, done.stdout
