"""The start page: what can I do now, by role."""

from __future__ import annotations

from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import FileResponse, Response

from sandbox.core.lifecycle import State
from sandbox.core.roles import Role
from sandbox.portal.access import JUDGES
from sandbox.portal.labs import has_lab
from sandbox.portal.needs import UsedAddresses, UsedServices, Visit
from sandbox.portal.render import STATIC, go, page
from sandbox.portal.views import gallery, project_rows
from sandbox.portal.visitor import came_from_elsewhere

router = APIRouter(include_in_schema=False)
_SHOWN = 4


@router.get("/", name="home")
def home(request: Request, services: UsedServices, addresses: UsedAddresses, visit: Visit) -> Response:
    if visit.person is None and not came_from_elsewhere(request):
        return go(request, "signin")
    person = visit.signed_in()
    with services.registry.reading() as reading:
        rows = project_rows(reading, reading.projects(), visit.language)
        own = {project.slug for project in reading.worked_on(person.name)}
        apps = gallery(reading, visit.language)[:_SHOWN]
    mine = [r for r in rows if r.project.slug in own]
    queue = [r for r in rows if r.waiting and r.project.slug not in own] if person.has(*JUDGES) else []
    ready = [r for r in rows if r.project.state is State.PUBLISHED] if person.has(Role.LEAD) else []
    return page(
        request, "home.html", mine=mine[:_SHOWN], queue=queue, ready=ready, apps=apps, rows=rows,
        lab_here=has_lab(person, addresses),
    )  # fmt: skip


@router.get("/favicon.ico", name="favicon")
def favicon() -> Response:
    return FileResponse(STATIC / "mark.svg", media_type="image/svg+xml")
