"""Set a checkout up in ``.venv``: pinned packages, this package, bytecode, the front ends, a browser for tests.

Plain standard library: this is what a fresh machine runs first. Each step is skipped when its inputs did not change,
so that a second run costs a fraction of a second. Run: ``make up`` or ``make test``.
"""

from __future__ import annotations

import hashlib
import os
import shutil
import subprocess
import sys
import venv
from collections.abc import Iterable
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
VENV = ROOT / ".venv"
PYTHON = VENV / "bin" / "python"
BROWSERS = ("chromium", "chromium-browser", "google-chrome", "chrome")


def main(kind: str) -> int:
    """Set up for ``run`` or ``test``."""
    if sys.version_info < (3, 11):
        found = ".".join(map(str, sys.version_info[:3]))
        sys.exit(f"Python 3.11 or newer is needed; this is {found}. Set PYTHON=python3.11 (or newer) for make.")
    if not PYTHON.exists():
        say("making .venv")
        venv.create(VENV, with_pip=True, clear=True)
    packages(kind)
    link()
    front_ends()
    if kind == "test":
        browser()
    return 0


def packages(kind: str) -> None:
    """Install the hash-locked packages; the test lock is a superset of the run-time lock."""
    lock = ROOT / "requirements" / ("test.txt" if kind == "test" else "runtime.txt")
    if kind == "run" and fresh("packages-test", [ROOT / "requirements" / "test.txt"]):
        return
    stamp = f"packages-{kind}"
    if fresh(stamp, [lock]):
        return
    say(f"installing the pinned packages of {lock.relative_to(ROOT)} (a few minutes on a fresh machine)")
    pip("install", "--require-hashes", "-r", str(lock))
    say("compiling bytecode")
    run([PYTHON, "-m", "compileall", "-q", "-j", "0", *map(str, VENV.glob("lib/python*/site-packages"))], check=False)
    mark(stamp, [lock])


def link() -> None:
    """Install this checkout in editable form, without touching the pinned packages."""
    inputs = [ROOT / "pyproject.toml", ROOT / "sandbox" / "__init__.py"]
    if fresh("package", inputs):
        return
    say("installing the sandbox itself")
    pip("install", "--no-deps", "--no-build-isolation", "-e", str(ROOT))
    run([PYTHON, "-m", "compileall", "-q", str(ROOT / "sandbox")], check=False)
    mark("package", inputs)


def front_ends() -> None:
    """Build JupyterLab's extension and the app page's script once per source change."""
    run([PYTHON, ROOT / "scripts" / "build_frontend.py"])


def browser() -> None:
    """Browser tests need any Chromium; where apt works without asking, install Debian's."""
    if any(shutil.which(name) for name in BROWSERS):
        return
    if not shutil.which("apt-get") or os.geteuid() != 0:
        say("no Chromium found and none can be installed here: browser tests will be skipped")
        return
    say("installing Debian's chromium for the browser tests")
    quiet = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
    if run(["apt-get", "update", "-qq"], env=quiet, check=False) == 0:
        run(["apt-get", "install", "-y", "-qq", "--no-install-recommends", "chromium"], env=quiet, check=False)
    if not any(shutil.which(name) for name in BROWSERS):
        say("Chromium could not be installed: browser tests will be skipped")


def pip(*arguments: str) -> None:
    run([PYTHON, "-m", "pip", "--disable-pip-version-check", "--quiet", *arguments])


def run(command: Iterable[str | Path], *, check: bool = True, env: dict[str, str] | None = None) -> int:
    code = subprocess.run([str(part) for part in command], cwd=ROOT, env=env, check=False).returncode
    if check and code:
        sys.exit(f"Set-up stopped: the command above ended with code {code}. Mend the cause and run make again.")
    return code


def fresh(stamp: str, inputs: Iterable[Path]) -> bool:
    path = VENV / f".{stamp}.stamp"
    return path.exists() and path.read_text() == digest(inputs)


def mark(stamp: str, inputs: Iterable[Path]) -> None:
    (VENV / f".{stamp}.stamp").write_text(digest(inputs))


def digest(inputs: Iterable[Path]) -> str:
    total = hashlib.sha256(sys.version.encode())
    for path in inputs:
        total.update(path.read_bytes())
    return total.hexdigest()


def say(text: str) -> None:
    print(f"· {text}", file=sys.stderr, flush=True)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))
