"""What the checks look at: everything that is known about one submission, as one frozen value.

Before the run only the submitted things are there; after it also what the run left in its folder. All of it was
written by the submission's author or by code of theirs: every reader here is bounded and trusts no shape.
"""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from sandbox.core.errors import SandboxError
from sandbox.core.notebook import Json
from sandbox.core.project import Project
from sandbox.core.run import RunReport
from sandbox.store.workspace import read_plain

EVIDENCE_FILE, MODEL_FILE, ACCESS_LOG = "evidence.json", "model.skops", "access.jsonl"
_MAX_JSON = 2 * 2**20


@dataclass(frozen=True)
class Limits:
    """Thresholds of an examination. ``small_cell``: fewest units behind a shown figure; bytes and seconds else."""

    small_cell: int = 10
    seconds: float = 300
    output_bytes: int = 10 * 2**20
    memory_bytes: int = 2 * 2**30


@dataclass(frozen=True)
class Facts:
    """One submission.

    ``files``: name → content as submitted; ``notebook``: the submitted one as data, or None with ``notebook_problem``.
    ``pins``: dataset → manifest of the pinned snapshot; ``compositions`` and ``differences`` what several snapshots say
    together (``snapshots/composition.py``, as JSON). ``about_people``: whether the template decides about people.
    ``first_views``: language → the name of what the app shows at first, in two runs alike, "" if they differ
    (``core/first_view.py``); ``imports``: modules of this environment that the app imports then. From the run: its
    report, the report of each app (by language), the evidence that the notebook recorded, the folder it ran in, lines
    of the access log, and what the saved model names (``model_problem`` if it cannot be read; types that are not
    allowed; types that carry training rows).
    """

    project: Project
    files: Mapping[str, bytes]
    notebook: Json | None
    notebook_problem: SandboxError | None = None
    limits: Limits = field(default_factory=Limits)
    pins: Mapping[str, Json] = field(default_factory=dict)
    compositions: tuple[Json, ...] = ()
    differences: tuple[Json, ...] = ()
    run: RunReport | None = None
    app_runs: Mapping[str, RunReport] = field(default_factory=dict)
    first_views: Mapping[str, str] = field(default_factory=dict)
    imports: tuple[str, ...] = ()
    evidence: Json = field(default_factory=dict)
    run_folder: Path | None = None
    access_log: tuple[str, ...] = ()
    model_problem: SandboxError | None = None
    untrusted_types: tuple[str, ...] = ()
    row_types: tuple[str, ...] = ()
    about_people: bool = False


def read_evidence(folder: Path) -> dict[str, Any]:
    """The evidence that a notebook left in its run folder; empty when there is none, or none that can be read."""
    data = read_plain(folder / EVIDENCE_FILE, _MAX_JSON)
    try:
        value = json.loads(data, parse_constant=lambda text: None)
    except (ValueError, RecursionError):
        return {}
    return value if isinstance(value, dict) else {}


def read_access_log(file: Path) -> tuple[str, ...]:
    """The lines of a kernel's access log; empty when there is none."""
    return tuple(read_plain(file, _MAX_JSON).decode("utf-8", "replace").splitlines()[:1000])


def finite(value: object) -> float | None:
    """An ordinary number in a record of any shape; None for everything else: true, NaN, what no float holds."""
    if isinstance(value, bool) or not isinstance(value, int | float):
        return None
    try:
        number = float(value)
    except OverflowError:
        return None
    return number if math.isfinite(number) else None
