"""Ports for servers under test."""

from __future__ import annotations

import os
import socket
from random import SystemRandom

#: Below what the system gives to clients (on Linux from 32768 on): nobody takes a port before its server has it. Each
#: worker of pytest-xdist has a range of its own.
FIRST, EACH, WORKERS = 20_000, 1_000, 10


def free_port() -> int:
    """A port of 127.0.0.1 on which nobody listens."""
    worker = int(os.environ.get("PYTEST_XDIST_WORKER", "gw0").removeprefix("gw"))
    start = FIRST + worker % WORKERS * EACH
    while True:
        port = start + SystemRandom().randrange(EACH)  # Hypothesis seeds the shared generator
        with socket.socket() as probe:
            try:
                probe.bind(("127.0.0.1", port))
            except OSError:
                continue
            return port
