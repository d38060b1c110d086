"""A record of what a notebook tried to reach outside its grants: evidence for the examination, not a boundary.

It sees what goes through Python (``sys.addaudithook``): ``open``, ``listdir``, ``connect``. Native code (DuckDB's
own file access, a program that the notebook started) is not seen, and a hostile notebook can silence it. Confinement is
what stops; this only tells the examiner that somebody tried.
"""

from __future__ import annotations

import json
import os
import sys
from pathlib import Path

from sandbox.kernels import grants
from sandbox.kernels.places import KernelPlace
from sandbox.kernels.policy import KernelPolicy

MOST_LINES = 200
_PATH_EVENTS = frozenset({"open", "os.listdir", "os.scandir", "sqlite3.connect", "os.rename", "os.remove", "os.chdir"})


def record(file: Path, policy: KernelPolicy, place: KernelPlace) -> None:
    """Append one JSON line per distinct attempt, ``{"event": …, "target": …}``, to ``file``; at most 200 lines."""
    descriptor = os.open(file, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
    expected, searched = _expected(policy, place), _searched()
    seen: set[tuple[str, str]] = set()

    def hook(event: str, arguments: tuple[object, ...]) -> None:
        if len(seen) >= MOST_LINES:
            return
        target = _target(event, arguments, expected, searched)
        if target is None or (event, target) in seen:
            return
        seen.add((event, target))
        os.write(descriptor, json.dumps({"event": event, "target": target}, ensure_ascii=False).encode() + b"\n")

    sys.addaudithook(hook)


def _expected(policy: KernelPolicy, place: KernelPlace) -> tuple[str, ...]:
    """Folders where access is nobody's business: granted ones, the interpreter, the system."""
    paths = {grant.path for grant in grants.grants_for(policy, place)} | {place.root, Path("/dev"), Path("/etc/ssl")}
    resolved = {path.resolve() for path in paths}
    return tuple(str(path) for path in paths | resolved)


def _searched() -> frozenset[str]:
    """The folders where Python itself looks for packages: importing one lists them (in a checkout, the checkout).

    Looking at such a folder says nothing of the notebook; what lies in it is still told of.
    """
    return frozenset(os.path.realpath(entry) for entry in sys.path if entry)


def _target(
    event: str, arguments: tuple[object, ...], expected: tuple[str, ...], searched: frozenset[str]
) -> str | None:
    """What the attempt was aimed at; None when it is no event of interest or within what is expected."""
    if event == "socket.connect":
        return repr(arguments[1])[:200]
    if event not in _PATH_EVENTS or not arguments:
        return None
    path = arguments[0]
    if isinstance(path, bytes):
        path = os.fsdecode(path)
    if not isinstance(path, str):
        return None  # a descriptor: it was opened before
    full = os.path.realpath(path or ".")
    if full in searched or any(full == folder or full.startswith(folder + "/") for folder in expected):
        return None
    return full[:500]
