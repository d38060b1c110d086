"""What is left for viewers when kernels, the processes that fork them, or the server itself are killed."""

from __future__ import annotations

import contextlib
import os
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import psutil
import pytest
import websocket

from tests.appserver.conftest import app_server, publish
from tests.appserver.site import APP, Hardened, Viewer


@pytest.fixture(scope="module")
def tmp(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """With an empty folder for the server's temporary files."""
    folder = tmp_path_factory.mktemp("crashes")
    (folder / "temporary").mkdir()
    return folder


@pytest.fixture(scope="module")
def site(tmp: Path) -> Iterator[Hardened]:
    """A server that runs until ``killed``."""
    versions = {APP: publish(tmp / "home", APP, "", "controls")}
    with app_server(tmp / "home", tmp, "", versions, TMPDIR=str(tmp / "temporary")) as running:
        yield running


@dataclass
class Killed:
    """Rita, whose page was open when the server was killed, her kernel, and the server's processes that outlived it."""

    rita: Viewer
    kernel: str
    alive: list[psutil.Process]


@pytest.fixture(scope="module")
def killed(site: Hardened) -> Killed:
    rita = site.viewer("rita")
    kernel = rita.open()
    left = psutil.Process(site.pid).children(recursive=True)
    assert left
    psutil.Process(site.pid).kill()
    return Killed(rita, kernel, psutil.wait_procs(left, timeout=60)[1])


def test_when_every_process_of_apps_is_killed_the_page_is_told_and_the_next_one_opens(site: Hardened) -> None:
    rita = site.viewer("rita")
    kernel = rita.open()
    socket = rita.connect(kernel)
    socket.settimeout(1)
    for process in psutil.Process(site.pid).children(recursive=True):
        with contextlib.suppress(psutil.Error):
            process.kill()
    deadline, told = time.monotonic() + 60, False
    while not told and time.monotonic() < deadline:
        with contextlib.suppress(websocket.WebSocketTimeoutException):
            try:
                heard = socket.recv()
            except websocket.WebSocketConnectionClosedException:
                heard = b""
            # Closed: the page asks for its kernel and learns the same.
            told = not heard or b'"dead"' in heard
    assert told
    socket.close()
    again = rita.open()
    assert again != kernel and rita.alive(again)


def test_a_server_that_is_killed_leaves_no_kernel_and_nothing_among_the_temporary_files(
    killed: Killed, tmp: Path
) -> None:
    assert not killed.alive, "no kernel outlives its server"
    # What kernels use has a place of its own, which the next server clears.
    assert not [left.name for left in (tmp / "temporary").iterdir() if left.name != f"sandbox-{os.getuid()}"]


def test_after_the_server_was_killed_people_come_back_through_the_portal(
    killed: Killed, site: Hardened, tmp: Path
) -> None:
    with app_server(tmp / "home", tmp, "", dict(site.versions)) as next_one:
        rita = killed.rita
        rita.base = rita.origin = next_one.base
        for path in (f"/api/kernels/{killed.kernel}", rita.path()):
            assert rita.request("GET", path).status_code == 401
        page = rita.request("GET", rita.path(), headers={"Accept-Language": "zh-CN"}).text
        assert "请从门户" in page and "Traceback" not in page
        assert next_one.viewer("rita").open()
