"""Our app server with the reference apps on its shelf, as the examination leaves candidates there."""

from __future__ import annotations

import json
import os
import shutil
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path

import httpx
import nbformat

from benchmarks.apps.servers import Running, notebook, started
from sandbox.core.ids import VersionId
from sandbox.core.project import Kpi
from sandbox.identity.tickets import Ticket, seal
from sandbox.kernels.forkserver import TRIALS_REST
from sandbox.publishing.receipt import RECEIPT, Receipt, sha256_of
from sandbox.publishing.shelf import AppManifest
from sandbox.store.keys import Keys
from sandbox.store.workspace import Workspace
from tests.helpers.ports import free_port

_PUBLISHED = datetime(2026, 11, 21, 9, 30, tzinfo=UTC)


def publish(home: Path, slug: str, cells: Sequence[str], files: Sequence[Path]) -> str:
    """Put an app of these cells, with ``files`` beside it, on the shelf; its version."""
    shelf = Workspace.at(home).ensure().apps / slug
    beside = shelf / ".beside"
    beside.mkdir(parents=True)
    for name in ("app.ipynb", "app.zh-CN.ipynb"):
        nbformat.write(notebook(cells), beside / name)
    for file in files:
        shutil.copy(file, beside / file.name)
    (beside / "evidence.json").write_text(json.dumps({"of": slug}))
    manifest = AppManifest(
        slug, VersionId.of(_PUBLISHED, "0" * 12), "Churn demo", "Customers leave", "lin", "Sales", "customer-churn",
        "en", ("en", "zh-CN"), Kpi("Churn", "%", 5.0, 4.0), {}, 1, "pass", _PUBLISHED,
    )  # fmt: skip
    (beside / "app.toml").write_bytes(manifest.render())
    hashes = {file.name: sha256_of(file.read_bytes()) for file in beside.iterdir()}
    receipt = Receipt(slug, _PUBLISHED.isoformat(), hashes, {}, {"number": 1}, {"level": "pass"})
    (beside / RECEIPT).write_bytes(receipt.render())
    version = str(VersionId.of(_PUBLISHED, receipt.digest))
    beside.rename(shelf / version)
    return version


class Ours:
    """A running app server. ``viewer`` signs somebody in for an app and gives what their browser needs."""

    def __init__(self, home: Path, base: str, pid: int, versions: dict[str, str]) -> None:
        self.home, self.base, self.pid, self.versions = home, base, pid, versions

    def viewer(self, app: str, person: str = "rita") -> Running:
        expires = datetime.now(UTC) + timedelta(seconds=60)
        ticket = Ticket("app", person, person.title(), "en", expires, app=app, version=self.versions[app])
        sealed = seal(ticket, Keys(Workspace.at(self.home)).ticket_key())
        answer = httpx.post(f"{self.base}/enter", data={"ticket": sealed}, trust_env=False)
        if answer.status_code != 303:
            raise SystemExit(f"the app server lets nobody in: {answer.status_code}")
        return Running(app, self.base + answer.headers["location"], self.pid, tuple(answer.cookies.items()))

    def wait_until_ready(self, seconds: float = 60) -> None:
        """Until every app was opened once, and executed and compared for those who come after."""
        for app in self.versions:
            viewer = self.viewer(app, "first")
            httpx.get(viewer.url, cookies=dict(viewer.cookies), trust_env=False, timeout=seconds).raise_for_status()
        deadline = time.monotonic() + seconds
        while time.monotonic() < deadline:
            status = httpx.get(f"{self.base}/healthz", trust_env=False).json()
            kept = status["apps_ready"] + status["apps_begun"] + status["apps_executed_for_each"]
            if kept >= len(self.versions) and not status["apps_preparing"]:
                time.sleep(TRIALS_REST + 2)  # the process that tried the apps ends; memory is measured without it
                return
            time.sleep(0.2)
        raise TimeoutError(f"apps did not become ready: {status}")


@contextmanager
def ours(folder: Path, apps: dict[str, Sequence[str]], files: Sequence[Path]) -> Iterator[Ours]:
    """``python -m sandbox.appserver`` with these apps (name → cells)."""
    folder.mkdir(exist_ok=True)
    home, port = folder / "home", free_port()
    versions = {name: publish(home, name, cells, files) for name, cells in apps.items()}
    environment = {
        "PATH": os.environ["PATH"],
        "HOME": str(folder),
        "PYTHONPATH": str(Path(__file__).resolve().parents[2]),
        "SANDBOX_HOME": str(home),
        "SANDBOX_APPS_PORT": str(port),
        "SANDBOX_APPS_URL": f"http://localhost:{port}",
        "SANDBOX_PORTAL_URL": "http://127.0.0.1:9",
        "SANDBOX_APP_GRANT_SECONDS": "3600",
        "SANDBOX_APP_KERNELS": "400",
        "SANDBOX_APP_KERNELS_EACH": "400",
    }
    command = [sys.executable, "-m", "sandbox.appserver"]
    base = f"http://localhost:{port}"
    with started(command, environment, f"{base}/healthz", folder / "ours.log", folder) as pid:
        yield Ours(home, base, pid, versions)
