"""Response headers that keep an app page at home.

Scripts run only with the nonce of this very response, so markup in an app's outputs stays
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


def content_security_policy(origin: str, nonce: str = "", *, frames: bool = False) -> str:
    """The policy for a page of ``origin``; inline scripts need ``nonce``, and without one there are none.

    ``frames``: the app has widgets with scripts of their own, which run in frames without an origin. Only a script can
    make a blob, so that source opens nothing to markup.

    Styles may be inline: ipywidgets lays itself out with style attributes. Browsers that do not take 'self' for
    websockets need the ws:// form of the origin.
    """
    websocket = origin.replace("http", "ws", 1)
    script = f"'nonce-{nonce}'{' blob:' if frames else ''}" if nonce else "'none'"
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


def security_headers(origin: str, nonce: str = "", *, frames: bool = False) -> Mapping[str, str]:
    return {**_ALWAYS, "Content-Security-Policy": content_security_policy(origin, nonce, frames=frames)}
