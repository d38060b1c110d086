"""The front ends that a server sends are built, of the sources as they are now; done when nothing changed since."""

from __future__ import annotations

import subprocess
import sys
from functools import cache
from pathlib import Path

SCRIPT = Path(__file__).resolve().parents[2] / "scripts" / "build_frontend.py"


@cache
def build_front_ends() -> None:
    """Fails, with what the build said, when they cannot be built."""
    done = subprocess.run([sys.executable, str(SCRIPT)], capture_output=True, text=True, timeout=280)
    assert done.returncode == 0, done.stderr
