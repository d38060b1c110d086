"""The few Linux calls that Python 3.11 has no name for, through libc. Everything here raises OSError with errno."""

from __future__ import annotations

import ctypes
import os
import platform
import sys

AVAILABLE = sys.platform == "linux" and platform.machine() in ("x86_64", "aarch64")

_libc = ctypes.CDLL(None, use_errno=True)


def has_pidfds() -> bool:
    """Whether a process can be held by a descriptor. Tried: that Python has the call says nothing of the kernel beneath
    it, nor of a container's filter."""
    try:
        os.close(os.pidfd_open(os.getpid()))
    except (AttributeError, OSError):
        return False
    return True


PR_SET_PDEATHSIG = 1
PR_SET_DUMPABLE = 4
PR_CAPBSET_READ = 23
PR_CAPBSET_DROP = 24
PR_SET_SECUREBITS = 28
PR_SET_CHILD_SUBREAPER = 36
PR_SET_NO_NEW_PRIVS = 38
PR_CAP_AMBIENT = 47
PR_CAP_AMBIENT_CLEAR_ALL = 4

CLONE_NEWNS = 0x0002_0000
CLONE_NEWUTS = 0x0400_0000
CLONE_NEWIPC = 0x0800_0000
CLONE_NEWUSER = 0x1000_0000
CLONE_NEWPID = 0x2000_0000
CLONE_NEWNET = 0x4000_0000

MS_NOSUID, MS_NODEV, MS_NOEXEC = 2, 4, 8
MS_REC, MS_PRIVATE = 0x4000, 0x4_0000


def _check(result: int, what: str) -> int:
    if result < 0:
        number = ctypes.get_errno()
        raise OSError(number, os.strerror(number), what)
    return result


def syscall(number: int, *arguments: object) -> int:
    """``syscall(2)``: integers are passed as longs, everything else as ctypes converts it."""
    values = [ctypes.c_long(value) if isinstance(value, int) else value for value in arguments]
    _libc.syscall.restype = ctypes.c_long
    return _check(_libc.syscall(ctypes.c_long(number), *values), f"syscall {number}")


def prctl(option: int, argument: int = 0, second: int = 0) -> int:
    zero = ctypes.c_ulong(0)
    return _check(
        _libc.prctl(ctypes.c_int(option), ctypes.c_ulong(argument), ctypes.c_ulong(second), zero, zero),
        f"prctl {option}",
    )


def release_memory() -> None:
    """Give freed memory back to the system: in a process about to fork, each page that stays is one less to copy."""
    if hasattr(_libc, "malloc_trim"):  # musl has none, and needs none
        _libc.malloc_trim(0)


def fill_free_chunks(limit: int, most: int) -> None:
    """Take for good the free memory of libc's heap that lies in pieces smaller than ``limit`` bytes, ``most`` bytes at
    most. To be called after ``release_memory``, or the heap's end counts as a piece. Nothing where libc is not glibc.
    """
    if not hasattr(_libc, "malloc_trim"):
        return
    _libc.malloc.restype = _libc.sbrk.restype = ctypes.c_void_p
    _libc.malloc.argtypes, _libc.sbrk.argtypes = (ctypes.c_size_t,), (ctypes.c_ssize_t,)
    _libc.free.restype, _libc.free.argtypes = None, (ctypes.c_void_p,)
    end = _libc.sbrk(0) - 4096
    # The large ones are held meanwhile, or they would be cut up for the small.
    large = [piece for power in range(17, 11, -1) for piece in _free_pieces(2**power, end, most)]
    for size in range(limit - 8, 23, -16):
        most -= size * len(_free_pieces(size, end, most))
    for piece in large:
        _libc.free(piece)


def _free_pieces(size: int, end: int, most: int) -> list[int]:
    """All free pieces of ``size`` bytes before the heap's end; they are taken. ``most`` bytes at most."""
    pieces: list[int] = []
    while len(pieces) < most // size:
        piece = _libc.malloc(size)
        if not piece or piece >= end:
            _libc.free(piece)
            break
        pieces.append(piece)
    return pieces


def unshare(flags: int) -> None:
    _check(_libc.unshare(ctypes.c_int(flags)), "unshare")


def setns(descriptor: int, kind: int) -> None:
    _check(_libc.setns(ctypes.c_int(descriptor), ctypes.c_int(kind)), "setns")


def mount(source: str, target: str, kind: str | None, flags: int, data: str | None = None) -> None:
    _check(
        _libc.mount(
            source.encode(), target.encode(), kind.encode() if kind else None, ctypes.c_ulong(flags),
            data.encode() if data else None,
        ),
        f"mount {target}",
    )  # fmt: skip


def thread_count() -> int:
    """Threads of this process; 1 where /proc does not tell (no confinement depends on it there)."""
    try:
        return len(os.listdir("/proc/self/task"))  # noqa: PTH208 - runs in the zygote, where pathlib adds nothing
    except OSError:
        return 1


def die_with_parent(signal_number: int) -> None:
    """The kernel sends ``signal_number`` when the parent (thread) ends; every change of credentials clears it."""
    prctl(PR_SET_PDEATHSIG, signal_number)
