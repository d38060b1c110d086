"""Where the three programs are reached from a browser."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from urllib.parse import urlsplit

from sandbox.core.errors import Unavailable


@dataclass(frozen=True)
class Addresses:
    """Absolute URLs without a final slash; ``portal`` may have a path (the base behind a proxy).

    ``labs`` is where the portal asks for people's JupyterLabs. Empty fields mean that the program is not there.
    """

    portal: str
    apps: str = ""
    labs: str = ""

    def __post_init__(self) -> None:
        if self.apps and self.of_apps(urlsplit(self.portal).netloc):
            raise Unavailable(
                "Portal and app server have the same host name, {host}.",
                "Give the app server another one: an app's JavaScript is its author's, and cookies know no ports.",
                host=urlsplit(self.portal).hostname,
            )

    @classmethod
    def from_environment(cls, environment: Mapping[str, str], port: int) -> Addresses:
        """From SANDBOX_PORTAL_URL, SANDBOX_APPS_URL and SANDBOX_LABS_URL."""
        return cls(
            portal=environment.get("SANDBOX_PORTAL_URL", f"http://127.0.0.1:{port}").rstrip("/"),
            apps=environment.get("SANDBOX_APPS_URL", "").rstrip("/"),
            labs=environment.get("SANDBOX_LABS_URL", "").rstrip("/"),
        )

    @property
    def base(self) -> str:
        """The portal's base path without a final slash; empty at the root."""
        return urlsplit(self.portal).path.rstrip("/")

    @property
    def hosts(self) -> frozenset[str]:
        """Host headers that may reach the portal: its own, and loopback by number at the same port."""
        parts = urlsplit(self.portal)
        port = f":{parts.port}" if parts.port else ""
        return frozenset(host for host in (parts.netloc.lower(), f"127.0.0.1{port}") if not self.of_apps(host))

    def of_apps(self, host: str) -> bool:
        """Whether a Host header has the app server's host name. Cookies know no ports: what the portal set there, every
        app's page would send along.
        """
        return bool(self.apps) and urlsplit(f"//{host}").hostname == urlsplit(self.apps).hostname

    @property
    def secure(self) -> bool:
        return urlsplit(self.portal).scheme == "https"


def origin(url: str) -> str:
    """Scheme, host and port of an absolute URL."""
    parts = urlsplit(url)
    return f"{parts.scheme}://{parts.netloc}".lower()
