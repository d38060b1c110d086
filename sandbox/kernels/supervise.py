"""The process between the server and what it starts: it makes the process namespace and waits.

A process namespace begins with a child. When that first child ends, the operating system kills everything that is left
in the namespace; when this process or the server ends, the child does. So nothing stays behind, whatever a notebook
started and however any of them dies.
"""

from __future__ import annotations

import os
import signal
from collections.abc import Callable

from sandbox.kernels import linux, namespaces
from sandbox.kernels.forks import run_and_exit


def supervise(body: Callable[[bool], int], attend: Callable[[int], None]) -> int:
    """Run ``body(nested)`` in a child, in a process namespace where possible, and return the child's wait status.

    ``attend(pid)`` is called here, in the parent, once the child is there; it must start no thread (a process that has
    asked for a process namespace cannot). The child ends with this process.
    """
    nested = namespaces.can_nest()
    if nested:
        namespaces.become_administrator()
        linux.unshare(linux.CLONE_NEWPID)
    child = os.fork()
    if child == 0:
        run_and_exit(lambda: _child(body, nested))
    attend(child)
    return os.waitpid(child, 0)[1]


def _child(body: Callable[[bool], int], nested: bool) -> int:
    if linux.AVAILABLE:
        linux.die_with_parent(signal.SIGKILL)
    return body(nested)
