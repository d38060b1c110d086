"""What an app version on the shelf means for its kernel: what it may read, and what it is told."""

from __future__ import annotations

import json
from pathlib import Path

from sandbox.core.ids import VersionId
from sandbox.core.messages import Language
from sandbox.kernels.policy import KernelLimits, KernelPolicy
from sandbox.publishing.shelf import AppManifest
from sandbox.store.workspace import Workspace


def kernel_policy(
    workspace: Workspace, folder: Path, manifest: AppManifest, language: Language, memory_bytes: int
) -> KernelPolicy:
    """An app's kernel reads its own version and its pinned snapshots, and writes in its private folder alone."""
    snapshots = {name: workspace.snapshot(name, VersionId.parse(pin)) for name, pin in manifest.pins.items()}
    return KernelPolicy(
        readable=(folder, *snapshots.values()),
        env={
            "SANDBOX_MODE": "app",
            "SANDBOX_APP": str(folder),
            "SANDBOX_PINS": json.dumps({name: str(snapshot) for name, snapshot in snapshots.items()}),
            "SANDBOX_LANGUAGE": language,
        },
        limits=KernelLimits(memory_bytes=memory_bytes),
    )
