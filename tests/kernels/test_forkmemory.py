"""What a process's forks have to copy, after its memory was laid out for them."""

from __future__ import annotations

import subprocess
import sys

import pytest

from sandbox.kernels import linux

pytestmark = pytest.mark.skipif(not linux.AVAILABLE, reason="only Linux tells what a process has copied")

_NEW = 600_000  # bytes in new objects of each size

_PROGRAM = """
import os, re, sys
from sandbox.kernels import forkmemory, linux

def copied():
    with open("/proc/self/smaps_rollup") as file:
        return int(re.search(r"Private_Dirty:\\s+(\\d+)", file.read())[1])

def spread(size):
    kept = [bytes(size) for _ in range(12_000_000 // size)]
    del kept[::8]  # a hole in every eighth place
    return kept

kept = [spread(size) for size in {sizes}]
{prepare}
if os.fork() == 0:
    before = copied()
    own = [bytes(size) for size in {sizes} for _ in range({new} // size)]
    print(copied() - before, flush=True)
    os._exit(0)
os.wait()
"""


def _kilobytes_copied(sizes: tuple[int, ...], prepare: str) -> int:
    program = _PROGRAM.format(sizes=sizes, prepare=prepare, new=_NEW)
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True, timeout=60)
    return int(done.stdout)


@pytest.mark.parametrize("sizes", [(200, 400), (900, 2000)], ids=["Python's pools", "libc's chunks"])
def test_new_objects_of_a_fork_lie_together(sizes: tuple[int, ...]) -> None:
    plain = _kilobytes_copied(sizes, "linux.release_memory()")
    assert plain > 2.5 * len(sizes) * _NEW / 1024, "without it, the objects lie in holes, a few to a page"
    assert _kilobytes_copied(sizes, "forkmemory.settle()") < plain / 2


def test_what_is_free_and_whole_is_left_to_the_forks() -> None:
    """Settling a second time finds no holes."""
    program = (
        "from sandbox.kernels import forkmemory; forkmemory.settle(); first = len(forkmemory._filling);"
        "forkmemory.settle(); print(len(forkmemory._filling) - first)"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True, timeout=60)
    assert int(done.stdout) < 1000
