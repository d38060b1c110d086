"""One Lab for all tests of this folder."""

from __future__ import annotations

import sys
import threading
from collections.abc import Iterator

import pytest

from sandbox.store.workspace import Workspace
from tests.appserver.conftest import plain_environment, running
from tests.helpers.ports import free_port

from .site import SNAPSHOT, Lab, Portal


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
