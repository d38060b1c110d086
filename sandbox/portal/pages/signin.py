"""Sign in with a one-time link, sign out, choose a language."""

from __future__ import annotations

from datetime import timedelta
from urllib.parse import urlsplit

from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from sandbox.core.messages import LANGUAGES
from sandbox.identity import accounts
from sandbox.portal import render
from sandbox.portal.needs import Posted, UsedServices, Visit
from sandbox.portal.render import go, page
from sandbox.portal.visitor import Cookies

router = APIRouter(include_in_schema=False)


@router.get("/signin", name="signin")
def offer(request: Request, services: UsedServices, link: str = "") -> Response:
    """How one signs in; with ``link``, a button that does. Only the button spends the link: a preview, a scanner or

    an address bar that fetches ahead changes nothing.
    """
    person = accounts.peek_signin(services.registry, link, services.now()) if link else None
    status = 410 if link and person is None else 200
    return page(request, "signin.html", status, error=None, person=person, secret=link)


@router.post("/signin", name="signin_now")
def sign_in(request: Request, form: Posted, services: UsedServices, visit: Visit) -> Response:
    cookies: Cookies = request.app.state.cookies
    lifetime = timedelta(hours=services.settings.session_hours)
    session = accounts.sign_in(
        services.registry,
        form.text("secret"),
        now=services.now(),
        lifetime=lifetime,
        previous=visit.secret if visit.via == "session" else None,
    )
    response = go(request, "home")
    cookies.put(response, cookies.session, session.secret, int(lifetime.total_seconds()))
    cookies.drop(response, cookies.visit)
    return response


@router.post("/signout", name="signout")
def sign_out(request: Request, form: Posted, services: UsedServices, visit: Visit) -> Response:
    cookies: Cookies = request.app.state.cookies
    if visit.via == "session":
        accounts.sign_out(services.registry, visit.secret, services.now())
    response = go(request, "signin")
    cookies.drop(response, cookies.session)
    cookies.put_language(response, visit.language)
    response.headers["Clear-Site-Data"] = '"cache"'
    return response


@router.post("/language", name="set_language")
def set_language(request: Request, form: Posted, services: UsedServices, visit: Visit) -> Response:
    chosen = form.text("language")
    language = chosen if chosen in LANGUAGES else visit.language
    if visit.person:
        accounts.set_language(services.registry, visit.person, language, services.now())
    response = RedirectResponse(_local(form.text("next"), render.link(request, "home")), 303)
    cookies: Cookies = request.app.state.cookies
    cookies.put_language(response, language)
    return response


def _local(address: str, otherwise: str) -> str:
    """``address`` if it is a path of this portal: a form must not send people to another site."""
    parts = urlsplit(address)
    local = address.startswith("/") and not address.startswith(("//", "/\\")) and not (parts.scheme or parts.netloc)
    return address if local and address.isprintable() and "\\" not in address else otherwise
