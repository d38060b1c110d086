"""The transition table: every row, every role, every state."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sandbox.core.errors import Conflict, NotAllowed
from sandbox.core.lifecycle import TRANSITIONS, Action, State, Who, next_state
from sandbox.core.roles import Person, Role

people = st.builds(
    Person,
    name=st.sampled_from(["ann", "bob"]),
    display_name=st.just("x"),
    roles=st.frozensets(st.sampled_from(Role)),
)


@given(st.sampled_from(Action), st.sampled_from(State), people)
def test_a_step_is_taken_exactly_when_a_row_allows_it(action: Action, state: State, person: Person) -> None:
    rows = [t for t in TRANSITIONS if t.action is action and state in t.sources]
    allowed = bool(rows) and person.has(*rows[0].roles)
    if allowed and rows[0].who is Who.OWNER:
        allowed = person.name == "ann"
    if allowed and rows[0].who is Who.OTHER:
        allowed = person.name != "ann"
    if allowed:
        assert next_state(action, state, person, owner="ann") is rows[0].target
    else:
        with pytest.raises((Conflict, NotAllowed)):
            next_state(action, state, person, owner="ann")


@given(st.sampled_from([Action.APPROVE, Action.RETURN, Action.PROMOTE]), st.sampled_from(State))
def test_nobody_decides_on_their_own_project(action: Action, state: State) -> None:
    everything = Person("ann", "Ann", frozenset(Role))
    with pytest.raises((Conflict, NotAllowed)):
        next_state(action, state, everything, owner="ann")


def test_rows_are_unambiguous() -> None:
    pairs = [(t.action, s) for t in TRANSITIONS for s in t.sources]
    assert len(pairs) == len(set(pairs))


def test_every_state_can_be_reached_and_retired_is_the_end() -> None:
    reached, grew = {State.DRAFT}, True
    while grew:
        new = {t.target for t in TRANSITIONS if t.sources & reached} - reached
        reached |= new
        grew = bool(new)
    assert reached == set(State)
    assert not [t for t in TRANSITIONS if State.RETIRED in t.sources]
