"""The folder in which a snapshot is built, beside its final place; what a killed build left is swept by the next one.

A staging folder begins with a dot, so nothing lists it. Its builder holds a lock on the file ``lock`` for as long as it
lives: the operating system lets go of it however the process ends, so a folder whose lock is free is rubbish. Process
ids would not do: they are reused, and mean nothing to another container that shares the disk.
"""

from __future__ import annotations

import fcntl
import os
import secrets
import shutil
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

PREFIX = ".building-"
_LOCK = "lock"
_FRESH = ".fresh-"
_MOMENT = 60.0  # seconds; making and locking a fresh folder takes far less


@contextmanager
def staging_folder(parent: Path) -> Iterator[Path]:
    """A new private folder in ``parent`` on the same disk; gone afterwards, whatever of it has not been moved out."""
    parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    sweep(parent)
    name = f"{os.getpid()}-{secrets.token_hex(4)}"
    fresh, folder = parent / f"{_FRESH}{name}", parent / f"{PREFIX}{name}"
    fresh.mkdir(mode=0o700)
    descriptor = os.open(fresh / _LOCK, os.O_RDWR | os.O_CREAT, 0o600)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        fresh.rename(folder)  # only now may a sweep see it: it is locked
        yield folder
    finally:
        shutil.rmtree(fresh, ignore_errors=True)
        shutil.rmtree(folder, ignore_errors=True)
        os.close(descriptor)


def sweep(parent: Path) -> int:
    """Remove staging folders whose builder is gone; how many. May run at any time, twice, in parallel."""
    removed = 0
    for folder in (*parent.glob(f"{PREFIX}*"), *parent.glob(f"{_FRESH}*")):
        if _abandoned(folder):
            shutil.rmtree(folder, ignore_errors=True)
            removed += 1
    return removed


def _abandoned(folder: Path) -> bool:
    try:
        if folder.name.startswith(_FRESH):
            return time.time() - folder.stat().st_mtime > _MOMENT
        descriptor = os.open(folder / _LOCK, os.O_RDWR)
    except FileNotFoundError:
        # Half removed by another sweep, or gone by now.
        return folder.exists()
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        return False
    finally:
        os.close(descriptor)
    return True


def publish(folder: Path, final: Path) -> bool:
    """Flush ``folder`` to disk and rename it to ``final``. False when ``final`` exists already (it is left alone)."""
    for file in folder.iterdir():
        _sync(file)
    _sync(folder)
    try:
        folder.rename(final)
    except OSError:
        if final.exists():
            return False
        raise
    _sync(final.parent)
    return True


def _sync(path: Path) -> None:
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
