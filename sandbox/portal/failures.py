"""Every error as a page for people or as problem details (RFC 9457) for programs. Never a traceback."""

from __future__ import annotations

from http import HTTPStatus
from typing import Any

from fastapi.exceptions import RequestValidationError
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from sandbox.core.errors import NotFound, NotSignedIn, SandboxError, TooBusy
from sandbox.core.messages import as_language
from sandbox.portal.observe import log
from sandbox.portal.render import page
from sandbox.portal.visitor import Visitor, came_from_elsewhere, visitor_of


class Unforeseen(SandboxError):
    """Stands for a mistake of ours; what happened is in the log under the request's id, not on the page."""

    status = 500
    slug = "unforeseen"


class BadRequest(SandboxError):
    """The form or the request cannot be read as such."""

    status = 400
    slug = "bad-request"


def failure(request: Request, error: Exception) -> Response:
    """The answer to ``error``."""
    known = _as_sandbox_error(error, _is_api(request))
    if known.status >= 500:
        log.error(
            "failure", exc_info=error, extra={"request": request.state.request_id, "detail": type(error).__name__}
        )
    response = _problem(request, known) if _is_api(request) else _page(request, known)
    if isinstance(known, TooBusy):
        response.headers["Retry-After"] = "10"
    if isinstance(error, HTTPException) and error.headers:
        response.headers.update(error.headers)
    return response


def _as_sandbox_error(error: Exception, api: bool) -> SandboxError:
    if isinstance(error, SandboxError):
        return error
    if isinstance(error, RequestValidationError) and not api:
        # A person's page has nothing to be validated but its address; forms answer for their own fields.
        return NotFound("There is no such page.", "Check the address, or begin at the start page.")
    if isinstance(error, RequestValidationError):
        return BadRequest(
            "The request cannot be read: {problems}.",
            "Correct it and send it again; /api/v1/openapi.json describes every request.",
            problems="; ".join(f"{'.'.join(map(str, e['loc']))}: {e['msg']}" for e in error.errors()[:5]),
        )
    if isinstance(error, HTTPException):
        if error.status_code == HTTPStatus.NOT_FOUND:
            return NotFound("There is no such page.", "Check the address, or begin at the start page.")
        if error.status_code < 500:
            found = BadRequest("The request cannot be used: {problem}.", "Go back and try again.", problem=error.detail)
            found.__dict__["status"] = error.status_code
            return found
    return Unforeseen(
        "Something went wrong that should not have.",
        "Try again. If it happens again, tell who runs the sandbox the number of this incident.",
    )


def _is_api(request: Request) -> bool:
    return "/api/" in request.url.path or request.headers.get("accept", "").startswith("application/json")


def _problem(request: Request, error: SandboxError) -> JSONResponse:
    visitor = _visitor(request)
    message, remedy = error.render(visitor.texts.gettext)
    body: dict[str, Any] = {
        "type": f"urn:sandbox:{error.slug}",
        "title": HTTPStatus(error.status).phrase,
        "status": error.status,
        "detail": message,
        "remedy": remedy,
        "instance": f"urn:sandbox:request:{request.state.request_id}",
    }
    headers = {"WWW-Authenticate": "Bearer"} if error.status == 401 else None
    return JSONResponse(body, error.status, headers, media_type="application/problem+json")


def _page(request: Request, error: SandboxError) -> Response:
    _visitor(request)
    if isinstance(error, NotSignedIn) and came_from_elsewhere(request):
        return page(request, "again.html")
    if isinstance(error, NotSignedIn):
        return page(request, "signin.html", error.status, error=error, person=None, secret="")
    return page(request, "failure.html", error.status, error=error)


def _visitor(request: Request) -> Visitor:
    """The visitor, or an anonymous one where finding out is what failed."""
    try:
        return visitor_of(request)
    except Exception:  # a wrong bearer token, or a registry that is away
        language = as_language(request.headers.get("accept-language"))
        request.state.visitor = nobody = Visitor(None, language, "", "nobody")
        return nobody
