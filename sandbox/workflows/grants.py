"""What a kernel is granted in each of the three places where notebooks run: Lab, examination, app.

One file, so that the three can be read side by side. Whoever starts the kernel has asked the portal (Lab), the job
(examination) or the app's own manifest (app) for the pins before; nothing in a project's folder grants anything.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path

from sandbox.core.messages import Language
from sandbox.kernels.policy import KernelLimits, KernelPolicy

ACCESS_LOG = "access.jsonl"


def studio_policy(
    project: Path, template: Path, snapshots: Mapping[str, Path], language: Language, memory: int
) -> KernelPolicy:
    """In JupyterLab: the project's own folder to write, its template's texts and its pinned snapshots to read."""
    return KernelPolicy(
        writable=(project,),
        readable=_existing(template, *snapshots.values()),
        env=_environment("studio", snapshots, language, template) | {"SANDBOX_PROJECT": str(project)},
        limits=KernelLimits(memory_bytes=memory),
    )


def examine_policy(
    run: Path, template: Path, snapshots: Mapping[str, Path], language: Language, memory: int, seconds: float
) -> KernelPolicy:
    """In an examination: a fresh copy of the submission to write; attempts at other places are written down."""
    extra = {"SANDBOX_PROJECT": str(run), "SANDBOX_ACCESS_LOG": str(run / ACCESS_LOG)}
    return KernelPolicy(
        writable=(run,),
        readable=_existing(template, *snapshots.values()),
        env=_environment("examine", snapshots, language, template) | extra,
        limits=KernelLimits(memory_bytes=memory, cpu_seconds=int(seconds) + 1),
    )


def app_policy(
    app: Path, template: Path, snapshots: Mapping[str, Path], language: Language, memory: int
) -> KernelPolicy:
    """For a viewer: the app's version and its snapshots to read, nothing to write but a private folder."""
    return KernelPolicy(
        readable=_existing(app, template, *snapshots.values()),
        env=_environment("app", snapshots, language, template) | {"SANDBOX_APP": str(app)},
        limits=KernelLimits(memory_bytes=memory),
    )


def _environment(mode: str, snapshots: Mapping[str, Path], language: Language, template: Path) -> dict[str, str]:
    return {
        "SANDBOX_MODE": mode,
        "SANDBOX_LANGUAGE": language,
        "SANDBOX_PINS": json.dumps({name: str(folder) for name, folder in snapshots.items()}),
        "SANDBOX_TEMPLATE": str(template),
    }


def _existing(*paths: Path) -> tuple[Path, ...]:
    return tuple(path for path in paths if path.exists())
