"""The disk layout of a workspace (``SANDBOX_HOME``): the only file that knows it.

Directories are 0700 and secrets 0600. Paths are computed from checked ids, so no name can leave its folder.
"""

from __future__ import annotations

import json
import os
import secrets
import stat
from dataclasses import dataclass
from pathlib import Path

from sandbox.core.errors import Unavailable
from sandbox.core.ids import VersionId, check_dataset_name, check_slug

FORMAT = 1


@dataclass(frozen=True)
class Workspace:
    """A workspace at an absolute path; creating the value touches nothing, ``ensure`` makes the folders."""

    home: Path

    @classmethod
    def at(cls, home: Path) -> Workspace:
        return cls(home.expanduser().absolute())

    def ensure(self) -> Workspace:
        """Make the folders that are missing (may run twice). Raises Unavailable when the home cannot be used."""
        try:
            for folder in (self.home, self.keys, self.run, self.sources, self.snapshots, self.projects,
                           self.submissions, self.apps):  # fmt: skip
                folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            self._check_format()
            probe = self.run / f".write-{os.getpid()}"
            probe.write_bytes(b"")
            probe.unlink()
        except OSError as error:
            raise Unavailable(
                "The workspace {home} cannot be used: {problem}.",
                "Choose another folder with --home or SANDBOX_HOME, or have its permissions or disk space put right.",
                home=str(self.home),
                problem=error.strerror or str(error),
            ) from None
        return self

    def _check_format(self) -> None:
        marker = self.home / "workspace.json"
        if not marker.exists():
            write_atomically(marker, json.dumps({"format": FORMAT}).encode())
            return
        try:
            found = int(json.loads(marker.read_text())["format"])
        except (ValueError, KeyError, TypeError):
            raise Unavailable(
                "{file} cannot be read, so this may not be a sandbox workspace.",
                "Choose another folder with --home, or restore that file from a backup.",
                file=str(marker),
            ) from None
        if found > FORMAT:
            raise Unavailable(
                "The workspace {home} was made by a newer version of the sandbox (format {found}, known: {known}).",
                "Update the sandbox, or choose another workspace with --home.",
                home=str(self.home),
                found=found,
                known=FORMAT,
            )

    @property
    def registry_file(self) -> Path:
        return self.home / "registry.sqlite"

    @property
    def keys(self) -> Path:
        return self.home / "keys"

    @property
    def run(self) -> Path:
        """Sockets, logs and the file that says which sandbox is up."""
        return self.home / "run"

    @property
    def preload(self) -> Path:
        """What the app server imports ahead of its apps (``kernels/learned.py``)."""
        return self.run / "preload.json"

    @property
    def refresh_lock(self) -> Path:
        """Held for as long as a refresh of the datasets runs."""
        return self.run / "refresh.lock"

    @property
    def sources(self) -> Path:
        """The demo's raw tables. Only a snapshot build opens them."""
        return self.home / "sources"

    @property
    def datasets(self) -> Path:
        """Specs that people added with ``sandbox dataset add``; they come on top of the content's."""
        return self.home / "datasets"

    @property
    def templates(self) -> Path:
        """Templates that a lab lead made with ``sandbox template new``; they come on top of the content's."""
        return self.home / "templates"

    @property
    def snapshots(self) -> Path:
        return self.home / "snapshots"

    @property
    def projects(self) -> Path:
        return self.home / "projects"

    def history(self, owner: str, slug: str) -> Path:
        """Earlier versions of a project's notebook: beside the projects, for a kernel can write in its project."""
        return self.home / "history" / check_slug(owner) / check_slug(slug)

    def shared_text(self, slug: str, text: str) -> Path:
        """What several people work on, as one of their Labs sent it: a zip named by its SHA-256."""
        return self.home / "shared" / check_slug(slug) / f"{text}.zip"

    @property
    def submissions(self) -> Path:
        return self.home / "submissions"

    @property
    def apps(self) -> Path:
        return self.home / "apps"

    def dataset_snapshots(self, dataset: str) -> Path:
        return self.snapshots / check_dataset_name(dataset)

    def snapshot(self, dataset: str, version: VersionId) -> Path:
        return self.dataset_snapshots(dataset) / str(version)

    def project(self, owner: str, slug: str) -> Path:
        return self.projects / check_slug(owner) / check_slug(slug)

    def submission(self, project: str, number: int) -> Path:
        return self.submissions / check_slug(project) / str(int(number))

    def app(self, slug: str) -> Path:
        return self.apps / check_slug(slug)

    def app_version(self, slug: str, version: VersionId) -> Path:
        return self.app(slug) / str(version)

    def handoff(self, slug: str, version: VersionId) -> Path:
        return self.app(slug) / f"{slug}-{version}-handoff.zip"


def write_atomically(path: Path, data: bytes, mode: int = 0o600) -> None:
    """Write beside, flush to disk, rename: readers see the old file or the new one, never half of it."""
    beside = path.with_name(f".{path.name}.{secrets.token_hex(6)}")
    descriptor = os.open(beside, os.O_WRONLY | os.O_CREAT | os.O_EXCL, mode)
    try:
        with os.fdopen(descriptor, "wb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        beside.replace(path)
    except BaseException:
        beside.unlink(missing_ok=True)
        raise


def read_plain(file: Path, most: int) -> bytes:
    """At most ``most`` bytes of a regular file; empty for anything else: a link could lead out, a pipe could wait."""
    try:
        descriptor = os.open(file, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)
    except OSError:
        return b""
    with os.fdopen(descriptor, "rb") as stream:
        if not stat.S_ISREG(os.fstat(descriptor).st_mode):
            return b""
        data = stream.read(most + 1)
    return data if len(data) <= most else b""
