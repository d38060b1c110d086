"""A snapshot leaves: its rows go, what it said of itself stays in ``retired/<version>`` of its dataset.

In two steps, so that a process that dies between them loses nothing: the folder is renamed to one that nothing lists,
under the registry's lock; after the decision is in the audit chain, the record is kept and the data file is deleted.
"""

from __future__ import annotations

import fcntl
import os
import shutil
import struct
from pathlib import Path

from sandbox.snapshots.certificate import CERTIFICATE
from sandbox.snapshots.manifest import DATA, MANIFEST
from sandbox.snapshots.redteam_report import report_file

RETIRED = "retired"
_ASIDE = ".retiring-"
#: ``struct flock`` of Linux on 64 bits: type, whence, start, length, pid.
_FLOCK = "hhqqi4x"


def put_aside(folder: Path) -> Path:
    """Rename a snapshot's folder so that nobody finds it any more; nothing is deleted yet."""
    aside = folder.with_name(_ASIDE + folder.name)
    folder.rename(aside)
    return aside


def put_back(aside: Path) -> Path:
    """Undo ``put_aside``."""
    folder = aside.with_name(aside.name.removeprefix(_ASIDE))
    aside.rename(folder)
    return folder


def left_aside(parent: Path) -> list[Path]:
    """Folders in ``parent`` (``snapshots/<dataset>``) whose retirement was not finished."""
    return sorted(parent.glob(f"{_ASIDE}*"))


def version_of(aside: Path) -> str:
    return aside.name.removeprefix(_ASIDE)


def finish(aside: Path) -> Path:
    """Keep manifest, certificate and red-team report in ``retired/``, delete the rest. May run twice."""
    version = version_of(aside)
    kept = aside.parent / RETIRED / version
    kept.mkdir(mode=0o700, parents=True, exist_ok=True)
    for name in (MANIFEST, CERTIFICATE):
        if (aside / name).exists():
            (aside / name).replace(kept / name)
    report = report_file(aside.with_name(version))
    if report.exists():
        report.replace(kept / "redteam.json")
    shutil.rmtree(aside)
    return kept


def is_open(folder: Path) -> bool:
    """Whether another process of this machine has the snapshot's database open, such as a kernel of JupyterLab.

    DuckDB holds a lock on every file that it has open; asking for one tells, without taking it.
    """
    try:
        descriptor = os.open(folder / DATA, os.O_RDONLY)
    except OSError:
        return False
    try:
        asked = struct.pack(_FLOCK, fcntl.F_WRLCK, os.SEEK_SET, 0, 0, 0)
        answer = struct.unpack(_FLOCK, fcntl.fcntl(descriptor, fcntl.F_GETLK, asked))
    finally:
        os.close(descriptor)
    return bool(answer[0] != fcntl.F_UNLCK)
