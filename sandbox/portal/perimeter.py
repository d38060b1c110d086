"""What no request passes without: a known host, our own origin for every change, a bounded body, and safe headers.

This is one layer of several: the session cookie is SameSite=Strict, and every form carries a token (``visitor``).
"""

from __future__ import annotations

import re
from collections.abc import Callable

from starlette.datastructures import Headers, MutableHeaders
from starlette.requests import Request
from starlette.responses import Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from sandbox.core.errors import NotAllowed, SandboxError, TooLarge
from sandbox.portal.addresses import Addresses, origin

FORM_BYTES = 256 * 1024
_SAFE = frozenset({"GET", "HEAD", "OPTIONS"})
_UPLOAD = re.compile(r"/api/v1/projects/[^/]+/submissions/?$")
_PROBES = ("/healthz", "/metrics")

Failure = Callable[[Request, Exception], Response]


def content_policy(addresses: Addresses, target: str = "") -> str:
    """The Content-Security-Policy of a page: our own files only, nothing inline; forms may also lead to the apps and to
    the server of ``target``.
    """
    targets = " ".join(sorted({origin(url) for url in (addresses.apps, target) if url}))
    return (
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; font-src 'self'; connect-src 'self'; "
        f"form-action 'self' {targets}".rstrip()
        + "; base-uri 'none'; frame-ancestors 'none'; object-src 'none'"
    )


class Perimeter:
    """ASGI middleware. ``failure`` renders what is refused here, and whatever the program did not foresee."""

    def __init__(self, app: ASGIApp, addresses: Addresses, upload_bytes: int, failure: Failure) -> None:
        self._app, self._addresses, self._failure = app, addresses, failure
        self._upload_bytes = upload_bytes
        self._headers = {
            "Content-Security-Policy": content_policy(addresses),
            "X-Content-Type-Options": "nosniff",
            "Referrer-Policy": "strict-origin",
            "Cross-Origin-Opener-Policy": "same-origin",
            "Cross-Origin-Resource-Policy": "same-origin",
            "Permissions-Policy": "camera=(), microphone=(), geolocation=(), payment=()",
            "X-Frame-Options": "DENY",
            "Cache-Control": "no-store",
        }
        if addresses.secure:
            self._headers["Strict-Transport-Security"] = "max-age=31536000"

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        started = False

        async def answer(message: Message) -> None:
            nonlocal started
            if message["type"] == "http.response.start":
                started = True
                headers = MutableHeaders(scope=message)
                for name, value in self._headers.items():
                    headers.setdefault(name, value)
            await send(message)

        request = Request(scope, receive)
        limit = self._upload_bytes if _UPLOAD.search(scope["path"]) else FORM_BYTES
        try:
            self._check(scope, limit)
            await self._app(scope, _bounded(receive, limit), answer)
        except Exception as error:
            if started:
                raise
            response = self._failure(request, error)
            if isinstance(error, _Misdirected):
                del response.headers["set-cookie"]  # nothing of ours is left behind under a name that is not ours
            await response(scope, receive, answer)

    def _check(self, scope: Scope, limit: int) -> None:
        headers = Headers(scope=scope)
        host = headers.get("host", "").lower()
        probe = scope["path"].endswith(_PROBES) and not self._addresses.of_apps(host)
        if host not in self._addresses.hosts and not probe:
            raise _Misdirected(
                "This address is not the portal's.", "Open the portal at {address}.", address=self._addresses.portal
            )
        if scope["method"] not in _SAFE:
            _check_origin(headers, self._addresses)
        length = headers.get("content-length", "0")
        if length.isdigit() and int(length) > limit:
            raise _too_large(limit)


class _Misdirected(SandboxError):
    """A name that somebody pointed at us (DNS rebinding), or a proxy without ``SANDBOX_PORTAL_URL``."""

    status = 421
    slug = "misdirected"


def _check_origin(headers: Headers, addresses: Addresses) -> None:
    """A change must come from our own page, or from a program (which sends neither header)."""
    site, source = headers.get("sec-fetch-site"), headers.get("origin")
    foreign = site is not None and site not in {"same-origin", "none"}
    if foreign or (source is not None and source.lower() != origin(addresses.portal)):
        raise NotAllowed(
            "This request came from another site and was refused.",
            "Open the portal itself and try again there.",
        )


def _bounded(receive: Receive, limit: int) -> Receive:
    """``receive`` that counts: a body may lie about its length or give none."""
    seen = 0

    async def bounded() -> Message:
        nonlocal seen
        message = await receive()
        seen += len(message.get("body", b""))
        if seen > limit:
            raise _too_large(limit)
        return message

    return bounded


def _too_large(limit: int) -> TooLarge:
    return TooLarge(
        "What was sent is larger than {kilobytes} kB.",
        "Send less: remove large files and outputs.",
        kilobytes=limit // 1024,
    )
