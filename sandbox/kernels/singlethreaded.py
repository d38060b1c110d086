"""Keeps libraries in an app's process from having threads: none of them would be there in a fork.

What the environment can say is said there (``environment.SINGLE_THREADED``); DuckDB has to be told at each connection.
"""

from __future__ import annotations

import sys
import time
from typing import Any

from sandbox.kernels import linux

_CONFIG = {"threads": "1", "async_threads": "0"}
_GRACE = 0.3  # seconds in which threads that were told to end do so


def connect_duckdb() -> None:
    """From now on ``duckdb.connect`` opens databases without threads, also those that an author leaves open."""
    duckdb: Any = sys.modules.get("duckdb")
    if duckdb is None:
        return
    native = duckdb.connect

    def connect(database: Any = ":memory:", read_only: bool = False, config: dict[str, Any] | None = None) -> Any:
        return native(database, read_only=read_only, config={**(config or {}), **_CONFIG})

    connect.__doc__ = native.__doc__
    duckdb.connect = connect


def remaining_threads() -> int:
    """Threads of this process, after those that can be told to end have ended."""
    if linux.thread_count() > 1:
        _end_default_connections_threads()
    deadline = time.monotonic() + _GRACE
    while linux.thread_count() > 1 and time.monotonic() < deadline:
        time.sleep(0.01)
    return linux.thread_count()


def _end_default_connections_threads() -> None:
    """Of the connection behind ``duckdb.sql``, which the library opens by itself."""
    duckdb: Any = sys.modules.get("duckdb")
    if duckdb is not None:
        try:
            for name, value in _CONFIG.items():
                duckdb.execute(f"SET {name} = {value}")
        except duckdb.Error:  # its author locked or closed it: the count of threads tells
            return
