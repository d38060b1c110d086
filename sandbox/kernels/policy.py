"""What one kernel may touch and use. Made by whoever starts the kernel; nothing else is granted to it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from sandbox.core.errors import BadInput

#: Set by the kernel's launcher alone: a policy that changed them could redirect what the launcher prepares.
RESERVED = frozenset({"HOME", "TMPDIR", "PATH", "IPYTHONDIR", "MPLCONFIGDIR", "JOBLIB_TEMP_FOLDER"})
RESERVED_PREFIXES = ("LD_", "PYTHON", "JPY_")


@dataclass(frozen=True)
class KernelLimits:
    """Ceilings of one kernel, enforced by the operating system.

    ``memory_bytes`` is address space per process (pandas with scikit-learn needs 2 GiB), ``cpu_seconds`` processor time
    per process (None: no ceiling), ``processes`` processes and threads together, ``file_bytes`` the largest file it can
    write, ``open_files`` descriptors per process, ``disk_bytes`` what may lie in its folders altogether
    (``diskwatch``), ``scratch_bytes`` the size of its private files, which are in memory where it has its own mounts.
    """

    memory_bytes: int = 2 * 2**30
    cpu_seconds: int | None = None
    processes: int = 64
    file_bytes: int = 256 * 2**20
    open_files: int = 1024
    disk_bytes: int = 2**30
    scratch_bytes: int = 256 * 2**20


@dataclass(frozen=True)
class KernelPolicy:
    """The whole grant of one kernel.

    ``writable``: folders it may change; the first one is its working folder (a private folder if there is none).
    ``readable``: folders or files it may read. ``env``: its complete environment beyond a small fixed base.
    All paths are absolute and must exist when the kernel starts. Raises BadInput for a grant that contradicts itself.
    """

    writable: tuple[Path, ...] = ()
    readable: tuple[Path, ...] = ()
    env: Mapping[str, str] = field(default_factory=dict, repr=False)
    limits: KernelLimits = field(default_factory=KernelLimits)

    def __post_init__(self) -> None:
        object.__setattr__(self, "writable", tuple(Path(path) for path in self.writable))
        object.__setattr__(self, "readable", tuple(Path(path) for path in self.readable))
        for path in (*self.writable, *self.readable):
            if not path.is_absolute():
                raise BadInput("A kernel was to be given {path}, which is not an absolute path.",
                               "Give the full path of the folder.", path=str(path))  # fmt: skip
        self._check_overlap()
        for name in self.env:
            if name in RESERVED or name.startswith(RESERVED_PREFIXES):
                raise BadInput("The variable {name} is set by the sandbox itself and cannot be given to a kernel.",
                               "Use a variable of another name.", name=name)  # fmt: skip

    def _check_overlap(self) -> None:
        """Grants add up, so a read-only folder inside a writable one would be writable."""
        for outer in self.writable:
            for inner in self.readable:
                if inner.resolve().is_relative_to(outer.resolve()):
                    raise BadInput("{inner} is to be read-only, but it lies inside the writable folder {outer}.",
                                   "Keep read-only folders outside the writable ones.",
                                   inner=str(inner), outer=str(outer))  # fmt: skip

    def missing(self) -> tuple[Path, ...]:
        """Granted paths that do not exist."""
        return tuple(path for path in (*self.writable, *self.readable) if not path.exists())

    def to_json(self) -> dict[str, Any]:
        return {
            "writable": [str(path) for path in self.writable],
            "readable": [str(path) for path in self.readable],
            "env": dict(self.env),
            "limits": asdict(self.limits),
        }

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> KernelPolicy:
        return cls(
            writable=tuple(Path(path) for path in data["writable"]),
            readable=tuple(Path(path) for path in data["readable"]),
            env={str(name): str(value) for name, value in data["env"].items()},
            limits=KernelLimits(**data["limits"]),
        )
