"""The way that is gone before there are viewers: forks copy less, and nothing of it stays."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Mapping

import pytest

from sandbox.kernels import environment, linux

pytestmark = pytest.mark.skipif(not linux.AVAILABLE, reason="forks kernels")

_PROGRAM = """
import asyncio, faulthandler, gc, json, os, resource, signal, sys, tempfile
from ipykernel.kernelbase import Kernel
from ipywidgets.widgets import widget
from sandbox.kernels import forkmemory, forks, linux, warmup, zygote
import comm, io, ipywidgets, matplotlib, pandas, pathlib
from matplotlib import font_manager, pyplot


def copied_by(doing):
    '''What a fork that does this says of its memory.'''
    forkmemory.settle()
    reading, writing = os.pipe()
    if os.fork() == 0:
        forks.run_and_exit(lambda: doing(writing))
    os.close(writing)
    return int(os.read(reading, 20))


def be_viewer(writing):
    '''Pages that a fork touches, from its sockets to the last answer.'''
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
        str(dict.__getitem__(matplotlib.rcParams, "backend")), pyplot.get_fignums(),
        font_manager._get_font.cache_info().currsize,
    ]


def show(writing):
    '''KB of its own that a fork has after a table and a drawing.'''
    pandas.DataFrame({"income": [1.0, 2.0]}).head()._repr_html_()
    figure, axes = pyplot.subplots()
    axes.bar(["North", "South"], [1.0, 2.0])
    axes.set_title("Income")
    figure.savefig(io.BytesIO(), format="png", bbox_inches="tight")
    with open("/proc/self/smaps_rollup") as file:
        os.write(writing, str(sum(int(line.split()[1]) for line in file if line.startswith("Private"))).encode())
    return 0


plain, plainly_shown = copied_by(be_viewer), copied_by(show)
before = state()
problems = zygote.rehearse()
after = state()
asyncio.get_event_loop().close()  # an app's cell may ask for it: there is one
asyncio.set_event_loop_policy(None)
print(json.dumps({"problems": problems, "before": before, "after": after, "plain": plain,
                  "rehearsed": copied_by(be_viewer), "plainly_shown": plainly_shown, "shown": copied_by(show)}))
"""


@pytest.fixture(scope="module")
def seen() -> dict:
    done = subprocess.run(
        [sys.executable, "-W", "ignore", "-c", _PROGRAM], capture_output=True, text=True, timeout=60, check=False
    )
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


def test_nothing_of_it_stays(seen: dict) -> None:
    assert not seen["problems"]
    assert seen["after"] == seen["before"]


def test_forks_copy_less_memory_afterwards(seen: dict) -> None:
    assert seen["rehearsed"] < 0.85 * seen["plain"], seen


def test_forks_copy_less_memory_for_what_they_show_first(seen: dict) -> None:
    assert seen["shown"] < seen["plainly_shown"] - 3000, seen


_ADDRESSES = """
import pandas


def megabytes():
    with open("/proc/self/statm") as file:
        return int(file.read().split()[0]) * 4096 // 2**20


before = megabytes()
kept = pandas.Series(["a text"] * 3)
print(megabytes() - before)
"""


def test_no_kernel_loses_half_of_its_addresses_to_a_text() -> None:
    """Left to itself, Arrow takes a gigabyte of addresses for the first text: a kernel may have two."""
    careless = {name: value for name, value in environment.BASE.items() if not name.startswith("ARROW_")}
    assert addresses_taken_by_a_text(environment.BASE) < 200 < addresses_taken_by_a_text(careless)


def addresses_taken_by_a_text(variables: Mapping[str, str]) -> int:
    """In megabytes."""
    program = [sys.executable, "-c", _ADDRESSES]
    done = subprocess.run(program, env=variables, capture_output=True, text=True, timeout=60, check=True)
    return int(done.stdout)
