"""User, resource limits and capabilities of a kernel process."""

from __future__ import annotations

import contextlib
import ctypes
import os
import resource
import stat
import struct
import sys
from pathlib import Path

from sandbox.kernels import linux
from sandbox.kernels.places import KernelPlace
from sandbox.kernels.policy import KernelLimits, KernelPolicy

_CAPSET = {"x86_64": 126, "aarch64": 91}
_CAPABILITY_VERSION_3 = 0x2008_0522
# NOROOT and NO_SETUID_FIXUP with their locks, KEEP_CAPS locked: <linux/securebits.h>
_SECUREBITS = 0x2F


def unprivileged_owner(policy: KernelPolicy) -> tuple[int, int] | None:
    """User and group that root's kernel should run as: the owner of its working folder, if that is not root.

    None when the server is not root, when root owns the folder, or when that user could not read the interpreter
    (a Python below root's home).
    """
    if os.getuid() != 0 or not policy.writable:
        return None
    owner = policy.writable[0].stat()
    if owner.st_uid == 0 or not interpreter_readable(owner.st_uid, owner.st_gid):
        return None
    return owner.st_uid, owner.st_gid


def interpreter_readable(user: int, group: int) -> bool:
    """Whether ``user`` can reach the Python that runs this, its packages, and this package."""
    folders = {Path(sys.prefix), Path(sys.base_prefix).resolve(), Path(__file__).resolve().parent}
    return all(_passable(folder, user, group) for top in folders for folder in (top, *top.parents))


def _passable(folder: Path, user: int, group: int) -> bool:
    status = folder.stat()
    if status.st_uid == user:
        return bool(status.st_mode & stat.S_IXUSR)
    if status.st_gid == group:
        return bool(status.st_mode & stat.S_IXGRP)
    return bool(status.st_mode & stat.S_IXOTH)


def become(user: int, group: int, place: KernelPlace) -> None:
    """Give the kernel's private folder to ``user`` and become that user for good."""
    for folder, _, files in os.walk(place.root):
        os.chown(folder, user, group)
        for name in files:
            os.chown(os.path.join(folder, name), user, group, follow_symlinks=False)  # noqa: PTH118
    os.setgroups([])
    os.setresgid(group, group, group)
    os.setresuid(user, user, user)
    linux.prctl(linux.PR_SET_DUMPABLE, 1)  # or /proc/self belongs to root and the user map cannot be written


def set_limits(limits: KernelLimits) -> None:
    """Resource limits, soft and hard alike, never above what this process has."""
    wanted = {
        resource.RLIMIT_AS: limits.memory_bytes,
        resource.RLIMIT_FSIZE: limits.file_bytes,
        resource.RLIMIT_NOFILE: limits.open_files,
        resource.RLIMIT_CORE: 0,
        resource.RLIMIT_NPROC: limits.processes,
    }
    if limits.cpu_seconds is not None:
        wanted[resource.RLIMIT_CPU] = limits.cpu_seconds
    for kind, value in wanted.items():
        hard = resource.getrlimit(kind)[1]
        ceiling = value if hard == resource.RLIM_INFINITY else min(value, hard)
        resource.setrlimit(kind, (ceiling, ceiling))


def drop_capabilities() -> None:
    """No capability now, and none to be had from any program file."""
    last = int(Path("/proc/sys/kernel/cap_last_cap").read_text())
    for capability in range(last + 1):
        try:
            linux.prctl(linux.PR_CAPBSET_DROP, capability)
        except OSError:
            break  # not privileged: the bounding set is of no use to it either, with no_new_privs
    for option, argument in ((linux.PR_CAP_AMBIENT, linux.PR_CAP_AMBIENT_CLEAR_ALL),
                             (linux.PR_SET_SECUREBITS, _SECUREBITS)):  # fmt: skip
        with contextlib.suppress(OSError):
            linux.prctl(option, argument)
    header = ctypes.create_string_buffer(struct.pack("II", _CAPABILITY_VERSION_3, 0), 8)
    linux.syscall(_CAPSET[os.uname().machine], ctypes.byref(header), ctypes.create_string_buffer(24))
