"""The kernel's environment: built from nothing, and the old one wiped from memory."""

from __future__ import annotations

import ctypes
import os
import time
from collections.abc import Mapping
from pathlib import Path

from sandbox.kernels.places import FONTS, KernelPlace, cache_folder

#: One thread per library: a forked process must not inherit a thread pool, and kernels share few processors.
SINGLE_THREADED = {
    "OMP_NUM_THREADS": "1",
    "OPENBLAS_NUM_THREADS": "1",
    "MKL_NUM_THREADS": "1",
    "NUMEXPR_NUM_THREADS": "1",
    "MALLOC_ARENA_MAX": "2",
    "JE_ARROW_MALLOC_CONF": "background_thread:false",  # pyarrow, which pandas imports, has its own jemalloc
    # Arrow's other allocators take a gigabyte of addresses at the first text. A kernel has two
    # (``KernelLimits.memory_bytes``) and would lose half of them at once.
    "ARROW_DEFAULT_MEMORY_POOL": "system",
}

BASE = SINGLE_THREADED | {
    "PATH": "/usr/local/bin:/usr/bin:/bin",
    "LANG": "C.UTF-8",
    "MPLBACKEND": "module://matplotlib_inline.backend_inline",
    "PYTHONDONTWRITEBYTECODE": "1",
    "PYTHONNOUSERSITE": "1",
    "JUPYTER_PLATFORM_DIRS": "1",
}


def of_kernel(place: KernelPlace, given: Mapping[str, str]) -> dict[str, str]:
    """The complete environment of a kernel: the base, its private folders, and what its policy gives."""
    private = {
        "HOME": str(place.home),
        "TMPDIR": str(place.temporary),
        "IPYTHONDIR": str(place.home / ".ipython"),
        "MPLCONFIGDIR": str(place.home / FONTS),
        "JOBLIB_TEMP_FOLDER": str(place.temporary),
        "PYTHONPATH": str(place.modules),
    }
    return BASE | private | dict(given)


def of_program(package_parent: Path) -> dict[str, str]:
    """The environment of our own helper programs (zygote, launch): no variable of the server's reaches them."""
    home = cache_folder()
    return BASE | {
        "PYTHONPATH": str(package_parent),
        "PYTHONUNBUFFERED": "1",
        "HOME": str(home),
        "IPYTHONDIR": str(home / ".ipython"),
        "MPLCONFIGDIR": str(home / FONTS),
    }


def replace(environment: Mapping[str, str]) -> None:
    """Make ``environment`` the only one of this process, also in the memory behind ``/proc/self/environ``."""
    os.environ.clear()
    _wipe_initial_block()
    os.environ.update(environment)
    time.tzset()


def _wipe_initial_block() -> None:
    """Zero the block the process was started with; ``os.environ.clear()`` leaves it readable."""
    try:
        fields = Path("/proc/self/stat").read_text().rsplit(")", 1)[1].split()
    except OSError:
        return
    start, end = int(fields[47]), int(fields[48])  # env_start and env_end: fields 50 and 51 of proc(5)
    if 0 < start < end:
        ctypes.memset(start, 0, end - start)
