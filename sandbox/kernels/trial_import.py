"""In a throw-away confined process: import modules and say what that cost and changed. Printed as one line of JSON.

What is watched is what every kernel would inherit from a zygote that had imported the same.
"""

from __future__ import annotations

import importlib
import json
import os
import signal
import sys
import time
from typing import Any

from sandbox.kernels import linux

#: Names that other modules find changed when one of them is patched.
_WATCHED = ("builtins", "os", "sys", "io", "json", "pickle", "random", "signal", "socket", "subprocess", "threading")
#: What Python itself changes in them.
_CHANGING = ("last_type", "last_value", "last_traceback", "last_exc", "_", "path_importer_cache", "__warningregistry__")
_MOST_BROUGHT = 5000


def tell(names: list[str]) -> None:
    """Import ``names`` in this order and print ``seconds`` (of processor), ``bytes`` (resident memory), ``brought``
    (modules that came with them), ``threads`` (begun meanwhile), ``changed`` (what of the process is no longer as it
    was), and ``problem`` ("" or the exception's name).
    """
    before, state, threads = set(sys.modules), _state(), linux.thread_count()
    memory, start = _resident(), time.process_time()
    problem = ""
    for name in names:
        try:
            importlib.import_module(name)
        except BaseException as error:  # SystemExit too: such a module would end the zygote
            problem = type(error).__name__
            break
    found = {
        "seconds": time.process_time() - start,
        "bytes": max(0, _resident() - memory),
        "threads": linux.thread_count() - threads,
        "brought": [name for name in list(sys.modules) if name not in before][:_MOST_BROUGHT],
        "changed": [what for what, value in _state().items() if value != state[what]],
        "problem": problem,
    }
    sys.stdout.write(f"\n{json.dumps(found)}\n")


def _state() -> dict[str, Any]:
    return {
        "environment": dict(os.environ),
        "folder": os.getcwd(),  # noqa: PTH109 - compared, not used
        "open files": _descriptors(),
        "signals": {number: signal.getsignal(number) for number in signal.valid_signals()},
        "how modules are found": (list(sys.path), list(map(id, sys.meta_path)), list(map(id, sys.path_hooks))),
        "the standard library": {name: _members(name) for name in _WATCHED},
    }


def _members(name: str) -> dict[str, int]:
    """Of one module: name → identity. Without what Python itself changes, and without submodules."""
    members = vars(sys.modules[name]) if name in sys.modules else {}
    return {each: id(value) for each, value in members.items() if each not in _CHANGING}


def _descriptors() -> set[str]:
    try:
        return set(os.listdir("/proc/self/fd"))  # noqa: PTH208 - the listing's own descriptor is the same each time
    except OSError:
        return set()


def _resident() -> int:
    with open("/proc/self/statm") as file:
        return int(file.read().split()[1]) * os.sysconf("SC_PAGE_SIZE")
