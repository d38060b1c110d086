"""The audit log: append-only, hash-chained, in the registry's own transactions; its head is kept beside the keys."""

from __future__ import annotations

import fcntl
import json
from collections.abc import Mapping
from datetime import datetime
from pathlib import Path
from typing import Any

import sqlalchemy as sa

from sandbox.core.events import GENESIS, AuditEvent, verify_chain
from sandbox.store import tables as t
from sandbox.store.keys import Keys
from sandbox.store.workspace import Workspace, write_atomically


class AuditLog:
    """Appends events under the workspace's audit key.

    The head (last seq and hash) is kept in a file of its own, so that events removed from the end are found as well.
    """

    def __init__(self, key: bytes, head_file: Path) -> None:
        self._key, self._head_file = key, head_file

    @classmethod
    def of(cls, workspace: Workspace) -> AuditLog:
        return cls(Keys(workspace).audit_key(), workspace.keys / "audit-head.json")

    def append(
        self,
        connection: sa.Connection,
        *,
        actor: str,
        action: str,
        subject: str,
        now: datetime,
        details: Mapping[str, Any],
        request: str = "",
    ) -> AuditEvent:
        self.lock(connection)
        c = t.audit_events.c
        last = connection.execute(sa.select(c.seq, c.hash).order_by(c.seq.desc()).limit(1)).first()
        seq, previous = (last.seq + 1, last.hash) if last else (1, GENESIS)
        plain = json.loads(json.dumps(dict(details), default=str))
        event = AuditEvent(seq, now, actor, action, subject, plain, request, previous)
        event = AuditEvent(**{**vars(event), "hash": event.compute_hash(self._key)})
        connection.execute(sa.insert(t.audit_events).values(**{**vars(event), "details": plain}))
        return event

    @staticmethod
    def lock(connection: sa.Connection) -> None:
        """One writer at a time, to the end of its transaction: two heads would fork the chain."""
        if connection.dialect.name == "postgresql":
            connection.exec_driver_sql("LOCK TABLE audit_events IN EXCLUSIVE MODE")

    @staticmethod
    def read(connection: sa.Connection, *, subject: str | None = None, limit: int | None = None) -> list[AuditEvent]:
        c = t.audit_events.c
        query = sa.select(t.audit_events).order_by(c.seq.desc())
        if subject:
            query = query.where(c.subject == subject)
        if limit:
            query = query.limit(limit)
        return [AuditEvent(**row._mapping) for row in reversed(connection.execute(query).all())]

    def keep_head(self, seq: int, digest: str) -> None:
        """Remember the chain's last event; several processes may do so at once, and the head never goes back."""
        with self._head_file.with_suffix(".lock").open("w") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            kept = self.head()
            if kept is None or kept[0] < seq:
                write_atomically(self._head_file, json.dumps({"seq": seq, "hash": digest}).encode())

    def head(self) -> tuple[int, str] | None:
        try:
            data = json.loads(self._head_file.read_text())
        except FileNotFoundError:
            return None
        return int(data["seq"]), str(data["hash"])

    def verify(self, connection: sa.Connection) -> int:
        """The number of events in an unbroken chain; raises Damaged naming the first line that does not hold."""
        return verify_chain(self.read(connection), self._key, self.head())
