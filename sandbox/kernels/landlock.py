"""Landlock: which files a process tree may open, and that it reaches no TCP port, abstract socket or foreign process.

Source: Documentation/userspace-api/landlock.rst of the Linux kernel. The ABI number says which rights a kernel knows;
rights it does not know are left out, and the report says which ABI was there.
"""

from __future__ import annotations

import ctypes
import os
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from sandbox.kernels import linux

_CREATE_RULESET, _ADD_RULE, _RESTRICT_SELF = 444, 445, 446  # the same numbers on every architecture
_VERSION_QUERY = 1
_RULE_PATH_BENEATH = 1
_LOG_SAME_EXEC_OFF = 1

EXECUTE = 1 << 0
WRITE_FILE = 1 << 1
READ_FILE = 1 << 2
READ_DIR = 1 << 3
REMOVE_DIR = 1 << 4
REMOVE_FILE = 1 << 5
MAKE_DIR = 1 << 7
MAKE_REG = 1 << 8
MAKE_SOCK = 1 << 9
MAKE_FIFO = 1 << 10
MAKE_SYM = 1 << 12
REFER = 1 << 13
TRUNCATE = 1 << 14
IOCTL_DEV = 1 << 15
RESOLVE_UNIX = 1 << 16

_FIRST_ABI = (1 << 13) - 1
_LATER = {2: REFER, 3: TRUNCATE, 5: IOCTL_DEV, 9: RESOLVE_UNIX}
_NET_TCP = 3  # bind and connect
_SCOPES = 3  # abstract unix sockets and signals

READ = READ_FILE | READ_DIR
READ_EXECUTE = READ | EXECUTE
#: No EXECUTE, no device nodes, no device ioctl.
WRITE = (
    READ | WRITE_FILE | REMOVE_DIR | REMOVE_FILE | MAKE_DIR | MAKE_REG | MAKE_SOCK | MAKE_FIFO | MAKE_SYM | REFER
    | TRUNCATE
)  # fmt: skip
DEVICE = READ_FILE | WRITE_FILE | TRUNCATE
_FOR_FILES = EXECUTE | WRITE_FILE | READ_FILE | TRUNCATE | IOCTL_DEV | RESOLVE_UNIX


class _RulesetAttr(ctypes.Structure):
    _fields_ = [("fs", ctypes.c_uint64), ("net", ctypes.c_uint64), ("scoped", ctypes.c_uint64)]


class _PathBeneathAttr(ctypes.Structure):
    _pack_ = 1
    _fields_ = [("access", ctypes.c_uint64), ("parent", ctypes.c_int32)]


@dataclass(frozen=True)
class Grant:
    """Rights on a path and everything beneath it. A path that does not exist grants nothing."""

    path: Path
    rights: int


def abi() -> int:
    """Landlock's ABI version; 0 where there is none (not built in, switched off, or refused by a container)."""
    if not linux.AVAILABLE:
        return 0
    try:
        return linux.syscall(_CREATE_RULESET, None, 0, _VERSION_QUERY)
    except OSError:
        return 0


def handled(version: int) -> int:
    """Every file right that ABI ``version`` can refuse."""
    rights = _FIRST_ABI
    for first, right in _LATER.items():
        if version >= first:
            rights |= right
    return rights


def restrict(grants: Iterable[Grant]) -> int:
    """Refuse this process and its descendants everything but ``grants``; returns the ABI used.

    Needs no_new_privs. Raises OSError where Landlock is unavailable; nothing is restricted then.
    """
    version = abi()
    if not version:
        raise OSError("Landlock is not available")
    rights = handled(version)
    attributes = _RulesetAttr(rights, _NET_TCP if version >= 4 else 0, _SCOPES if version >= 6 else 0)
    size = 24 if version >= 6 else 16 if version >= 4 else 8
    ruleset = linux.syscall(_CREATE_RULESET, ctypes.byref(attributes), size, 0)
    try:
        for grant in grants:
            _add(ruleset, grant, rights)
        # Do not fill the machine's audit log with the refusals of a notebook.
        linux.syscall(_RESTRICT_SELF, ruleset, _LOG_SAME_EXEC_OFF if version >= 7 else 0)
    finally:
        os.close(ruleset)
    return version


def _add(ruleset: int, grant: Grant, handled_rights: int) -> None:
    try:
        descriptor = os.open(grant.path, os.O_PATH | os.O_CLOEXEC)
    except OSError:
        return
    try:
        rights = grant.rights & handled_rights
        if not grant.path.is_dir():
            rights &= _FOR_FILES
        if rights:
            attributes = _PathBeneathAttr(rights, descriptor)
            linux.syscall(_ADD_RULE, ruleset, _RULE_PATH_BENEATH, ctypes.byref(attributes), 0)
    finally:
        os.close(descriptor)
