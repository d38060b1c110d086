"""Response headers that keep an app page at home.

Scripts run only with the nonce of this very response, so markup in an app's outputs stays inert. Should one run all the
same, it can talk to the app server only: not to the portal, not to JupyterLab, not outside. And there it is nobody: a
page with scripts is sandboxed without ``allow-same-origin``, so that it has an origin of its own, shared with no other
app and no other page; no cookie goes with what it asks, and it cannot read what is answered (``pagekeys``).
"""

from __future__ import annotations

import secrets
from collections.abc import Mapping

_ALWAYS = {
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "X-Frame-Options": "DENY",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(), microphone=(), geolocation=(), payment=(), usb=(), clipboard-read=()",
}

#: What an app's page may do. Not: be of the app server's origin, lead another window away, ask in dialogs.
SANDBOX = "sandbox allow-scripts allow-forms allow-downloads allow-popups allow-popups-to-escape-sandbox"


def new_nonce() -> str:
    return secrets.token_urlsafe(16)


def content_security_policy(origin: str, nonce: str = "", *, frames: bool = False) -> str:
    """The policy for a page of ``origin``; inline scripts need ``nonce``, and without one there are none.

    ``frames``: the app has widgets with scripts of their own, which run in frames without an origin. Only a script can
    make a blob, so that source opens nothing to markup.

    Styles may be inline: ipywidgets lays itself out with style attributes. In a page with an origin of its own 'self'
    would be nothing to talk to, so the app server is named, for websockets as well.
    """
    websocket = origin.replace("http", "ws", 1)
    script = f"'nonce-{nonce}'{' blob:' if frames else ''}" if nonce else "'none'"
    return "; ".join((
        *([SANDBOX] if nonce else []),
        "default-src 'none'",
        f"script-src {script}",
        "style-src 'self' 'unsafe-inline'",
        "img-src 'self' data: blob:",
        "font-src 'self' data:",
        "media-src data: blob:",
        f"connect-src {origin} {websocket}",
        f"form-action {origin}",
        "frame-ancestors 'none'",
        "frame-src 'none'",
        "object-src 'none'",
        "base-uri 'none'",
    ))  # fmt: skip


def security_headers(origin: str, nonce: str = "", *, frames: bool = False) -> Mapping[str, str]:
    policy = {"Content-Security-Policy": content_security_policy(origin, nonce, frames=frames)}
    # Browsers refuse a sandboxed page that has an opener policy; its own origin keeps it from other windows anyway.
    opener = {} if nonce else {"Cross-Origin-Opener-Policy": "same-origin"}
    return {**_ALWAYS, **opener, **policy}
