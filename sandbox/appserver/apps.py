"""An app version on the shelf, as the app server needs it: its texts for the title bar and its pins for the kernel."""

from __future__ import annotations

import json
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from sandbox.appserver.gate import Page
from sandbox.core.errors import Damaged
from sandbox.core.ids import VersionId
from sandbox.core.messages import Language
from sandbox.kernels.policy import KernelLimits, KernelPolicy
from sandbox.store.workspace import Workspace


@dataclass(frozen=True)
class AppVersionInfo:
    """``titles`` by language; ``pins`` maps dataset → snapshot version."""

    folder: Path
    titles: Mapping[str, str]
    owner: str
    version: VersionId
    pins: Mapping[str, VersionId]

    def title(self, language: Language) -> str:
        return self.titles.get(language) or self.titles.get("en") or self.folder.parent.name


def read_app(workspace: Workspace, page: Page) -> AppVersionInfo:
    """What ``app.toml`` of the page's version says. Raises Damaged if it cannot be used."""
    version = VersionId.parse(page.version)
    folder = workspace.app_version(page.app, version)
    try:
        data = tomllib.loads((folder / "app.toml").read_text(encoding="utf-8"))
        pins = {str(dataset): VersionId.parse(str(pinned)) for dataset, pinned in dict(data.get("pins", {})).items()}
    except (OSError, ValueError, TypeError) as error:
        raise Damaged(
            "The app {app}, version {version}, cannot be opened: its description is damaged.",
            "Tell the lab lead; an older version of the app can be made live again in the portal.",
            app=page.app,
            version=page.version,
        ) from error
    owner = data.get("owner_name") or data.get("owner") or ""
    return AppVersionInfo(folder, _titles(data.get("title", "")), str(owner), version, pins)


def _titles(value: Any) -> dict[str, str]:
    if isinstance(value, Mapping):
        return {str(language): str(text) for language, text in value.items()}
    return {"en": str(value), "zh-CN": str(value)}


def kernel_policy(workspace: Workspace, app: AppVersionInfo, language: Language, memory_bytes: int) -> KernelPolicy:
    """An app's kernel reads its own version and its pinned snapshots, and writes in its private folder alone."""
    snapshots = {dataset: workspace.snapshot(dataset, version) for dataset, version in app.pins.items()}
    return KernelPolicy(
        readable=(app.folder, *snapshots.values()),
        env={
            "SANDBOX_MODE": "app",
            "SANDBOX_APP": str(app.folder),
            "SANDBOX_PINS": json.dumps({dataset: str(folder) for dataset, folder in snapshots.items()}),
            "SANDBOX_LANGUAGE": language,
        },
        limits=KernelLimits(memory_bytes=memory_bytes),
    )
