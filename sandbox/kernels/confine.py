"""Confinement of a kernel by itself, in the child process, before any code of a notebook runs.

The order matters; each step is where it is because of a later one:

1. one thread only: a thread that already runs would stay outside Landlock and seccomp;
2. environment: replaced and wiped while this process may still read and write its own memory layout;
3. file mode;
4. namespaces and mounts: they need privileges, which 5 to 8 take away; then the working folder, which may be a mount;
5. user: root becomes the owner of the working folder (when it can: see ``privileges.unprivileged_owner``);
6. own user namespace: makes the process limit count per kernel and takes away what was root's outside;
7. limits; 8. capabilities; 9. death signal, because every change of credentials cleared it;
10. no_new_privs, which Landlock and seccomp ask for; 11. Landlock; 12. not dumpable, only now, because it takes away
    the rights over /proc/self that 6 needs; 13. seccomp last, because it refuses most of the calls used above.

A layer that the machine refuses (EPERM in a container like ENOSYS on an old kernel) is skipped and reported, never
silently: ``ConfinementReport.confined`` says whether what is left holds a hostile notebook.
"""

from __future__ import annotations

import os
import signal
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from sandbox.kernels import environment, landlock, linux, namespaces, privileges, seccomp
from sandbox.kernels.grants import grants_for
from sandbox.kernels.places import KernelPlace
from sandbox.kernels.policy import KernelLimits, KernelPolicy


@dataclass(frozen=True)
class Layer:
    """One layer of confinement: whether it is in force, and with what or why not."""

    name: str
    applied: bool
    detail: str = ""


@dataclass(frozen=True)
class ConfinementReport:
    """What was applied to one kernel. ``milliseconds`` is the time that confining took."""

    layers: tuple[Layer, ...]
    milliseconds: float

    def applied(self, name: str) -> bool:
        return any(layer.name == name and layer.applied for layer in self.layers)

    @property
    def confined(self) -> bool:
        """Files held by Landlock and everything else by seccomp: the least that holds a hostile notebook."""
        return self.applied("landlock") and self.applied("seccomp")

    def to_json(self) -> dict[str, Any]:
        return {"layers": [[x.name, x.applied, x.detail] for x in self.layers], "milliseconds": self.milliseconds}

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> ConfinementReport:
        layers = tuple(Layer(str(name), bool(applied), str(detail)) for name, applied, detail in data["layers"])
        return cls(layers, float(data["milliseconds"]))


def confine(policy: KernelPolicy, place: KernelPlace, *, nested: bool = False) -> ConfinementReport:
    """Confine this process for good. ``nested``: it is the first process of a process namespace of its own.

    Raises RuntimeError when there is more than one thread, OSError when a step fails that must not be skipped.
    """
    start = time.perf_counter()
    if linux.thread_count() != 1:
        raise RuntimeError("a process with several threads cannot confine itself")
    environment.replace(environment.of_kernel(place, policy.env))
    os.umask(0o077)
    layers = (Layer("environment", True), *_take_away(policy, place, nested))
    return ConfinementReport(layers, round((time.perf_counter() - start) * 1000, 2))


def _take_away(policy: KernelPolicy, place: KernelPlace, nested: bool) -> Iterator[Layer]:
    if not linux.AVAILABLE:
        os.chdir(policy.writable[0] if policy.writable else place.home)
        yield _try("limits", lambda: privileges.set_limits(policy.limits))
        yield Layer("landlock", False, "not Linux on x86_64 or aarch64")
        yield Layer("seccomp", False, "not Linux on x86_64 or aarch64")
        return
    grants = list(grants_for(policy, place))
    yield from _namespaces(policy.limits, place, nested)
    os.chdir(policy.writable[0] if policy.writable else place.home)
    yield _user(policy, place)
    yield _try("user namespace", namespaces.enter_user_namespace)
    yield _try("limits", lambda: privileges.set_limits(policy.limits))
    yield _try("capabilities", privileges.drop_capabilities)
    linux.die_with_parent(signal.SIGKILL)
    linux.prctl(linux.PR_SET_NO_NEW_PRIVS, 1)
    yield _try("landlock", lambda: f"ABI {landlock.restrict(grants)}")
    linux.prctl(linux.PR_SET_DUMPABLE, 0)
    yield _try("seccomp", seccomp.install)


def _namespaces(limits: KernelLimits, place: KernelPlace, nested: bool) -> Iterator[Layer]:
    separated = _try("namespaces", namespaces.separate)
    yield separated
    if nested:
        namespaces.mount_proc()  # no "try": with another namespace's /proc, this process would not be itself in it
    yield Layer("process namespace", nested, "" if nested else "processes of the same user can be listed")
    if separated.applied:
        yield _try("shared memory", lambda: namespaces.mount_shared_memory(limits.memory_bytes // 4))
        yield _try("private files", lambda: place.mount_scratch(limits.scratch_bytes))
    if nested:
        yield _try("process bound", lambda: f"{namespaces.bound_processes(limits.processes)}")


def _user(policy: KernelPolicy, place: KernelPlace) -> Layer:
    owner = privileges.unprivileged_owner(policy)
    if owner is not None:
        privileges.become(*owner, place)
        return Layer("user", True, f"runs as user {owner[0]}")
    if os.getuid() != 0:
        return Layer("user", True, "runs as the server's own user, who is not root")
    return Layer("user", False, "runs as root: root owns its folder, or others cannot read this Python interpreter")


def _try(name: str, step: Callable[[], object]) -> Layer:
    try:
        result = step()
    except OSError as error:
        return Layer(name, False, error.strerror or str(error))
    return Layer(name, True, result if isinstance(result, str) else "")
