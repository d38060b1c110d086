"""The portal put together: services in, an ASGI application out."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

from fastapi import FastAPI
from fastapi.exceptions import RequestValidationError
from starlette.exceptions import HTTPException
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import Response
from starlette.staticfiles import StaticFiles
from starlette.types import Scope

from sandbox import __version__
from sandbox.core.errors import SandboxError
from sandbox.portal import api, pages
from sandbox.portal.addresses import Addresses
from sandbox.portal.failures import failure
from sandbox.portal.observe import Metrics, Observe
from sandbox.portal.perimeter import Perimeter
from sandbox.portal.render import STATIC
from sandbox.portal.visitor import Cookies
from sandbox.workflows.examiner import Examiner
from sandbox.workflows.services import Services


def create_app(services: Services, addresses: Addresses, *, examiner: Examiner | None = None) -> FastAPI:
    """The portal on ``services``, reached at ``addresses.portal`` (its path is the base behind a proxy).

    ``examiner`` is started and stopped with the application; without one, submissions stay in the queue.
    """
    metrics = Metrics()

    @asynccontextmanager
    async def lifespan(_: FastAPI) -> AsyncIterator[None]:
        if examiner:
            examiner.start()
        yield
        if examiner:
            examiner.stop()

    # Starlette runs these in its thread pool; its annotation knows coroutines only.
    handlers: dict[Any, Any] = dict.fromkeys((SandboxError, HTTPException, RequestValidationError), failure)
    app = FastAPI(
        title="Innovation Sandbox",
        version=__version__,
        description="The portal's REST API. Errors are problem details (RFC 9457) with a `remedy`.",
        root_path=addresses.base,
        openapi_url="/api/v1/openapi.json",
        docs_url=None,  # the stock pages load their scripts from a CDN
        redoc_url=None,
        lifespan=lifespan,
        middleware=[
            Middleware(Observe, metrics=metrics),
            Middleware(
                Perimeter,
                addresses=addresses,
                upload_bytes=services.settings.submission_bytes + 64 * 1024,
                failure=failure,
            ),
        ],
        exception_handlers=handlers,
    )
    app.state.services, app.state.addresses, app.state.metrics = services, addresses, metrics
    app.state.examiner, app.state.cookies = examiner, Cookies.of(services, addresses)
    for router in (*pages.ROUTERS, api.router):
        app.include_router(router)
    app.mount("/static", _Static(directory=STATIC), name="static")
    return app


class _Static(StaticFiles):
    """Our own files; pages name them with a mark of their content, so browsers may keep them."""

    async def get_response(self, path: str, scope: Scope) -> Response:
        response = await super().get_response(path, scope)
        marked = "v" in Request(scope).query_params
        response.headers["Cache-Control"] = "public, max-age=31536000, immutable" if marked else "no-cache"
        return response
