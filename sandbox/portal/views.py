"""What pages and API show of projects, submissions and apps: frozen values, read in one go."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from sandbox.core.errors import BadInput, NotFound
from sandbox.core.findings import Finding, Level, gravest_first
from sandbox.core.ids import VersionId
from sandbox.core.lifecycle import State
from sandbox.core.messages import Language
from sandbox.core.project import AppVersion, Project, Submission
from sandbox.core.roles import Person
from sandbox.portal.evidence import Evidence, read_evidence
from sandbox.store.registry import Reading
from sandbox.workflows.examination import FILES
from sandbox.workflows.publish import live_apps
from sandbox.workflows.services import Services


@dataclass(frozen=True)
class ProjectRow:
    """A project in a list. ``stage`` is its state, or ``returned`` for a draft that came back."""

    project: Project
    owner: str
    stage: str
    last: Submission | None
    evidence: Evidence

    @property
    def waiting(self) -> bool:
        return self.last is not None and self.last.decision is None


@dataclass(frozen=True)
class AppCard:
    project: Project
    owner: str
    version: str
    published: datetime | None
    evidence: Evidence


@dataclass(frozen=True)
class Judged:
    """Findings of one level, the gravest level first in a list of these."""

    level: Level
    findings: tuple[Finding, ...]


def display_names(reading: Reading) -> Mapping[str, str]:
    return _Names(reading.display_names())


class _Names(dict[str, str]):
    """Who has no account keeps the short name."""

    def __missing__(self, key: str) -> str:
        return key


def project_rows(reading: Reading, projects: Iterable[Project], language: Language) -> list[ProjectRow]:
    names = display_names(reading)
    last: dict[str, Submission] = {}
    shown: dict[str, Submission] = {}
    for submission in reading.submissions():
        last.setdefault(submission.project, submission)
        if submission.evidence:
            shown.setdefault(submission.project, submission)
    return [
        ProjectRow(
            p,
            names[p.owner],
            stage(p, last.get(p.slug)),
            last.get(p.slug),
            read_evidence(shown[p.slug].evidence if p.slug in shown else {}, language),
        )
        for p in projects
    ]


def stage(project: Project, last: Submission | None) -> str:
    returned = project.state is State.DRAFT and last is not None and last.decision == "returned"
    return "returned" if returned else project.state.value


def gallery(reading: Reading, language: Language, search: str = "", department: str = "") -> list[AppCard]:
    """Apps that anybody may open; ``search`` looks for all of its words in title, problem, KPI, owner and template."""
    names = display_names(reading)
    cards = []
    for project in live_apps(reading):
        haystack = " ".join(
            (project.title, project.problem, project.kpi.name, names[project.owner], project.template, *project.pins)
        ).casefold()
        if all(word in haystack for word in search.casefold().split()) and department in ("", project.department):
            cards.append(app_card(reading, project, language, names))
    return cards


def app_card(reading: Reading, project: Project, language: Language, names: Mapping[str, str]) -> AppCard:
    live = live_version(reading, project)
    evidence = reading.submission(project.slug, live.submission).evidence
    return AppCard(project, names[project.owner], live.version, live.published, read_evidence(evidence, language))


def live_version(reading: Reading, project: Project) -> AppVersion:
    """The version that is open to everybody; NotFound when there is none."""
    for version in reading.app_versions(project.slug):
        if version.version == project.live_version:
            return version
    raise no_app(project.slug)


def no_app(slug: str) -> NotFound:
    return NotFound("There is no app “{slug}”.", "Look for it in the gallery.", slug=slug)


def departments(projects: Iterable[Project]) -> list[str]:
    return sorted({p.department for p in projects if p.department})


def judged(submission: Submission) -> list[Judged]:
    """The findings of a submission by level, the gravest first; a finding that cannot be read is left out."""
    found = gravest_first(Finding.from_json(f) for f in submission.findings)
    levels = (Level.FAIL, Level.REVIEW, Level.PASS)
    groups = [Judged(level, tuple(f for f in found if f.level is level)) for level in levels]
    return [group for group in groups if group.findings]


def app_file(services: Services, slug: str, version: str, name: str) -> Path:
    """A file of an app version's folder; NotFound when the version or the file is not there."""
    try:
        path = services.workspace.app_version(slug, VersionId.parse(version)) / name
    except BadInput:
        raise no_app(slug) from None
    if not path.is_file():
        raise no_app(slug)
    return path


def submission_file(services: Services, submission: Submission, name: str) -> bytes:
    """A submitted file as bytes; empty when the submission has none of that name."""
    path = services.workspace.submission(submission.project, submission.number) / FILES / name
    return path.read_bytes() if path.is_file() else b""


def portfolio_total(rows: Iterable[ProjectRow]) -> dict[str, int]:
    counts: dict[str, int] = {}
    for row in rows:
        counts[row.stage] = counts.get(row.stage, 0) + 1
    return counts


def as_json(value: Any) -> Any:
    """Plain JSON of frozen values, for the API."""
    if isinstance(value, datetime):
        return value.isoformat()
    if isinstance(value, Mapping):
        return {str(k): as_json(v) for k, v in value.items()}
    if isinstance(value, frozenset | set):
        return sorted(as_json(v) for v in value)
    if isinstance(value, list | tuple):
        return [as_json(v) for v in value]
    if hasattr(value, "to_json"):
        return as_json(value.to_json())
    if hasattr(value, "__dataclass_fields__"):
        return {k: as_json(v) for k, v in vars(value).items()}
    return value


def person_json(person: Person) -> dict[str, Any]:
    return {
        "name": person.name,
        "display_name": person.display_name,
        "roles": sorted(person.roles),
        "department": person.department,
        "language": person.language,
    }
