"""Rule 2: a notebook kernel is hostile. Every attack gets through in an ordinary kernel and fails in a confined one.

Four kernels run the same code: an ordinary one, ours with everything this machine has, the one of an app's viewer (a
fork of a confined process), and ours where the machine forbids namespaces, as many containers do.
"""

from __future__ import annotations

import json
import os
import sqlite3
import subprocess
import sys
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import duckdb
import pandas
import pytest

from sandbox.kernels import environment, forkserver
from sandbox.kernels.capability import capability
from sandbox.kernels.channel import Channel
from sandbox.kernels.policy import KernelPolicy
from tests.attacks import kernel_attacks
from tests.helpers.kernels import Session, confined_kernel, plain_kernel, viewer_kernel, warm_app

HERE = Path(__file__).parent
SECRET = "portal-token-that-no-notebook-may-see"

pytestmark = pytest.mark.skipif(
    not capability().confined, reason="this machine cannot confine kernels (sandbox doctor says why)"
)


@pytest.fixture(scope="module")
def range_(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, Any]]:
    """A workspace with everything worth stealing, and a sibling process worth attacking."""
    home = tmp_path_factory.mktemp("home")
    short = tmp_path_factory.mktemp("v")
    for name in ("project", "plain", "other", "keys", "sources", "snapshot"):
        (home / name).mkdir()
    (home / "other" / "secret.txt").write_text("somebody else's idea")
    (home / "keys" / "pseudonym.key").write_bytes(b"k" * 32)
    (home / "sources" / "raw.csv").write_text("name\nA Person\n")
    with sqlite3.connect(home / "registry.sqlite") as registry:
        registry.execute("create table people(name)")
    snapshot = home / "snapshot" / "data.duckdb"
    with duckdb.connect(str(snapshot)) as con:
        con.execute("create table data as select range as n from range(1000)")
    (home / "snapshot" / "beside").touch()
    victim = subprocess.Popen(
        [sys.executable, str(HERE / "victim.py"), str(short)],
        stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, env={"VICTIM": "secret"},
    )  # fmt: skip
    assert victim.stdout is not None
    facts = json.loads(victim.stdout.readline())
    yield facts | {
        "home": str(home), "other": str(home / "other"), "key": str(home / "keys" / "pseudonym.key"),
        "registry": str(home / "registry.sqlite"), "source": str(home / "sources" / "raw.csv"),
        "snapshot": str(snapshot), "beside": str(home / "snapshot" / "beside"), "library": pandas.__file__,
        "server": os.getpid(), "secret": SECRET,
    }  # fmt: skip
    victim.communicate("", timeout=10)


@pytest.fixture(scope="module")
def kernels(range_: dict[str, Any]) -> Iterator[dict[str, Session]]:
    home = Path(range_["home"])
    policy = KernelPolicy(writable=(home / "project",), readable=(home / "snapshot",), env={"SANDBOX_MODE": "studio"})
    second = KernelPolicy(writable=(home / "other",), readable=(home / "snapshot",))
    with ExitStack() as stack, pytest.MonkeyPatch.context() as patch:
        # The second confined kernel is a victim: it runs somebody else's project.
        neighbour = stack.enter_context(confined_kernel(second))
        range_["kernel_socket"] = f"{neighbour.manager.ip}-{neighbour.manager.shell_port}"
        range_["kernel_file"] = neighbour.manager.connection_file
        running = {
            "plain": stack.enter_context(plain_kernel(home / "plain", {**os.environ, "PORTAL_TOKEN": SECRET})),
            "confined": stack.enter_context(confined_kernel(policy)),
        }
        (home / "app").mkdir()
        shown = KernelPolicy(readable=(home / "app", home / "snapshot"), env={"SANDBOX_MODE": "app"})
        app = stack.enter_context(warm_app(home / "app", "x = 1", policy=shown))
        running["viewer"] = stack.enter_context(viewer_kernel(app))
        patch.setattr(forkserver, "run_program", _without_namespaces)
        running["no namespaces"] = stack.enter_context(confined_kernel(policy, fork=False))
        source = (HERE / "kernel_attacks.py").read_text()
        for session in running.values():
            session.run(source)
        yield running


def _without_namespaces(module: str, channel: Channel, arguments: list[str]) -> subprocess.Popen[bytes]:
    assert module == "sandbox.kernels.launch"
    started = subprocess.Popen(
        [sys.executable, str(HERE / "launch_without_namespaces.py"), str(channel.fileno())],
        pass_fds=(channel.fileno(),), env=environment.of_program(forkserver.PACKAGE_PARENT), cwd="/",
    )  # fmt: skip
    channel.close()
    return started


def attempt(session: Session, name: str, facts: dict[str, Any]) -> tuple[bool, str]:
    through, detail = json.loads(session.run(f"print(attempt({name!r}, {facts!r}))"))
    return through, detail


def test_the_kernels_are_what_they_are_called(kernels: dict[str, Session]) -> None:
    full, core = kernels["confined"].manager.confinement, kernels["no namespaces"].manager.confinement
    viewer = kernels["viewer"].manager.confinement
    assert full.confined and core.confined and viewer.confined
    assert {x.name for x in viewer.layers if x.applied} == {x.name for x in full.layers if x.applied}
    assert full.applied("process namespace") == capability().process_namespace
    assert not core.applied("namespaces") and not core.applied("process namespace")


@pytest.mark.parametrize("name", sorted(kernel_attacks.ATTACKS))
def test_attack(name: str, kernels: dict[str, Session], range_: dict[str, Any]) -> None:
    through, detail = attempt(kernels["plain"], name, range_)
    if not through and name in kernel_attacks.PRIVILEGED:
        pytest.skip(f"does not work here even without confinement: {detail}")
    assert through, f"the attack itself is broken: {detail}"

    through, detail = attempt(kernels["confined"], name, range_)
    assert not through, f"{name} got through: {detail}"
    through, detail = attempt(kernels["viewer"], name, range_)
    assert not through, f"{name} got through in the kernel of an app's viewer: {detail}"
    if name not in kernel_attacks.NEEDS_NAMESPACES:
        through, detail = attempt(kernels["no namespaces"], name, range_)
        assert not through, f"{name} got through where namespaces are forbidden: {detail}"


def test_nobody_was_hurt(kernels: dict[str, Session], range_: dict[str, Any]) -> None:
    for session in kernels.values():
        assert session.run("print(6 * 7)") == "42\n"
    with duckdb.connect(range_["snapshot"], read_only=True) as con:
        assert con.execute("select count(*) from data").fetchone() == (1000,)
    assert Path(range_["other"], "secret.txt").read_text() == "somebody else's idea"


def test_shared_memory_is_private(kernels: dict[str, Session]) -> None:
    if not kernels["confined"].manager.confinement.applied("shared memory"):
        pytest.skip("no mount namespace on this machine")
    name = f"/dev/shm/sandbox-test-{os.getpid()}"
    kernels["plain"].run(f"open({name!r}, 'w').close()")
    try:
        assert Path(name).exists()
        assert kernels["confined"].run(f"import os; print(os.path.exists({name!r}))") == "False\n"
    finally:
        Path(name).unlink()


def test_memory_of_an_earlier_kernel_is_not_inherited(range_: dict[str, Any]) -> None:
    """The zygote must not keep what one kernel was given: the next one's memory is a copy of the zygote's."""
    folder = Path(range_["home"]) / "project"
    marker = "only-for-the-first-kernel"
    with confined_kernel(KernelPolicy(writable=(folder,), env={"FIRST": marker * 200})) as first:
        assert first.run("import os; print(len(os.environ['FIRST']))") == f"{len(marker) * 200}\n"
    search = f"""
half, hits = {marker[:12]!r}.encode(), 0
wanted = half + {marker[12:]!r}.encode()
wanted = wanted + wanted
with open("/proc/self/mem", "rb", buffering=0) as memory:
    for line in open("/proc/self/maps"):
        where, rights = line.split()[:2]
        start, end = (int(part, 16) for part in where.split("-"))
        if "rw" not in rights or "[v" in line or end - start > 1 << 28:
            continue
        try:
            memory.seek(start)
            hits += memory.read(end - start).count(wanted)
        except (OSError, ValueError, OverflowError):
            pass
print(hits)
"""
    with confined_kernel(KernelPolicy(writable=(folder,))) as second:
        assert int(second.run(search)) <= 1  # ``wanted`` itself
