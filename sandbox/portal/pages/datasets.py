"""The catalogue of datasets: what there is, what each column means, and how it was made safe."""

from __future__ import annotations

from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import Response

from sandbox.catalog import Catalog
from sandbox.core.roles import Role
from sandbox.portal.datasets import dataset_view, dataset_views
from sandbox.portal.needs import Me, UsedServices
from sandbox.portal.render import page

router = APIRouter(include_in_schema=False)


@router.get("/datasets", name="datasets")
def show_catalogue(request: Request, services: UsedServices, me: Me) -> Response:
    problems = Catalog(services.workspace, services.content).problems() if me.has(Role.STEWARD) else []
    return page(request, "datasets.html", datasets=dataset_views(services, me), problems=problems)


@router.get("/datasets/{name}", name="dataset")
def show_dataset(request: Request, name: str, services: UsedServices, me: Me) -> Response:
    return page(request, "dataset.html", dataset=dataset_view(services, me, name))
