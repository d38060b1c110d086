"""What this machine can do for kernels, for ``sandbox doctor`` and the admin page: tried out, not guessed.

``capability()`` confines a short-lived process in the same way as a kernel and asks it what was in force.
"""

from __future__ import annotations

import json
import os
import platform
import subprocess
import sys
import tempfile
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from sandbox.core.messages import Message
from sandbox.kernels import environment, landlock, linux, privileges, warmapp
from sandbox.kernels.confine import ConfinementReport, confine
from sandbox.kernels.forkserver import PACKAGE_PARENT
from sandbox.kernels.places import KernelPlace
from sandbox.kernels.policy import KernelPolicy

_NEWEST_NEEDED_ABI = 6  # the first that keeps signals and abstract sockets inside
_PROBE_TIMEOUT = 20  # seconds


_SLOW_APPS = Message(
    "Kernels start as ordinary processes here, and apps are executed anew for every viewer: pages open in seconds. "
    "Forking them needs Linux 5.3 or newer."
)

_APPS_NOT_KEPT = Message(
    "Apps are executed anew for every viewer here: pages open in seconds. To keep them ready, viewers' files must be "
    "held apart by Landlock."
)


@dataclass(frozen=True)
class Capability:
    """What kernels on this machine are confined with.

    ``confined``: files and network are both held (a hostile notebook may run). ``landlock_abi``: 0 means none.
    ``process_namespace``: a kernel sees no foreign process and leaves none behind. ``private_files``: its home is in
    memory of a bounded size. ``fork_server``: kernels start warm. ``apps_kept``: apps wait executed for their viewers.
    ``notes``: what is missing, each with what to do about it, most important first; empty on a good machine.
    """

    confined: bool
    landlock_abi: int
    seccomp: bool
    user_namespaces: bool
    process_namespace: bool
    network_namespace: bool
    private_files: bool
    fork_server: bool
    apps_kept: bool
    root: bool
    interpreter_readable: bool
    notes: tuple[Message, ...]


@cache
def capability() -> Capability:
    """This machine's report; about a tenth of a second at the first call, remembered afterwards."""
    report = _probe()
    return describe(report)


def describe(report: ConfinementReport | None) -> Capability:
    """The capability that follows from what a probe reported (None: it did not run)."""
    root = os.getuid() == 0
    facts = Capability(
        confined=report is not None and report.confined,
        landlock_abi=landlock.abi(),
        seccomp=_applied(report, "seccomp"),
        user_namespaces=_applied(report, "user namespace"),
        process_namespace=_applied(report, "process namespace"),
        network_namespace=_applied(report, "namespaces"),
        private_files=_applied(report, "private files"),
        fork_server=linux.AVAILABLE and linux.has_pidfds(),
        apps_kept=warmapp.AVAILABLE and linux.has_pidfds(),
        root=root,
        # "nobody" stands for any user who is neither root nor the owner of the files
        interpreter_readable=not root or privileges.interpreter_readable(65534, 65534),
        notes=(),
    )
    return Capability(**{**facts.__dict__, "notes": tuple(_notes(facts))})


def _applied(report: ConfinementReport | None, layer: str) -> bool:
    return report is not None and report.applied(layer)


def _notes(facts: Capability) -> list[Message]:
    notes = []
    if not linux.AVAILABLE:
        notes.append(Message(
            "Kernels are NOT confined: {system} on {machine} has no means for it. Run only notebooks that you "
            "trust, or run the sandbox on Linux (x86_64 or aarch64).",
            {"system": platform.system(), "machine": platform.machine()},
        ))  # fmt: skip
        return [*notes, _SLOW_APPS]
    if not facts.landlock_abi:
        notes.append(Message(
            "Kernels are NOT confined to their files: Landlock is missing. Use Linux 5.13 or newer with “landlock” in "
            "the lsm= boot option, and a container runtime whose seccomp profile allows it."
        ))  # fmt: skip
    elif facts.landlock_abi < _NEWEST_NEEDED_ABI:
        notes.append(Message(
            "Landlock is there (ABI {abi}), but only Linux 6.12 and newer also keep a kernel's signals inside (ABI 6).",
            {"abi": facts.landlock_abi},
        ))  # fmt: skip
    if not facts.seccomp:
        notes.append(Message("Kernels are NOT kept off the network: seccomp filters are missing or forbidden here. "
                             "Allow them in the container's security settings."))  # fmt: skip
    if not facts.process_namespace:
        notes.append(Message(
            "Kernels have no process namespace of their own, so they can list other processes' numbers. Allow user "
            "namespaces (user.max_user_namespaces, and in a container an unmasked /proc)."
        ))  # fmt: skip
    if not facts.private_files:
        notes.append(Message(
            "A kernel's private files lie on the disk here and are only counted once a second. Allow user namespaces, "
            "or put the folder for temporary files on a file system of its own."
        ))  # fmt: skip
    if facts.root:
        notes.append(Message(
            "The sandbox runs as root: the limit on processes is looser and root's files are held by Landlock alone. "
            "Run it as an ordinary user."
        ))  # fmt: skip
    if not facts.interpreter_readable:
        notes.append(Message(
            "Only root can read this Python interpreter ({prefix}), so kernels stay root. Use a Python outside root's "
            "home folder.", {"prefix": sys.prefix},
        ))  # fmt: skip
    if not facts.fork_server:
        notes.append(_SLOW_APPS)
    elif not facts.apps_kept:
        notes.append(_APPS_NOT_KEPT)
    return notes


def _probe() -> ConfinementReport | None:
    with tempfile.TemporaryDirectory(prefix="sandbox-probe-") as folder:
        try:
            answer = subprocess.run(
                [sys.executable, "-m", "sandbox.kernels.capability", folder],
                env=environment.of_program(PACKAGE_PARENT), cwd="/", stdin=subprocess.DEVNULL,
                capture_output=True, timeout=_PROBE_TIMEOUT, check=True,
            )  # fmt: skip
            return ConfinementReport.from_json(json.loads(answer.stdout))
        except (OSError, subprocess.SubprocessError, ValueError):
            return None


def _probe_main(folder: str) -> int:
    """In the probe: confine a child as a kernel would be, and print its report."""
    from sandbox.kernels.supervise import supervise

    def body(nested: bool) -> int:
        place = KernelPlace(Path(folder) / "k")
        place.prepare()
        report = confine(KernelPolicy(), place, nested=nested)
        os.write(1, json.dumps(report.to_json()).encode())
        return 0

    return 0 if supervise(body, lambda pid: None) == 0 else 1


if __name__ == "__main__":
    sys.exit(_probe_main(sys.argv[1]))
