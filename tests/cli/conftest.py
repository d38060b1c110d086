"""A small settled workspace, the commands on it, and a portal over HTTP for those that need one."""

from __future__ import annotations

import json
import shutil
import socket
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
import uvicorn
from click.testing import CliRunner, Result

from sandbox.cli.links import api_token
from sandbox.cli.main import cli
from sandbox.portal.addresses import Addresses
from sandbox.portal.app import create_app
from sandbox.settings import Settings
from sandbox.workflows.services import Services
from tests.portal.town import settle

Run = Callable[..., Result]
OWNER = "lin-xia"


@pytest.fixture(scope="session")
def settled(tmp_path_factory: pytest.TempPathFactory) -> Path:
    home = tmp_path_factory.mktemp("cli") / "settled"
    settle(home)
    return home


@pytest.fixture
def home(settled: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A copy of the settled workspace that is the commands' own, with nothing running."""
    shutil.copytree(settled, tmp_path / "home")
    monkeypatch.setenv("SANDBOX_HOME", str(tmp_path / "home"))
    monkeypatch.chdir(tmp_path)
    return tmp_path / "home"


@pytest.fixture
def sandbox() -> Run:
    """``sandbox("people", "list")``: the command's result, in this process."""
    return lambda *arguments: CliRunner().invoke(cli, list(arguments))


@pytest.fixture
def portal(home: Path) -> Iterator[str]:
    """The portal on ``home``, without examinations, as `sandbox up` leaves word of it."""
    services = Services.open(Settings(home=home))
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        address = f"http://127.0.0.1:{listener.getsockname()[1]}"
        app = create_app(services, Addresses(address, "http://apps.test"))
        server = uvicorn.Server(uvicorn.Config(app, log_config=None, lifespan="on"))
        thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]})
        thread.start()
        try:
            deadline = time.monotonic() + 120
            while not server.started:
                assert thread.is_alive() and time.monotonic() < deadline, "the portal does not start"
                time.sleep(0.01)
            with services.registry.reading() as reading:
                token = api_token(services, reading.person(OWNER))
            run = services.workspace.run
            (run / f"api-token-{OWNER}").write_text(token)
            (run / "up.json").write_text(json.dumps({"pid": 1, "portal": address, "owner": OWNER}))
            yield address
        finally:
            server.should_exit = True
            thread.join(20)
            services.close()
