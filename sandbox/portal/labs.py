"""Everybody's JupyterLab as the portal reaches it: ``sandbox up`` starts a person's when the portal asks for it."""

from __future__ import annotations

import httpx

from sandbox.core.errors import SandboxError, Unavailable
from sandbox.core.messages import Message
from sandbox.core.roles import Person, Role
from sandbox.identity.tickets import LIFETIME, Ticket, seal
from sandbox.portal.addresses import Addresses
from sandbox.workflows.services import Services

#: Longer than ``sandbox up`` waits for one that starts.
_TIMEOUT = httpx.Timeout(130.0, connect=3.0)


class LabRefused(SandboxError):
    """What ``sandbox up`` answered instead of an address."""

    status = 503
    slug = "lab-refused"


def has_lab(person: Person, addresses: Addresses) -> bool:
    """Whether ``person`` may open a JupyterLab of their own from here."""
    return bool(addresses.labs) and person.has(Role.STAFF)


def lab_of(services: Services, addresses: Addresses, person: Person) -> str:
    """The address of the JupyterLab of ``person``, once it answers: seconds, when it did not run yet.

    Raises Unavailable where none can be started, LabRefused with the reason of ``sandbox up``.
    """
    if not has_lab(person, addresses):
        raise Unavailable(
            "There is no JupyterLab for you here.", "It is for people with the role staff; ask who runs the sandbox."
        )
    ticket = Ticket(
        purpose="start-lab", person=person.name, display_name=person.display_name, language=person.language,
        expires=services.now() + LIFETIME,
    )  # fmt: skip
    try:
        answer = httpx.post(
            addresses.labs, content=seal(ticket, services.keys.ticket_key()), timeout=_TIMEOUT, trust_env=False
        )
        told = answer.json()
    except (httpx.TransportError, ValueError):
        raise Unavailable(
            "JupyterLab could not be started.",
            "Try again in a moment; if that does not help, ask who runs the sandbox.",
        ) from None
    if answer.is_error:
        detail, advice = (Message.from_json(told[key]) for key in ("message", "remedy"))
        raise LabRefused("{detail}", "{advice}", detail=detail, advice=advice)
    return str(told["url"])
