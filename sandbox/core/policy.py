"""Column class → which rules are safe for it, and why. One table; every decision carries its reason."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from sandbox.core.errors import WrongValue
from sandbox.core.messages import Message


class ColumnClass(StrEnum):
    """What a column says about a unit; decides which rules are safe for it."""

    IDENTIFIER = "identifier"  # the unit's own id, or another's: becomes a pseudonym
    DIRECT = "direct"  # names, numbers, addresses that point at one person: dropped
    QUASI = "quasi"  # combined with others it may point at a person: coarsened and gated
    SENSITIVE = "sensitive"  # what must not be learned about a person
    MEASURE = "measure"  # analytic content


@dataclass(frozen=True)
class Policy:
    """``allowed`` are rule kinds for a column class in a personal dataset; ``reason`` is shown with a refusal."""

    allowed: frozenset[str]
    reason: Message


_COARSE = frozenset(
    {"keep", "drop", "band", "round", "truncate_date", "prefix", "generalise", "top_bottom", "microaggregate"}
)
_BLURRED = frozenset({"noise", "date_shift"})  # values that were never in the source
# Free text without what is personal in it. Not for direct identifiers: a column of bare names would pass unseen.
_WRITTEN = frozenset({"redact"})

POLICIES: dict[ColumnClass, Policy] = {
    ColumnClass.IDENTIFIER: Policy(
        frozenset({"pseudonym", "drop"}),
        Message("an identifier names one unit, so it may only become a pseudonym or be dropped"),
    ),
    ColumnClass.DIRECT: Policy(
        frozenset({"drop"}), Message("a direct identifier points at one person by itself, so it must be dropped")
    ),
    ColumnClass.QUASI: Policy(
        _COARSE | _BLURRED,
        Message("a quasi-identifier may be kept, coarsened or blurred; the gates decide if it is enough"),
    ),
    ColumnClass.SENSITIVE: Policy(
        _COARSE | _BLURRED | _WRITTEN,
        Message("a sensitive value may be kept, coarsened, blurred or redacted behind the gates"),
    ),
    ColumnClass.MEASURE: Policy(
        _COARSE | _BLURRED | _WRITTEN, Message("a measure may be kept, coarsened, blurred or redacted")
    ),
}


def refusal(cls: ColumnClass, rule: str, *, personal: bool) -> WrongValue | None:
    """Why a column of class ``cls`` may not have rule kind ``rule``; None if it may. Machines may keep their ids."""
    policy = POLICIES[cls]
    if rule in policy.allowed or (not personal and cls is ColumnClass.IDENTIFIER and rule == "keep"):
        return None
    allowed = ", ".join(sorted(policy.allowed))
    return WrongValue(
        "{reason} (not “{rule}”; allowed are: {allowed})", reason=policy.reason, rule=rule, allowed=allowed
    )
