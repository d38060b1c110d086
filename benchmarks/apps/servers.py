"""The servers that are compared: how each is started, when it is ready, and what its processes hold."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import httpx
import nbformat
import psutil

from tests.helpers.ports import free_port

HERE = Path(__file__).parent


@dataclass(frozen=True)
class Running:
    """A server that answers. ``cookies`` let a browser in; ``pid`` is the root of its processes."""

    name: str
    url: str
    pid: int
    cookies: tuple[tuple[str, str], ...] = ()

    def pss(self) -> float:
        """Proportional set size of all its processes, MB: shared pages are divided among those that share them."""
        total = 0.0
        for process in [psutil.Process(self.pid), *psutil.Process(self.pid).children(recursive=True)]:
            try:
                text = Path(f"/proc/{process.pid}/smaps_rollup").read_text()
            except OSError:
                continue
            found = re.search(r"^Pss:\s+(\d+)", text, re.M)
            total += int(found[1]) / 1024 if found else 0.0
        return total


def commands(bin: Path, port: int, data: Path) -> dict[str, tuple[Sequence[str], str, str]]:
    """Peer → (command, path of the app, path that answers when the server is up). ``plain`` is none: a file, for what
    the browser itself takes."""
    app = HERE / "reference"
    return {
        "plain": (
            [sys.executable, "-m", "http.server", "--bind=127.0.0.1", f"--directory={data}", str(port)],
            "/plain.html",
            "/plain.html",
        ),
        "panel": (
            [f"{bin}/panel", "serve", f"{app}/panel_app.py", f"--port={port}", "--address=127.0.0.1"],
            "/panel_app",
            "/static/js/bokeh.min.js",
        ),
        "streamlit": (
            [f"{bin}/streamlit", "run", f"{app}/streamlit_app.py", "--server.headless=true", f"--server.port={port}",
             "--server.address=127.0.0.1", "--browser.gatherUsageStats=false", "--server.fileWatcherType=none"],
            "/",
            "/_stcore/health",
        ),
        "solara": (
            [f"{bin}/solara", "run", f"{app}/solara_app.py", "--production", "--no-open", "--host=127.0.0.1",
             f"--port={port}"],
            "/",
            "/readyz",
        ),
        "marimo": (
            [f"{bin}/marimo", "run", f"{app}/marimo_app.py", "--headless", "--no-token", "--host=127.0.0.1",
             f"--port={port}"],
            "/",
            "/health",
        ),
        "voila": (
            [f"{bin}/voila", f"{data}/small.ipynb", "--no-browser", f"--port={port}", "--Voila.ip=127.0.0.1"],
            "/",
            "/voila/templates/base/static/voila.js",
        ),
    }  # fmt: skip


@contextmanager
def peer(name: str, bin: Path, data: Path) -> Iterator[Running]:
    """One of the peers, installed in ``bin``, serving the reference app on ``data``."""
    port = free_port()
    command, path, health = commands(bin, port, data)[name]
    environment = {**os.environ, "BENCH_DATA": str(data), "HOME": str(data), "OMP_NUM_THREADS": "2"}
    environment.pop("PYTHONDONTWRITEBYTECODE", None)
    with started(command, environment, f"http://127.0.0.1:{port}{health}", data / f"{name}.log", data) as pid:
        yield Running(name, f"http://127.0.0.1:{port}{path}", pid)


@contextmanager
def started(command: Sequence[str], environment: dict[str, str], health: str, log: Path, cwd: Path) -> Iterator[int]:
    """A process that answers at ``health``, ended with all its children."""
    with log.open("wb") as stream:
        process = subprocess.Popen(command, env=environment, stdout=stream, stderr=stream, cwd=cwd)
    try:
        deadline = time.monotonic() + 90
        while True:
            try:
                if httpx.get(health, trust_env=False, timeout=10).status_code < 500:
                    break
            except httpx.TransportError:
                pass
            if process.poll() is not None or time.monotonic() > deadline:
                raise SystemExit(f"{command[0]} did not come up:\n{log.read_text(errors='replace')[-2000:]}")
            time.sleep(0.05)
        yield process.pid
    finally:
        family = [*psutil.Process(process.pid).children(recursive=True)] if process.poll() is None else []
        process.send_signal(signal.SIGTERM)
        _, alive = psutil.wait_procs([psutil.Process(process.pid), *family] if family else [], timeout=5)
        for one in alive:
            one.kill()
        process.wait()


def notebook(cells: Sequence[str]) -> nbformat.NotebookNode:
    """A notebook of code cells; ids are the cells' numbers."""
    made = [nbformat.v4.new_code_cell(source.strip(), id=f"cell-{n}") for n, source in enumerate(cells)]
    head = nbformat.v4.new_markdown_cell("# Churn demo", id="head")
    spec = {"name": "python3", "display_name": "Python 3", "language": "python"}
    return nbformat.v4.new_notebook(cells=[head, *made], metadata={"kernelspec": spec})
