"""Who people are and what their roles let them do."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from sandbox.core.errors import NotAllowed
from sandbox.core.messages import Language, Message


class Role(StrEnum):
    """Roles add up: a person may hold several."""

    STAFF = "staff"
    REVIEWER = "reviewer"
    LEAD = "lead"
    STEWARD = "steward"


#: As people read them; catalogue keys.
_NAMES = {
    Role.STAFF: "Staff",
    Role.REVIEWER: "Reviewer",
    Role.LEAD: "Lab lead",
    Role.STEWARD: "Data steward",
}


@dataclass(frozen=True)
class Person:
    """An account. ``name`` is the short unique name, ``display_name`` is what colleagues read."""

    name: str
    display_name: str
    roles: frozenset[Role]
    department: str = ""
    language: Language = "en"

    def has(self, *roles: Role) -> bool:
        """True when the person holds at least one of ``roles``."""
        return not self.roles.isdisjoint(roles)

    def require(self, *roles: Role) -> None:
        """Raise NotAllowed unless the person holds at least one of ``roles``."""
        if not self.has(*roles):
            raise NotAllowed(
                "This needs the role {roles}; {person} does not have it.",
                "Sign in as somebody who has it, or ask the lab lead for it.",
                roles=Message(
                    " / ".join(f"{{{role}}}" for role in roles), {role: Message(_NAMES[role]) for role in roles}
                ),
                person=self.display_name,
            )
