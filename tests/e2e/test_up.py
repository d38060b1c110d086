"""``sandbox up`` as an operator meets it: alone on its workspace, gone in three seconds, clear when it cannot."""

from __future__ import annotations

import contextlib
import json
import os
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from pathlib import Path

import psutil
import pytest

from tests.helpers.running import RunningSandbox, running_sandbox

pytestmark = pytest.mark.timeout(300)


def up(home: Path, *options: str, **environment: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "sandbox.cli.main", "up", "--no-open", "--no-demo", *options],
        env={**os.environ, "SANDBOX_HOME": str(home), **environment},
        capture_output=True,
        text=True,
        timeout=120,
    )


def test_a_program_that_dies_comes_back_and_all_stop_within_three_seconds_and_leave_nothing(tmp_path: Path) -> None:
    home = tmp_path / "home"
    with running_sandbox(home, ["--no-demo"]) as sandbox:
        portal = next(
            p for p in psutil.Process(sandbox.process.pid).children() if "sandbox.portal" in " ".join(p.cmdline())
        )
        portal.kill()
        deadline = time.monotonic() + 120
        answered = False
        while not answered and time.monotonic() < deadline:
            time.sleep(0.2)
            with contextlib.suppress(OSError):
                answered = urllib.request.urlopen(f"{sandbox.portal}/healthz", timeout=2).status == 200
        assert answered and sandbox.process.poll() is None
        assert "started again" in (tmp_path / "home.out").read_text()
        assert_it_stops_and_leaves_nothing(sandbox, signal.SIGTERM)


def test_an_interrupted_up_stops_as_well(tmp_path: Path) -> None:
    with running_sandbox(tmp_path / "home", ["--no-demo"]) as sandbox:
        assert_it_stops_and_leaves_nothing(sandbox, signal.SIGINT)


def assert_it_stops_and_leaves_nothing(sandbox: RunningSandbox, number: signal.Signals) -> None:
    family = psutil.Process(sandbox.process.pid).children(recursive=True)
    assert len(family) >= 3
    ports = [int(url.rsplit(":", 1)[1]) for url in (sandbox.portal, sandbox.apps, sandbox.lab)]
    started = time.monotonic()
    sandbox.process.send_signal(number)
    sandbox.process.wait(20)
    # Three seconds on an idle machine (measured for the docs); the bound here allows for a busy one.
    assert time.monotonic() - started < 12
    _, alive = psutil.wait_procs(family, timeout=10)  # what its programs forked ends with them, a moment later
    assert not [p for p in alive if p.status() != psutil.STATUS_ZOMBIE]
    for port in ports:
        with socket.socket() as probe:
            assert probe.connect_ex(("127.0.0.1", port)) != 0
    assert not (sandbox.home / "run" / "up.json").exists()


def test_a_killed_up_takes_its_programs_with_it(tmp_path: Path) -> None:
    with running_sandbox(tmp_path / "home", ["--no-demo"]) as sandbox:
        family = psutil.Process(sandbox.process.pid).children(recursive=True)
        sandbox.process.kill()
        _, alive = psutil.wait_procs(family, timeout=60)
        assert not [p for p in alive if p.status() != psutil.STATUS_ZOMBIE]


def test_a_second_up_shows_the_address_and_disturbs_nothing(sandbox: RunningSandbox) -> None:
    second = up(sandbox.home)
    assert second.returncode == 0
    assert sandbox.portal in second.stdout
    assert sandbox.process.poll() is None
    assert json.loads((sandbox.home / "run" / "up.json").read_text())["portal"] == sandbox.portal


def test_a_taken_port_is_named(tmp_path: Path) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = str(taken.getsockname()[1])
        failed = up(tmp_path / "home", SANDBOX_PORTAL_PORT=port)
    assert failed.returncode == 1
    assert port in failed.stderr and "SANDBOX_PORTAL_PORT" in failed.stderr and "Traceback" not in failed.stderr


def test_an_unusable_home_is_told_in_words(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("x")
    failed = up(tmp_path / "file")
    assert failed.returncode == 1 and "cannot be used" in failed.stderr and "Traceback" not in failed.stderr


def test_a_home_of_a_newer_version_is_left_alone(tmp_path: Path) -> None:
    (tmp_path / "workspace.json").write_text('{"format": 99}')
    failed = up(tmp_path)
    assert failed.returncode == 1 and "newer version" in failed.stderr and "Traceback" not in failed.stderr
