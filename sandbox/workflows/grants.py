"""What a kernel is granted in each of the three places where notebooks run: Lab, examination, app.

One file, so that the three can be read side by side. Whoever starts the kernel has asked the portal (Lab), the job
(examination) or the app's own manifest (app) for the pins before; nothing in a project's folder grants anything.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from sandbox.core.ids import VersionId
from sandbox.core.messages import Language
from sandbox.kernels.policy import KernelLimits, KernelPolicy
from sandbox.store.workspace import Workspace

ACCESS_LOG = "access.jsonl"


@dataclass(frozen=True)
class Grant:
    """What the three have in common: pinned snapshot folders by dataset, the reader's language, limits of use.

    ``small_cell`` is the fewest units that a shown figure may stand for; ``memory`` is in bytes of address space,
    ``disk`` in bytes of files.
    """

    language: Language
    memory: int
    small_cell: int
    snapshots: Mapping[str, Path] = field(default_factory=dict)
    disk: int = 2**30

    def studio(self, project: Path | None) -> KernelPolicy:
        """In JupyterLab: the project's own folder to write; outside of one (None) no data, a private folder."""
        if project is None:
            return KernelPolicy(env=self._environment("studio", {}), limits=self._limits())
        return KernelPolicy(
            writable=(project,),
            readable=tuple(self.snapshots.values()),
            env=self._environment("studio", self.snapshots) | {"SANDBOX_PROJECT": str(project)},
            limits=self._limits(),
        )

    def learning(self, folder: Path) -> KernelPolicy:
        """In a learning path: its own folder to write, no data but the practice table that lies there.

        The table is named, not granted: what a kernel may have put in its place is readable only within the folder.
        """
        own = {"SANDBOX_PROJECT": str(folder)}
        practice = {"practice": folder}
        return KernelPolicy(writable=(folder,), env=self._environment("studio", practice) | own, limits=self._limits())

    def examination(self, run: Path, seconds: float) -> KernelPolicy:
        """In an examination: a fresh copy of the submission to write; attempts at other places are written down."""
        own = {"SANDBOX_PROJECT": str(run), "SANDBOX_ACCESS_LOG": str(run / ACCESS_LOG)}
        return KernelPolicy(
            writable=(run,),
            readable=tuple(self.snapshots.values()),
            env=self._environment("examine", self.snapshots) | own,
            limits=self._limits(int(seconds) + 1),
        )

    def app(self, version: Path) -> KernelPolicy:
        """For a viewer: the app's version and its snapshots to read, nothing to write but a private folder."""
        return KernelPolicy(
            readable=(version, *self.snapshots.values()),
            env=self._environment("app", self.snapshots) | {"SANDBOX_APP": str(version)},
            limits=self._limits(),
        )

    def _environment(self, mode: str, snapshots: Mapping[str, Path]) -> dict[str, str]:
        return {
            "SANDBOX_MODE": mode,
            "SANDBOX_LANGUAGE": self.language,
            "SANDBOX_PINS": json.dumps({name: str(folder) for name, folder in snapshots.items()}),
            "SANDBOX_SMALL_CELL": str(self.small_cell),
        }

    def _limits(self, cpu_seconds: int | None = None) -> KernelLimits:
        return KernelLimits(memory_bytes=self.memory, cpu_seconds=cpu_seconds, disk_bytes=self.disk)


def snapshot_folders(workspace: Workspace, pins: Mapping[str, str]) -> dict[str, Path]:
    """Dataset → folder of its pinned snapshot version. Raises BadInput for a pin that is no version."""
    return {dataset: workspace.snapshot(dataset, VersionId.parse(version)) for dataset, version in pins.items()}
