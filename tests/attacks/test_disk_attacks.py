"""Nobody fills the disk: what works in an ordinary kernel is tried in the confined ones of Lab and of apps."""

from __future__ import annotations

import os
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from sandbox.core.errors import TooLarge
from sandbox.kernels import diskwatch, forkserver
from sandbox.kernels.capability import capability
from sandbox.kernels.diskwatch import measure
from sandbox.kernels.places import ServerPlace, remove_tree
from sandbox.kernels.policy import KernelLimits, KernelPolicy
from sandbox.kernels.start import start_kernel
from sandbox.kernels.warmapp import Unfit
from tests.attacks.test_kernel_attacks import _without_namespaces
from tests.helpers.kernels import Session, confined_kernel, plain_kernel, viewer_kernel, warm_app

pytestmark = pytest.mark.skipif(not capability().confined, reason="this machine cannot confine kernels")

MB = 2**20
LIMITS = KernelLimits(disk_bytes=8 * MB, scratch_bytes=4 * MB)

#: Each fills what it can with ``n`` MB and prints how much it got.
WAYS = """
import os, tempfile
block = b"x" * 2**20
def fill(folder, n, keep=True):
    done, held = 0, []
    try:
        for number in range(n):
            path = os.path.join(folder, f"part-{number}")
            file = open(path, "wb", buffering=0)
            file.write(block)
            if keep:
                file.close()
            else:
                held.append(file)
                os.unlink(path)
            done += 1
    except OSError as problem:
        print(problem.strerror, end=" ")
    print(done)
    for file in held:
        file.close()
"""


@pytest.fixture(autouse=True)
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(diskwatch, "INTERVAL", 0.05)


@pytest.fixture
def project(tmp_path: Path) -> Path:
    (tmp_path / "project").mkdir()
    return tmp_path / "project"


@pytest.fixture(params=["fork", "no namespaces"])
def lab(request: pytest.FixtureRequest, project: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Session]:
    if request.param == "no namespaces":
        monkeypatch.setattr(forkserver, "run_program", _without_namespaces)
    with confined_kernel(KernelPolicy((project,), limits=LIMITS), fork=request.param == "fork") as session:
        session.run(WAYS)
        yield session


def ended_for_the_disk(session: Session, code: str) -> None:
    session.client.execute(code)
    session.wait_dead()
    assert session.manager.end_reason == "disk"


@pytest.mark.parametrize("code", ["fill('.', 24)", "[open(f'empty-{n}', 'w').close() for n in range(30_000)]"])
def test_a_project_that_grows_ends_its_kernel(code: str, lab: Session, project: Path) -> None:
    ended_for_the_disk(lab, f"{code}\nimport time\ntime.sleep(60)")


def test_an_ordinary_kernel_fills_what_it_likes(project: Path) -> None:
    with plain_kernel(project, dict(os.environ)) as session:
        assert session.run(WAYS + "fill('.', 24)\nfill(tempfile.gettempdir(), 12, keep=False)") == "24\n12\n"
    assert measure([project], 8 * MB).over(8 * MB)


def test_what_cannot_be_counted_counts_as_too_much(lab: Session) -> None:
    if os.getuid() == 0:
        pytest.skip("nothing is hidden from root")
    ended_for_the_disk(lab, "os.mkdir('hidden', 0o000)\nimport time\ntime.sleep(60)")


def test_folders_within_folders_do_not_hide_anything(lab: Session, project: Path) -> None:
    deep = "for _ in range(2000):\n    os.mkdir('d')\n    os.chdir('d')\nimport time\ntime.sleep(60)"
    ended_for_the_disk(lab, deep)
    remove_tree(project)  # or pytest, which removes old folders itself, would fail some sessions later


def test_private_files_are_bounded_even_when_they_were_deleted(project: Path) -> None:
    with confined_kernel(KernelPolicy((project,), limits=LIMITS)) as session:
        if not session.manager.confinement.applied("private files"):
            pytest.skip("this machine gives a kernel no mounts of its own")
        got = session.run(WAYS + "fill(os.environ['HOME'], 24)")
        assert got in ("No space left on device 3\n", "No space left on device 4\n")
        clear = "import shutil, glob\n[os.unlink(f) for f in glob.glob(os.path.expanduser('~/part-*'))]\n"
        got = session.run(clear + "fill(os.environ['TMPDIR'], 24, keep=False)")
        assert got in ("No space left on device 3\n", "No space left on device 4\n")
        assert session.run("print(6 * 7)") == "42\n", "it goes on"


def test_private_files_on_the_disk_are_counted(project: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(forkserver, "run_program", _without_namespaces)
    with confined_kernel(KernelPolicy((project,), limits=LIMITS), fork=False) as session:
        ended_for_the_disk(session, WAYS + "fill(os.environ['TMPDIR'], 24)\nimport time\ntime.sleep(60)")


def test_a_viewers_kernel_writes_to_bounded_memory_alone(tmp_path: Path) -> None:
    policy = KernelPolicy(readable=(tmp_path,), limits=LIMITS)
    with warm_app(tmp_path, "x = 1", policy=policy) as app, viewer_kernel(app) as session:
        if not session.manager.confinement.applied("private files"):
            pytest.skip("this machine gives a kernel no mounts of its own")
        got = session.run(WAYS + "fill(os.environ['HOME'], 24)\nfill(os.environ['TMPDIR'], 24, keep=False)")
        assert got.count("No space left on device") == 2
        sockets = os.path.dirname(session.manager.ip)
        assert session.run(f"fill({sockets!r}, 1)").startswith("Permission denied"), "sockets, no files"
        outside = [f"{sockets}/../../../h", f"{sockets}/../../..", f"{sockets}/.."]
        for folder in outside:
            assert session.run(f"fill({folder!r}, 1)").endswith(" 0\n")


def test_folders_beside_a_viewers_sockets_end_the_app(tmp_path: Path) -> None:
    """All that an app's process can make on the disk are folders and sockets; their number is bounded."""
    policy = KernelPolicy(readable=(tmp_path,), limits=replace(LIMITS, disk_bytes=MB))
    code = """
import os, pathlib, time
viewers = pathlib.Path(os.environ["HOME"]).parent / "v"
for n in range(2000):
    (viewers / f"n{n}").mkdir()
time.sleep(60)
"""
    with pytest.raises(Unfit, match="it ended while it was executed"), warm_app(tmp_path, code, policy=policy):
        pass


def test_a_full_project_is_refused_with_a_way_on(project: Path) -> None:
    (project / "large.bin").write_bytes(b"x" * 9 * MB)
    with pytest.raises(TooLarge, match="holds more than a notebook may use: 8 MB") as refused:
        start_kernel(KernelPolicy((project,), limits=LIMITS), ServerPlace.get().new_kernel())
    assert "Delete what is not needed" in str(refused.value.remedy)


def test_counting_follows_no_link_and_counts_a_file_once(tmp_path: Path) -> None:
    folder, elsewhere = tmp_path / "a", tmp_path / "b"
    folder.mkdir()
    elsewhere.mkdir()
    (elsewhere / "large").write_bytes(b"x" * 2 * MB)
    (folder / "link").symlink_to(elsewhere)
    (folder / "one").write_bytes(b"x" * MB)
    os.link(folder / "one", folder / "two")
    with (folder / "sparse").open("wb") as file:
        file.truncate(100 * MB)
    held = measure([folder], 8 * MB)
    assert held.files == 4 and MB <= held.bytes < 1.5 * MB and not held.over(8 * MB)
