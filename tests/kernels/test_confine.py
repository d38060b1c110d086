"""Confinement as an ordinary user and as root, by the distribution's Python (the standard library is all it needs).

The tests often run as root with a Python below root's home; these two run what such a machine cannot show otherwise.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from sandbox.kernels.confine import ConfinementReport

PYTHON = Path("/usr/bin/python3")
NOBODY = 65534
ROOT = Path(__file__).resolve().parents[2]

_PROGRAM = """
import json, os, sys
sys.path.insert(0, sys.argv[1])
from pathlib import Path
from sandbox.kernels.confine import confine
from sandbox.kernels.places import KernelPlace
from sandbox.kernels.policy import KernelPolicy
from sandbox.kernels.supervise import supervise

def body(nested):
    place = KernelPlace(Path(sys.argv[2]) / "place")
    place.prepare()
    report = confine(KernelPolicy((Path(sys.argv[2]) / "project",)), place, nested=nested)
    def attempt(function):
        try:
            return str(function())[:50]
        except OSError as error:
            return type(error).__name__
    facts = {
        "uid": os.getresuid(), "report": report.to_json(),
        "write": attempt(lambda: open("mine", "w").close()),
        "home": attempt(lambda: open(os.environ["HOME"] + "/x", "w").close()),
        "outside": attempt(lambda: os.listdir(sys.argv[2])),
        "pids": attempt(lambda: sorted(name for name in os.listdir("/proc") if name.isdigit())),
        "forks": attempt(bomb), "root": attempt(lambda: os.setuid(0)),
    }
    print(json.dumps(facts), flush=True)
    return 0

def bomb():
    children = []
    try:
        for _ in range(200):
            child = os.fork()
            if child == 0:
                import signal; signal.pause()
            children.append(child)
    finally:
        for child in children:
            os.kill(child, 9)
            os.waitpid(child, 0)

sys.exit(supervise(body, lambda pid: None))
"""


def _usable() -> bool:
    if os.getuid() != 0 or not PYTHON.exists() or not shutil.which("setpriv"):
        return False
    version = subprocess.run([PYTHON, "-c", "import sys; print(sys.version_info >= (3, 11))"], capture_output=True)
    return version.stdout.strip() == b"True" and bool((ROOT / "sandbox").stat().st_mode & 0o005)


pytestmark = pytest.mark.skipif(not _usable(), reason="needs root and a Python 3.11 that everybody can read")


@pytest.fixture
def folder() -> Iterator[Path]:
    with tempfile.TemporaryDirectory(dir="/tmp") as name:
        path = Path(name)
        (path / "project").mkdir()
        for each in (path, path / "project"):
            os.chown(each, NOBODY, NOBODY)
        yield path


def run(folder: Path, *prefix: str) -> dict[str, object]:
    done = subprocess.run(
        [*prefix, str(PYTHON), "-c", _PROGRAM, str(ROOT), str(folder)],
        capture_output=True, text=True, cwd="/", env={"PATH": "/usr/bin:/bin", "PYTHONDONTWRITEBYTECODE": "1"},
        timeout=60,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


def check(facts: dict[str, object]) -> None:
    report = ConfinementReport.from_json(facts["report"])  # type: ignore[arg-type]
    assert report.confined
    assert facts["uid"] == [NOBODY, NOBODY, NOBODY]
    assert facts["write"] == facts["home"] == "None"
    assert facts["outside"] == "PermissionError"
    assert facts["root"] == "PermissionError"
    if report.applied("process namespace"):
        assert facts["pids"] == "['1']"
    if report.applied("user namespace"):
        assert facts["forks"] == "BlockingIOError", "64 processes are the limit"


def test_an_ordinary_user(folder: Path) -> None:
    check(run(folder, "setpriv", f"--reuid={NOBODY}", f"--regid={NOBODY}", "--clear-groups"))


def test_root_becomes_the_owner_of_the_project(folder: Path) -> None:
    facts = run(folder)
    check(facts)


def test_root_stays_root_where_nobody_else_could_read_the_interpreter(folder: Path) -> None:
    if not any(not parent.stat().st_mode & 0o001 for parent in Path(sys.base_prefix).resolve().parents):
        pytest.skip("everybody can read this interpreter")
    from sandbox.kernels import privileges
    from sandbox.kernels.policy import KernelPolicy

    assert privileges.unprivileged_owner(KernelPolicy((folder / "project",))) is None
