"""Who is here and what they may open. In memory: after a restart people come back through the portal."""

from __future__ import annotations

import hashlib
import secrets
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from sandbox.core.messages import Language
from sandbox.identity.tickets import Ticket


@dataclass(frozen=True)
class Viewer:
    """A signed-in person as a request sees them. ``session`` tells two tickets of one person apart, ``signin`` two
    portal sessions.
    """

    person: str
    display_name: str
    language: Language
    session: str
    signin: str
    expires: datetime


@dataclass(frozen=True)
class Admission:
    """An app version that the portal lets a person open, vouched for by one of the person's portal sessions."""

    person: str
    signin: str
    app: str
    version: str


@dataclass(frozen=True)
class _Hold:
    """Until when an admission holds, how the app's owner is called, and whether another version took its place."""

    until: datetime
    owner: str
    followed: bool = False


class Sessions:
    """Sessions by the hash of their cookie, which last ``lifetime``; admissions, which last ``hold`` unless renewed.

    Admissions are the portal session's and not this one's: every ticket makes a new session here (the cookie does
    not travel with the portal's form), and the apps opened before must stay open.
    """

    def __init__(self, lifetime: timedelta, hold: timedelta, now: Callable[[], datetime]) -> None:
        self._lifetime = lifetime
        self._hold = hold
        self._now = now
        self._viewers: dict[str, Viewer] = {}
        self._admissions: dict[Admission, _Hold] = {}

    def open(self, ticket: Ticket) -> str:
        """Begin a session for the ticket's person and admit them to its app; returns the cookie's secret value."""
        now = self._now()
        self._forget_expired(now)
        secret = secrets.token_urlsafe(32)
        key = _hashed(secret)
        viewer = Viewer(
            ticket.person, ticket.display_name, ticket.language, key[:16], ticket.signin, now + self._lifetime
        )
        self._viewers[key] = viewer
        self._admissions[_admission(viewer, ticket.app, ticket.version)] = _Hold(now + self._hold, ticket.owner)
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

    def named(self, session: str) -> Viewer | None:
        """The viewer of the session with that name; None when there is none or its time is over."""
        found = next((viewer for viewer in self._viewers.values() if viewer.session == session), None)
        return found if found is not None and found.expires > self._now() else None

    def admission(self, viewer: Viewer, app: str, version: str) -> Admission | None:
        """The viewer's admission to the app version, if it is in force."""
        found = _admission(viewer, app, version)
        return found if self.holds(found) else None

    def admissions(self) -> list[Admission]:
        """All that are in force."""
        self._forget_expired(self._now())
        return list(self._admissions)

    def holds(self, admission: Admission) -> bool:
        found = self._admissions.get(admission)
        return found is not None and found.until > self._now()

    def owner(self, viewer: Viewer, app: str, version: str) -> str:
        """How the owner of an app that ``viewer`` opened is called; empty when the ticket did not say."""
        found = self._admissions.get(_admission(viewer, app, version))
        return found.owner if found else ""

    def renew(self, admission: Admission, *, followed: bool = False) -> None:
        """Let ``admission`` hold from now on, unless it has ended meanwhile; ``followed`` by another version."""
        if self.holds(admission):
            until = self._now() + self._hold
            self._admissions[admission] = replace(self._admissions[admission], until=until, followed=followed)

    def followed(self, admission: Admission) -> bool:
        """Whether the portal said that another version is live now."""
        found = self._admissions.get(admission)
        return found is not None and found.followed

    def end(self, admission: Admission) -> None:
        self._admissions.pop(admission, None)

    def end_signin(self, person: str, signin: str) -> None:
        """End what one portal session of ``person`` vouched for."""
        self._drop(lambda item: (item.person, item.signin) == (person, signin))

    def close(self, person: str) -> None:
        """End every session and admission of ``person``."""
        self._drop(lambda item: item.person == person)

    def _drop(self, concerned: Callable[[Viewer | Admission], bool]) -> None:
        self._viewers = {key: viewer for key, viewer in self._viewers.items() if not concerned(viewer)}
        self._admissions = {item: hold for item, hold in self._admissions.items() if not concerned(item)}

    def _forget_expired(self, now: datetime) -> None:
        self._viewers = {key: viewer for key, viewer in self._viewers.items() if viewer.expires > now}
        self._admissions = {item: hold for item, hold in self._admissions.items() if hold.until > now}


def _admission(viewer: Viewer, app: str, version: str) -> Admission:
    return Admission(viewer.person, viewer.signin, app, version)


def _hashed(secret: str) -> str:
    return hashlib.sha256(secret.encode("utf-8", "replace")).hexdigest()
