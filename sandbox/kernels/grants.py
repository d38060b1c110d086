"""The files that a kernel may open: its policy's, its private folder's, and what Python and its libraries need."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path

from sandbox.kernels.landlock import (
    DEVICE,
    MAKE_DIR,
    MAKE_REG,
    MAKE_SOCK,
    READ,
    READ_EXECUTE,
    READ_FILE,
    REMOVE_DIR,
    REMOVE_FILE,
    TRUNCATE,
    WRITE,
    WRITE_FILE,
    Grant,
)
from sandbox.kernels.places import KernelPlace
from sandbox.kernels.policy import KernelPolicy

PACKAGE = Path(__file__).resolve().parents[1]

SYSTEM = tuple(Path(name) for name in ("/usr", "/lib", "/lib64", "/bin", "/sbin"))
#: One by one: /etc also holds what nobody but the machine may read.
CONFIGURATION = tuple(
    Path("/etc") / name
    for name in (
        "ld.so.cache", "ld.so.conf", "ld.so.conf.d", "localtime", "timezone", "fonts", "passwd", "group",
        "nsswitch.conf", "mime.types", "ssl/certs", "ssl/openssl.cnf", "matplotlibrc", "alternatives",
    )
)  # fmt: skip
#: /proc is its own process namespace's where there is one; psutil, joblib and a kernel's shutdown need it.
MACHINE = tuple(Path(name) for name in ("/proc", "/sys/devices/system/cpu", "/sys/fs/cgroup"))
RANDOM = (Path("/dev/urandom"), Path("/dev/random"))


def interpreter_folders() -> tuple[Path, ...]:
    """Where this Python and its packages are, with and without symbolic links."""
    folders = {Path(sys.prefix), Path(sys.prefix).resolve(), Path(sys.base_prefix), Path(sys.base_prefix).resolve()}
    return tuple(sorted(folders - {Path("/")}))


def grants_for(policy: KernelPolicy, place: KernelPlace) -> Iterator[Grant]:
    """Every grant of one kernel; rights of a path hold for everything beneath it."""
    for path in (*SYSTEM, *interpreter_folders(), PACKAGE):
        yield Grant(path, READ_EXECUTE)
    for path in (*CONFIGURATION, *MACHINE, *RANDOM):
        yield Grant(path, READ)
    for name in ("null", "zero"):
        yield Grant(Path("/dev") / name, DEVICE)
    # No READ_DIR: where /dev/shm is shared with the machine, its names stay unknown.
    yield Grant(Path("/dev/shm"), READ_FILE | WRITE_FILE | MAKE_REG | REMOVE_FILE | TRUNCATE)  # noqa: S108
    yield Grant(place.modules, READ)
    # On the disk even where the private files are not, because the server must reach the sockets: no files here.
    yield Grant(place.sockets, READ | MAKE_SOCK | REMOVE_FILE)
    yield Grant(place.viewers, READ | MAKE_DIR | REMOVE_DIR | MAKE_SOCK | REMOVE_FILE)
    for path in (place.home, place.temporary, *policy.writable):
        yield Grant(path, WRITE)
    for path in policy.readable:
        yield Grant(path, READ)
