"""What processes that fork others have in common: waiting for orders and ends, and a child that never returns."""

from __future__ import annotations

import os
import select
import sys
from collections.abc import Callable, Mapping, Sequence
from typing import Any, NoReturn

from sandbox.kernels.channel import Channel, Closed


def run_and_exit(body: Callable[[], int]) -> NoReturn:
    """What a forked child does: run ``body`` and end with its status; 1, and the traceback, when it raises."""
    status = 1
    try:
        status = body()
    except SystemExit as error:
        status = error.code if isinstance(error.code, int) else 1
    except BaseException:
        sys.excepthook(*sys.exc_info())
    finally:
        os._exit(status)


def serve_forks(
    control: Channel, fork: Callable[[Mapping[str, Any], Sequence[int]], int], ended: Callable[[int], None]
) -> None:
    """``fork(message, descriptors)`` → pidfd for each order on ``control``, ``ended(pidfd)`` for each end, until the
    orderer is gone. Descriptors may go beyond 1024: poll(), not select().
    """
    poller = select.poll()
    poller.register(control, select.POLLIN)
    while True:
        for descriptor, _ in poller.poll():
            if descriptor != control.fileno():
                poller.unregister(descriptor)
                ended(descriptor)
                continue
            try:
                message, descriptors = control.receive()
            except Closed:
                return
            poller.register(fork(message, descriptors), select.POLLIN)
