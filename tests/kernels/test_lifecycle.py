"""Starting, interrupting, restarting, ending; and nothing stays behind, whoever dies first."""

from __future__ import annotations

import asyncio
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import psutil
import pytest

from sandbox.core.errors import BadInput, NotAllowed
from sandbox.kernels import forkserver
from sandbox.kernels.policy import KernelLimits, KernelPolicy
from tests.helpers.kernels import BlockingSandboxManager, Session, confined_kernel, warm_app

BOTH = pytest.mark.parametrize("fork", [True, False], ids=["forked", "cold"])


def until(condition: Callable[[], bool], timeout: float = 60) -> None:
    deadline = time.monotonic() + timeout
    while not condition():
        assert time.monotonic() < deadline, "it did not happen in time"
        time.sleep(0.02)


def gone(pid: int) -> bool:
    """Neither running nor left as a zombie."""
    return not psutil.pid_exists(pid)


def outer_pids(session: Session) -> list[int]:
    """The kernel and everything below it, as numbered here."""
    kernel = psutil.Process(session.manager.provisioner.pid)
    return [kernel.pid, *(child.pid for child in kernel.children(recursive=True))]


def test_without_a_policy_nothing_starts() -> None:
    with pytest.raises(NotAllowed):
        BlockingSandboxManager().start_kernel()


def test_a_missing_folder_is_named(tmp_path: Path) -> None:
    with pytest.raises(BadInput, match="gone"):
        BlockingSandboxManager().start_kernel(policy=KernelPolicy((tmp_path / "gone",)))


@BOTH
def test_end_leaves_no_process_and_no_file(tmp_path: Path, fork: bool) -> None:
    with confined_kernel(KernelPolicy((tmp_path,)), fork=fork) as session:
        session.run("import subprocess, sys; p = subprocess.Popen(['sleep', '600'], start_new_session=True)")
        pids = outer_pids(session)
        assert len(pids) == 2
        place = session.manager.provisioner.place.root
        assert place.is_dir()
    assert not place.exists()
    for pid in pids:
        until(lambda pid=pid: gone(pid))


@BOTH
def test_interrupt(tmp_path: Path, fork: bool) -> None:
    with confined_kernel(KernelPolicy((tmp_path,)), fork=fork) as session:
        request = session.begin("import time; time.sleep(60)")
        start = time.monotonic()
        session.manager.interrupt_kernel()
        reply = session.reply_to(request)
        assert reply["content"]["ename"] == "KeyboardInterrupt"
        assert time.monotonic() - start < 5
        assert session.run("print(1)") == "1\n"


@BOTH
def test_restart_keeps_the_policy_and_forgets_the_rest(tmp_path: Path, fork: bool) -> None:
    with confined_kernel(KernelPolicy((tmp_path,), env={"SANDBOX_MODE": "app"}), fork=fork) as session:
        session.run("x = 1; import os; open(os.environ['HOME'] + '/left', 'w').close()")
        first = session.manager.provisioner.pid
        session.manager.restart_kernel(now=True)
        session.client.wait_for_ready(timeout=30)
        session.run("import os")
        assert session.run("print('x' in globals(), os.path.exists(os.environ['HOME'] + '/left'))") == "False False\n"
        assert session.run("print(os.environ['SANDBOX_MODE'])") == "app\n"
        assert session.manager.provisioner.pid != first
        assert session.manager.confinement.confined
        until(lambda: gone(first))


@BOTH
@pytest.mark.parametrize(
    ("code", "reason"),
    [
        ("import os; os._exit(3)", "crashed"),
        ("import ctypes; ctypes.string_at(0)", "crashed"),
        ("import os, signal; os.kill(os.getpid(), signal.SIGSEGV) or os.abort()", "crashed"),
    ],
)
def test_a_crash_is_noticed(tmp_path: Path, fork: bool, code: str, reason: str) -> None:
    with confined_kernel(KernelPolicy((tmp_path,)), fork=fork) as session:
        session.client.execute(code)
        session.wait_dead()
        assert session.manager.end_reason == reason
        assert session.manager.end.code != 0


def test_kernels_do_not_disturb_each_other(tmp_path: Path) -> None:
    with confined_kernel(KernelPolicy((tmp_path,))) as a, confined_kernel(KernelPolicy((tmp_path,))) as b:
        a.client.execute("import os; os._exit(1)")
        a.wait_dead()
        assert b.run("print('here')") == "here\n"


def test_when_the_zygote_dies_its_kernels_end_and_the_next_one_works(tmp_path: Path) -> None:
    with confined_kernel(KernelPolicy((tmp_path,))) as session:
        server = forkserver.current()
        pids = [*outer_pids(session), *(p.pid for p in psutil.Process(server.pid).children(recursive=True))]
        zygote = psutil.Process(server.pid).children()[0]
        zygote.kill()
        session.wait_dead()
        for pid in pids:
            until(lambda pid=pid: gone(pid))
        until(lambda: not psutil.pid_exists(server.pid))  # not even a zombie
    with confined_kernel(KernelPolicy((tmp_path,))) as session:
        assert session.run("print(1)") == "1\n"
        assert forkserver.current() is not server


_SERVER = """
import sys, time
from pathlib import Path
sys.path.insert(0, {root!r})
from tests.helpers.kernels import confined_kernel
from sandbox.kernels.policy import KernelPolicy
with confined_kernel(KernelPolicy((Path(sys.argv[1]),)), fork=sys.argv[2] == "True") as session:
    session.run("import subprocess; subprocess.Popen(['sleep', '600'], start_new_session=True)")
    print(session.manager.provisioner.pid, flush=True)
    time.sleep(600)
"""


@BOTH
@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGTERM])
def test_when_the_server_dies_nothing_is_left(tmp_path: Path, fork: bool, number: int) -> None:
    code = _SERVER.format(root=str(Path(__file__).resolve().parents[2]))
    server = subprocess.Popen([sys.executable, "-c", code, str(tmp_path), str(fork)], stdout=subprocess.PIPE, text=True)
    assert server.stdout is not None
    kernel = int(server.stdout.readline())
    below = [child.pid for child in psutil.Process(server.pid).children(recursive=True)]
    assert kernel in below
    assert len(below) >= 3
    os.kill(server.pid, number)
    server.wait(10)
    server.stdout.close()
    for pid in below:
        until(lambda pid=pid: gone(pid))


def test_a_forked_copy_of_the_server_has_a_zygote_of_its_own(tmp_path: Path) -> None:
    """A worker that outlives its server must not keep the server's kernels alive, nor end them when it ends."""
    with confined_kernel(KernelPolicy((tmp_path,))) as session:
        worker = os.fork()
        if worker == 0:
            try:
                same = forkserver._kernels.server is not None
            finally:
                os._exit(1 if same else 0)
        assert os.waitstatus_to_exitcode(os.waitpid(worker, 0)[1]) == 0
        assert session.run("print(1)") == "1\n"
        assert forkserver.current().alive()


def test_memory_ends_in_a_memory_error(tmp_path: Path) -> None:
    limits = KernelLimits(memory_bytes=2 * 2**30)
    with confined_kernel(KernelPolicy((tmp_path,), limits=limits)) as session:
        with pytest.raises(RuntimeError, match="MemoryError"):
            session.run("kept = []\nwhile True: kept.append(bytearray(64 << 20))")
        session.run("kept = None")
        assert session.run("print('still here')") == "still here\n"


@BOTH
def test_processor_time_ends_the_kernel_and_says_so(tmp_path: Path, fork: bool) -> None:
    with confined_kernel(KernelPolicy((tmp_path,), limits=KernelLimits(cpu_seconds=3)), fork=fork) as session:
        session.client.execute("while True: pass")
        session.wait_dead()
        assert session.manager.end_reason == "cpu"
        assert session.manager.end.code == -signal.SIGKILL


def test_starting_does_not_block_the_event_loop(tmp_path: Path) -> None:
    from sandbox.kernels.managers import SandboxKernelManager

    forkserver.stop()

    async def longest_gap() -> tuple[float, float]:
        manager = SandboxKernelManager()
        task = asyncio.create_task(manager.start_kernel(policy=KernelPolicy((tmp_path,))))
        began = last = time.perf_counter()
        worst = 0.0
        while not task.done():
            await asyncio.sleep(0.005)
            now = time.perf_counter()
            worst, last = max(worst, now - last), now
        await task
        await manager.shutdown_kernel(now=True)
        return worst, last - began

    worst, whole = asyncio.run(longest_gap())
    # A zygote takes seconds; shares of it, because a machine that does much else makes everything slower.
    assert worst < whole / 2, f"{worst:.2f} of {whole:.2f} seconds"


def test_threads_that_ask_at_once_hear_the_same_end(tmp_path: Path) -> None:
    with warm_app(tmp_path, "x = 1") as app:
        process = app._process
        with ThreadPoolExecutor(8) as threads:
            asked = [threads.submit(process.wait, 20.0) for _ in range(8)]
            os.kill(process.pid, signal.SIGKILL)
            assert {each.result(30) for each in asked} == {-signal.SIGKILL}
