"""What every workflow needs, opened once per process and passed in: settings, workspace, registry, keys, clock."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from sandbox.settings import Settings
from sandbox.store.audit import AuditLog
from sandbox.store.keys import Keys
from sandbox.store.logins import Logins
from sandbox.store.registry import Registry
from sandbox.store.workspace import Workspace


def utc_now() -> datetime:
    return datetime.now(UTC)


@dataclass(frozen=True)
class Services:
    """``content`` holds datasets/, templates/ and apps/; ``now`` gives aware UTC time."""

    settings: Settings
    workspace: Workspace
    registry: Registry
    keys: Keys
    content: Path
    now: Callable[[], datetime] = utc_now

    @classmethod
    def open(cls, settings: Settings) -> Services:
        """Open the workspace that ``settings`` name, making what is missing (may run twice)."""
        workspace = Workspace.at(settings.home).ensure()
        registry = Registry.open(workspace.registry_file, AuditLog.of(workspace), settings.registry_url)
        return cls(settings, workspace, registry, Keys(workspace), settings.content_dir())

    @property
    def logins(self) -> Logins:
        """Addresses of databases, for snapshot builds."""
        return Logins(self.workspace)

    def close(self) -> None:
        self.registry.close()
