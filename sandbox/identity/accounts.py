"""Local accounts: people, one-time sign-in links, sessions and API tokens.

There are no passwords. A link, a session and a token are each a random secret of 256 bits; the registry keeps only the
SHA-256 of it, so that nobody who reads the registry (or its backup) can sign in. A link is shown as a page whose button
posts the secret back: a preview that fetches the address does not spend it.
"""

from __future__ import annotations

import hashlib
import secrets
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from sandbox.core.errors import Conflict, NotFound, NotSignedIn
from sandbox.core.ids import check_slug
from sandbox.core.messages import Language
from sandbox.core.roles import Person
from sandbox.store.registry import Reading, Registry

SIGNIN, SESSION, API = "signin", "session", "api"
_SECRET_BYTES = 32


@dataclass(frozen=True)
class Session:
    """A fresh session; ``secret`` goes into the cookie and is known nowhere else."""

    person: Person
    secret: str
    expires: datetime

    def __repr__(self) -> str:
        return f"Session({self.person.name!r}, …)"


def put_person(registry: Registry, person: Person, *, actor: str, now: datetime) -> Person:
    """Create the account or change it; says so in the audit chain.

    Raises BadInput for an unusable name, Conflict for an account that is disabled.
    """
    check_slug(person.name, "account name")
    with registry.transaction(actor) as transaction:
        if person.name in {each.name for each in transaction.people(disabled=True)}:
            raise Conflict(
                "The account “{name}” is disabled.",
                "Open it again with `sandbox people enable {name}` before you change it.",
                name=person.name,
            )
        transaction.put_person(person, now)
        transaction.record("person.changed", person.name, now, roles=sorted(person.roles))
    return person


def set_language(registry: Registry, person: Person, language: Language, now: datetime) -> Person:
    """Remember the language that the person reads."""
    changed = replace(person, language=language)
    if changed != person:
        with registry.transaction(person.name) as transaction:
            transaction.put_person(changed, now)
            transaction.record("person.language-chosen", person.name, now, language=language)
    return changed


def make_signin_secret(registry: Registry, name: str, *, actor: str, now: datetime, lifetime: timedelta) -> str:
    """The secret of a one-time sign-in link for the person ``name``; raises NotFound if there is no such account."""
    return _issue(registry, name, SIGNIN, "person.link-made", actor, now, lifetime)


def peek_signin(registry: Registry, secret: str, now: datetime) -> Person | None:
    """Whom the link would sign in, without spending it; None when it is unknown, used or too old."""
    return _holder(registry, secret, SIGNIN, now)


def sign_in(
    registry: Registry, secret: str, *, now: datetime, lifetime: timedelta, previous: str | None = None
) -> Session:
    """Spend a sign-in link for a session with a new secret; ``previous`` is a session that ends at the same time.

    Raises NotSignedIn when the link is unknown, was used already or is too old.
    """
    fresh = secrets.token_urlsafe(_SECRET_BYTES)
    with registry.transaction("system") as transaction:
        name = transaction.use_token(_digest(secret), SIGNIN, now)
        if name is None:
            raise NotSignedIn(
                "This sign-in link was used already, or it is too old.",
                "Ask for a new link; who runs the sandbox makes one with `sandbox people link NAME`.",
            )
        person = transaction.person(name)
        if previous:
            transaction.drop_token(_digest(previous))
        transaction.add_token(_digest(fresh), SESSION, name, now, now + lifetime)
        transaction.actor = name
        transaction.record("person.signed-in", name, now)
    return Session(person, fresh, now + lifetime)


def session_person(registry: Registry, secret: str, now: datetime) -> Person | None:
    """Whose session it is; None when it has ended or never was."""
    return _holder(registry, secret, SESSION, now)


def session_mark(secret: str) -> str:
    """What names the session to the app server; it opens nothing, and the secret does not follow from it."""
    return _digest(secret)


def session_lasts(reading: Reading, mark: str, name: str, now: datetime) -> bool:
    """Whether the session with this ``mark`` is still that of the person ``name``."""
    return bool(mark) and reading.token(mark, SESSION, now) == name


def sign_out(registry: Registry, secret: str, now: datetime) -> None:
    """End the session; does nothing when it has ended already."""
    person = session_person(registry, secret, now)
    if person is None:
        return
    with registry.transaction(person.name) as transaction:
        transaction.drop_token(_digest(secret))
        transaction.record("person.signed-out", person.name, now)


def make_api_token(registry: Registry, name: str, *, actor: str, now: datetime, lifetime: timedelta) -> str:
    """A bearer token with which a program (Lab, the command line) acts as the person ``name``."""
    return _issue(registry, name, API, "person.token-made", actor, now, lifetime)


def api_person(registry: Registry, secret: str, now: datetime) -> Person | None:
    """Whose API token it is; None when it has ended or never was."""
    return _holder(registry, secret, API, now)


def revoke_api_token(registry: Registry, secret: str, now: datetime) -> None:
    """End an API token; does nothing when it has ended already."""
    person = api_person(registry, secret, now)
    if person is None:
        return
    with registry.transaction(person.name) as transaction:
        transaction.drop_token(_digest(secret))
        transaction.record("person.token-ended", person.name, now)


def _issue(
    registry: Registry, name: str, kind: str, action: str, actor: str, now: datetime, lifetime: timedelta
) -> str:
    secret = secrets.token_urlsafe(_SECRET_BYTES)
    with registry.transaction(actor) as transaction:
        transaction.person(name)
        transaction.add_token(_digest(secret), kind, name, now, now + lifetime)
        transaction.record(action, name, now)
    return secret


def _holder(registry: Registry, secret: str, kind: str, now: datetime) -> Person | None:
    with registry.reading() as reading:
        name = reading.token(_digest(secret), kind, now)
        try:
            return reading.person(name) if name else None
        except NotFound:  # the account was disabled meanwhile
            return None


def _digest(secret: str) -> str:
    return hashlib.sha256(secret.encode()).hexdigest()
