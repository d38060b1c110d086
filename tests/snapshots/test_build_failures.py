"""What goes wrong in the middle of a build: limits, clocks, other processes. No torn snapshot, none lost."""

from __future__ import annotations

import subprocess
import sys
from datetime import timedelta
from pathlib import Path

import pytest

from sandbox.core.errors import Unavailable
from sandbox.core.ids import VersionId
from sandbox.snapshots.staging import PREFIX
from sandbox.snapshots.verify import verify_snapshot
from tests.snapshots.conftest import NOW, Builder, people_rows, write_csv

ROOT = Path(__file__).parents[2]
LIMITED = """
import resource, signal, sys
from pathlib import Path
from sandbox.core.errors import SandboxError
from tests.snapshots.conftest import Builder
signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
resource.setrlimit(resource.RLIMIT_FSIZE, (int(sys.argv[2]), int(sys.argv[2])))
try:
    Builder(Path(sys.argv[1]))()
except SandboxError as error:
    sys.exit(f"{type(error).__name__}: {error}")
"""
AT_ONCE = """
import sys
from datetime import datetime
from pathlib import Path
from tests.snapshots.conftest import Builder
print("ready", flush=True)
sys.stdin.readline()
for moment in sys.argv[2:]:
    print(Builder(Path(sys.argv[1]))(now=datetime.fromisoformat(moment)).manifest.version, flush=True)
"""


@pytest.mark.parametrize("limit", [4_000, 20_000, 270_000])
def test_a_file_that_may_not_grow_further(build: Builder, limit: int) -> None:
    """RLIMIT_FSIZE fails every write beyond it, as a quota does, at whatever step it is met."""
    done = subprocess.run(
        [sys.executable, "-c", LIMITED, str(build.folder), str(limit)], cwd=ROOT, capture_output=True, text=True
    )
    assert done.returncode == 1
    assert done.stderr.startswith("Unavailable:"), done.stderr
    assert "full" in done.stderr
    assert build.left_behind() == []
    assert all(line.ok for line in verify_snapshot(build().folder)), "with room it goes on"


def test_a_full_memory_is_told(build: Builder) -> None:
    write_csv(build.folder / "people.csv", people_rows(20_000))
    with pytest.raises(Unavailable):
        build(memory_limit="2MB")
    assert build.left_behind() == []


def test_a_clock_that_goes_backwards_loses_nothing(build: Builder) -> None:
    """A version is named by time and content: an earlier time makes an earlier name, never the same folder."""
    first = build()
    rows = people_rows()
    rows[0][4] = 500
    write_csv(build.folder / "people.csv", rows)
    second = build(now=NOW - timedelta(days=400))
    same_second = build()
    names = [VersionId.parse(n) for n in build.left_behind()]
    assert len(names) == 3
    assert names == sorted(names)
    assert second.manifest.version < first.manifest.version
    assert first.manifest.content_hash != same_second.manifest.content_hash
    for name in build.left_behind():
        assert all(line.ok for line in verify_snapshot(build.parent() / name))


def test_processes_that_build_one_dataset_at_once(build: Builder) -> None:
    """Two processes, the same and other moments: each gets whole snapshots, and nothing of the other's is swept."""
    moments = [NOW, NOW + timedelta(hours=1), NOW]
    builders = [
        subprocess.Popen(
            [sys.executable, "-c", AT_ONCE, str(build.folder), *(m.isoformat() for m in moments)],
            cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
        )
        for _ in range(2)
    ]  # fmt: skip
    for process in builders:
        assert process.stdout is not None
        assert process.stdout.readline() == "ready\n"
    for process in builders:
        assert process.stdin is not None
        process.stdin.write("\n")
        process.stdin.flush()
    told = [process.communicate()[0].split() for process in builders]
    assert [process.returncode for process in builders] == [0, 0]
    assert told[0] == told[1]
    assert build.left_behind() == sorted(set(told[0]))
    assert not any(name.startswith(PREFIX) for name in build.left_behind())
    for name in build.left_behind():
        assert all(line.ok for line in verify_snapshot(build.parent() / name))
