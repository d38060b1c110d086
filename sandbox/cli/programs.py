"""Server programs as child processes: start, wait until they answer, stop within seconds, leave nothing behind."""

from __future__ import annotations

import contextlib
import ctypes
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import psutil

from sandbox.core.errors import Unavailable

_PR_SET_PDEATHSIG = 1
MOST_REVIVALS, REVIVAL_SECONDS = 3, 120.0


@dataclass(frozen=True)
class Program:
    """One server program: a Python module, its log file, and the address that answers when it is ready.

    ``environment`` comes on top of what all programs are told. One that ``may_end`` in order (code 0) stays ended.
    """

    name: str
    module: str
    health: str
    log: Path
    environment: Mapping[str, str] = field(default_factory=dict)
    may_end: bool = False


def free_port(host: str, wanted: int, setting: str) -> int:
    """``wanted`` if it can be bound, any free port if it is 0. Raises Unavailable naming the setting."""
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, wanted))
        except OSError as error:
            raise Unavailable(
                "Port {port} is taken or not allowed: {problem}.",
                "Set {setting} to another port, or to 0 for a free one; `ss -ltnp` shows who has it.",
                port=wanted,
                problem=error.strerror or str(error),
                setting=setting,
            ) from None
        return int(probe.getsockname()[1])


class Programs:
    """Runs programs in sessions of their own, so that Ctrl-C reaches us alone and we end them in order."""

    def __init__(self, environment: Mapping[str, str]) -> None:
        self._environment = dict(environment)
        self._running: list[tuple[Program, subprocess.Popen[bytes]]] = []
        self._revivals: list[float] = []

    def start(self, program: Program) -> None:
        with program.log.open("ab") as log:
            process = subprocess.Popen(
                [sys.executable, "-m", program.module],
                env={**self._environment, **program.environment},
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                start_new_session=True,
                preexec_fn=_end_with_parent if sys.platform == "linux" else None,
            )
        program.log.chmod(0o600)
        self._running.append((program, process))

    def wait_ready(self, seconds: float) -> None:
        """Return when all answer. Raises Unavailable with the end of the log of one that ended or stayed silent."""
        deadline = time.monotonic() + seconds
        for program, process in self._running:
            self._wait(program, process, deadline, seconds)

    def wait_for(self, health: str, seconds: float) -> None:
        """As ``wait_ready``, for the program that answers at ``health``. Any thread may wait."""
        for program, process in list(self._running):
            if program.health == health:
                self._wait(program, process, time.monotonic() + seconds, seconds)

    def runs(self, name: str) -> bool:
        return any(program.name == name and process.poll() is None for program, process in self._running)

    def _wait(self, program: Program, process: subprocess.Popen[bytes], deadline: float, seconds: float) -> None:
        while not _answers(program.health):
            if process.poll() is not None:
                raise self._failed(program, f"it ended with code {process.returncode}")
            if time.monotonic() > deadline:
                raise self._failed(program, f"it did not answer within {seconds:.0f} seconds")
            time.sleep(0.05)

    def revive(self) -> tuple[Program, int] | None:
        """Start a program that ended by itself anew, and say which, with its exit code; None while all run.

        Raises Unavailable when programs end again and again: then something is wrong that a new start does not mend.
        """
        self._running = [
            (program, process) for program, process in self._running if not (program.may_end and process.poll() == 0)
        ]
        for program, process in self._running:
            if process.poll() is None:
                continue
            now = time.monotonic()
            self._revivals = [moment for moment in self._revivals if now - moment < REVIVAL_SECONDS] + [now]
            if len(self._revivals) > MOST_REVIVALS:
                raise self._failed(program, f"it ended {MOST_REVIVALS + 1} times with code {process.returncode}")
            self._running.remove((program, process))
            self.start(program)
            return program, process.returncode
        return None

    def stop(self) -> None:
        """End all; returns when every one is gone."""
        _end([process for _, process in self._running])
        self._running.clear()

    def end(self, name: str) -> None:
        """End the program called ``name``, which stays ended."""
        ended = [process for program, process in self._running if program.name == name]
        self._running = [(program, process) for program, process in self._running if program.name != name]
        _end(ended)

    @staticmethod
    def _failed(program: Program, how: str) -> Unavailable:
        tail = "\n".join(program.log.read_text(errors="replace").splitlines()[-8:]) if program.log.exists() else ""
        return Unavailable(
            "The {program} could not be started: {how}.\n{tail}",
            "The whole log is {log}; `sandbox doctor` tells what this machine lacks.",
            program=program.name,
            how=how,
            tail=tail,
            log=str(program.log),
        )


def _end(processes: Sequence[subprocess.Popen[bytes]], patience: float = 2.0) -> None:
    """Ask first, insist after ``patience`` seconds; returns when every one is gone, with what it started."""
    helpers = [helper for process in processes for helper in _descendants(process.pid)]
    for process in processes:
        if process.poll() is None:
            process.terminate()
    deadline = time.monotonic() + patience
    for process in processes:
        with contextlib.suppress(subprocess.TimeoutExpired):
            process.wait(max(0.0, deadline - time.monotonic()))
    for process in processes:
        process.kill()
        process.wait()
    # Kernels' helpers end with their program, but one that is still loading its libraries notices late.
    for helper in helpers:
        with contextlib.suppress(psutil.NoSuchProcess):
            helper.kill()
    psutil.wait_procs(helpers, timeout=1.0)


def _descendants(pid: int) -> list[psutil.Process]:
    try:
        return psutil.Process(pid).children(recursive=True)
    except psutil.NoSuchProcess:
        return []


def _answers(url: str) -> bool:
    try:
        with urllib.request.urlopen(url, timeout=2) as answer:  # noqa: S310 - our own address
            return bool(answer.status == 200)
    except (urllib.error.URLError, OSError, ValueError):
        return False


def _end_with_parent() -> None:
    """In the child, before exec: be told to stop when ``sandbox up`` dies, however it dies."""
    ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGTERM, 0, 0, 0)


def module_programs(run: Path, portal: str, apps: str, labs: str) -> Sequence[Program]:
    """Portal and app server, in the order in which they start; ``labs`` is where the portal asks for JupyterLabs."""
    return (
        Program("portal", "sandbox.portal", f"{portal}/healthz", run / "portal.log", {"SANDBOX_LABS_URL": labs}),
        Program("app server", "sandbox.appserver", f"{apps}/healthz", run / "appserver.log"),
    )
