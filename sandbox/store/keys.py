"""The workspace's secret keys: 32 random bytes each, made on first use, readable by the owner only.

A lost entity key is not a leak but the end of joins between old and new snapshots; back up ``keys/`` apart from
``snapshots/``: together they are the raw identifiers.
"""

from __future__ import annotations

import os
import re
import secrets
from pathlib import Path

from sandbox.core.errors import BadInput, Damaged
from sandbox.store.workspace import Workspace

KEY_BYTES = 32


class Keys:
    def __init__(self, workspace: Workspace) -> None:
        self._folder = workspace.keys

    def __repr__(self) -> str:
        return "Keys(…)"

    def entity_key(self, entity: str) -> bytes:
        """The pseudonym key of an entity such as ``customer``."""
        if not re.fullmatch(r"[a-z][a-z0-9_]{0,31}", entity):
            raise BadInput("“{entity}” cannot be used as an entity.", "Use small letters, digits and _.", entity=entity)
        return self._key(f"entity-{entity}.key")

    def audit_key(self) -> bytes:
        return self._key("audit.key")

    def ticket_key(self) -> bytes:
        """Signs the tickets that portal, app server and Lab hand to each other."""
        return self._key("ticket.key")

    def _key(self, name: str) -> bytes:
        path = self._folder / name
        try:
            return _checked(path)
        except FileNotFoundError:
            pass
        self._folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        # Write beside and link: of two processes that make the key at the same moment one wins, both read the winner's.
        beside = self._folder / f".{name}.{os.getpid()}.{secrets.token_hex(4)}"
        descriptor = os.open(beside, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(descriptor, "wb") as file:
            file.write(secrets.token_bytes(KEY_BYTES))
            file.flush()
            os.fsync(file.fileno())
        try:
            os.link(beside, path)
        except FileExistsError:
            pass
        finally:
            beside.unlink()
        return _checked(path)


def _checked(path: Path) -> bytes:
    key = path.read_bytes()
    if len(key) != KEY_BYTES:
        raise Damaged(
            "The key file {file} does not hold {bytes} bytes.",
            "Restore it from a backup; a new key would make new pseudonyms.",
            file=path.name,
            bytes=KEY_BYTES,
        )
    return key
