"""Who is here and what they may open. In memory: after a restart people come back through the portal."""

from __future__ import annotations

import hashlib
import secrets
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta

from sandbox.core.messages import Language
from sandbox.identity.tickets import Ticket


@dataclass(frozen=True)
class Viewer:
    """A signed-in person as a request sees them. ``session`` tells two sign-ins of one person apart."""

    person: str
    display_name: str
    language: Language
    session: str
    expires: datetime


@dataclass(frozen=True)
class AppGrant:
    """What a ticket allowed: one version of one app until ``expires``; ``owner`` is how its owner is called."""

    expires: datetime
    owner: str


class Sessions:
    """Sessions by the hash of their cookie, grants by person; ``lifetime`` holds for both.

    Grants are the person's, not the session's: every ticket makes a new session (the Strict cookie does not travel with
    the portal's form), and the apps opened before must stay open.
    """

    def __init__(self, lifetime: timedelta, now: Callable[[], datetime]) -> None:
        self._lifetime = lifetime
        self._now = now
        self._viewers: dict[str, Viewer] = {}
        self._grants: dict[tuple[str, str, str], AppGrant] = {}

    def open(self, ticket: Ticket) -> str:
        """Begin a session for the ticket's person and remember its grant; returns the cookie's secret value."""
        now = self._now()
        self._forget_expired(now)
        expires = now + self._lifetime
        secret = secrets.token_urlsafe(32)
        key = _hashed(secret)
        self._viewers[key] = Viewer(ticket.person, ticket.display_name, ticket.language, key[:16], expires)
        self._grants[ticket.person, ticket.app, ticket.version] = AppGrant(expires, ticket.owner)
        return secret

    def viewer(self, secret: str | None) -> Viewer | None:
        """The viewer whose cookie holds ``secret``; None when there is none or its time is over."""
        if not secret:
            return None
        key = _hashed(secret)
        viewer = self._viewers.get(key)
        if viewer is None or viewer.expires <= self._now():
            self._viewers.pop(key, None)
            return None
        return viewer

    def granted(self, person: str, app: str, version: str) -> bool:
        grant = self._grants.get((person, app, version))
        return grant is not None and grant.expires > self._now()

    def owner(self, person: str, app: str, version: str) -> str:
        """How the owner of an app that ``person`` opened is called; empty when the ticket did not say."""
        grant = self._grants.get((person, app, version))
        return grant.owner if grant else ""

    def close(self, person: str) -> None:
        """End every session and grant of ``person``."""
        self._viewers = {key: viewer for key, viewer in self._viewers.items() if viewer.person != person}
        self._grants = {key: grant for key, grant in self._grants.items() if key[0] != person}

    def _forget_expired(self, now: datetime) -> None:
        self._viewers = {key: viewer for key, viewer in self._viewers.items() if viewer.expires > now}
        self._grants = {key: grant for key, grant in self._grants.items() if grant.expires > now}


def _hashed(secret: str) -> str:
    return hashlib.sha256(secret.encode("utf-8", "replace")).hexdigest()
