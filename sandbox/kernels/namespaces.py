"""Namespaces: a kernel's own network (empty), processes, shared memory, host name and mounts.

All of it works for an ordinary user through a user namespace; containers often forbid that, and then the kernel goes
without (``confine`` reports it, Landlock and seccomp still hold).
"""

from __future__ import annotations

import os
import signal
import socket
from pathlib import Path

from sandbox.kernels import linux

_CAP_SYS_ADMIN = 21
#: The smallest value that Linux (6.14 and later) takes for a process namespace's own pid_max.
SMALLEST_PID_MAX = 301


def is_administrator() -> bool:
    """Whether this process may make namespaces and mounts (CAP_SYS_ADMIN in its user namespace)."""
    try:
        status = Path("/proc/self/status").read_text()
    except OSError:
        return False
    effective = next((line.split()[1] for line in status.splitlines() if line.startswith("CapEff:")), "0")
    return bool(int(effective, 16) >> _CAP_SYS_ADMIN & 1)


def enter_user_namespace() -> None:
    """A user namespace of its own in which this user and group stay who they are. Raises OSError where forbidden."""
    user, group = os.getuid(), os.getgid()
    linux.unshare(linux.CLONE_NEWUSER)
    Path("/proc/self/setgroups").write_text("deny")
    Path("/proc/self/uid_map").write_text(f"{user} {user} 1\n")
    Path("/proc/self/gid_map").write_text(f"{group} {group} 1\n")


def become_administrator() -> None:
    if not is_administrator():
        enter_user_namespace()


def separate() -> None:
    """Own network without any interface up, own shared memory objects, own host name, own mounts."""
    become_administrator()
    linux.unshare(linux.CLONE_NEWNS | linux.CLONE_NEWNET | linux.CLONE_NEWIPC | linux.CLONE_NEWUTS)
    linux.mount("none", "/", None, linux.MS_REC | linux.MS_PRIVATE)
    socket.sethostname("sandbox")


def mount_proc() -> None:
    """A /proc that shows only this process namespace; needs ``separate`` before."""
    linux.mount("proc", "/proc", "proc", linux.MS_NOSUID | linux.MS_NODEV | linux.MS_NOEXEC)


def mount_shared_memory(size: int) -> None:
    """A /dev/shm of its own, at most ``size`` bytes."""
    linux.mount("tmpfs", "/dev/shm", "tmpfs", linux.MS_NOSUID | linux.MS_NODEV, f"size={size},mode=1777")  # noqa: S108


def bound_processes(count: int) -> int:
    """Let this process namespace give out at most about ``count`` process ids (at least 301); returns the bound.

    RLIMIT_NPROC does not hold for root, this does. Raises OSError before Linux 6.14.
    """
    bound = max(SMALLEST_PID_MAX, count)
    own = Path("/proc/sys/kernel/pid_max")
    before = own.read_text()
    own.write_text(str(bound))
    if own.read_text() == before:
        raise OSError("pid_max is not per namespace")
    return bound


def can_nest() -> bool:
    """Try, in a child, a process namespace with its own /proc. The caller must have one thread."""
    return _succeeds(_try_nesting)


def _try_nesting() -> None:
    become_administrator()
    linux.unshare(linux.CLONE_NEWPID)
    if not _succeeds(_try_proc):
        raise OSError("no /proc of its own")


def _try_proc() -> None:
    separate()
    mount_proc()


def _succeeds(attempt: object) -> bool:
    if not linux.AVAILABLE:
        return False
    child = os.fork()
    if child == 0:
        status = 1
        try:
            signal.signal(signal.SIGINT, signal.SIG_IGN)
            attempt()  # type: ignore[operator]
            status = 0
        finally:
            os._exit(status)
    return os.waitpid(child, 0)[1] == 0
