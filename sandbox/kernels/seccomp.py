"""seccomp: which system calls a kernel can make at all. Installed last, because it refuses what the steps before need.

Landlock decides about files; this filter closes what Landlock cannot see: every socket but local streams between the
kernel's own processes, changing the owner or time of files, other processes' memory, io_uring, keys, mounts.
"""

from __future__ import annotations

import ctypes
import errno
import platform
import struct

from sandbox.kernels import linux
from sandbox.kernels.syscall_numbers import AUDIT_ARCH, FIRST_UNKNOWN, NUMBERS

# <linux/filter.h>: opcodes of classic BPF
_LOAD, _JUMP_EQUAL, _JUMP_GREATER_EQUAL, _JUMP_BITS, _RETURN, _AND = 0x20, 0x15, 0x35, 0x45, 0x06, 0x54
# <linux/seccomp.h>
_ALLOW, _ERRNO, _KILL_PROCESS = 0x7FFF_0000, 0x0005_0000, 0x8000_0000
_SET_MODE_FILTER = 1
_SECCOMP = {"x86_64": 317, "aarch64": 277}

_NEW_NAMESPACES = 0x7E02_0000  # CLONE_NEW{NS,CGROUP,UTS,IPC,USER,PID,NET}
_AF_UNIX, _SOCK_STREAM, _TYPE_MASK = 1, 1, 0xF
_TIOCSTI, _TIOCLINUX = 0x5412, 0x541C
_F_SETLEASE, _F_NOTIFY = 1024, 1026
_X32 = 0x4000_0000


def _names(text: str) -> tuple[str, ...]:
    return tuple(text.split())


#: Refused with EPERM: other processes, mounts, the machine itself, shared objects with a global name, changing users.
REFUSED = _names("""
    ptrace process_vm_readv process_vm_writev kcmp pidfd_getfd process_madvise process_mrelease
    bpf perf_event_open userfaultfd add_key request_key keyctl
    mount umount2 pivot_root chroot move_mount open_tree fsopen fsconfig fsmount fspick mount_setattr open_tree_attr
    setns unshare kexec_load kexec_file_load init_module finit_module delete_module reboot swapon swapoff acct
    quotactl quotactl_fd iopl ioperm syslog settimeofday clock_settime adjtimex clock_adjtime sethostname
    setdomainname personality name_to_handle_at open_by_handle_at fanotify_init lookup_dcookie vhangup move_pages
    migrate_pages nfsservctl modify_ldt uselib _sysctl ustat sysfs vmsplice
    shmget shmat shmctl semget semop semctl semtimedop msgget msgsnd msgrcv msgctl mq_open mq_unlink
    inotify_add_watch setuid setgid setreuid setregid setresuid setresgid setfsuid setfsgid setgroups
""")

#: Refused as if the kernel did not have them, because libraries then take another way. memfd: its pages count against
#: no limit of the process. clone3: its flags are behind a pointer that a filter cannot read.
ABSENT = _names("io_uring_setup io_uring_enter io_uring_register memfd_create memfd_secret clone3")

#: Answered with success, and nothing happens: ``shutil.copy2`` and friends keep working on the kernel's own files;
#: Landlock alone would let them change the mode and time of files that were only granted for reading.
IGNORED = _names("""
    chmod fchmod fchmodat fchmodat2 chown fchown lchown fchownat utime utimes futimesat utimensat
    setxattr lsetxattr fsetxattr setxattrat removexattr lremovexattr fremovexattr removexattrat
""")


class _Program:
    """A classic BPF program over ``struct seccomp_data``, written top to bottom."""

    def __init__(self) -> None:
        self._code: list[bytes] = []

    def add(self, code: int, value: int, if_true: int = 0, if_false: int = 0) -> None:
        self._code.append(struct.pack("HBBI", code, if_true, if_false, value & 0xFFFF_FFFF))

    def refuse(self, number: int, error: int) -> None:
        self.add(_JUMP_EQUAL, number, 0, 1)
        self.add(_RETURN, _ERRNO | error)

    def block(self, number: int, steps: list[tuple[int, int, int, int]]) -> None:
        """``steps`` run only for call ``number``; afterwards the call number is loaded again for the next rule."""
        self.add(_JUMP_EQUAL, number, 0, len(steps) + 1)
        for step in steps:
            self.add(*step)
        self.load_number()

    def load_number(self) -> None:
        self.add(_LOAD, 0)

    def bytes(self) -> bytes:
        return b"".join(self._code)


def _argument(index: int) -> int:
    """Offset of the low half of an argument in ``struct seccomp_data`` (both architectures are little-endian)."""
    return 16 + 8 * index


def program(machine: str | None = None) -> bytes:
    """The filter for ``machine`` (``platform.machine()``: x86_64 or aarch64)."""
    machine = machine or platform.machine()
    numbers = NUMBERS[machine]
    code = _Program()
    code.add(_LOAD, 4)
    code.add(_JUMP_EQUAL, AUDIT_ARCH[machine], 1, 0)
    code.add(_RETURN, _KILL_PROCESS)  # 32-bit entry points would need a second table
    code.load_number()
    if machine == "x86_64":
        code.add(_JUMP_GREATER_EQUAL, _X32, 0, 1)
        code.add(_RETURN, _ERRNO | errno.ENOSYS)
    code.add(_JUMP_GREATER_EQUAL, FIRST_UNKNOWN, 0, 1)
    code.add(_RETURN, _ERRNO | errno.ENOSYS)
    for names, error in ((REFUSED, errno.EPERM), (ABSENT, errno.ENOSYS), (IGNORED, 0)):
        for name in names:
            if name in numbers:
                code.refuse(numbers[name], error)
    _sockets(code, numbers)
    _processes(code, numbers)
    code.add(_RETURN, _ALLOW)
    return code.bytes()


def _sockets(code: _Program, numbers: dict[str, int]) -> None:
    """Local streams only, and connecting to nobody: binding and accepting is all that an ipc kernel needs."""
    code.refuse(numbers["connect"], errno.EACCES)
    # EOPNOTSUPP: when netlink is refused, the one error after which libzmq's getifaddrs() does not abort().
    refuse = (_RETURN, _ERRNO | errno.EOPNOTSUPP, 0, 0)
    stream = [
        (_LOAD, _argument(1), 0, 0), (_AND, _TYPE_MASK, 0, 0),
        (_JUMP_EQUAL, _SOCK_STREAM, 1, 0), (_RETURN, _ERRNO | errno.EACCES, 0, 0),
    ]  # fmt: skip
    family = [(_LOAD, _argument(0), 0, 0), (_JUMP_EQUAL, _AF_UNIX, 1, 0), refuse]
    code.block(numbers["socket"], family + stream)
    # One end of a datagram pair could send to any socket that has a path.
    code.block(numbers["socketpair"], stream)


def _processes(code: _Program, numbers: dict[str, int]) -> None:
    code.block(numbers["clone"], [
        (_LOAD, _argument(0), 0, 0), (_JUMP_BITS, _NEW_NAMESPACES, 0, 1), (_RETURN, _ERRNO | errno.EPERM, 0, 0),
    ])  # fmt: skip
    # These take a process id: only 0 (the caller itself) passes. libzmq aborts when pthread_setschedparam(), which
    # names its thread, fails: those answer 0 and do nothing.
    for name, error in (("prlimit64", errno.EPERM), ("sched_setaffinity", 0), ("sched_setscheduler", 0),
                        ("sched_setparam", 0), ("sched_setattr", 0)):  # fmt: skip
        code.block(numbers[name], [
            (_LOAD, _argument(0), 0, 0), (_JUMP_EQUAL, 0, 1, 0), (_RETURN, _ERRNO | error, 0, 0),
        ])  # fmt: skip
    for name, own_kind in (("setpriority", 0), ("ioprio_set", 1)):  # PRIO_PROCESS, IOPRIO_WHO_PROCESS
        code.block(numbers[name], [
            (_LOAD, _argument(0), 0, 0), (_JUMP_EQUAL, own_kind, 0, 2),
            (_LOAD, _argument(1), 0, 0), (_JUMP_EQUAL, 0, 1, 0),
            (_RETURN, _ERRNO | errno.EPERM, 0, 0),
        ])  # fmt: skip
    # A lease on a file that was granted for reading (a snapshot, a library) keeps everybody else who opens it waiting
    # for 45 seconds, again and again.
    code.block(numbers["fcntl"], [
        (_LOAD, _argument(1), 0, 0), (_JUMP_EQUAL, _F_SETLEASE, 1, 0), (_JUMP_EQUAL, _F_NOTIFY, 0, 1),
        (_RETURN, _ERRNO | errno.EPERM, 0, 0),
    ])  # fmt: skip
    code.block(numbers["ioctl"], [
        (_LOAD, _argument(1), 0, 0), (_JUMP_EQUAL, _TIOCSTI, 1, 0), (_JUMP_EQUAL, _TIOCLINUX, 0, 1),
        (_RETURN, _ERRNO | errno.EPERM, 0, 0),
    ])  # fmt: skip


class _FilterProgram(ctypes.Structure):
    _fields_ = [("length", ctypes.c_ushort), ("filter", ctypes.c_void_p)]


def install() -> None:
    """Filter this process and its descendants for good. Needs no_new_privs; raises OSError where refused."""
    machine = platform.machine()
    if machine not in _SECCOMP:
        raise OSError(errno.ENOSYS, f"no system call table for {machine}")
    code = program(machine)
    buffer = ctypes.create_string_buffer(code, len(code))
    filter_program = _FilterProgram(len(code) // 8, ctypes.addressof(buffer))
    linux.syscall(_SECCOMP[machine], _SET_MODE_FILTER, 0, ctypes.byref(filter_program))
