"""Who sends a request, in which language they read, and whether a change really comes from a page of ours."""

from __future__ import annotations

import hashlib
import hmac
import secrets
from dataclasses import dataclass
from typing import Literal, cast

from starlette.requests import Request
from starlette.responses import Response

from sandbox.core.errors import NotAllowed, NotSignedIn
from sandbox.core.messages import LANGUAGES, Language, as_language
from sandbox.core.roles import Person
from sandbox.i18n import Catalogue, catalogue
from sandbox.identity import accounts
from sandbox.portal.addresses import Addresses
from sandbox.workflows.services import Services

CSRF_FIELD, CSRF_HEADER = "csrf", "x-csrf-token"
_YEAR = 365 * 24 * 3600


@dataclass(frozen=True)
class Visitor:
    """``secret`` is the session's, or that of an anonymous visit; ``via`` says how the person was recognised.

    The form token is derived from the secret, so that it ends with the session and no other session's token fits.
    """

    person: Person | None
    language: Language
    secret: str
    via: Literal["session", "token", "nobody"]
    new_visit: bool = False

    @property
    def csrf(self) -> str:
        return hmac.new(self.secret.encode(), b"form", hashlib.sha256).hexdigest()

    @property
    def texts(self) -> Catalogue:
        return catalogue(self.language)

    def signed_in(self) -> Person:
        """The person; raises NotSignedIn for an anonymous visit."""
        if self.person is None:
            raise NotSignedIn("You are not signed in.", "Sign in with your personal link.")
        return self.person

    def __repr__(self) -> str:
        return f"Visitor({self.person.name if self.person else None!r}, {self.via})"


@dataclass(frozen=True)
class Cookies:
    """Names carry the workspace's mark, for cookies are shared by all ports of a host."""

    session: str
    visit: str
    language: str
    path: str
    secure: bool

    @classmethod
    def of(cls, services: Services, addresses: Addresses) -> Cookies:
        mark = hmac.new(services.keys.ticket_key(), b"cookie", hashlib.sha256).hexdigest()[:8]
        return cls(
            f"sandbox-session-{mark}",
            f"sandbox-visit-{mark}",
            f"sandbox-language-{mark}",
            (addresses.base or "") + "/",
            addresses.secure,
        )

    def put(self, response: Response, name: str, value: str, seconds: int | None = None) -> None:
        response.set_cookie(
            name, value, max_age=seconds, path=self.path, secure=self.secure, httponly=True, samesite="strict"
        )

    def drop(self, response: Response, name: str) -> None:
        response.delete_cookie(name, path=self.path, secure=self.secure, httponly=True, samesite="strict")

    def put_language(self, response: Response, language: Language) -> None:
        self.put(response, self.language, language, _YEAR)


def visitor_of(request: Request) -> Visitor:
    """The request's visitor, found once per request."""
    known = getattr(request.state, "visitor", None)
    if known is None:
        known = request.state.visitor = _find(request)
    return cast(Visitor, known)


def _find(request: Request) -> Visitor:
    services: Services = request.app.state.services
    cookies: Cookies = request.app.state.cookies
    now = services.now()
    scheme, _, bearer = request.headers.get("authorization", "").partition(" ")
    if scheme.lower() == "bearer":
        person = accounts.api_person(services.registry, bearer.strip(), now)
        if person is None:
            raise NotSignedIn("The API token is unknown or too old.", "Start the sandbox again; it makes a new one.")
        # A program says which language its reader wants; Lab's may differ from the portal's.
        asked = request.headers.get("accept-language")
        return Visitor(person, as_language(asked) if asked else person.language, bearer.strip(), "token")
    secret = request.cookies.get(cookies.session, "")
    person = accounts.session_person(services.registry, secret, now) if secret else None
    if person is not None:
        return Visitor(person, person.language, secret, "session")
    visit = request.cookies.get(cookies.visit, "")
    # An unset cookie of an anonymous visit: whatever the visitor brings only protects the visitor's own forms.
    fresh = visit if len(visit) >= 32 else secrets.token_urlsafe(32)
    return Visitor(None, _anonymous_language(request, cookies), fresh, "nobody", new_visit=fresh != visit)


def _anonymous_language(request: Request, cookies: Cookies) -> Language:
    chosen = request.cookies.get(cookies.language)
    return chosen if chosen in LANGUAGES else as_language(request.headers.get("accept-language"))


def came_from_elsewhere(request: Request) -> bool:
    """Whether a browser followed a link of another site, an app for instance, and so kept the Strict cookie back.

    The visitor may well be signed in: a page of ours that loads the same address again finds out.
    """
    return request.method == "GET" and request.headers.get("sec-fetch-site") == "cross-site"


def check_form_token(visitor: Visitor, given: str) -> None:
    """Raise NotAllowed unless ``given`` is the token of this visitor's own forms."""
    if not hmac.compare_digest(visitor.csrf.encode(), given.encode()):
        raise NotAllowed(
            "This form is too old, or it was not one of the portal's own.",
            "Go back, reload the page, and send it again.",
        )
