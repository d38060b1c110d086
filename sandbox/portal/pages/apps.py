"""The gallery of apps, an app's page, and the way over to the app server."""

from __future__ import annotations

from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import FileResponse, JSONResponse, Response

from sandbox.core.errors import NotFound, Unavailable
from sandbox.core.lifecycle import State
from sandbox.core.project import Project
from sandbox.core.roles import Person, Role
from sandbox.identity.accounts import session_mark
from sandbox.identity.tickets import seal
from sandbox.portal.access import OVERSEERS, steps
from sandbox.portal.needs import Me, Posted, Reads, UsedAddresses, UsedServices, Visit
from sandbox.portal.render import page
from sandbox.portal.views import app_card, app_file, departments, display_names, gallery, no_app
from sandbox.store.registry import Reading
from sandbox.workflows.promote import handoff_bundle
from sandbox.workflows.publish import grant_app, live_apps
from sandbox.workflows.usage import recent_usage

router = APIRouter(include_in_schema=False)

# An SVG made from an app's outputs is its author's: shown as a picture only, and inert if opened by itself.
PICTURE_HEADERS = {
    "Content-Security-Policy": "default-src 'none'; style-src 'unsafe-inline'; sandbox",
    "Cache-Control": "private, max-age=86400",
}


@router.get("/apps", name="apps")
def show_gallery(
    request: Request, services: UsedServices, me: Me, language: Reads, q: str = "", department: str = ""
) -> Response:
    with services.registry.reading() as reading:
        everywhere = live_apps(reading)
        cards = gallery(reading, language, q, department)
    return page(
        request, "apps.html", cards=cards, q=q, department=department, departments=departments(everywhere),
        total=len(everywhere),
    )  # fmt: skip


@router.get("/apps/{slug}", name="app")
def show_app(request: Request, slug: str, services: UsedServices, me: Me, language: Reads) -> Response:
    with services.registry.reading() as reading:
        project = live_project(reading, slug)
        names = display_names(reading)
        card = app_card(reading, project, language, names)
        versions = [v for v in reading.app_versions(slug) if v.published]
        used = recent_usage(services, reading, slug).get(slug)
        reviews = {s.number: s for s in reading.submissions(project=slug)}
    return page(
        request, "app.html", used=used, card=card, project=project, versions=versions, reviews=reviews, names=names,
        steps=steps(me, project), inside=sees_inside(me, project),
        bundle=me.has(*OVERSEERS) and project.state is State.PROMOTED,
    )  # fmt: skip


@router.get("/apps/{slug}/{version}/thumbnail", name="thumbnail")
def show_thumbnail(slug: str, version: str, services: UsedServices, me: Me) -> Response:
    with services.registry.reading() as reading:
        project = reading.project(slug)
        known = {v.version for v in reading.app_versions(slug)}
    if version not in known or not (version == project.live_version or sees_inside(me, project)):
        raise no_app(slug)
    return FileResponse(
        app_file(services, slug, version, "thumbnail.svg"), media_type="image/svg+xml", headers=PICTURE_HEADERS
    )


@router.post("/apps/{slug}/open", name="open_app")
def open_app(
    request: Request,
    slug: str,
    form: Posted,
    services: UsedServices,
    addresses: UsedAddresses,
    me: Me,
    visit: Visit,
) -> Response:
    """Hand the person over to the app server, which shares no cookie with the portal, with a ticket in a form.

    The gallery's script asks for what the form says (``application/json``) and sends it itself, so that nobody waits
    for a page whose only purpose is to be left again.
    """
    if not addresses.apps:
        raise Unavailable("The app server is not running.", "Ask who runs the sandbox to start it.")
    ticket = grant_app(services, me, slug, form.text("version") or None, signin=session_mark(visit.secret))
    sealed = seal(ticket, services.keys.ticket_key())
    target = f"{addresses.apps}/enter"
    if request.headers.get("accept") == "application/json":
        return JSONResponse({"target": target, "ticket": sealed})
    return page(request, "enter.html", target=target, ticket=sealed, to="app")


@router.get("/apps/{slug}/handoff", name="handoff")
def download_handoff(slug: str, services: UsedServices, me: Me) -> Response:
    """The bundle that IT takes over."""
    with services.registry.reading() as reading:
        project = reading.project(slug)
    if not sees_inside(me, project):
        raise no_app(slug)
    bundle = handoff_bundle(services, me, slug)
    return FileResponse(bundle, media_type="application/zip", filename=f"{slug}-handoff.zip")


def live_project(reading: Reading, slug: str) -> Project:
    try:
        project = reading.project(slug)
    except NotFound:
        raise no_app(slug) from None
    if project.live_version is None or project.state is State.RETIRED:
        raise no_app(slug)
    return project


def sees_inside(person: Person, project: Project) -> bool:
    return person.name == project.owner or person.has(Role.REVIEWER, Role.LEAD, Role.STEWARD)
