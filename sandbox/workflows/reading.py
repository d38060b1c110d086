"""Read a project as an examination would, without running anything of it: its facts, and what can be found at once.

Light, so that the portal can answer while somebody works: kernels and scikit-learn are ``examine.py``'s.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path

from sandbox.checks import early_findings
from sandbox.checks.facts import Facts, Limits
from sandbox.core.errors import SandboxError
from sandbox.core.findings import Finding, gravest_first
from sandbox.core.project import Project
from sandbox.core.roles import Person
from sandbox.notebooks.reading import read_notebook
from sandbox.publishing.archive import SubmissionFiles, read_archive
from sandbox.settings import Settings
from sandbox.snapshots.composition import compose
from sandbox.workflows.access import worked_project
from sandbox.workflows.examination import NOTEBOOK
from sandbox.workflows.grants import snapshot_folders
from sandbox.workflows.services import Services


def limits_of(settings: Settings) -> Limits:
    """An examination's thresholds, as the operator set them."""
    return Limits(
        small_cell=settings.small_cell,
        seconds=settings.examination_seconds,
        output_bytes=settings.output_bytes,
        memory_bytes=settings.kernel_memory,
    )


def submitted_facts(project: Project, source: SubmissionFiles, snapshots: Mapping[str, Path], limits: Limits) -> Facts:
    """What is known of a submission before anything of it runs. ``snapshots``: dataset → pinned version's folder."""
    notebook, problem = None, None
    try:
        notebook = read_notebook(source.files[NOTEBOOK])
    except SandboxError as error:
        problem = error
    pins = {name: json.loads((folder / "manifest.json").read_bytes()) for name, folder in snapshots.items()}
    return Facts(
        project=project,
        files=source.files,
        notebook=notebook,
        notebook_problem=problem,
        limits=limits,
        pins=pins,
        compositions=tuple(found.to_json() for found in compose(snapshots)),
    )


def look(services: Services, person: Person, slug: str, archive: bytes) -> list[Finding]:
    """What an examination would find in ``archive`` (a zip of the project) by reading alone; nothing is kept.

    Raises NotFound for a project that is not the person's own, BadInput or TooLarge for what cannot be submitted.
    """
    settings = services.settings
    with services.registry.reading() as reading:
        project = worked_project(reading, person, slug)
    source = read_archive(archive, max_bytes=settings.submission_bytes, max_files=settings.submission_files)
    snapshots = snapshot_folders(services.workspace, project.pins)
    return gravest_first(early_findings(submitted_facts(project, source, snapshots, limits_of(settings))))
