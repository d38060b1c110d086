"""Where a notebook runs: its mode, its folders and its pinned snapshots, as the kernel's environment says.

Read anew at every call: a kernel can be forked from a warm process before its environment is set.
"""

from __future__ import annotations

import json
import os
import re
import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Literal, cast

from sandbox.core.errors import Damaged

Mode = Literal["studio", "examine", "app"]

_TEMPLATE_NAME = re.compile(r"[a-z0-9][a-z0-9-]{0,60}")
_started: dict[str, str] = {"template": ""}


def mode() -> Mode:
    """``studio`` (somebody works), ``examine`` (headless run of a submission), ``app`` (a viewer); studio if unset."""
    value = os.environ.get("SANDBOX_MODE", "studio")
    return cast(Mode, value) if value in ("studio", "examine", "app") else "studio"


def project_folder() -> Path:
    """The folder that choices, evidence and model are written to."""
    return Path(os.environ.get("SANDBOX_PROJECT") or Path.cwd())


def published_folder() -> Path:
    """Where the app part finds model, choices and evidence: the published version, or the project that is tried."""
    app = os.environ.get("SANDBOX_APP")
    return Path(app) if mode() == "app" and app else project_folder()


def pins() -> dict[str, Path]:
    """Dataset → folder of its pinned snapshot version. Raises Damaged when the environment is unreadable."""
    text = os.environ.get("SANDBOX_PINS") or "{}"
    try:
        found = json.loads(text)
        return {str(name): Path(folder) for name, folder in found.items()}
    except (ValueError, AttributeError, TypeError):
        raise Damaged(
            "The list of pinned snapshots cannot be read.",
            "Close the notebook and open it again from the portal; if it stays, tell whoever runs the sandbox.",
        ) from None


def name_template(name: str) -> None:
    """Remember the template that the notebook comes from."""
    _started["template"] = name if _TEMPLATE_NAME.fullmatch(name) else ""


def template_file(name: str) -> Path | None:
    """A file of the template, from the first place that has it; None when no place can be read.

    Looked for in SANDBOX_TEMPLATE, the project (a project may carry its own texts), the app, and the shipped content.
    """
    package = Path(__file__).resolve().parents[1]
    folders = [Path(folder) for folder in (os.environ.get("SANDBOX_TEMPLATE"),) if folder]
    folders += [project_folder(), published_folder(), published_folder() / "source"]
    if template := _started["template"]:
        folders += [package.parent / "templates" / template, package / "content" / "templates" / template]
    for folder in folders:
        try:
            if (folder / name).is_file():
                return folder / name
        except OSError:  # a confined kernel may not even look there
            continue
    return None


def project_facts() -> dict[str, Any]:
    """Title, problem and KPI of the project as its informative copy says; empty where nothing is known.

    Keys: ``title``, ``problem`` (text, or language → text) and ``kpi`` (name, unit, baseline, target).
    """
    # The last one: an app that is examined runs from the submission's files, in a folder of its own.
    published = published_folder()
    for file in (project_folder() / "project.toml", published / "app.toml", published / "project.toml"):
        content = _toml(file)
        for part in (content, content.get("project"), content.get("app")):
            if isinstance(part, Mapping) and "title" in part:
                kpi = part.get("kpi", content.get("kpi"))
                return {
                    "title": part["title"],
                    "problem": part.get("problem", ""),
                    "kpi": dict(kpi) if isinstance(kpi, Mapping) else {},
                }
    file = template_file("template.toml")
    content = _toml(file) if file else {}
    return {key: content[key] for key in ("title", "problem", "kpi") if key in content}


def _toml(file: Path) -> dict[str, Any]:
    try:
        return tomllib.loads(file.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
