"""DuckDB connections as this room opens them, and DuckDB's errors told to people."""

from __future__ import annotations

import errno
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import duckdb

from sandbox.core.errors import BadInput, SandboxError, Unavailable

# Readable by DuckDB 1.4 and later; files of the newest format cannot be opened by older readers.
STORAGE_VERSION = "v1.4.0"
_FULL = (
    "no space left",
    "file too large",
    "quota exceeded",
    "disk full",
    "not enough space",
    "max_temp_directory_size",
)


def connect_staging(folder: Path, *, memory_limit: str, threads: int | None = None) -> duckdb.DuckDBPyConnection:
    """A connection for one build: its working database and everything that spills are inside ``folder``."""
    config: dict[str, str | bool | int | float | list[str]] = {
        "memory_limit": memory_limit,
        "temp_directory": str(folder / "spill"),
        "autoinstall_known_extensions": "false",
        "autoload_known_extensions": "false",
        "preserve_insertion_order": "false",
        # The working database lives as long as the build: finding the best compression would cost more than it saves.
        "force_compression": "uncompressed",
    }
    if threads:
        config["threads"] = threads
    connection = duckdb.connect(str(folder / "work.duckdb"), config=config)
    connection.execute("SET TimeZone = 'UTC'")  # dates must not depend on where the build runs
    return connection


@contextmanager
def connect_private(memory_limit: str = "1GB") -> Iterator[tuple[duckdb.DuckDBPyConnection, Path]]:
    """A throw-away connection and its private folder (0700), both gone afterwards."""
    with tempfile.TemporaryDirectory(prefix="sandbox-source-") as name:
        folder = Path(name)
        connection = connect_staging(folder, memory_limit=memory_limit)
        try:
            yield connection, folder
        finally:
            connection.close()


@contextmanager
def translated(place: str, explain: Callable[[duckdb.Error], SandboxError | None]) -> Iterator[None]:
    """Tell errors of DuckDB and of the operating system as errors with a remedy. ``place`` is what was worked on.

    DuckDB's own texts quote the offending line, which may hold personal data: only their first line is passed on,
    and only when ``explain`` and the known causes have nothing better to say.
    """
    try:
        yield
    except duckdb.Error as error:
        raise explain(error) or _known(place, error) from None
    except OSError as error:
        if error.errno in (errno.ENOSPC, errno.EDQUOT, errno.EFBIG):
            raise disk_full(place) from None
        raise Unavailable(
            "{place}: {problem}.",
            "Check the permissions of the workspace folder and of the disk it is on.",
            place=place,
            problem=error.strerror or str(error),
        ) from None


def _known(place: str, error: duckdb.Error) -> SandboxError:
    text = str(error)
    if any(sign in text.lower() for sign in _FULL):
        return disk_full(place)
    if isinstance(error, duckdb.OutOfMemoryException):
        return Unavailable(
            "{place}: the memory that a build may use was not enough.",
            "Raise the build's memory limit, or leave out columns that nobody needs.",
            place=place,
        )
    if isinstance(error, duckdb.ConversionException):  # its text quotes the value
        return BadInput(
            "{place}: a value is not of the type that its column is declared to have, or that a rule needs.",
            "Correct the value in the source, or declare another `type` for the column, for example VARCHAR.",
            place=place,
        )
    first = text.splitlines()[0] if text else type(error).__name__
    return BadInput(
        "{place} cannot be read as a table: {problem}.",
        "Open the file in the program that wrote it and export it again.",
        place=place,
        problem=first.rstrip("."),
    )


def disk_full(place: str) -> Unavailable:
    return Unavailable(
        "{place}: the disk is full; nothing was published.",
        "Free some space on the disk that holds the workspace, then build again.",
        place=place,
    )
