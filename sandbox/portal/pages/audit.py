"""The audit chain, with the result of recomputing it."""

from __future__ import annotations

from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import Response

from sandbox.core.errors import Damaged
from sandbox.portal.access import OVERSEERS
from sandbox.portal.needs import Me, UsedServices
from sandbox.portal.render import page
from sandbox.portal.views import display_names

router = APIRouter(include_in_schema=False)
_MOST = 300


@router.get("/audit", name="audit")
def show_audit(request: Request, services: UsedServices, me: Me, subject: str = "") -> Response:
    me.require(*OVERSEERS)
    broken: Damaged | None = None
    lines = 0
    try:
        lines = services.registry.verify_audit()
    except Damaged as error:
        broken = error
    with services.registry.reading() as reading:
        events = reading.audit(subject=subject or None, limit=_MOST)
        names = display_names(reading)
    return page(
        request, "audit.html", events=list(reversed(events)), broken=broken, lines=lines, subject=subject, names=names,
        most=_MOST,
    )  # fmt: skip
