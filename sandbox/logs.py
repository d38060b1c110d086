"""Structured logs: one JSON object per line on stderr, for every program alike. No secret, no personal data."""

from __future__ import annotations

import json
import logging
import sys
from collections.abc import Collection
from datetime import UTC, datetime

_STANDARD = frozenset(vars(logging.makeLogRecord({}))) | {"message", "asctime", "taskName"}


class JsonLines(logging.Formatter):
    """Time (UTC), level, logger, message, what was passed as ``extra``, and an exception's traceback.

    ``extras`` are the only names of ``extra`` that are written; None writes all of them.
    """

    def __init__(self, program: str, extras: Collection[str] | None = None) -> None:
        super().__init__()
        self._program, self._extras = program, extras

    def format(self, record: logging.LogRecord) -> str:
        entry = {
            "time": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname,
            "program": self._program,
            "logger": record.name,
            "message": record.getMessage(),
        }
        given = {name: value for name, value in vars(record).items() if name not in _STANDARD}
        entry.update({n: v for n, v in given.items() if self._extras is None or n in self._extras})
        if record.exc_info and record.exc_info[0] is not None:
            entry["traceback"] = self.formatException(record.exc_info)
        return json.dumps(entry, ensure_ascii=False, default=str)


def log_to_stderr(program: str, level: str, extras: Collection[str] | None = None) -> None:
    """Send the logs of this process to stderr as JSON lines; may run twice."""
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(JsonLines(program, extras))
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(level.upper())
