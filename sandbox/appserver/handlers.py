"""The app server's addresses. Each is sealed with the security headers and speaks in pages, never in tracebacks."""

from __future__ import annotations

import contextlib
import json
import logging
import re
import uuid
from typing import Any

from tornado import web
from voila.tornado.kernel_websocket_handler import VoilaKernelWebsocketHandler

from sandbox.appserver import pages
from sandbox.appserver.channels import V1
from sandbox.appserver.gate import KERNEL_ID, Gate, Page
from sandbox.appserver.headers import security_headers
from sandbox.appserver.identity import COOKIE, NO_ORIGIN, offered_protocols, viewer_of
from sandbox.appserver.kernels import AppKernels
from sandbox.appserver.measures import Measures
from sandbox.appserver.openings import Openings
from sandbox.appserver.places import Places
from sandbox.appserver.sessions import Sessions, Viewer
from sandbox.appserver.traffic import AGAIN_SECONDS, QUESTION_MESSAGES, TooMuch
from sandbox.core.errors import NotFound, NotSignedIn, SandboxError, TooBusy, Unavailable
from sandbox.core.ids import VersionId
from sandbox.core.messages import Language, as_language
from sandbox.i18n import catalogue
from sandbox.identity.probes import may_measure
from sandbox.identity.tickets import SpentTickets, unseal
from sandbox.publishing.shelf import read_manifest

log = logging.getLogger(__name__)

RETRY_SECONDS = 20


def said_too_much() -> TooBusy:
    """For who asks more often than a page of ours ever does."""
    error = TooBusy("This app was asked too much in a short time.", "Please try again in a moment.")
    error.retry_after = AGAIN_SECONDS
    return error


class Sealed(web.RequestHandler):
    """Security headers on every answer, errors as pages in the reader's language."""

    nonce = ""

    @property
    def places(self) -> Places:
        return self.settings["sandbox_places"]  # type: ignore[no-any-return]

    @property
    def gate(self) -> Gate:
        return self.settings["sandbox_gate"]  # type: ignore[no-any-return]

    @property
    def kernels(self) -> AppKernels:
        return self.settings["kernel_manager"]  # type: ignore[no-any-return]

    @property
    def request_id(self) -> str:
        found = getattr(self, "_request_id", "")
        if not found:
            found = self._request_id = uuid.uuid4().hex[:12]
        return found

    @property
    def reader_language(self) -> Language:
        viewer = viewer_of(self)
        return viewer.language if viewer else as_language(self.request.headers.get("Accept-Language"))

    def set_default_headers(self) -> None:
        super().set_default_headers()
        self.seal()

    def seal(self, nonce: str = "", *, frames: bool = False) -> None:
        for name, value in security_headers(self.places.origin, nonce, frames=frames).items():
            self.set_header(name, value)
        if self.request.headers.get("Origin") == NO_ORIGIN:  # from an app's page; it is not let read the answer by this
            self.set_header("Cross-Origin-Resource-Policy", "cross-origin")
        self.set_header("X-Request-Id", self.request_id)
        self.clear_header("Server")

    def from_own_page(self) -> bool:
        """Whether the request comes from one of our pages; needed for what changes something.

        An app's page has no Origin to tell: then ``viewer_of`` has looked at its key and at nothing else.
        """
        return self.request.headers.get("Origin", "").lower() in (self.places.origin, NO_ORIGIN)

    def viewer_with(self, kernel_id: str, messages: int = 0) -> Viewer:
        """The viewer from whose page the request comes, and whose kernel it is.

        The request counts as so many ``messages`` of the kernel's websocket. Raises HTTPError 403 or 404, or TooBusy.
        """
        viewer = viewer_of(self)
        if viewer is None or not self.from_own_page():
            raise web.HTTPError(403)
        if not self.gate.owns(viewer, kernel_id):
            raise web.HTTPError(404)
        if messages:
            self.spend(kernel_id, messages)
        return viewer

    def spend(self, kernel_id: str, messages: int) -> None:
        """Take the request from what the kernel's viewer may say. Raises TooBusy."""
        try:
            self.kernels.spend(kernel_id, len(self.request.body), messages)
        except TooMuch:
            raise said_too_much() from None

    def tell(self, error: SandboxError) -> None:
        """Answer with ``error``: its status, a page with message and remedy, and when to try again."""
        self.clear()
        self.set_status(error.status)
        go_on = None
        if isinstance(error, TooBusy):
            wait = min(RETRY_SECONDS, error.retry_after or RETRY_SECONDS)
            self.set_header("Retry-After", str(wait))
            go_on = pages.GoOn(self.request.path, wait)
        self.set_header("Content-Type", "text/html; charset=utf-8")
        self.set_header("Cache-Control", "no-store")
        self.finish(pages.error_page(self.places, self.reader_language, error, self.request_id, go_on))

    def log_exception(self, typ: Any, value: Any, tb: Any) -> None:
        """An error that is told in words is no defect of the server's."""
        if not isinstance(value, SandboxError):
            super().log_exception(typ, value, tb)

    def write_error(self, status_code: int, **problem: Any) -> None:
        error = problem.get("exc_info", (None, None))[1]
        if isinstance(error, SandboxError):
            self.tell(error)
        elif status_code in (401, 403) and viewer_of(self) is None:
            self.tell(NotSignedIn("Please open the app from the portal.", "There you sign in and choose the app."))
        elif status_code < 500:
            self.tell(NotFound("There is nothing here.", "Open an app from the portal."))
        else:
            self.tell(Unavailable("Something went wrong in the app server.", "Please try again in a minute."))


class NothingHere(Sealed):
    """Every address that is not in the table, and every address under another host name."""

    def prepare(self) -> None:
        if self.request.host_name.lower() != self.places.host:
            # On the portal's host name this page would share its cookies: do not serve anything there.
            self.set_status(421)
            self.finish("Misdirected request\n")
            return
        raise web.HTTPError(404)


class Start(Sealed):
    def get(self) -> None:
        _ = catalogue(self.reader_language).gettext
        title = _("Apps are opened from the portal.")
        self.finish(pages.message_page(self.places, self.reader_language, title))


class Health(Sealed):
    def get(self) -> None:
        self.set_header("Cache-Control", "no-store")
        self.finish({
            "status": "ok", "kernels": len(self.kernels.viewed()), "most_kernels": self.kernels.most_kernels,
            **self.settings["sandbox_warm"].status(),
        })  # fmt: skip


class Enter(Sealed):
    """POST with a portal's ticket: begins the session and goes on to the app."""

    def initialize(self, key: bytes, sessions: Sessions, spent: SpentTickets) -> None:
        self._key, self._sessions, self._spent = key, sessions, spent

    def post(self) -> None:
        now = self.settings["sandbox_now"]()
        try:
            ticket = unseal(self.get_body_argument("ticket", ""), self._key, purpose="app", now=now)
            manifest = read_manifest(self.places.workspace.app_version(ticket.app, VersionId.parse(ticket.version)))
            language = ticket.language if ticket.language in manifest.languages else manifest.language
            page = Page(ticket.app, ticket.version, language)
            self._spent.spend(ticket, now)
        except SandboxError as error:
            self.tell(error)
            return
        secret = self._sessions.open(ticket)
        path = self.places.base_url
        self.set_cookie(COOKIE, secret, path=path, httponly=True, samesite="Lax", secure=self.places.secure)
        self.set_header("Cache-Control", "no-store")
        # Another site began this, but the cookie goes along: it is Lax, and what follows is a GET of the whole window.
        self.redirect(f"{path}voila/render/{page.path}", status=303)


class Leave(Sealed):
    """POST from one of our pages: ends the person's sessions, grants and kernels."""

    def initialize(self, sessions: Sessions) -> None:
        self._sessions = sessions

    async def post(self) -> None:
        viewer = viewer_of(self)
        if viewer is None or not self.from_own_page():
            raise web.HTTPError(403)
        self._sessions.close(viewer.person)
        await self.kernels.end_all_of(viewer.person)
        self.clear_cookie(COOKIE, path=self.places.base_url)
        _ = catalogue(viewer.language).gettext
        self.finish(pages.message_page(self.places, viewer.language, _("You are signed out of the apps.")))


class ReadByPages(Sealed):
    """What an app's page asks for and reads."""

    def set_default_headers(self) -> None:
        """An app's page has an origin of its own and must be let read the answer, which is for who has its key."""
        super().set_default_headers()
        if self.request.headers.get("Origin") == NO_ORIGIN:
            self.set_header("Access-Control-Allow-Origin", NO_ORIGIN)
            self.set_header("Access-Control-Expose-Headers", "Content-Disposition, Retry-After")

    def tell(self, error: SandboxError) -> None:
        """In words: a script reads the answer, and nobody is led anywhere."""
        self.clear()
        self.set_status(error.status)
        if isinstance(error, TooBusy):
            self.set_header("Retry-After", str(error.retry_after or RETRY_SECONDS))
        self.set_header("Content-Type", "text/plain; charset=utf-8")
        self.set_header("Cache-Control", "no-store")
        self.finish(" ".join(error.render(catalogue(self.reader_language).gettext)))


class KernelModel(ReadByPages):
    """Whether the viewer's own kernel lives and the app has a newer version; the page asks now and then, by POST."""

    def initialize(self, sessions: Sessions) -> None:
        self._sessions = sessions

    def post(self, kernel_id: str) -> None:
        if not self.from_own_page():
            raise web.HTTPError(403)
        self.get(kernel_id)

    def get(self, kernel_id: str) -> None:
        viewer = viewer_of(self)
        if viewer is None:
            raise web.HTTPError(403)
        if not self.gate.owns(viewer, kernel_id):
            # Only its own page knows the key, so only that one learns that there was such a kernel.
            if self.request.headers.get("Origin") != NO_ORIGIN or not self.kernels.was_closed(kernel_id):
                raise web.HTTPError(404)
            self.set_status(410)
            self.finish()
            return
        self.spend(kernel_id, QUESTION_MESSAGES)
        admission = self.kernels.admission_of(kernel_id)
        newer = admission is not None and self._sessions.followed(admission)
        model = {**self.kernels.kernel_model(kernel_id), "newer": newer}
        self.set_header("Content-Type", "application/json")
        self.set_header("Cache-Control", "no-store")
        self.finish(json.dumps(model, default=str))


class CloseKernel(Sealed):
    """POST: the beacon of a page that is being closed ends its own kernel.

    The page's key (or cookie and Origin) and the kernel's owner must all fit; a token that a script can set in a cookie
    and repeat in a header would prove nothing besides.
    """

    async def post(self, kernel_id: str) -> None:
        self.viewer_with(kernel_id)
        with contextlib.suppress(KeyError, web.HTTPError):  # two beacons of one page may meet
            await self.kernels.shutdown_kernel(kernel_id, now=True)
        self.set_status(204)


class PageReady(ReadByPages):
    """POST: the page says after how many milliseconds it answered to a hand. Believed once, if it can be true."""

    def initialize(self, openings: Openings) -> None:
        self._openings = openings

    def post(self, kernel_id: str) -> None:
        self.viewer_with(kernel_id, QUESTION_MESSAGES)
        said = self.request.body.rpartition(b"\n")[2][:7]
        if not re.fullmatch(rb"[0-9]{1,6}", said) or not self._openings.ready(kernel_id, int(said)):
            raise web.HTTPError(400)
        self.set_status(204)


class Metrics(Sealed):
    """Prometheus' text, for who has the token; without one set, for programs of this machine alone."""

    def initialize(self, measures: Measures, token: str) -> None:
        self._measures, self._token = measures, token

    def get(self) -> None:
        if not may_measure(self.request.headers, self.request.remote_ip or "", self._token):
            raise web.HTTPError(404)
        self.set_header("Content-Type", "text/plain; version=0.0.4; charset=utf-8")
        self.finish(self._measures.render())


class KernelChannels(Sealed, VoilaKernelWebsocketHandler):
    """The websocket of the viewer's own kernel; ``channels.WidgetChannels`` decides about each message."""

    def set_default_headers(self) -> None:
        """A websocket has no page to seal."""

    def check_origin(self, origin: str | None = None) -> bool:
        """An app's page says "null", and so does any hostile one: its key tells them apart (``viewer_of``)."""
        return (origin or self.get_origin() or "").lower() in (self.places.origin, NO_ORIGIN)

    async def get(self, kernel_id: str) -> None:
        if not self.gate.owns(viewer_of(self), kernel_id):
            raise web.HTTPError(404)
        if V1 not in offered_protocols(self):
            self._refuse(400, f"This websocket speaks {V1} and nothing else.")
            return
        try:
            with self.kernels.attached(kernel_id):
                await super().get(kernel_id=kernel_id)  # until it is closed
        except TooMuch:
            self._refuse(429, "Too many websockets of this page, or too often.")

    def _refuse(self, status: int, reason: str) -> None:
        log.warning("refused a websocket", extra={"reason": reason, "request_id": self.request_id})
        self.set_status(status)
        self.finish(f"{reason}\n")

    def open(self, kernel_id: str) -> Any:
        # A kernel says several small things at once; the second would wait until the browser has confirmed the first.
        self.set_nodelay(True)
        return super().open(kernel_id)


__all__ = [
    "KERNEL_ID", "CloseKernel", "Enter", "Health", "KernelChannels", "KernelModel", "Leave", "Metrics", "NothingHere",
    "PageReady", "ReadByPages", "Sealed", "Start",
]  # fmt: skip
