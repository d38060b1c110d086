"""What is left for viewers when kernels, the processes that fork them, or the server itself are killed."""

from __future__ import annotations

import contextlib
import os
import signal
import time
from pathlib import Path

import psutil
import websocket

from tests.appserver.conftest import app_server, publish
from tests.appserver.site import APP


def test_when_every_process_of_apps_is_killed_the_page_is_told_and_the_next_one_opens(tmp_path: Path) -> None:
    versions = {APP: publish(tmp_path / "home", APP, "", "controls")}
    with app_server(tmp_path / "home", tmp_path, "", versions) as site:
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


def test_after_the_server_was_killed_people_come_back_through_the_portal(tmp_path: Path) -> None:
    versions = {APP: publish(tmp_path / "home", APP, "", "controls")}
    with app_server(tmp_path / "home", tmp_path, "", versions) as site:
        rita = site.viewer("rita")
        kernel = rita.open()
        left = psutil.Process(site.pid).children(recursive=True)
        psutil.Process(site.pid).kill()
        gone, alive = psutil.wait_procs(left, timeout=60)
        assert gone and not alive, "no kernel outlives its server"
    with app_server(tmp_path / "home", tmp_path, "", versions) as site:
        rita.base = rita.origin = site.base
        for path in (f"/api/kernels/{kernel}", rita.path()):
            assert rita.request("GET", path).status_code == 401
        page = rita.request("GET", rita.path(), headers={"Accept-Language": "zh-CN"}).text
        assert "请从门户" in page and "Traceback" not in page
        assert site.viewer("rita").open()


def test_a_server_that_is_killed_leaves_nothing_among_the_temporary_files(tmp_path: Path) -> None:
    temporary = tmp_path / "temporary"
    temporary.mkdir()
    versions = {APP: publish(tmp_path / "home", APP, "http://127.0.0.1:1", "controls")}
    with app_server(tmp_path / "home", tmp_path, "http://127.0.0.1:1", versions, TMPDIR=str(temporary)) as site:
        site.viewer("rita").open()
        os.kill(site.pid, signal.SIGKILL)
    # What kernels use has a place of its own, which the next server clears.
    assert not [left.name for left in temporary.iterdir() if left.name != f"sandbox-{os.getuid()}"]
