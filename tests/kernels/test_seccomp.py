from __future__ import annotations

import re
import struct
from pathlib import Path

import pytest

from sandbox.kernels import seccomp
from sandbox.kernels.syscall_numbers import FIRST_UNKNOWN, NUMBERS

HEADERS = {
    "x86_64": (Path("/usr/include/x86_64-linux-gnu/asm/unistd_64.h"), Path("/usr/include/asm/unistd_64.h")),
    "aarch64": (Path("/usr/include/asm-generic/unistd.h"),),
}


@pytest.mark.parametrize("machine", ["x86_64", "aarch64"])
def test_numbers_are_those_of_the_kernel_headers(machine: str) -> None:
    header = next((file for file in HEADERS[machine] if file.exists()), None)
    if header is None:
        pytest.skip(f"the Linux headers for {machine} are not installed")
    found = re.findall(r"#define __NR(?:3264)?_(\w+)\s+(\d+)", header.read_text())
    official = {name: int(number) for name, number in found}
    wrong = {n: (v, official[n]) for n, v in NUMBERS[machine].items() if official.get(n, v) != v}
    assert not wrong
    assert len(set(NUMBERS[machine]) & set(official)) > 80


@pytest.mark.parametrize("machine", ["x86_64", "aarch64"])
def test_every_name_of_a_group_is_in_a_table(machine: str) -> None:
    unknown = {*seccomp.REFUSED, *seccomp.ABSENT, *seccomp.IGNORED} - set(NUMBERS["x86_64"]) - set(NUMBERS["aarch64"])
    assert not unknown
    assert max(NUMBERS[machine].values()) < FIRST_UNKNOWN


def decide(code: bytes, number: int, arguments: tuple[int, ...] = (), arch: int | None = None) -> int:
    """Run a classic BPF program over one ``struct seccomp_data``, as the kernel would."""
    padded = (*arguments, *([0] * (6 - len(arguments))))
    data = struct.pack("iIQ6Q", number, arch if arch is not None else 0xC000003E, 0, *padded)
    steps = list(struct.iter_unpack("HBBI", code))
    value, position = 0, 0
    while True:
        operation, if_true, if_false, k = steps[position]
        position += 1
        if operation == 0x20:
            value = struct.unpack_from("I", data, k)[0]
        elif operation == 0x54:
            value &= k
        elif operation == 0x06:
            return int(k)
        else:
            holds = {0x15: value == k, 0x35: value >= k, 0x45: bool(value & k)}[operation]
            position += if_true if holds else if_false


@pytest.mark.parametrize("machine", ["x86_64", "aarch64"])
def test_refused_calls_fail(machine: str) -> None:
    code = seccomp.program(machine)
    numbers, arch = NUMBERS[machine], {"x86_64": 0xC000003E, "aarch64": 0xC00000B7}[machine]
    allow = 0x7FFF0000

    def outcome(name: str, *arguments: int) -> int:
        return decide(code, numbers[name], arguments, arch)

    for name in (*seccomp.REFUSED, *seccomp.ABSENT):
        if name in numbers:
            assert outcome(name) != allow, name
    for name in seccomp.IGNORED:
        if name in numbers:
            assert outcome(name) == 0x00050000, name
    assert outcome("socket", 1, 1) == allow
    assert outcome("socket", 1, 1 | 0o2000000 | 0o4000) == allow
    for family, kind in ((1, 2), (1, 5), (2, 1), (2, 2), (10, 1), (16, 3), (17, 3), (40, 1)):
        assert outcome("socket", family, kind) != allow, (family, kind)
    assert outcome("socketpair", 1, 1) == allow
    assert outcome("socketpair", 1, 2) != allow
    assert outcome("clone", 0x3D0F00) == allow  # a thread
    assert outcome("clone", 0x10000000 | 17) != allow
    assert outcome("prlimit64", 0) == allow
    assert outcome("prlimit64", 4711) != allow
    assert outcome("setpriority", 0, 0) == allow
    assert outcome("setpriority", 0, 4711) != allow
    assert outcome("setpriority", 2, 0) != allow
    assert outcome("fcntl", 3, 2) == allow
    assert outcome("fcntl", 3, 1024) != allow
    assert outcome("fcntl", 3, 1026) != allow
    assert outcome("ioctl", 1, 0x5401) == allow
    assert outcome("ioctl", 1, 0x5412) != allow
    assert decide(code, FIRST_UNKNOWN, (), arch) != allow
    assert decide(code, 63, (), arch) == allow
    assert decide(code, 63, (), 0x40000003) == 0x80000000  # the 32-bit door
