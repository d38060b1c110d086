"""The micro-project and the things that grow out of it, as frozen values."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from sandbox.core.errors import BadInput
from sandbox.core.lifecycle import State

MAX_TITLE = 120
MAX_PROBLEM = 600


@dataclass(frozen=True)
class Kpi:
    """The business figure that a project wants to move. ``baseline`` and ``target`` are in ``unit`` (any text)."""

    name: str
    unit: str
    baseline: float
    target: float

    def __post_init__(self) -> None:
        if not self.name.strip():
            raise BadInput("The KPI has no name.", "Name the business figure that the project wants to move.")
        for value in (self.baseline, self.target):
            if value != value or value in (float("inf"), float("-inf")):
                raise BadInput("The KPI's baseline and target must be ordinary numbers.", "Enter figures like 12.5.")

    def to_json(self) -> dict[str, Any]:
        return {"name": self.name, "unit": self.unit, "baseline": self.baseline, "target": self.target}

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> Kpi:
        return cls(str(data["name"]), str(data["unit"]), float(data["baseline"]), float(data["target"]))


@dataclass(frozen=True)
class NewProject:
    """What the new-project form asks for; validated on construction."""

    title: str
    problem: str
    kpi: Kpi
    department: str
    template: str
    datasets: tuple[str, ...]
    language: str = "en"

    def __post_init__(self) -> None:
        if not self.title.strip():
            raise BadInput("The project has no title.", "Give it a title that colleagues will recognise.")
        if len(self.title) > MAX_TITLE or len(self.problem) > MAX_PROBLEM:
            raise BadInput(
                "The title or the problem is too long.",
                "A title has at most {title} characters, a problem at most {problem}.",
                title=MAX_TITLE,
                problem=MAX_PROBLEM,
            )
        if not self.problem.strip():
            raise BadInput("The problem is empty.", "Say in one sentence what goes wrong today and for whom.")
        if not self.datasets:
            raise BadInput("No dataset is chosen.", "Choose at least one dataset.")


@dataclass(frozen=True)
class Project:
    """A person's copy of a template. ``slug`` is unique in the workspace; ``pins`` maps dataset → snapshot version."""

    slug: str
    owner: str
    title: str
    problem: str
    kpi: Kpi
    department: str
    template: str
    pins: Mapping[str, str]
    state: State
    language: str
    created: datetime
    changed: datetime
    live_version: str | None = None
    lesson: str = ""


@dataclass(frozen=True)
class Submission:
    """A frozen, content-addressed copy of a project. ``number`` counts from 1 within the project.

    ``examination`` is one of queued, running, done, broken; ``findings`` and ``evidence`` are filled when done;
    ``version`` names the candidate app version, or None if none could be built. ``decision`` is None until a review.
    """

    project: str
    number: int
    sha256: str
    bytes: int
    submitted: datetime
    submitted_by: str
    pins: Mapping[str, str]
    note: str = ""
    examination: str = "queued"
    progress: str = ""
    findings: tuple[Mapping[str, Any], ...] = ()
    evidence: Mapping[str, Any] = field(default_factory=dict)
    version: str | None = None
    decision: str | None = None
    reasons: str = ""
    reviewer: str | None = None
    decided: datetime | None = None


@dataclass(frozen=True)
class AppVersion:
    """One version on the shelf. ``status``: candidate, live, superseded, retired."""

    app: str
    version: str
    submission: int
    status: str
    created: datetime
    published: datetime | None = None
