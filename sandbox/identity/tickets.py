"""Tickets: how the portal vouches for a person towards the app server and JupyterLab, which share no cookie with it.

A ticket is a short-lived, signed statement that travels once, in the body of a form post: never in an address, where
logs, histories and kernels' environments would see it. The receiver checks signature, purpose and time, and spends it.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import secrets
import threading
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime, timedelta

from sandbox.core.errors import NotSignedIn
from sandbox.core.messages import Language, as_language

LIFETIME = timedelta(seconds=60)


@dataclass(frozen=True)
class Ticket:
    """``purpose`` is ``app``, ``lab``, ``start-lab`` (the portal's word to ``sandbox up``), ``renew`` or ``serve``
    (the app server itself). ``app`` and ``version`` name
    what may be opened; ``target`` where to go on. ``signin`` is the mark of the portal's session that vouches, and does
    so only as long as it lasts.

    ``owner`` is how people read whose app it is.
    """

    purpose: str
    person: str
    display_name: str
    language: Language
    expires: datetime
    app: str = ""
    version: str = ""
    target: str = ""
    owner: str = ""
    signin: str = ""
    nonce: str = field(default_factory=lambda: secrets.token_urlsafe(16))


def seal(ticket: Ticket, key: bytes) -> str:
    """The ticket as URL-safe text with its signature."""
    body = json.dumps({**asdict(ticket), "expires": ticket.expires.astimezone(UTC).isoformat()}).encode()
    return f"{_b64(body)}.{_b64(hmac.new(key, body, hashlib.sha256).digest())}"


def unseal(text: str, key: bytes, *, purpose: str, now: datetime) -> Ticket:
    """The ticket in ``text``; raises NotSignedIn when it is forged, for another purpose, or too old."""
    try:
        body, signature = (base64.urlsafe_b64decode(part + "=" * (-len(part) % 4)) for part in text.split("."))
    except ValueError:
        raise _refused() from None
    if not hmac.compare_digest(hmac.new(key, body, hashlib.sha256).digest(), signature):
        raise _refused()
    data = json.loads(body)
    ticket = Ticket(
        **{
            **data,
            "expires": datetime.fromisoformat(data["expires"]),
            "language": as_language(data["language"]),
        }
    )
    if ticket.purpose != purpose or ticket.expires <= now:
        raise _refused()
    return ticket


class SpentTickets:
    """Remembers tickets until they expire, so that each works once. Thread-safe."""

    def __init__(self) -> None:
        self._spent: dict[str, datetime] = {}
        self._lock = threading.Lock()

    def spend(self, ticket: Ticket, now: datetime) -> None:
        """Raise NotSignedIn if the ticket was used before."""
        with self._lock:
            self._spent = {nonce: expires for nonce, expires in self._spent.items() if expires > now}
            if ticket.nonce in self._spent:
                raise _refused()
            self._spent[ticket.nonce] = ticket.expires


def _refused() -> NotSignedIn:
    return NotSignedIn("This link was used already or is too old.", "Go back to the portal and open it again.")


def _b64(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()
