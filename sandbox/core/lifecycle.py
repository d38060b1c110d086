"""The life of a micro-project as data: who may take which step, from where, to where.

To add a step: add an Action, a row in TRANSITIONS, its workflow in ``sandbox/workflows``, and its texts;
``tests/core/test_lifecycle.py`` walks every row.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from sandbox.core.errors import Conflict, NotAllowed
from sandbox.core.roles import Person, Role


class State(StrEnum):
    DRAFT = "draft"
    SUBMITTED = "submitted"
    PUBLISHED = "published"
    PROMOTED = "promoted"
    RETIRED = "retired"


class Action(StrEnum):
    SUBMIT = "submit"
    WITHDRAW = "withdraw"
    RETURN = "return"
    APPROVE = "approve"
    PROMOTE = "promote"
    ROLLBACK = "rollback"
    RETIRE = "retire"


class Who(StrEnum):
    """Relation of the actor to the project."""

    OWNER = "owner"
    OTHER = "other"
    ANY = "any"


@dataclass(frozen=True)
class Transition:
    """One row: ``roles`` is who may (any of them); ``who`` keeps people from deciding on their own work."""

    action: Action
    sources: frozenset[State]
    target: State
    roles: frozenset[Role]
    who: Who


def _row(action: Action, sources: set[State], target: State, roles: set[Role], who: Who) -> Transition:
    return Transition(action, frozenset(sources), target, frozenset(roles), who)


# A published or promoted project may be submitted again: its live version stays live until the new one is approved.
TRANSITIONS: tuple[Transition, ...] = (
    _row(Action.SUBMIT, {State.DRAFT, State.PUBLISHED, State.PROMOTED}, State.SUBMITTED, set(Role), Who.OWNER),
    _row(Action.WITHDRAW, {State.SUBMITTED}, State.DRAFT, set(Role), Who.OWNER),
    _row(Action.RETURN, {State.SUBMITTED}, State.DRAFT, {Role.REVIEWER, Role.LEAD}, Who.OTHER),
    _row(Action.APPROVE, {State.SUBMITTED}, State.PUBLISHED, {Role.REVIEWER, Role.LEAD}, Who.OTHER),
    _row(Action.PROMOTE, {State.PUBLISHED}, State.PROMOTED, {Role.LEAD}, Who.OTHER),
    _row(Action.ROLLBACK, {State.PUBLISHED}, State.PUBLISHED, {Role.LEAD}, Who.ANY),
    _row(Action.ROLLBACK, {State.PROMOTED}, State.PROMOTED, {Role.LEAD}, Who.ANY),
    _row(Action.RETIRE, {State.DRAFT, State.PUBLISHED, State.PROMOTED}, State.RETIRED, {Role.LEAD}, Who.ANY),
)


def next_state(action: Action, state: State, person: Person, owner: str) -> State:
    """The state after ``person`` takes ``action`` on a project of ``owner`` that is in ``state``.

    Raises Conflict when the project is in the wrong state, NotAllowed when it is not this person's step to take.
    """
    rows = [t for t in TRANSITIONS if t.action is action and state in t.sources]
    if not rows:
        raise Conflict(
            "The project is “{state}”; the step “{action}” is not possible from there.",
            "Reload the page to see where the project stands.",
            state=state.value,
            action=action.value,
        )
    row = rows[0]
    person.require(*row.roles)
    if row.who is Who.OWNER and person.name != owner:
        raise NotAllowed(
            "Only the owner of a project can take the step “{action}”.",
            "Ask {owner} to do it.",
            action=action.value,
            owner=owner,
        )
    if row.who is Who.OTHER and person.name == owner:
        raise NotAllowed(
            "Nobody decides on their own project.",
            "Ask a colleague with the role {roles} to do it.",
            roles=" / ".join(sorted(row.roles)),
        )
    return row.target
