from __future__ import annotations

import json
from pathlib import Path

from sandbox.kernels.accesslog import MOST_LINES
from sandbox.kernels.policy import KernelPolicy
from tests.helpers.kernels import confined_kernel

CHECKOUT = Path(__file__).resolve().parents[2]


def lines(file: Path) -> list[dict[str, str]]:
    return [json.loads(line) for line in file.read_text().splitlines()]


def test_attempts_outside_are_recorded_once_and_ordinary_work_is_not(tmp_path: Path) -> None:
    project, snapshot, other = (tmp_path / name for name in ("project", "snapshot", "other"))
    for folder in (project, snapshot, other):
        folder.mkdir()
        (folder / "f").write_text("x")
    log = project / "access.jsonl"
    policy = KernelPolicy((project,), (snapshot,), {"SANDBOX_ACCESS_LOG": str(log)})
    with confined_kernel(policy) as kernel:
        kernel.run(f"""
import pandas, sklearn.svm, tempfile, os, socket
open("mine", "w").close(); open({str(snapshot / "f")!r}).read(); tempfile.TemporaryFile().close()
import matplotlib.pyplot as plt; plt.plot([1]); plt.show(); open("/proc/self/status").read()
import importlib.metadata as packages
packages.FastPath.__new__.cache_clear(); print(len(list(packages.distributions())))
""")
        assert lines(log) == []  # not even the folders where Python looks for packages, such as this checkout
        kernel.run(f"""
os.symlink({str(other)!r}, "link")
for attempt in (lambda: open({str(other / "f")!r}), lambda: os.listdir({str(other)!r}), lambda: open("link/f"),
                lambda: socket.socket(socket.AF_UNIX).connect("/run/docker.sock"), lambda: open("/etc/shadow"),
                lambda: open({str(CHECKOUT / "pyproject.toml")!r})):
    for _ in range(3):
        try:
            attempt()
        except OSError:
            pass
""")
    assert lines(log) == [
        {"event": "open", "target": str(other / "f")},
        {"event": "os.listdir", "target": str(other)},
        {"event": "socket.connect", "target": "'/run/docker.sock'"},
        {"event": "open", "target": "/etc/shadow"},
        {"event": "open", "target": str(CHECKOUT / "pyproject.toml")},
    ]


def test_it_cannot_grow_without_end(tmp_path: Path) -> None:
    log = tmp_path / "access.jsonl"
    with confined_kernel(KernelPolicy((tmp_path,), env={"SANDBOX_ACCESS_LOG": str(log)})) as kernel:
        kernel.run("""
for i in range(1000):
    try:
        open(f"/nowhere/{i}")
    except OSError:
        pass
""")
    assert len(lines(log)) == MOST_LINES
