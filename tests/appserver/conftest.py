"""A real app server with one app, and beside it Voilà as it comes, serving the same notebooks to the same attacks."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import httpx
import nbformat
import psutil
import pytest

from sandbox.core.first_view import first_view
from sandbox.core.ids import VersionId
from sandbox.core.project import Kpi
from sandbox.kernels.policy import KernelPolicy
from sandbox.kernels.warmapp import Unfit
from sandbox.notebooks.first_run import execute_once
from sandbox.publishing.receipt import RECEIPT, Receipt, sha256_of
from sandbox.publishing.shelf import AppManifest
from sandbox.store.workspace import Workspace
from tests.appserver.gallery import CHARTS, CONTAINERS, CONTROLS, LIVE_CHART, OFFERS, OUTPUTS, PADS, TEXTS, TRAITS
from tests.appserver.gallery_hands import EVERY, HANDS, MEDIA
from tests.appserver.portal import Portal
from tests.appserver.site import APP, NO_TLS, OTHER, THIRD, Hardened, Site
from tests.helpers.browser import chromium, new_context
from tests.helpers.front_ends import build_front_ends
from tests.helpers.ports import free_port

#: Seconds until a server must answer. It takes two; a machine that does much else at the same time is no defect.
PATIENCE = 180
PROGRAM = ("-m", "sandbox.appserver")
PUBLISHED = datetime(2026, 11, 21, 9, 30, tzinfo=UTC)

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
    result.value = "<p class='result'>failing</p>"
    with output:
        raise ValueError("text of a traceback")
slider.observe(show, "value")
button.on_click(fail)
show()
display(w.VBox([slider, button, result, output]))
""",
    "secret": "SECRET = 'kernel-' + 'secret'",
    # A question to whoever runs the notebook. In a callback input() does not wait, so it is what input() is in a cell.
    "asking": """
ask, answered = w.Button(description="Ask"), w.HTML()
def asked(_):
    kernel = get_ipython().kernel
    kernel._allow_stdin = True
    answered.value = f"<p>answered: {kernel.raw_input('PIN? ')}</p>"
ask.on_click(asked)
display(ask, answered)
""",
    # Two hundred megabytes at one press, which a page is to show one after the other.
    "pouring": """
pour, poured = w.Button(description="Pour"), w.HTML()
def pour_out(_):
    for number in range(20):
        poured.value = f"<p>poured {number + 1}</p><!--{'x' * 10_000_000}-->"
pour.on_click(pour_out)
display(pour, poured)
""",
    # Progress of a long calculation, told at each step: more often than a page is told it.
    "counting": """
count, counted = w.Button(description="Count"), w.Label()
def count_up(_):
    for number in range(10_000):
        counted.value = f"counted {number + 1}"
count.on_click(count_up)
display(count, counted)
""",
    # Its author did not think of everything, and shows nothing of it.
    "careless": """
careless = w.Button(description="Careless")
careless.on_click(lambda _: 1 / 0)
display(careless)
""",
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


def notebook(portal: str, *names: str) -> nbformat.NotebookNode:
    cells = [nbformat.v4.new_markdown_cell("## Who might leave soon?", id="head")]
    for number, name in enumerate(names):
        source = CELLS.get(name, name).replace("%s", portal)
        cells.append(nbformat.v4.new_code_cell(source, id=name if name in CELLS else f"cell-{number}"))
    spec = {"name": "python3", "display_name": "Python 3", "language": "python"}
    return nbformat.v4.new_notebook(cells=cells, metadata={"kernelspec": spec})


_views: dict[str, str] = {}


def examined_view(file: Path) -> str:
    """What the examination knows about the app in ``file``: what it shows at first; "" when it cannot be prepared.

    Once for each notebook: an app server that need not find this out saves a cold interpreter, the most expensive part
    of most tests here.
    """
    key = file.read_text(encoding="utf-8")
    if key not in _views:
        try:
            app, executed = execute_once(KernelPolicy(readable=(file,)), file, 2**20, 60)
        except Unfit:
            _views[key] = ""
        else:
            app.stop()
            _views[key] = first_view(executed)
    return _views[key]


def publish(
    home: Path,
    slug: str,
    portal: str,
    *names: str,
    first_views: Mapping[str, str] | None = None,
    examined: bool = True,
    imports: Sequence[str] = (),
) -> str:
    """Put an app version with its receipt on the shelf, as ``publishing.candidate`` leaves it; its version.

    Not ``examined``: the app server must find out by itself whether viewers may share what the app shows.
    """
    shelf = Workspace.at(home).ensure().apps / slug
    beside = shelf / ".beside"
    beside.mkdir(parents=True)
    for file in ("app.ipynb", "app.zh-CN.ipynb"):
        nbformat.write(notebook(portal, *names), beside / file)
    (beside / "evidence.json").write_text(json.dumps({"of": slug}))
    if first_views is None:
        view = examined_view(beside / "app.ipynb") if examined else ""
        first_views = {"en": view, "zh-CN": view} if view else {}
    manifest = AppManifest(
        slug, VersionId.of(PUBLISHED, "0" * 12), "Churn warning", "Customers leave", "lin", "Sales", "customer-churn",
        "en", ("en", "zh-CN"), Kpi("Churn", "%", 5.0, 4.0), {}, 1, "pass", PUBLISHED,
        first_views=first_views, imports=tuple(imports),
    )  # fmt: skip
    (beside / "app.toml").write_bytes(manifest.render())
    files = {file.name: sha256_of(file.read_bytes()) for file in beside.iterdir()}
    receipt = Receipt(slug, PUBLISHED.isoformat(), files, {}, {"number": 1}, {"level": "pass"})
    (beside / RECEIPT).write_bytes(receipt.render())
    version = str(VersionId.of(PUBLISHED, receipt.digest))
    beside.rename(shelf / version)
    return version


def two_apps(home: Path, portal: str) -> dict[str, str]:
    """App → version, of an app and of another author's."""
    return {
        APP: publish(home, APP, portal, "controls", "secret", "pouring", "careless", "counting", "asking"),
        OTHER: publish(home, OTHER, portal, "controls", "hostile", "broken"),
    }


@contextmanager
def running(
    command: list[str], environment: dict[str, str], health: str, log: Path, cwd: Path, *, ours: bool = True
) -> Iterator[int]:
    """A server process that answers at ``health``. Ended with SIGTERM, within seconds; one that is not ``ours`` may
    take its time over its kernels, so it is killed together with them.
    """
    with log.open("wb") as stream:
        process = subprocess.Popen(command, env=environment, stdout=stream, stderr=stream, cwd=cwd)
    try:
        deadline = time.monotonic() + PATIENCE
        while True:
            try:
                if httpx.get(health, trust_env=False, verify=NO_TLS).status_code < 500:
                    break
            except httpx.TransportError:
                pass
            assert process.poll() is None and time.monotonic() < deadline, log.read_text()
            time.sleep(0.1)
        yield process.pid
    finally:
        if not ours and process.poll() is None:
            for one in [*psutil.Process(process.pid).children(recursive=True), process]:
                one.kill()
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
def app_server(
    home: Path, tmp: Path, portal: str, versions: dict[str, str], program: Sequence[str] = PROGRAM, **settings: str
) -> Iterator[Hardened]:
    """``python -m sandbox.appserver`` on the shelf of ``home``; ``program``: what Python is told to run instead."""
    build_front_ends()
    port = free_port()
    environment = {
        **plain_environment(tmp),
        "SANDBOX_HOME": str(home),
        "SANDBOX_APPS_PORT": str(port),
        "SANDBOX_APPS_URL": f"http://localhost:{port}",
        "SANDBOX_PORTAL_URL": portal,
        "SANDBOX_TEST_SERVER_SECRET": "of-the-server",
        "SANDBOX_APP_GRANT_SECONDS": "3600",
        **settings,
    }
    command = [sys.executable, *program]
    log = tmp / f"appserver-{port}.log"
    with running(command, environment, f"http://localhost:{port}/healthz", log, tmp) as pid:
        yield Hardened(f"http://localhost:{port}", versions, home=home, pid=pid, log=log)


@pytest.fixture(scope="session")
def portal_server() -> Iterator[Portal]:
    server = Portal()
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield server
    server.shutdown()


@pytest.fixture(scope="session")
def ours(tmp_path_factory: pytest.TempPathFactory, portal_server: Portal) -> Iterator[Hardened]:
    tmp = tmp_path_factory.mktemp("ours")
    versions = two_apps(tmp / "home", portal_server.url)
    with app_server(tmp / "home", tmp, portal_server.url, versions) as site:
        yield site


@pytest.fixture(scope="session")
def side_by_side(tmp_path_factory: pytest.TempPathFactory, portal_server: Portal) -> Iterator[Hardened]:
    """One server for all whose tests only look at their own apps: these stand there as versions of the same two."""
    tmp = tmp_path_factory.mktemp("side-by-side")
    with app_server(Workspace.at(tmp / "home").ensure().home, tmp, portal_server.url, {}) as site:
        yield site


def with_apps(server: Hardened, portal: Portal, apps: Mapping[str, Sequence[str]]) -> Hardened:
    """The ``server`` with these apps (name → cells), published there now."""
    versions = {app: publish(server.home, app, portal.url, *cells) for app, cells in apps.items()}
    return replace(server, versions=versions)


@pytest.fixture(scope="session")
def hands(tmp_path_factory: pytest.TempPathFactory, portal_server: Portal) -> Iterator[Hardened]:
    """Apps: what is typed, pressed and dragged; pictures, sound, uploads and formulas; one of every widget."""
    tmp = tmp_path_factory.mktemp("hands")
    versions = {
        APP: publish(tmp / "home", APP, portal_server.url, HANDS),
        OTHER: publish(tmp / "home", OTHER, portal_server.url, MEDIA),
        THIRD: publish(tmp / "home", THIRD, portal_server.url, EVERY),
    }
    with app_server(tmp / "home", tmp, portal_server.url, versions) as site:
        yield site


@pytest.fixture(scope="session")
def gallery(side_by_side: Hardened, portal_server: Portal) -> Hardened:
    """An app with every control and every kind of output, and one with what else widgets can be told."""
    return with_apps(side_by_side, portal_server, {APP: (CONTROLS, CONTAINERS, OUTPUTS), OTHER: (TRAITS, PADS)})


@pytest.fixture(scope="session")
def offering(side_by_side: Hardened, portal_server: Portal) -> Hardened:
    """An app that offers files, and one with charts and formulas."""
    return with_apps(side_by_side, portal_server, {APP: (OFFERS,), OTHER: (CHARTS, TEXTS, LIVE_CHART)})


@pytest.fixture(scope="session")
def stock(tmp_path_factory: pytest.TempPathFactory, portal_server: Portal) -> Iterator[Site]:
    """Voilà as a Jupyter Server extension without log-in: what somebody in a hurry would serve apps with."""
    command = [
        sys.executable, "-m", "jupyter_server", "--no-browser", "--allow-root", "--ServerApp.port={port}",
        "--ServerApp.port_retries=0", "--IdentityProvider.token=", "--ServerApp.allow_origin=*",
        "--ServerApp.root_dir={root}", "--ServerApp.jpserver_extensions={{'voila.server_extension': True}}",
    ]  # fmt: skip
    with _unhardened(tmp_path_factory.mktemp("stock"), portal_server.url, command, "/api/status") as site:
        yield site


@pytest.fixture(scope="session")
def standalone(tmp_path_factory: pytest.TempPathFactory, portal_server: Portal) -> Iterator[Site]:
    """Standalone Voilà as it comes, which its manual recommends for serving: fewer ways in than ``stock``, not none."""
    command = [
        sys.executable, "-m", "voila", "--no-browser", "--port={port}", "--Voila.port_retries=0",
        "--Voila.config_file_paths=[]", "{root}",
    ]  # fmt: skip
    with _unhardened(tmp_path_factory.mktemp("standalone"), portal_server.url, command, "/voila/tree") as site:
        yield site


@contextmanager
def _unhardened(tmp: Path, portal: str, command: list[str], health: str) -> Iterator[Site]:
    versions, port = two_apps(tmp / "home", portal), free_port()
    filled = [part.format(port=port, root=tmp / "home" / "apps") for part in command]
    base = f"http://localhost:{port}"
    with running(filled, plain_environment(tmp), f"{base}{health}", tmp / "log", tmp, ours=False) as pid:
        yield Site(base, versions, pid=pid, log=tmp / "log")


# Not longer than a module: while Playwright is there, nothing else can run an event loop in this thread.
@pytest.fixture(scope="module")
def browser() -> Iterator[Any]:
    with chromium() as opened:
        yield opened


@pytest.fixture
def page(browser: Any) -> Iterator[Any]:
    context = new_context(browser)
    yield context.new_page()
    context.close()
