"""Audit events and their chain: pure, so that anybody can recompute it.

Each event's hash covers its own content and the hash before it, under a key that only the workspace holds. A changed,
removed or reordered event breaks every later hash; removed last events are found by comparing with the kept head.
"""

from __future__ import annotations

import hashlib
import hmac
import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from sandbox.core.errors import Damaged

GENESIS = "0" * 64


@dataclass(frozen=True)
class AuditEvent:
    """Who did what to which thing, when (aware UTC). ``details`` holds no secret and no personal data."""

    seq: int
    time: datetime
    actor: str
    action: str
    subject: str
    details: Mapping[str, Any] = field(default_factory=dict)
    request: str = ""
    previous: str = GENESIS
    hash: str = ""

    def content(self) -> bytes:
        """The canonical bytes that the hash covers."""
        parts = [
            self.seq,
            self.time.isoformat(timespec="microseconds"),
            self.actor,
            self.action,
            self.subject,
            dict(self.details),
            self.request,
            self.previous,
        ]
        return json.dumps(parts, ensure_ascii=False, sort_keys=True, separators=(",", ":")).encode()

    def compute_hash(self, key: bytes) -> str:
        return hmac.new(key, self.content(), hashlib.sha256).hexdigest()


def verify_chain(events: Iterable[AuditEvent], key: bytes, head: tuple[int, str] | None = None) -> int:
    """The number of events in an unbroken chain. ``head`` is the kept (seq, hash) of the last event.

    Raises Damaged, naming the first event that does not hold.
    """
    previous, count, hashes = GENESIS, 0, {0: GENESIS}
    for event in events:
        expected = count + 1
        if event.seq != expected:
            raise Damaged(
                "The audit chain breaks at line {seq}: line {expected} was expected here (removed or reordered).",
                _REMEDY,
                seq=event.seq,
                expected=expected,
            )
        if event.previous != previous or not hmac.compare_digest(event.compute_hash(key), event.hash):
            raise Damaged("The audit chain breaks at line {seq}: the line was changed.", _REMEDY, seq=event.seq)
        previous, count = event.hash, expected
        hashes[count] = previous
    if head is not None and hashes.get(head[0]) != head[1]:
        raise Damaged(
            "The audit chain ends at line {count}, but its head says that there were {expected} lines.",
            _REMEDY,
            count=count,
            expected=head[0],
        )
    return count


_REMEDY = "Keep the workspace as it is, restore the registry from a backup beside it, and compare the two."
