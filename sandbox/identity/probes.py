"""Who may read a program's metrics: they say nothing secret, but are not for those who use it."""

from __future__ import annotations

import hmac
from collections.abc import Mapping

_LOOPBACK = ("127.0.0.1", "::1")
_PROXIED = ("X-Forwarded-For", "Forwarded", "X-Real-Ip", "Via")


def may_measure(headers: Mapping[str, str], peer: str, token: str) -> bool:
    """With a ``token`` whoever shows it. Without: programs on this machine (``peer`` is the address that connects), but
    neither a proxy nor a browser in which somebody is signed in. ``headers`` know no upper and lower case."""
    if token:
        given = headers.get("Authorization", "").removeprefix("Bearer ")
        return hmac.compare_digest(given.encode(), token.encode())
    return peer in _LOOPBACK and not any(name in headers for name in (*_PROXIED, "Cookie"))
