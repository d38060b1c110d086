"""The lead's portfolio: every project by state, with KPI, expected value and age."""

from __future__ import annotations

from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import Response

from sandbox.core.roles import Role
from sandbox.portal.needs import Me, Reads, UsedServices
from sandbox.portal.render import page
from sandbox.portal.views import departments, display_names, portfolio_total, project_rows
from sandbox.portal.words import WORDS
from sandbox.workflows.usage import recent_usage

router = APIRouter(include_in_schema=False)


@router.get("/portfolio", name="portfolio")
def show_portfolio(
    request: Request,
    services: UsedServices,
    me: Me,
    language: Reads,
    state: str = "",
    department: str = "",
    owner: str = "",
) -> Response:
    me.require(Role.LEAD)
    with services.registry.reading() as reading:
        rows = project_rows(reading, reading.projects(), language)
        used = recent_usage(services, reading)
        whose = display_names(reading)[owner] if owner else ""
    shown = [
        r for r in rows
        if state in ("", r.stage) and department in ("", r.project.department) and owner in ("", r.project.owner)
    ]  # fmt: skip
    return page(
        request, "portfolio.html", rows=shown, used=used, totals=portfolio_total(rows), state=state,
        department=department, whose=whose, states=list(WORDS["state"]),
        departments=departments(r.project for r in rows),
    )  # fmt: skip
