"""``python -m sandbox.portal`` as a process: it listens on loopback only, logs JSON, stops in time, leaves nothing."""

from __future__ import annotations

import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path

import httpx

from tests.helpers.ports import free_port


def start(home: Path, port: int, log: Path) -> subprocess.Popen[bytes]:
    env = {**os.environ, "SANDBOX_HOME": str(home), "SANDBOX_PORTAL_PORT": str(port), "PYTHONUNBUFFERED": "1"}
    with log.open("wb") as stream:
        return subprocess.Popen([sys.executable, "-m", "sandbox.portal"], env=env, stdout=stream, stderr=stream)


def wait_until_ready(port: int, process: subprocess.Popen[bytes]) -> None:
    for _ in range(1200):
        assert process.poll() is None, "the portal ended"
        try:
            if httpx.get(f"http://127.0.0.1:{port}/healthz", trust_env=False).is_success:
                return
        except httpx.TransportError:
            time.sleep(0.1)
    raise AssertionError("the portal does not answer")


def test_it_starts_serves_and_stops_within_seconds(settled: Path, tmp_path: Path) -> None:
    home, port, log = tmp_path / "home", free_port(), tmp_path / "log"
    shutil.copytree(settled, home)
    process = start(home, port, log)
    try:
        wait_until_ready(port, process)
        with httpx.Client(base_url=f"http://127.0.0.1:{port}", trust_env=False) as browser:
            assert browser.get("/signin").status_code == 200
            assert browser.get("/static/portal.css").headers["content-type"].startswith("text/css")
            assert "server" not in browser.get("/signin").headers
            began = time.monotonic()  # the client's connection stays open: a stop must not wait for it
            process.send_signal(signal.SIGTERM)
            process.wait(timeout=60)
        # Half a second on an idle machine; a stop that waited for the client would never end.
        assert time.monotonic() - began < 8.0
    finally:
        process.kill()
    for line in log.read_text().splitlines():
        assert json.loads(line)["program"] == "portal"


def test_a_taken_port_is_told_with_a_remedy(settled: Path, tmp_path: Path) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port, log = taken.getsockname()[1], tmp_path / "log"
        process = start(settled, port, log)
        assert process.wait(timeout=120) == 1
    assert str(port) in log.read_text() and "SANDBOX_PORTAL_PORT" in log.read_text()
    assert "Traceback" not in log.read_text()
