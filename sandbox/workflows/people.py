"""Close an account and open it again: for people who leave, and for those who come back."""

from __future__ import annotations

from sandbox.core.errors import BadInput, Conflict, NotFound
from sandbox.core.roles import Person, Role
from sandbox.workflows.services import Services

#: Who acts when it is nobody who is signed in: whoever may use the command line on the machine itself.
OPERATOR = "operator"


def disable_person(services: Services, name: str, *, by: Person | None) -> None:
    """Close the account: sessions, sign-in links and API tokens end at once, and with them open apps and JupyterLab.

    What the person made stays, under their name. ``by`` is a lab lead, None for the machine's operator.
    Raises NotFound for an account that is not there or disabled already, BadInput for one's own.
    """
    now = services.now()
    with services.registry.transaction(_actor(by)) as tx:
        if by is not None and by.name == name:
            raise BadInput("You cannot disable your own account.", "Ask another lab lead, or who runs the sandbox.")
        tx.person(name)
        tx.disable_person(name)
        tx.record("person.disabled", name, now)


def enable_person(services: Services, name: str, *, by: Person | None) -> None:
    """Open a disabled account again; the person needs a new sign-in link. Raises Conflict for one that is open."""
    now = services.now()
    with services.registry.transaction(_actor(by)) as tx:
        if name in {person.name for person in tx.people()}:
            raise Conflict("The account “{name}” is not disabled.", "There is nothing to do.", name=name)
        if not tx.enable_person(name):
            raise NotFound("There is no account “{name}”.", "List the accounts with `sandbox people list`.", name=name)
        tx.record("person.enabled", name, now)


def _actor(by: Person | None) -> str:
    if by is None:
        return OPERATOR
    by.require(Role.LEAD)
    return by.name
