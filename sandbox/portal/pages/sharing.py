"""With whom a project is shared: the section of its page, and its two steps."""

from __future__ import annotations

from typing import Any

from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import Response

from sandbox.core.lifecycle import State
from sandbox.core.project import Project
from sandbox.core.roles import Person, Role
from sandbox.portal.needs import Me, Posted, UsedServices
from sandbox.portal.render import go
from sandbox.store.registry import Reading
from sandbox.workflows.services import Services
from sandbox.workflows.share import share, unshare, who_edits

router = APIRouter(include_in_schema=False)


def shared_facts(services: Services, reading: Reading, person: Person, project: Project) -> dict[str, Any]:
    """What the page shows: ``colleagues`` now, ``editor`` (who has the text), ``choices`` to share with next."""
    everybody = reading.colleagues(project.slug)
    now = [c for c in everybody if c.ended is None]
    may_share = person.name == project.owner and project.state is not State.RETIRED
    taken = {project.owner, *(c.person for c in now)}
    return {
        "colleagues": now,
        "editor": who_edits(services, person, project.slug) if now else None,
        "choices": [p for p in reading.people() if p.has(Role.STAFF) and p.name not in taken] if may_share else [],
        "worked": any(c.person == person.name for c in everybody),
        "works": any(c.person == person.name for c in now),
    }


@router.post("/projects/{slug}/share", name="share")
def share_now(request: Request, slug: str, form: Posted, services: UsedServices, me: Me) -> Response:
    share(services, me, slug, form.text("person"))
    return go(request, "project", slug=slug)


@router.post("/projects/{slug}/unshare", name="unshare")
def unshare_now(request: Request, slug: str, form: Posted, services: UsedServices, me: Me) -> Response:
    name = form.text("person")
    unshare(services, me, slug, name)
    return go(request, "projects") if name == me.name else go(request, "project", slug=slug)
