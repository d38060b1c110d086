"""What the Lab server needs to know about its surroundings; from the settings and the environment of ``sandbox up``."""

from __future__ import annotations

import os
import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

from sandbox.core.errors import BadInput, Unavailable
from sandbox.core.ids import check_slug
from sandbox.core.learning import BADGES
from sandbox.settings import Settings
from sandbox.store.workspace import Workspace

NOTEBOOK = "notebook.ipynb"
#: The app part of a project's notebook as its viewers will see it; made when it is asked for, never on disk.
PREVIEW = "app-preview.ipynb"

#: Begins the folder of a learning path; the dot keeps it from being the name of a project.
LEARNING = "learning."


@dataclass(frozen=True)
class Places:
    """``lab_url`` and ``portal_url`` are absolute without a final slash. ``owner`` is the person whose Lab this is.

    One that is not ``lasting`` ends when nobody has worked in it for long.
    """

    workspace: Workspace
    port: int
    owner: str
    lab_url: str
    portal_url: str
    token_file: Path
    lasting: bool = True

    def __post_init__(self) -> None:
        missing = [
            name
            for name, value in (
                ("SANDBOX_LAB_PORT", self.port),
                ("SANDBOX_LAB_OWNER", self.owner),
                ("SANDBOX_PORTAL_URL", self.portal_url),
                ("SANDBOX_API_TOKEN_FILE", self.token_file.name),
            )
            if not value
        ]
        if missing:
            raise Unavailable(
                "JupyterLab cannot start without {names}.",
                "Start it with `sandbox up`, which sets them.",
                names=", ".join(missing),
            )
        check_slug(self.owner)

    @classmethod
    def from_environment(cls, settings: Settings, environment: Mapping[str, str] = os.environ) -> Places:
        """From SANDBOX_LAB_PORT, _LAB_OWNER, _LAB_URL, _PORTAL_URL, _API_TOKEN_FILE and _LAB_LASTS."""
        return cls(
            Workspace.at(settings.home),
            settings.lab_port,
            environment.get("SANDBOX_LAB_OWNER", ""),
            environment.get("SANDBOX_LAB_URL", f"http://127.0.0.1:{settings.lab_port}").rstrip("/"),
            environment.get("SANDBOX_PORTAL_URL", "").rstrip("/"),
            Path(environment.get("SANDBOX_API_TOKEN_FILE", "")),
            environment.get("SANDBOX_LAB_LASTS", "yes") == "yes",
        )

    @property
    def root(self) -> Path:
        """The person's folder: Lab's file browser sees nothing else."""
        return self.workspace.projects / self.owner

    @property
    def private(self) -> Path:
        """Jupyter's configuration, data and run files of this Lab."""
        return self.workspace.run / "lab" / self.owner

    @property
    def base_url(self) -> str:
        path = urlsplit(self.lab_url).path.strip("/")
        return f"/{path}/" if path else "/"

    @property
    def host(self) -> str:
        return (urlsplit(self.lab_url).hostname or "127.0.0.1").lower()

    @property
    def origin(self) -> str:
        parts = urlsplit(self.lab_url)
        return f"{parts.scheme}://{parts.netloc}".lower()

    def project_of(self, path: str) -> str | None:
        """The slug of the project that an API path lies in: the name of its first folder; None outside of one."""
        first = path.strip("/").split("/")[0]
        try:
            slug = check_slug(first)
        except BadInput:
            return None
        folder = self.root / slug
        return slug if folder.is_dir() and not folder.is_symlink() else None

    def learning_of(self, path: str) -> str | None:
        """The learning path whose folder an API path lies in; None outside of one."""
        first = path.strip("/").split("/")[0]
        name = first.removeprefix(LEARNING)
        folder = self.root / first
        fits = first.startswith(LEARNING) and name in BADGES and folder.is_dir() and not folder.is_symlink()
        return name if fits else None

    def learning_folder(self, name: str) -> Path:
        return self.root / f"{LEARNING}{name}"

    def submission_url(self, slug: str, number: int) -> str:
        return f"{self.portal_url}/projects/{slug}/submissions/{number}"


def is_own_origin(origin: str | None, places: Places) -> bool:
    return bool(origin) and re.sub(r"/$", "", str(origin).lower()) == places.origin
