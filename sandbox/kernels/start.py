"""Start one kernel by the best means that this machine has: forked from the zygote, or else a subprocess."""

from __future__ import annotations

import logging

from sandbox.core.errors import BadInput
from sandbox.kernels import forkserver
from sandbox.kernels.channel import Channel, Closed
from sandbox.kernels.diskwatch import check_room
from sandbox.kernels.places import KernelPlace
from sandbox.kernels.policy import KernelPolicy
from sandbox.kernels.process import AppOrder, KernelProcess

log = logging.getLogger(__name__)


def start_kernel(
    policy: KernelPolicy, place: KernelPlace, *, fork: bool = True, app: AppOrder | None = None
) -> KernelProcess:
    """A confined kernel that serves ``place.connection_file``, or the zygote of an app. Blocks until it is confined
    (tens of milliseconds).

    Raises BadInput for a path that is not there, TooLarge for folders that are full, Unavailable when no kernel comes
    up. ``fork=False`` skips the zygote.
    """
    missing = policy.missing()
    if missing:
        raise BadInput(
            "A kernel was to be given {path}, which does not exist.",
            "Check that the project folder and the snapshots that it uses are still there.",
            path=", ".join(map(str, missing)),
        )
    check_room(policy.writable, policy.limits.disk_bytes)
    process = _forked(policy, place, app) if fork else None
    if process is None:
        near, far = Channel.pair()
        process = KernelProcess(near, policy, forkserver.run_program("sandbox.kernels.launch", far, []))
        process.start(place, app)
    process.watch_disk(place)
    if process.report is not None and not process.report.confined:
        reasons = "; ".join(f"{x.name}: {x.detail}" for x in process.report.layers if not x.applied)
        log.warning("kernel %s is NOT CONFINED on this machine (%s): only run what you trust", process.pid, reasons)
    return process


def _forked(policy: KernelPolicy, place: KernelPlace, app: AppOrder | None) -> KernelProcess | None:
    for _ in range(2):  # a zygote that died is noticed when it is used: the second one is new
        try:
            elsewhere = app is not None and app.trial and (app.shift or app.elsewhere)
            server = forkserver.for_trials() if elsewhere else forkserver.current()
            return server.launch(policy, place, app)
        except Closed:
            continue
        except forkserver.Unfit as problem:
            log.info("no fork server, kernels start as subprocesses: %s", problem)
            return None
    return None
