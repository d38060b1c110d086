"""Micro-projects and their steps."""

from __future__ import annotations

from typing import Any

from fastapi import APIRouter, Response
from pydantic import BaseModel, ConfigDict, Field

from sandbox.core.messages import LANGUAGES, Language
from sandbox.core.project import Kpi, NewProject
from sandbox.core.roles import Role
from sandbox.portal.needs import ApiPerson, UsedServices
from sandbox.portal.views import as_json
from sandbox.workflows.access import visible_project
from sandbox.workflows.promote import promote
from sandbox.workflows.publish import Retrospective, retire, rollback
from sandbox.workflows.services import Services
from sandbox.workflows.start_project import project_grants, project_starter, start_project
from sandbox.workflows.submit import withdraw

router = APIRouter(prefix="/projects", tags=["projects"])


class _Body(BaseModel):
    model_config = ConfigDict(extra="forbid")


class KpiBody(_Body):
    name: str = Field(max_length=120)
    unit: str = Field("", max_length=40)
    baseline: float
    target: float


class NewProjectBody(_Body):
    title: str
    problem: str
    kpi: KpiBody
    department: str = Field("", max_length=120)
    template: str
    datasets: tuple[str, ...]
    language: Language = "en"


class Reasons(_Body):
    reasons: str = Field("", max_length=4000)


class RollbackBody(Reasons):
    version: str


class RetireBody(_Body):
    tried: str = Field(max_length=2000)
    learned: str = Field(max_length=2000)
    again: bool


@router.get("")
def mine(services: UsedServices, person: ApiPerson, everybody: bool = False) -> list[dict[str, Any]]:
    """Your projects, the latest change first; with ``everybody`` those of all, for reviewers, leads and stewards."""
    if everybody:
        person.require(Role.REVIEWER, Role.LEAD, Role.STEWARD)
    with services.registry.reading() as reading:
        return [as_json(p) for p in reading.projects(owner=None if everybody else person.name)]


@router.post("", status_code=201)
def start(body: NewProjectBody, services: UsedServices, person: ApiPerson) -> dict[str, Any]:
    kpi = Kpi(body.kpi.name, body.kpi.unit, body.kpi.baseline, body.kpi.target)
    new = NewProject(body.title, body.problem, kpi, body.department, body.template, body.datasets, body.language)
    return _plain(as_json(start_project(services, person, new)))


@router.get("/{slug}")
def one(slug: str, services: UsedServices, person: ApiPerson) -> dict[str, Any]:
    with services.registry.reading() as reading:
        return _plain(as_json(visible_project(reading, person, slug)))


@router.get("/{slug}/starter", response_class=Response)
def starter(slug: str, services: UsedServices, person: ApiPerson, language: str | None = None) -> Response:
    """A zip of the files that the project begins with."""
    chosen = next((known for known in LANGUAGES if known == language), None)
    return Response(project_starter(services, person, slug, chosen), media_type="application/zip")


@router.get("/{slug}/grants")
def grants(slug: str, services: UsedServices, person: ApiPerson) -> dict[str, str]:
    """Dataset → snapshot version that the project's kernels may read."""
    return dict(project_grants(services, person, slug))


@router.post("/{slug}/withdraw")
def take_back(slug: str, services: UsedServices, person: ApiPerson) -> dict[str, Any]:
    withdraw(services, person, slug)
    return one(slug, services, person)


@router.post("/{slug}/promote")
def promote_app(slug: str, body: Reasons, services: UsedServices, person: ApiPerson) -> dict[str, Any]:
    _known(services, person, slug)
    promote(services, person, slug, body.reasons)
    return one(slug, services, person)


@router.post("/{slug}/rollback")
def roll_back(slug: str, body: RollbackBody, services: UsedServices, person: ApiPerson) -> dict[str, Any]:
    _known(services, person, slug)
    return _plain(as_json(rollback(services, person, slug, body.version, body.reasons)))


@router.post("/{slug}/retire")
def retire_project(slug: str, body: RetireBody, services: UsedServices, person: ApiPerson) -> dict[str, Any]:
    _known(services, person, slug)
    return _plain(as_json(retire(services, person, slug, Retrospective(body.tried, body.learned, body.again))))


def _known(services: Services, person: ApiPerson, slug: str) -> None:
    """Raise NotFound, before anything is refused, for a project that the person may not know of."""
    with services.registry.reading() as reading:
        visible_project(reading, person, slug)


def _plain(value: Any) -> dict[str, Any]:
    return dict(value)
