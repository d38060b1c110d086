"""Sign-in links and API tokens that the command line hands out on behalf of the machine's operator."""

from __future__ import annotations

from datetime import timedelta

from sandbox.core.roles import Person
from sandbox.identity.accounts import make_api_token, make_signin_secret
from sandbox.workflows.services import Services

OPERATOR = "operator"


def signin_link(services: Services, person: Person, portal: str) -> str:
    """A link that signs ``person`` in once, at the portal's address."""
    secret = make_signin_secret(
        services.registry,
        person.name,
        actor=OPERATOR,
        now=services.now(),
        lifetime=timedelta(minutes=services.settings.signin_minutes),
    )
    return f"{portal}/signin?link={secret}"


def api_token(services: Services, person: Person) -> str:
    """A bearer token for the programs that act for ``person`` on this machine, valid for 30 days."""
    return make_api_token(
        services.registry, person.name, actor=OPERATOR, now=services.now(), lifetime=timedelta(days=30)
    )
