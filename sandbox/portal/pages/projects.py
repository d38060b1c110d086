"""A person's projects: the list, one project with its road, findings and history, and its steps."""

from __future__ import annotations

from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from sandbox.core.errors import SandboxError
from sandbox.core.lifecycle import State
from sandbox.core.project import Project, Submission
from sandbox.core.roles import Person, Role
from sandbox.i18n import catalogue
from sandbox.identity.tickets import LIFETIME, Ticket, seal
from sandbox.portal.access import steps
from sandbox.portal.addresses import Addresses
from sandbox.portal.labs import has_lab, lab_of
from sandbox.portal.needs import Me, Posted, Reads, UsedAddresses, UsedServices
from sandbox.portal.pages.sharing import shared_facts
from sandbox.portal.perimeter import content_policy
from sandbox.portal.progress import progress_text
from sandbox.portal.render import go, page
from sandbox.portal.views import display_names, judged, project_rows, stage
from sandbox.workflows.access import visible_project, worked_project
from sandbox.workflows.hand_over import hand_over
from sandbox.workflows.promote import promote
from sandbox.workflows.publish import Retrospective, retire, rollback
from sandbox.workflows.services import Services
from sandbox.workflows.start_project import renew_pins
from sandbox.workflows.submit import withdraw

router = APIRouter(include_in_schema=False)

ROAD = ("draft", "submitted", "published", "promoted")


@router.get("/projects", name="projects")
def show_mine(request: Request, services: UsedServices, addresses: UsedAddresses, me: Me, language: Reads) -> Response:
    with services.registry.reading() as reading:
        rows = project_rows(reading, reading.worked_on(me.name), language)
    return page(request, "projects.html", rows=rows, lab_here=has_lab(me, addresses))


@router.get("/projects/{slug}", name="project")
def show_project(
    request: Request, slug: str, services: UsedServices, addresses: UsedAddresses, me: Me, language: Reads
) -> Response:
    with services.registry.reading() as reading:
        project = visible_project(reading, me, slug)
        submissions = reading.submissions(project=slug)
        versions = reading.app_versions(slug)
        events = [e for e in reading.audit(subject=slug) if e.action != "app.opened"]
        names = display_names(reading)
        row = project_rows(reading, [project], language)[0]
        shared = shared_facts(services, reading, me, project)
        gives = me.has(Role.LEAD) and project.state is not State.RETIRED
        heirs = [p for p in reading.people() if p.has(Role.STAFF) and p.name != project.owner] if gives else []
    last = submissions[0] if submissions else None
    return page(
        request, "project.html", project=project, row=row, stage=stage(project, last), road=road(project, last),
        submissions=submissions, last=last, judged=judged(last) if last else [], versions=versions,
        events=list(reversed(events)), names=names,
        steps=steps(me, project) if not shared["worked"] else frozenset(), shared=shared,
        lab_here=has_lab(me, addresses) and (me.name == project.owner or shared["works"]),
        own=me.name == project.owner, heirs=heirs,
    )  # fmt: skip


def road(project: Project, last: Submission | None) -> list[tuple[str, str]]:
    """(station, done | here | ahead) of the project's life; a retired project ends where it got to."""
    where = 0 if project.state is State.RETIRED else ROAD.index(project.state.value)
    stations = [(s, "done" if i < where else "here" if i == where else "ahead") for i, s in enumerate(ROAD)]
    if project.state is State.RETIRED:
        return [("draft", "done"), ("retired", "here")]
    return stations


@router.post("/projects/{slug}/lab", name="open_lab")
def open_lab(
    request: Request, slug: str, form: Posted, services: UsedServices, addresses: UsedAddresses, me: Me
) -> Response:
    """Hand somebody who works on the project over to JupyterLab with a ticket."""
    with services.registry.reading() as reading:
        project = worked_project(reading, me, slug)
    return _to_lab(request, services, addresses, me, project.slug)


@router.post("/lab", name="open_lab_start")
def open_lab_start(
    request: Request, form: Posted, services: UsedServices, addresses: UsedAddresses, me: Me
) -> Response:
    """Hand a person over to JupyterLab's start page."""
    return _to_lab(request, services, addresses, me, "")


def _to_lab(request: Request, services: Services, addresses: Addresses, me: Person, target: str) -> Response:
    lab = lab_of(services, addresses, me)
    ticket = Ticket(
        purpose="lab", person=me.name, display_name=me.display_name, language=me.language,
        expires=services.now() + LIFETIME, target=target,
    )  # fmt: skip
    sealed = seal(ticket, services.keys.ticket_key())
    answer = page(request, "enter.html", target=f"{lab}/sandbox/enter", ticket=sealed, to="lab")
    answer.headers["Content-Security-Policy"] = content_policy(addresses, lab)
    return answer


@router.post("/projects/{slug}/withdraw", name="withdraw")
def take_back(request: Request, slug: str, form: Posted, services: UsedServices, me: Me) -> Response:
    withdraw(services, me, slug)
    return go(request, "project", slug=slug)


@router.post("/projects/{slug}/renew", name="renew_pins")
def renew(request: Request, slug: str, form: Posted, services: UsedServices, me: Me) -> Response:
    renew_pins(services, me, slug)
    return go(request, "project", slug=slug)


@router.get("/projects/{slug}/submissions/{number}/progress", name="progress")
def show_progress(slug: str, number: int, services: UsedServices, me: Me, language: Reads) -> Response:
    """What a waiting page polls."""
    with services.registry.reading() as reading:
        visible_project(reading, me, slug)
        submission = reading.submission(slug, number)
    progress = progress_text(submission.progress, catalogue(language).gettext)
    return JSONResponse({"examination": submission.examination, "progress": progress})


@router.post("/projects/{slug}/promote", name="promote")
def promote_now(request: Request, slug: str, form: Posted, services: UsedServices, me: Me) -> Response:
    _inside(services, me, slug)
    promote(services, me, slug, form.text("reasons"))
    return go(request, "project", slug=slug)


@router.post("/projects/{slug}/rollback", name="rollback")
def roll_back(request: Request, slug: str, form: Posted, services: UsedServices, me: Me) -> Response:
    _inside(services, me, slug)
    rollback(services, me, slug, form.text("version"), form.text("reasons"))
    return go(request, "project", slug=slug)


@router.post("/projects/{slug}/hand-over", name="hand_over")
def hand_over_now(request: Request, slug: str, form: Posted, services: UsedServices, me: Me) -> Response:
    _inside(services, me, slug)
    hand_over(services, slug, form.text("person"), form.text("reasons")[:2000], by=me)
    return go(request, "project", slug=slug)


@router.get("/projects/{slug}/retire", name="retire")
def show_retire(request: Request, slug: str, services: UsedServices, me: Me) -> Response:
    project = _inside(services, me, slug)
    me.require(Role.LEAD)
    return page(request, "retire.html", project=project, tried="", learned="", again="", error=None)


@router.post("/projects/{slug}/retire", name="retire_now")
def retire_now(request: Request, slug: str, form: Posted, services: UsedServices, me: Me) -> Response:
    project = _inside(services, me, slug)
    tried, learned, again = form.text("tried"), form.text("learned"), form.text("again")
    try:
        lesson = Retrospective(tried[:2000], learned[:2000], again == "yes")
    except SandboxError as error:
        typed = {"tried": tried, "learned": learned, "again": again}
        return page(request, "retire.html", 422, project=project, error=error, **typed)
    retire(services, me, slug, lesson)
    return go(request, "project", slug=slug)


def _inside(services: UsedServices, me: Me, slug: str) -> Project:
    """The project, or NotFound for somebody who may not know of it: a refusal would tell that it exists."""
    with services.registry.reading() as reading:
        return visible_project(reading, me, slug)
