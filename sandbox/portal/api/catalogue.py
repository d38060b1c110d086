"""The person, the datasets that they may see, the templates, the audit chain."""

from __future__ import annotations

from typing import Any

from fastapi import APIRouter

from sandbox.core.messages import Language
from sandbox.i18n import catalogue
from sandbox.notebooks.templates import Template, load_templates
from sandbox.portal.access import OVERSEERS
from sandbox.portal.datasets import DatasetView, dataset_view, dataset_views
from sandbox.portal.needs import ApiPerson, Reads, UsedServices
from sandbox.portal.views import as_json, person_json

router = APIRouter(tags=["catalogue"])


@router.get("/me")
def me(person: ApiPerson) -> dict[str, Any]:
    return person_json(person)


@router.get("/datasets")
def datasets(services: UsedServices, person: ApiPerson, language: Reads) -> list[dict[str, Any]]:
    return [_dataset(view, language) for view in dataset_views(services, person)]


@router.get("/datasets/{name}")
def dataset(name: str, services: UsedServices, person: ApiPerson, language: Reads) -> dict[str, Any]:
    view = dataset_view(services, person, name)
    manifest = view.manifest.model_dump(mode="json", by_alias=True) if view.manifest else None
    return {**_dataset(view, language), "versions": [str(v) for v in view.versions], "manifest": manifest}


@router.get("/templates")
def templates(services: UsedServices, person: ApiPerson) -> list[dict[str, Any]]:
    return [_template(t) for t in load_templates(services.content, services.workspace.templates)]


@router.get("/audit")
def audit(services: UsedServices, person: ApiPerson, subject: str = "", limit: int = 200) -> list[dict[str, Any]]:
    """Audit events, oldest first; the newest ``limit`` (at most 1000) of them."""
    person.require(*OVERSEERS)
    with services.registry.reading() as reading:
        events = reading.audit(subject=subject or None, limit=max(1, min(limit, 1000)))
    return [as_json(event) for event in events]


def _dataset(view: DatasetView, language: Language) -> dict[str, Any]:
    spec = view.spec
    return {
        "name": spec.name,
        "title": spec.title.model_dump(by_alias=True),
        "description": spec.description.model_dump(by_alias=True),
        "owner": spec.owner,
        "classification": spec.classification,
        "unit": spec.unit.entity,
        "latest": str(view.versions[0]) if view.versions else None,
        "usable": view.usable,
        "badges_missing": list(view.missing),
        "reason": view.reason.render(catalogue(language).gettext),
    }


def _template(template: Template) -> dict[str, Any]:
    return {
        "name": template.name,
        "title": template.title.model_dump(by_alias=True),
        "problem": template.problem.model_dump(by_alias=True),
        "summary": template.summary.model_dump(by_alias=True),
        "kpi": template.kpi.model_dump(by_alias=True),
        "datasets": list(template.datasets),
        "minutes": template.minutes,
        "version": template.version,
    }
