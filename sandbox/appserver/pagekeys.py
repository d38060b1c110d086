"""Keys that an open page shows instead of a cookie.

An app's page has an origin of its own (``headers``), so the browser sends it no cookie and it cannot be told by its
Origin. What the page may do, and nothing else, it does with a key that stands in it: reach its own kernel, or sign out.
Another app's page has other keys and does not see these.
"""

from __future__ import annotations

import hashlib
import hmac
import secrets

#: Among the protocols that a page offers with its websocket, the one that carries its key.
PROTOCOL = "sandbox-page."
#: Instead of a kernel's id: the key signs the person out.
LEAVE = "leave"


class PageKeys:
    """A key is the session's name and a seal over session and kernel; both are unknown to everybody but the page."""

    def __init__(self) -> None:
        self._secret = secrets.token_bytes(32)  # sessions do not outlive the process either

    def of(self, session: str, kernel_id: str) -> str:
        return f"{session}.{self._seal(session, kernel_id)}"

    def session(self, key: str, kernel_id: str) -> str | None:
        """The session whose page shows ``key`` for the kernel; None for a key that we did not give."""
        session, _, seal = key.partition(".")
        known = hmac.compare_digest(seal.encode("utf-8", "replace"), self._seal(session, kernel_id).encode())
        return session if known else None

    def _seal(self, session: str, kernel_id: str) -> str:
        text = f"{session}|{kernel_id}".encode("utf-8", "replace")
        return hmac.new(self._secret, text, hashlib.sha256).hexdigest()
