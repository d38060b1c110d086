"""A version is opened only while it is what its receipt says: what was examined and approved is what people see.

The whole receipt is recomputed when a version is first opened, and again when anything about its files has changed.
"""

from __future__ import annotations

import asyncio
import logging
from pathlib import Path

from sandbox.core.errors import Damaged
from sandbox.publishing.receipt import verify_receipt

log = logging.getLogger(__name__)

_Traces = tuple[tuple[str, int, int, int, int], ...]


class Receipts:
    """Remembers which versions held, and how their files looked to ``stat`` then."""

    def __init__(self) -> None:
        self._held: dict[Path, _Traces] = {}

    async def check(self, folder: Path, incident: str) -> None:
        """Raise Damaged unless the version in ``folder`` is what its receipt says; the log has the lines by
        ``incident``, which the viewer's page names too.
        """
        # Looked at before it is read: a change in between is seen the next time.
        traces = await asyncio.to_thread(_traces, folder)
        if self._held.get(folder) == traces:
            return
        self._held.pop(folder, None)
        broken = await asyncio.to_thread(verify_receipt, folder)
        if broken:
            log.error(
                "a version is not what its receipt says",
                extra={"request_id": incident, "app": folder.parent.name, "version": folder.name, "lines": broken},
            )
            raise Damaged(
                "This app is not opened, because its files were changed after it was examined.",
                "Tell who runs the sandbox, and name the number below.",
            )
        self._held[folder] = traces


def _traces(folder: Path) -> _Traces:
    """Name, inode, size and times of every file. The time of the last change of any kind cannot be set back."""
    found = []
    for path in sorted(folder.rglob("*")):
        status = path.lstat()
        found.append((str(path), status.st_ino, status.st_size, status.st_mtime_ns, status.st_ctime_ns))
    return tuple(found)
