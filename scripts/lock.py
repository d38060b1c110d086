"""Resolve pyproject's dependencies into hash-locked files without index addresses. Run: make lock (needs uv)."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
OPTIONS = [
    "--universal",
    "--python-version=3.11",
    "--generate-hashes",
    "--no-emit-index-url",
    "--no-emit-find-links",
    "--no-annotate",
    "--quiet",
    "--custom-compile-command=make lock",
]


def main() -> int:
    lock("runtime", "pyproject.toml", "--group", "build")
    lock("test", "pyproject.toml", "--group", "build", "--group", "test", "-c", "requirements/runtime.txt")
    lock("node", "--group", "node")
    lock("peers", "--group", "peers")
    lock("bench", "--group", "bench", "-c", "requirements/runtime.txt")
    return 0


def lock(name: str, *inputs: str) -> None:
    """Write ``requirements/<name>.txt`` for the given inputs of ``uv pip compile``."""
    subprocess.run(["uv", "pip", "compile", *OPTIONS, *inputs, "-o", f"requirements/{name}.txt"], cwd=ROOT, check=True)


if __name__ == "__main__":
    sys.exit(main())
