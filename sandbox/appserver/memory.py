"""How much memory is left for kernels."""

from __future__ import annotations

from pathlib import Path

_CGROUP = Path("/sys/fs/cgroup")


def available_memory(machine: Path = Path("/proc/meminfo"), group: Path = _CGROUP) -> int:
    """Bytes that can be had without swapping: the machine's, or the container's if that is less.

    Very much where the machine does not tell (not Linux): the operating system then decides alone.
    """
    left = 2**62
    try:
        for line in machine.read_text().splitlines():
            if line.startswith("MemAvailable:"):
                left = int(line.split()[1]) * 1024
        limit = (group / "memory.max").read_text().strip()
        if limit != "max":
            left = min(left, int(limit) - int((group / "memory.current").read_text()) + _cache(group))
    except (OSError, ValueError):
        return left
    return left


def _cache(group: Path) -> int:
    """Of what the container uses, bytes that are only copies of files."""
    for line in (group / "memory.stat").read_text().splitlines():
        if line.startswith("inactive_file "):
            return int(line.split()[1])
    return 0
