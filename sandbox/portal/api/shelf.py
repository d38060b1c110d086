"""Apps: the gallery, their pictures, the hand-off bundle."""

from __future__ import annotations

from typing import Any

from fastapi import APIRouter
from starlette.responses import FileResponse, Response

from sandbox.portal.needs import ApiPerson, Reads, UsedServices
from sandbox.portal.pages.apps import download_handoff, live_project, show_thumbnail
from sandbox.portal.views import AppCard, app_card, as_json, display_names, gallery

router = APIRouter(prefix="/apps", tags=["apps"])


@router.get("")
def apps(services: UsedServices, person: ApiPerson, language: Reads, q: str = "") -> list[dict[str, Any]]:
    with services.registry.reading() as reading:
        return [_app(card) for card in gallery(reading, language, q)]


@router.get("/{slug}")
def app(slug: str, services: UsedServices, person: ApiPerson, language: Reads) -> dict[str, Any]:
    with services.registry.reading() as reading:
        project = live_project(reading, slug)
        versions = [as_json(v) for v in reading.app_versions(slug) if v.published]
        return {**_app(app_card(reading, project, language, display_names(reading))), "versions": versions}


@router.get("/{slug}/thumbnail", response_class=FileResponse)
def thumbnail(slug: str, services: UsedServices, person: ApiPerson) -> Response:
    with services.registry.reading() as reading:
        version = live_project(reading, slug).live_version
    return show_thumbnail(slug, str(version), services, person)


@router.get("/{slug}/handoff", response_class=FileResponse)
def handoff(slug: str, services: UsedServices, person: ApiPerson) -> Response:
    return download_handoff(slug, services, person)


def _app(card: AppCard) -> dict[str, Any]:
    project = card.project
    return {
        "slug": project.slug,
        "title": project.title,
        "problem": project.problem,
        "kpi": project.kpi.to_json(),
        "owner": project.owner,
        "owner_name": card.owner,
        "department": project.department,
        "state": project.state.value,
        "version": card.version,
        "published": as_json(card.published),
        "pins": dict(project.pins),
    }
