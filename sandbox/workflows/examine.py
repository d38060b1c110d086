"""Examine a submission: read it as data, run it confined, check what came out, build the candidate app.

The order of the phases is the rule "a submission is hostile": nothing of it runs before every reading check has passed.
``examine_submission`` is a plain function of picklable values, so that any ``concurrent.futures.Executor`` can run it;
it never touches the registry. ``examiner.py`` feeds it and records what it returns.
"""

from __future__ import annotations

import asyncio
import json
import shutil
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any

import nbformat

from sandbox.checks import Facts, run_checks
from sandbox.core.errors import SandboxError
from sandbox.core.findings import Finding, Level, gravest_first, worst
from sandbox.core.messages import LANGUAGES, Message
from sandbox.core.project import Project
from sandbox.kernels.policy import KernelLimits, KernelPolicy
from sandbox.notebooks.app_cells import app_notebook
from sandbox.notebooks.execute import RunReport, run_notebook
from sandbox.notebooks.templates import load_template
from sandbox.publishing.candidate import freeze
from sandbox.publishing.thumbnail import thumbnail
from sandbox.workflows.start_project import NOTEBOOK
from sandbox.workflows.submit import FILES

Progress = Callable[[str], None]


@dataclass(frozen=True)
class Job:
    """Everything that an examination needs, by value or by path; ``snapshots`` maps dataset → snapshot folder."""

    project: Project
    number: int
    sha256: str
    folder: Path
    snapshots: Mapping[str, Path]
    content: Path
    shelf: Path
    small_cell: int
    seconds: float
    output_bytes: int
    memory_bytes: int
    max_bytes: int
    max_files: int
    started: datetime


@dataclass(frozen=True)
class Outcome:
    """What an examination found. ``version`` is the candidate app's, or None if none could be built."""

    findings: tuple[Mapping[str, Any], ...]
    evidence: Mapping[str, Any] = field(default_factory=dict)
    version: str | None = None


PROGRESS_FILE = "progress.json"
