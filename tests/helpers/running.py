"""A real sandbox for browser tests: ``sandbox up`` on a folder of its own, stopped at the end, leaving nothing."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO

from tests.helpers.front_ends import build_front_ends


@dataclass
class RunningSandbox:
    """``links`` maps a person's name to a fresh one-time sign-in link (made on demand)."""

    home: Path
    process: subprocess.Popen[str]
    addresses: dict[str, str] = field(default_factory=dict)

    @property
    def portal(self) -> str:
        return self.addresses["portal"]

    @property
    def apps(self) -> str:
        return self.addresses["apps"]

    @property
    def lab(self) -> str:
        return self.addresses["lab"]

    def link(self, person: str) -> str:
        return json.loads(self.cli("people", "link", person, "--json"))["link"]

    def cli(self, *arguments: str) -> str:
        """The output of a ``sandbox`` command on this workspace; fails with its error."""
        done = subprocess.run(
            [sys.executable, "-m", "sandbox.cli.main", *arguments],
            env={**os.environ, "SANDBOX_HOME": str(self.home)},
            capture_output=True,
            text=True,
            timeout=180,
        )
        assert done.returncode == 0, done.stderr + done.stdout
        return done.stdout

    def log(self, program: str) -> str:
        file = self.home / "run" / f"{program}.log"
        return file.read_text(errors="replace") if file.exists() else ""


@contextmanager
def running_sandbox(home: Path, options: Sequence[str] = (), patience: float = 800) -> Iterator[RunningSandbox]:
    """``sandbox up`` on ``home``; ready when it has printed the sign-in links."""
    build_front_ends()
    said = home.with_name(f"{home.name}.out")
    with said.open("w") as out:
        process = _start(home, options, out)
    sandbox = RunningSandbox(home, process)
    try:
        sandbox.addresses = _wait_until_up(sandbox, said, patience)
        yield sandbox
    finally:
        if process.poll() is None:
            process.send_signal(signal.SIGTERM)
        try:
            process.wait(15)
        except subprocess.TimeoutExpired:
            process.kill()
            raise


def _start(home: Path, options: Sequence[str], out: IO[str]) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-m", "sandbox.cli.main", "up", "--no-open", *options],
        env={**os.environ, "SANDBOX_HOME": str(home), "COLUMNS": "200"},
        stdout=out,
        stderr=subprocess.STDOUT,
        text=True,
        start_new_session=True,
    )


def _wait_until_up(sandbox: RunningSandbox, said: Path, patience: float) -> dict[str, str]:
    deadline = time.monotonic() + patience
    while time.monotonic() < deadline:
        if "Ctrl-C stops everything" in said.read_text():
            return json.loads((sandbox.home / "run" / "up.json").read_text())
        if sandbox.process.poll() is not None:
            break
        time.sleep(0.1)
    logs = "\n".join(f"== {p}\n{sandbox.log(p)[-2000:]}" for p in ("portal", "appserver", "labserver"))
    raise AssertionError(said.read_text()[-3000:] + "\n" + logs)
