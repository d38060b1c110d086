"""The workspace's secret keys: 32 random bytes each, made on first use, readable by the owner only.

A lost entity key is not a leak but the end of joins between old and new snapshots; back up ``keys/`` apart from
``snapshots/``: together they are the raw identifiers.

An entity's key has versions: ``entity-customer.key`` is the first one, ``entity-customer.2.key`` the second. The newest
makes new pseudonyms; older ones stay until they are forgotten, so that it can be told which snapshot is of which key.
"""

from __future__ import annotations

import hashlib
import hmac
import os
import re
import secrets
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from sandbox.core.errors import BadInput, Conflict, Damaged, NotFound
from sandbox.store.workspace import Workspace

KEY_BYTES = 32


_ENTITY = r"[a-z][a-z0-9_]{0,31}"


@dataclass(frozen=True)
class KeyVersion:
    """A key of an entity by its ``check`` value, never by its bytes; ``made`` (aware) is when its file was written."""

    entity: str
    version: int
    check: str
    made: datetime


class EntityKeys:
    """The newest keys of entities as they were when each was first asked for: one build never mixes two versions."""

    def __init__(self, keys: Keys) -> None:
        self._keys = keys
        self._seen: dict[str, tuple[int, bytes]] = {}

    def __repr__(self) -> str:
        return "EntityKeys(…)"

    def __call__(self, entity: str) -> bytes:
        if entity not in self._seen:
            self._seen[entity] = self._keys.newest(entity)
        return self._seen[entity][1]

    def version(self, entity: str) -> int:
        """The version of the key that was, or would be, given out."""
        self(entity)
        return self._seen[entity][0]


class Keys:
    def __init__(self, workspace: Workspace) -> None:
        self._folder = workspace.keys

    def __repr__(self) -> str:
        return "Keys(…)"

    def entity_key(self, entity: str) -> bytes:
        """The newest pseudonym key of an entity such as ``customer``; the first one is made on first use."""
        return self.newest(entity)[1]

    def newest(self, entity: str) -> tuple[int, bytes]:
        """(version, key) of the newest key of ``entity``."""
        number = max(self._numbers(entity), default=1)
        return number, self._key(_file(entity, number))

    def entities(self) -> list[str]:
        """Entities that have a key, by name."""
        files = self._folder.glob("entity-*.key") if self._folder.is_dir() else ()
        return sorted({found[1] for f in files if (found := re.fullmatch(rf"entity-({_ENTITY})(\.\d+)?\.key", f.name))})

    def versions(self, entity: str) -> list[KeyVersion]:
        """All keys of ``entity`` that are there, oldest first. Raises Damaged for a file that holds no key."""
        found = []
        for number in self._numbers(entity):
            path = self._folder / _file(entity, number)
            made = datetime.fromtimestamp(path.stat().st_mtime, UTC)
            found.append(KeyVersion(entity, number, check_value(_checked(path)), made))
        return found

    def by_check(self, entity: str, check: str) -> bytes | None:
        """The key of ``entity`` with this check value, whatever its version; None if it is not there."""
        keys = (_checked(self._folder / _file(entity, number)) for number in self._numbers(entity))
        return next((key for key in keys if check_value(key) == check), None)

    def rotate(self, entity: str, known: int = 0) -> KeyVersion:
        """Make the next version of a key; the old ones stay. Raises NotFound for an entity that has none yet.

        ``known`` is the highest version that snapshots name: its file may be lost, its number is not given again.
        """
        numbers = sorted({*self._numbers(entity), *([known] if known else [])})
        if not numbers:
            raise NotFound(
                "The entity “{entity}” has no key yet. There are: {entities}.",
                "Check the name; the first key is made by the first build that needs it.",
                entity=entity,
                entities=", ".join(self.entities()) or "–",
            )
        number = numbers[-1] + 1
        self._key(_file(entity, number))
        return next(v for v in self.versions(entity) if v.version == number)

    def forget(self, entity: str, version: int) -> KeyVersion:
        """Remove an older version for good. Raises NotFound, and Conflict for the newest."""
        versions = self.versions(entity)
        wanted = next((v for v in versions if v.version == version), None)
        if wanted is None:
            raise NotFound(
                "The entity “{entity}” has no key version {version}.",
                "List the keys with `sandbox keys list`.",
                entity=entity,
                version=version,
            )
        if wanted == versions[-1]:
            raise Conflict(
                "Version {version} is the newest key of “{entity}”; builds need it.",
                "Rotate the key first: sandbox keys rotate {entity}",
                entity=entity,
                version=version,
            )
        (self._folder / _file(entity, version)).unlink()
        return wanted

    def _numbers(self, entity: str) -> list[int]:
        if not re.fullmatch(_ENTITY, entity):
            raise BadInput("“{entity}” cannot be used as an entity.", "Use small letters, digits and _.", entity=entity)
        files = self._folder.glob(f"entity-{entity}.*key") if self._folder.is_dir() else ()
        found = (re.fullmatch(rf"entity-{entity}(?:\.([2-9]|[1-9]\d+))?\.key", f.name) for f in files)
        return sorted(int(match[1] or 1) for match in found if match)

    def audit_key(self) -> bytes:
        return self._key("audit.key")

    def signing_key(self) -> bytes:
        """The secret of the key pair that signs certificates. Its public half is everybody's."""
        return self._key("signing.key")

    def learning_key(self) -> bytes:
        """Draws everybody's own questions and practice table in the learning paths."""
        return self._key("learning.key")

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


def check_value(key: bytes) -> str:
    """Tells whether two snapshots were made with one key. Eight digits of an HMAC say nothing about 32 random bytes."""
    return hmac.new(key, b"sandbox key check value", hashlib.sha256).hexdigest()[:8]


def _file(entity: str, version: int) -> str:
    return f"entity-{entity}.key" if version == 1 else f"entity-{entity}.{version}.key"


def _checked(path: Path) -> bytes:
    key = path.read_bytes()
    if path.stat().st_mode & 0o077:
        raise Damaged(
            "The key file {file} can be read by others than its owner.",
            "Find out who could read it. Then `chmod 600` it; and if it may have been copied, rotate the key.",
            file=path.name,
        )
    if len(key) != KEY_BYTES:
        raise Damaged(
            "The key file {file} does not hold {bytes} bytes.",
            "Restore it from a backup; a new key would make new pseudonyms.",
            file=path.name,
            bytes=KEY_BYTES,
        )
    return key
