"""Response headers that keep an app page at home.

Scripts run only from this server's files or with the nonce of this very response, so markup in an app's outputs stays
inert. Should one run all the same, it can talk to this origin only: not to the portal, not to JupyterLab, not outside.
"""

from __future__ import annotations

import secrets
from collections.abc import Mapping

_ALWAYS = {
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "X-Frame-Options": "DENY",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(), microphone=(), geolocation=(), payment=(), usb=(), clipboard-read=()",
}


def new_nonce() -> str:
    return secrets.token_urlsafe(16)


def content_security_policy(origin: str, nonce: str = "") -> str:
    """The policy for a page of ``origin``; inline scripts need ``nonce``, and without one there are none.

    Styles may be inline: ipywidgets lays itself out with style attributes. Browsers that do not take 'self' for
    websockets need the ws:// form of the origin.
    """
    websocket = origin.replace("http", "ws", 1)
    script = f"'self' 'nonce-{nonce}'" if nonce else "'self'"
    return "; ".join((
        "default-src 'none'",
        f"script-src {script}",
        "style-src 'self' 'unsafe-inline'",
        "img-src 'self' data: blob:",
        "font-src 'self' data:",
        "media-src data: blob:",
        f"connect-src 'self' {websocket}",
        "form-action 'self'",
        "frame-ancestors 'none'",
        "frame-src 'none'",
        "object-src 'none'",
        "base-uri 'none'",
    ))  # fmt: skip


def security_headers(origin: str, nonce: str = "") -> Mapping[str, str]:
    return {**_ALWAYS, "Content-Security-Policy": content_security_policy(origin, nonce)}
