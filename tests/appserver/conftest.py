"""A real app server with one app, and beside it Voilà as it comes, serving the same notebooks to the same attacks."""

from __future__ import annotations

import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx
import nbformat
import pytest

from sandbox.core.project import Kpi
from sandbox.publishing.shelf import AppManifest
from sandbox.store.workspace import Workspace
from tests.appserver.site import APP, OTHER, VERSION, Hardened, Unhardened

CELLS = {
    "controls": """
import ipywidgets as w
from IPython.display import display
slider = w.IntSlider(value=12, max=60, description="Months")
button = w.Button(description="Fail")
result, output = w.HTML(), w.Output()
def show(_=None):
    result.value = f"<p class='result'>risk = {100 - slider.value} %</p>"
def fail(_):
    with output:
        raise ValueError("text of a traceback")
slider.observe(show, "value")
button.on_click(fail)
show()
display(w.VBox([slider, button, result, output]))
""",
    "secret": "SECRET = 'kernel-' + 'secret'",
    # What an author might try against a viewer: run in the page, then reach the portal as the viewer.
    "hostile": """
import os
from IPython.display import HTML
HTML('''<p id="ran"></p><img src="x" onerror="hostile()"><script>
function hostile() {
  document.getElementById("ran").textContent = "author's script ran";
  fetch("PORTAL/seen-by-script", {method: "POST", mode: "no-cors", credentials: "include", body: "x"});
}
hostile()
</script>'''.replace("PORTAL", "%s"))
""",
    "broken": "1 / 0",
}


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def notebook(portal: str, *names: str) -> nbformat.NotebookNode:
    cells = [nbformat.v4.new_markdown_cell("## Who might leave soon?", id="head")]
    for name in names:
        source = CELLS[name].replace("%s", portal)
        cells.append(nbformat.v4.new_code_cell(source, id=name))
    spec = {"name": "python3", "display_name": "Python 3", "language": "python"}
    return nbformat.v4.new_notebook(cells=cells, metadata={"kernelspec": spec})


def publish(home: Path, slug: str, portal: str, *names: str) -> None:
    """Put an app version on the shelf, as ``publishing.candidate`` would leave it for the app server."""
    folder = Workspace.at(home).ensure().apps / slug / VERSION
    folder.mkdir(parents=True)
    for file in ("app.ipynb", "app.zh-CN.ipynb"):
        nbformat.write(notebook(portal, *names), folder / file)
    (folder / "evidence.json").write_text(json.dumps({"of": slug}))
    manifest = AppManifest(
        slug, site_version(), "Churn warning", "Customers leave", "lin", "Sales", "customer-churn", "en",
        ("en", "zh-CN"), Kpi("Churn", "%", 5.0, 4.0), {}, 1, "pass", site_version().time,
    )  # fmt: skip
    (folder / "app.toml").write_bytes(manifest.render())


def site_version():
    from sandbox.core.ids import VersionId

    return VersionId.parse(VERSION)


@contextmanager
def running(command: list[str], environment: dict[str, str], health: str, log: Path, cwd: Path) -> Iterator[int]:
    """A server process that answers at ``health``; ended with SIGTERM, within seconds."""
    with log.open("wb") as stream:
        process = subprocess.Popen(command, env=environment, stdout=stream, stderr=stream, cwd=cwd)
    try:
        deadline = time.monotonic() + 60
        while True:
            try:
                if httpx.get(health, trust_env=False).status_code < 500:
                    break
            except httpx.TransportError:
                pass
            assert process.poll() is None and time.monotonic() < deadline, log.read_text()
            time.sleep(0.1)
        yield process.pid
    finally:
        process.send_signal(signal.SIGTERM)
        try:
            process.wait(10)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def plain_environment(tmp: Path) -> dict[str, str]:
    """Without this machine's Jupyter or sandbox configuration."""
    names = ("PATH", "LANG", "LC_ALL")
    kept = {name: os.environ[name] for name in names if name in os.environ}
    return {**kept, "HOME": str(tmp), "PYTHONPATH": str(Path(__file__).resolve().parents[2])}


@contextmanager
def app_server(home: Path, tmp: Path, portal: str, **settings: str) -> Iterator[Hardened]:
    port = free_port()
    environment = {
        **plain_environment(tmp),
        "SANDBOX_HOME": str(home),
        "SANDBOX_APPS_PORT": str(port),
        "SANDBOX_APPS_URL": f"http://localhost:{port}",
        "SANDBOX_PORTAL_URL": portal,
        "SANDBOX_TEST_SERVER_SECRET": "of-the-server",
        **settings,
    }
    command = [sys.executable, "-m", "sandbox.appserver"]
    log = tmp / f"appserver-{port}.log"
    with running(command, environment, f"http://localhost:{port}/healthz", log, tmp) as pid:
        yield Hardened(f"http://localhost:{port}", home, pid)


@pytest.fixture(scope="module")
def portal() -> str:
    """The address of a portal that is not there; tests that need one start their own."""
    return f"http://127.0.0.1:{free_port()}"


@pytest.fixture(scope="module")
def ours(tmp_path_factory: pytest.TempPathFactory, portal: str) -> Iterator[Hardened]:
    tmp = tmp_path_factory.mktemp("ours")
    publish(tmp / "home", APP, portal, "controls", "secret")
    publish(tmp / "home", OTHER, portal, "controls", "hostile", "broken")
    with app_server(tmp / "home", tmp, portal) as site:
        yield site


@pytest.fixture(scope="module")
def stock(tmp_path_factory: pytest.TempPathFactory, portal: str) -> Iterator[Unhardened]:
    """Voilà as a Jupyter Server extension without log-in: what somebody in a hurry would serve apps with."""
    tmp = tmp_path_factory.mktemp("stock")
    publish(tmp / "home", APP, portal, "controls", "secret")
    publish(tmp / "home", OTHER, portal, "controls", "hostile", "broken")
    port, root = free_port(), tmp / "home" / "apps"
    command = [
        sys.executable, "-m", "jupyter_server", "--no-browser", "--allow-root", f"--ServerApp.port={port}",
        "--ServerApp.port_retries=0", "--IdentityProvider.token=", "--ServerApp.allow_origin=*",
        f"--ServerApp.root_dir={root}", "--ServerApp.jpserver_extensions={'voila.server_extension': True}",
    ]  # fmt: skip
    log = tmp / "stock.log"
    with running(command, plain_environment(tmp), f"http://localhost:{port}/api/status", log, tmp):
        yield Unhardened(f"http://localhost:{port}")
    shutil.rmtree(tmp, ignore_errors=True)
