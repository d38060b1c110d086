"""The catalogue of datasets: what there is, what each column means, and how it was made safe."""

from __future__ import annotations

from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import Response

from sandbox.catalog import Catalog
from sandbox.core.errors import NotFound
from sandbox.core.roles import Role
from sandbox.portal.datasets import dataset_view, dataset_views
from sandbox.portal.needs import Me, UsedServices
from sandbox.portal.render import page
from sandbox.snapshots.certificate import read_text
from sandbox.snapshots.drift import CALM, STRONG, diff_snapshots

router = APIRouter(include_in_schema=False)


@router.get("/datasets", name="datasets")
def show_catalogue(request: Request, services: UsedServices, me: Me) -> Response:
    problems = Catalog(services.workspace, services.content).problems() if me.has(Role.STEWARD) else []
    return page(request, "datasets.html", datasets=dataset_views(services, me), problems=problems)


@router.get("/datasets/{name}", name="dataset")
def show_dataset(request: Request, name: str, services: UsedServices, me: Me) -> Response:
    return page(request, "dataset.html", dataset=dataset_view(services, me, name))


@router.get("/datasets/{name}/diff", name="dataset_diff")
def show_diff(
    request: Request, name: str, services: UsedServices, me: Me, older: str | None = None, newer: str | None = None
) -> Response:
    """Two versions side by side: the two newest if none are named."""
    view = dataset_view(services, me, name)
    catalog = Catalog(services.workspace, services.content)
    if len(view.versions) < 2:
        raise NotFound("{dataset} has no two snapshots to compare.", "Wait for the next one to be built.", dataset=name)
    found = diff_snapshots(
        catalog.snapshot(name, older or str(view.versions[1])), catalog.snapshot(name, newer or str(view.versions[0]))
    )
    return page(request, "dataset_diff.html", dataset=view, diff=found, calm=CALM, strong=STRONG)


@router.get("/datasets/{name}/certificate.json", name="certificate")
def download_certificate(name: str, services: UsedServices, me: Me) -> Response:
    """The newest snapshot's certificate, for whoever may know of the dataset."""
    view = dataset_view(services, me, name)
    text = read_text(services.workspace.snapshot(name, view.versions[0])) if view.versions else None
    if text is None:
        raise NotFound("{dataset} has no certificate.", "Build the dataset again.", dataset=name)
    disposition = f'attachment; filename="{name}-{view.versions[0]}-certificate.json"'
    return Response(text, media_type="application/json", headers={"Content-Disposition": disposition})
