"""The way that is gone before there are viewers: forks copy less, and nothing of it stays."""

from __future__ import annotations

import json
import subprocess
import sys

import pytest

from sandbox.kernels import linux

pytestmark = pytest.mark.skipif(not linux.AVAILABLE, reason="forks kernels")

_PROGRAM = """
import asyncio, faulthandler, gc, json, os, resource, signal, sys, tempfile
from ipykernel.kernelbase import Kernel
from ipywidgets.widgets import widget
from sandbox.kernels import forkmemory, forks, linux, warmup, zygote
import comm, ipywidgets, pathlib


def copied_by_a_viewer():
    '''Pages that a fork touches, from its sockets to the last answer.'''
    forkmemory.settle()
    reading, writing = os.pipe()
    if os.fork() == 0:
        forks.run_and_exit(lambda: be_viewer(writing))
    os.close(writing)
    return int(os.read(reading, 20))


def be_viewer(writing):
    with tempfile.TemporaryDirectory() as folder, warmup._as_it_was():
        slider, before = ipywidgets.IntSlider(), resource.getrusage(resource.RUSAGE_SELF).ru_minflt
        warmup._round(warmup._app(), slider, pathlib.Path(folder, "viewer"))
        os.write(writing, str(resource.getrusage(resource.RUSAGE_SELF).ru_minflt - before).encode())
    return 0


def state():
    return [
        sys.stdout is sys.__stdout__, sys.stderr is sys.__stderr__, sys.displayhook is sys.__displayhook__,
        signal.getsignal(signal.SIGINT) is signal.default_int_handler, widget.JUPYTER_WIDGETS_ECHO,
        faulthandler.enable.__module__, Kernel.initialized(),
        len(widget._instances), len(comm.get_comm_manager().comms),
        linux.thread_count(), sys.getprofile(), sorted(os.listdir("/proc/self/fd")),
    ]


plain, before = copied_by_a_viewer(), state()
problems = zygote.rehearse()
after = state()
asyncio.get_event_loop().close()  # an app's cell may ask for it: there is one
asyncio.set_event_loop_policy(None)
print(json.dumps({"problems": problems, "before": before, "after": after, "plain": plain,
                  "rehearsed": copied_by_a_viewer()}))
"""


@pytest.fixture(scope="module")
def seen() -> dict:
    done = subprocess.run(
        [sys.executable, "-W", "ignore", "-c", _PROGRAM], capture_output=True, text=True, timeout=20, check=False
    )
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


def test_nothing_of_it_stays(seen: dict) -> None:
    assert not seen["problems"]
    assert seen["after"] == seen["before"]


def test_forks_copy_less_memory_afterwards(seen: dict) -> None:
    assert seen["rehearsed"] < 0.85 * seen["plain"], seen
