"""A page whose kernel computes without end costs the others little, and a page that vanished costs nothing for long."""

from __future__ import annotations

import asyncio
import contextlib
import os
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
import websocket

from sandbox.appserver import fairness
from sandbox.appserver.fairness import NICE, Fairness
from sandbox.appserver.gate import Page
from sandbox.appserver.memory import available_memory
from tests.appserver.conftest import app_server, publish
from tests.appserver.site import APP
from tests.appserver.test_warm import admission, warm_apps
from tests.kernels.test_lifecycle import gone, until


@pytest.fixture
def busy() -> Iterator[int]:
    process = subprocess.Popen([sys.executable, "-c", "while True: pass"], start_new_session=True)
    yield process.pid
    process.kill()
    process.wait()


def looks(judge: Fairness, count: int) -> None:
    for _ in range(count):
        time.sleep(0.3)
        list(judge.look())


def test_who_computes_without_end_becomes_less_important(busy: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(fairness, "BUSY", 0.01)  # this machine may have much else to do
    judge = Fairness(lambda: [("kernel", busy)])
    looks(judge, fairness.LOOKS)
    assert os.getpriority(os.PRIO_PROCESS, busy) == os.getpriority(os.PRIO_PROCESS, 0)
    looks(judge, 1)
    assert os.getpriority(os.PRIO_PROCESS, busy) == NICE
    group = Path(f"/proc/{busy}/autogroup")
    if group.exists() and "nice" in group.read_text():
        assert group.read_text().split()[-1] == str(NICE)


@pytest.mark.parametrize("named", [True, False], ids=["by-the-kernel", "by-psutil"])
def test_what_it_started_counts_and_becomes_less_important_too(named: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    """A waits for B, which waits for C, which computes: as where somebody forks to get around it."""
    if named and not fairness._NAMES_CHILDREN:
        pytest.skip("this operating system does not name children")
    monkeypatch.setattr(fairness, "BUSY", 0.01)
    monkeypatch.setattr(fairness, "_NAMES_CHILDREN", named)
    middle = (
        "import subprocess, sys; started = subprocess.Popen([sys.executable, '-c', 'while True: pass']);"
        "print(started.pid, flush=True); started.wait()"
    )
    outer = f"import subprocess, sys; subprocess.run([sys.executable, '-c', {middle!r}])"
    tree = subprocess.Popen([sys.executable, "-c", outer], stdout=subprocess.PIPE, text=True)
    assert tree.stdout
    busy = int(tree.stdout.readline())
    try:
        judge, tried = Fairness(lambda: [("kernel", tree.pid)]), 0
        while os.getpriority(os.PRIO_PROCESS, busy) != NICE and tried < 30:
            looks(judge, 1)  # on a busy machine it may get no processor between two of them
            tried += 1
        assert tried > fairness.LOOKS
        assert [os.getpriority(os.PRIO_PROCESS, pid) for pid in (tree.pid, busy)] == [NICE, NICE]
    finally:
        for pid in (busy, tree.pid):
            os.kill(pid, 9)
        tree.wait()
        tree.stdout.close()


def test_who_waits_stays_as_important(monkeypatch: pytest.MonkeyPatch) -> None:
    idle = subprocess.Popen(["sleep", "60"])
    try:
        looks(Fairness(lambda: [("kernel", idle.pid)]), fairness.LOOKS + 2)
        assert os.getpriority(os.PRIO_PROCESS, idle.pid) == os.getpriority(os.PRIO_PROCESS, 0)
    finally:
        idle.kill()
        idle.wait()


def test_a_kernel_that_ended_is_forgotten(busy: int) -> None:
    judge = Fairness(lambda: [("kernel", busy), ("gone", 2**22 - 1)])
    looks(judge, 2)
    judge._kernels = list
    looks(judge, 1)
    assert not judge._used and not judge._busy


def test_a_kernel_that_nobody_looks_at_ends_however_busy_it_is(tmp_path: Path) -> None:
    version = publish(tmp_path, APP, "", "controls")

    async def story() -> None:
        async with warm_apps(tmp_path) as warm:
            kernels = warm._kernels
            kernels.cull_idle_timeout = 1
            one = await warm.claim(Page(APP, version, "en"), admission(version), "incident")
            two = await warm.claim(Page(APP, version, "en"), admission(version, "mei"), "incident")
            left, watched = one.kernel_id, two.kernel_id
            for kernel_id in (left, watched):
                kernels.notify_connect(kernel_id)
            pid = kernels.get_kernel(left).provisioner.pid
            client = kernels.get_kernel(left).client()
            client.start_channels()
            client.execute("while True: print('never idle')")
            kernels.notify_disconnect(left)
            spare = set(kernels.list_kernel_ids()) - {left, watched}
            await asyncio.sleep(1.2)
            for kernel_id in kernels.list_kernel_ids():
                await kernels.cull_kernel_if_idle(kernel_id)
            client.stop_channels()
            assert left not in kernels
            assert watched in kernels and spare <= set(kernels.list_kernel_ids())
            until(lambda: gone(pid))

    asyncio.run(story())


IMPATIENT = """
import sys
from sandbox.appserver import __main__, server
server.AppServer.heartbeat = 300
configuration = server._configuration
def quick(*given):
    found = configuration(*given)
    found.AppKernels.cull_idle_timeout = found.AppKernels.cull_interval = 1
    return found
server._configuration = quick
sys.exit(__main__.main())
"""


def test_a_browser_that_vanished_is_noticed_and_one_that_answers_stays(tmp_path: Path) -> None:
    """The socket of the vanished one stays open: nobody has told the server anything."""
    versions = {APP: publish(tmp_path / "home", APP, "", "controls")}
    with app_server(tmp_path / "home", tmp_path, "", versions, ("-c", IMPATIENT)) as site:
        here, away = site.viewer("rita"), site.viewer("bob")
        stays, leaves = here.open(), away.open()
        answering, silent = here.connect(stays), away.connect(leaves)
        answering.settimeout(0.05)
        asked, deadline = 0, time.monotonic() + 120
        while (away.alive(leaves) or asked < 20) and time.monotonic() < deadline:
            with contextlib.suppress(websocket.WebSocketTimeoutException):
                asked += answering.recv_data_frame(control_frame=True)[0] == websocket.ABNF.OPCODE_PING
        assert not away.alive(leaves), "its browser has been silent for long"
        assert here.alive(stays) and asked >= 20
        model = here.request("GET", f"/api/kernels/{stays}").json()
        assert model["connections"] == 1, "never parted with, so never taken up again"
        silent.close()
        answering.close()


def test_memory_is_the_machines_or_the_containers(tmp_path: Path) -> None:
    machine = tmp_path / "meminfo"
    machine.write_text("MemTotal: 100 kB\nMemAvailable: 64 kB\n")
    assert available_memory(machine, tmp_path) == 64 * 1024
    (tmp_path / "memory.max").write_text("max\n")
    assert available_memory(machine, tmp_path) == 64 * 1024
    (tmp_path / "memory.max").write_text("40000\n")
    (tmp_path / "memory.current").write_text("30000\n")
    (tmp_path / "memory.stat").write_text("anon 1\ninactive_file 5000\n")
    assert available_memory(machine, tmp_path) == 15000
    assert available_memory(tmp_path / "none", tmp_path / "none") > 2**60
    assert available_memory() < 2**60
