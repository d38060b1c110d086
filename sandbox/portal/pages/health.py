"""How the machine and the workspace are, for leads and stewards; and the probes for monitors."""

from __future__ import annotations

import platform
import shutil
from collections import Counter

from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import JSONResponse, PlainTextResponse, Response

from sandbox import __version__
from sandbox.core.errors import NotFound, SandboxError
from sandbox.core.lifecycle import State
from sandbox.core.roles import Role
from sandbox.identity.probes import may_measure
from sandbox.kernels.capability import capability
from sandbox.kernels.learned import REASONS, remembered
from sandbox.portal.access import OVERSEERS
from sandbox.portal.needs import Me, Posted, UsedAddresses, UsedServices
from sandbox.portal.observe import Metrics
from sandbox.portal.render import go, page
from sandbox.workflows.people import disable_person, enable_person

router = APIRouter(include_in_schema=False)


@router.get("/health", name="health")
def show_health(request: Request, services: UsedServices, addresses: UsedAddresses, me: Me) -> Response:
    me.require(*OVERSEERS)
    with services.registry.reading() as reading:
        people, gone, projects = reading.people(), reading.people(disabled=True), reading.projects()
        queue = [s for s in reading.submissions(undecided=True) if s.examination in ("queued", "running")]
    disk = shutil.disk_usage(services.workspace.home)
    return page(
        request, "health.html", machine=capability(), addresses=addresses, projects=len(projects),
        people=[(p, False) for p in people] + [(p, True) for p in gone],
        owned=Counter(p.owner for p in projects if p.state is not State.RETIRED), leads=me.has(Role.LEAD),
        queue=queue, disk=disk, version=__version__, python=platform.python_version(), system=platform.platform(),
        settings=services.settings, ahead=remembered(services.workspace.preload), reasons=REASONS,
    )  # fmt: skip


@router.post("/people/{name}/disable", name="disable_person")
def disable_now(request: Request, name: str, form: Posted, services: UsedServices, me: Me) -> Response:
    disable_person(services, name, by=me)
    return go(request, "health")


@router.post("/people/{name}/enable", name="enable_person")
def enable_now(request: Request, name: str, form: Posted, services: UsedServices, me: Me) -> Response:
    enable_person(services, name, by=me)
    return go(request, "health")


@router.get("/healthz", name="healthz")
def healthz(services: UsedServices) -> Response:
    """200 when the registry answers; says nothing that a stranger could use."""
    try:
        with services.registry.reading() as reading:
            reading.has_project("-")
    except (SandboxError, OSError):
        return JSONResponse({"status": "down"}, 503)
    return JSONResponse({"status": "ok"})


@router.get("/metrics", name="metrics")
def metrics(request: Request, services: UsedServices) -> Response:
    """Prometheus' text format: requests, examinations waiting, projects by state. Holds no name of anything."""
    peer = request.client.host if request.client else ""
    if not may_measure(request.headers, peer, services.settings.metrics_token):
        raise NotFound("There is no such page.", "Check the address, or begin at the start page.")
    found: Metrics = request.app.state.metrics
    with services.registry.reading() as reading:
        projects = reading.projects()
        waiting = reading.submissions(undecided=True)
    gauges: dict[str, dict[str, float]] = {
        "sandbox_projects": {f'state="{s.value}"': sum(p.state is s for p in projects) for s in State},
        "sandbox_examinations": {
            f'examination="{e}"': sum(s.examination == e for s in waiting) for e in ("queued", "running")
        },
        "sandbox_submissions_undecided": {"": len(waiting)},
    }
    return PlainTextResponse(found.render(gauges), media_type="text/plain; version=0.0.4")
