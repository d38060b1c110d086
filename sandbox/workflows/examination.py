"""An examination's order and its result: what goes to a worker and what comes back, both by value.

Light on purpose: the portal imports this, the worker alone imports ``examine.py`` with the kernels and scikit-learn.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any

from sandbox.checks.facts import Limits
from sandbox.core.project import Project, Submission

NOTEBOOK, FILES, RUN, PROGRESS_FILE = "notebook.ipynb", "files", "run", "progress.json"


@dataclass(frozen=True)
class Job:
    """Everything that an examination needs, by value or by path. ``folder`` is the submission's, ``shelf`` the apps'.

    ``snapshots`` maps dataset → snapshot folder, ``others`` dataset → other versions that the same person holds;
    ``lock`` is the file with the locked requirements, ``templates`` the folder of those made here.
    """

    project: Project
    submission: Submission
    folder: Path
    snapshots: Mapping[str, Path]
    content: Path
    shelf: Path
    lock: Path
    limits: Limits
    started: datetime
    templates: Path | None = None
    others: Mapping[str, tuple[Path, ...]] = field(default_factory=dict)


@dataclass(frozen=True)
class Outcome:
    """What an examination found. ``version`` is the candidate app's, or None if none could be built."""

    findings: tuple[Mapping[str, Any], ...]
    evidence: Mapping[str, Any] = field(default_factory=dict)
    version: str | None = None


def examine(job: Job) -> Outcome:
    """The worker's entry, named by executors: imports the heavy half in the worker's own process."""
    from sandbox.workflows.examine import examine_submission

    return examine_submission(job)
