"""The shelf: published and candidate versions on disk, and their ``app.toml``.

Which version is live is the registry's business; here a version is a folder whose name is its ``VersionId``.
"""

from __future__ import annotations

import json
import shutil
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any

from sandbox.core.errors import BadInput, Damaged, NotFound
from sandbox.core.ids import VersionId, check_slug
from sandbox.core.messages import LANGUAGES, Language, as_language
from sandbox.core.project import Kpi
from sandbox.publishing.receipt import verify_receipt
from sandbox.publishing.staging import staged

FORMAT = 1
APP_TOML = "app.toml"
NOTEBOOKS: Mapping[Language, str] = {"en": "app.ipynb", "zh-CN": "app.zh-CN.ipynb"}
MAX_TOML_BYTES = 256 * 2**10


@dataclass(frozen=True)
class AppManifest:
    """What ``app.toml`` says of one version. ``pins``: dataset → snapshot version; ``level``: the gravest finding;
    ``first_views``: language → the name of what the app showed at first in two runs alike (``core/first_view.py``);
    ``control``: the one that was seen to change something; ``imports``: modules that it imported besides the usual.

    The version is not written in the file but is the folder's name, which is computed from the file's hash.
    """

    slug: str
    version: VersionId
    title: str
    problem: str
    owner: str
    department: str
    template: str
    language: Language
    languages: tuple[Language, ...]
    kpi: Kpi
    pins: Mapping[str, str]
    submission: int
    level: str
    created: datetime
    first_views: Mapping[str, str] = field(default_factory=dict)
    control: str = ""
    imports: tuple[str, ...] = ()

    def notebook(self, language: Language) -> str:
        """File name of the app in ``language``, or in the project's own if the app has no such text."""
        return NOTEBOOKS[language if language in self.languages else self.language]

    def render(self) -> bytes:
        tables: dict[str, dict[str, Any]] = {
            "": {
                "format": FORMAT, "slug": self.slug, "title": self.title, "problem": self.problem, "owner": self.owner,
                "department": self.department, "template": self.template, "language": self.language,
                "languages": list(self.languages), "submission": self.submission, "level": self.level,
                "created": self.created.isoformat(),
            },
            "kpi": self.kpi.to_json(),
            "pins": dict(sorted(self.pins.items())),
            "proof": {"control": self.control, "imports": list(self.imports)},
            "first_views": dict(sorted(self.first_views.items())),
        }  # fmt: skip
        return _toml(tables).encode()

    @classmethod
    def parse(cls, data: bytes, version: VersionId) -> AppManifest:
        """Raises Damaged when ``data`` is no ``app.toml`` of this format."""
        try:
            raw = tomllib.loads(data.decode())
            if raw["format"] != FORMAT:
                raise ValueError("format")
            return cls(
                slug=check_slug(raw["slug"]),
                version=version,
                title=raw["title"],
                problem=raw["problem"],
                owner=raw["owner"],
                department=raw["department"],
                template=raw["template"],
                language=as_language(raw["language"]),
                languages=tuple(tag for tag in LANGUAGES if tag in raw["languages"]),
                kpi=Kpi.from_json(raw["kpi"]),
                pins={str(name): str(pin) for name, pin in raw["pins"].items()},
                submission=int(raw["submission"]),
                level=raw["level"],
                created=datetime.fromisoformat(raw["created"]),
                first_views={str(name): str(view) for name, view in raw.get("first_views", {}).items()},
                control=str(raw.get("proof", {}).get("control", "")),
                imports=tuple(str(name) for name in raw.get("proof", {}).get("imports", [])),
            )
        except (ValueError, KeyError, TypeError, BadInput):
            raise Damaged("“{file}” of version {version} cannot be read.", _RESTORE,
                          file=APP_TOML, version=str(version)) from None  # fmt: skip


_RESTORE = "Publish the project again, or restore the version from a backup."


def read_manifest(folder: Path) -> AppManifest:
    """The manifest of the version in ``folder``. Raises NotFound when there is none, Damaged when it cannot be read."""
    try:
        with (folder / APP_TOML).open("rb") as stream:
            data = stream.read(MAX_TOML_BYTES)
    except OSError:
        raise NotFound("There is no version “{version}” of this app.", "Look in the gallery for what can be opened.",
                       version=folder.name) from None  # fmt: skip
    return AppManifest.parse(data, VersionId.parse(folder.name))


def versions(app_folder: Path) -> list[VersionId]:
    """Finished versions of one app, newest first; unfinished or foreign folders are not listed."""
    found = []
    for folder in app_folder.iterdir() if app_folder.is_dir() else ():
        try:
            version = VersionId.parse(folder.name)
        except BadInput:
            continue
        if (folder / APP_TOML).is_file():
            found.append(version)
    return sorted(found, reverse=True)


def verified(folder: Path) -> AppManifest:
    """The manifest of a version whose whole receipt was recomputed. Raises Damaged naming the lines that fail."""
    broken = verify_receipt(folder)
    if broken:
        raise Damaged("Version {version} is not what its receipt says: {lines}.", _RESTORE,
                      version=folder.name, lines="; ".join(broken))  # fmt: skip
    return read_manifest(folder)


def copy_version(folder: Path, app_folder: Path) -> VersionId:
    """Copy a verified version onto another shelf (an app server's own disk); does nothing when it is there."""
    manifest = verified(folder)
    target = app_folder / str(manifest.version)
    if not target.exists():
        with staged(target) as beside:
            shutil.copytree(folder, beside, dirs_exist_ok=True)
    verified(target)
    return manifest.version


def _toml(tables: Mapping[str, Mapping[str, Any]]) -> str:
    lines: list[str] = []
    for name, values in tables.items():
        lines += [f"\n[{_key(name)}]"] if name else []
        lines += [f"{_key(key)} = {_value(value)}" for key, value in values.items()]
    return "\n".join(lines) + "\n"


def _key(text: str) -> str:
    return text if text.isidentifier() and text.isascii() else _value(text)


def _value(value: Any) -> str:
    if isinstance(value, str):
        # JSON's escapes are TOML's, but for DEL, which TOML wants escaped too; half surrogates are no text at all.
        plain = value.encode("utf-8", "replace").decode()
        return json.dumps(plain, ensure_ascii=False).replace("\x7f", "\\u007f")
    if isinstance(value, list):
        return "[" + ", ".join(_value(item) for item in value) + "]"
    if isinstance(value, bool):
        return "true" if value else "false"
    return repr(value)
