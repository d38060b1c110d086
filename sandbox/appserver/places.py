"""What the app server needs to know about its surroundings; from the settings and the environment of ``sandbox up``."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

from sandbox.core.errors import Unavailable
from sandbox.settings import Settings
from sandbox.store.workspace import Workspace


@dataclass(frozen=True)
class Places:
    """``apps_url`` and ``portal_url`` are absolute and have no final slash; either may have a path (behind a proxy).

    The app server listens on 127.0.0.1 at ``port`` whatever its public address is. It needs of the workspace only
    ``apps/``, ``snapshots/`` and the ticket key.
    """

    workspace: Workspace
    port: int
    apps_url: str
    portal_url: str

    def __post_init__(self) -> None:
        if not self.port:
            raise Unavailable(
                "The app server was given no port.", "Start it with `sandbox up`, or set SANDBOX_APPS_PORT."
            )
        apps, portal = urlsplit(self.apps_url), urlsplit(self.portal_url)
        # Cookies know no ports: on the portal's host name, an app page would share the portal's cookie jar.
        if self.portal_url and apps.hostname == portal.hostname:
            raise Unavailable(
                "The app server would share the host name {host} with the portal.",
                "Give it another host name: localhost beside 127.0.0.1, or a subdomain of its own.",
                host=apps.hostname,
            )

    @classmethod
    def from_environment(cls, settings: Settings, environment: Mapping[str, str] = os.environ) -> Places:
        """From SANDBOX_APPS_PORT, SANDBOX_APPS_URL and SANDBOX_PORTAL_URL."""
        port = settings.apps_port
        return cls(
            Workspace.at(settings.home),
            port,
            environment.get("SANDBOX_APPS_URL", f"http://localhost:{port}").rstrip("/"),
            environment.get("SANDBOX_PORTAL_URL", "").rstrip("/"),
        )

    @property
    def host(self) -> str:
        """The only host name that is answered."""
        return (urlsplit(self.apps_url).hostname or "localhost").lower()

    @property
    def origin(self) -> str:
        """What browsers send as Origin from the server's own pages."""
        parts = urlsplit(self.apps_url)
        return f"{parts.scheme}://{parts.netloc}".lower()

    @property
    def secure(self) -> bool:
        return urlsplit(self.apps_url).scheme == "https"

    @property
    def base_url(self) -> str:
        """The path of the root, with slashes at both ends."""
        path = urlsplit(self.apps_url).path.strip("/")
        return f"/{path}/" if path else "/"

    @property
    def apps(self) -> Path:
        return self.workspace.apps
