"""The audit chain finds every kind of tampering."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sandbox.core.errors import Damaged
from sandbox.core.events import GENESIS, AuditEvent, verify_chain

KEY = b"k" * 32
NOW = datetime(2026, 11, 21, tzinfo=UTC)


def chain(length: int) -> list[AuditEvent]:
    events: list[AuditEvent] = []
    for seq in range(1, length + 1):
        previous = events[-1].hash if events else GENESIS
        event = AuditEvent(seq, NOW, "ann", "project.started", f"p{seq}", {"n": seq}, "", previous)
        events.append(replace(event, hash=event.compute_hash(KEY)))
    return events


@given(st.integers(0, 12))
def test_an_untouched_chain_holds(length: int) -> None:
    events = chain(length)
    head = (length, events[-1].hash) if events else None
    assert verify_chain(events, KEY, head) == length


@given(st.integers(2, 10), st.data())
def test_a_changed_line_is_found(length: int, data: st.DataObject) -> None:
    events = chain(length)
    index = data.draw(st.integers(0, length - 1))
    field, value = data.draw(
        st.sampled_from(
            [("actor", "eve"), ("subject", "other"), ("details", {"n": -1}), ("action", "x"), ("request", "y")]
        )
    )
    events[index] = replace(events[index], **{field: value})
    with pytest.raises(Damaged, match=f"line {index + 1}"):
        verify_chain(events, KEY)


@given(st.integers(3, 10), st.data())
def test_a_removed_or_swapped_line_is_found(length: int, data: st.DataObject) -> None:
    events = chain(length)
    index = data.draw(st.integers(0, length - 2))
    with pytest.raises(Damaged):
        verify_chain(events[:index] + events[index + 1 :], KEY)
    swapped = list(events)
    swapped[index], swapped[index + 1] = swapped[index + 1], swapped[index]
    with pytest.raises(Damaged):
        verify_chain(swapped, KEY)


@given(st.integers(2, 10), st.integers(1, 9))
def test_removed_last_lines_are_found_by_the_head(length: int, removed: int) -> None:
    events = chain(length)
    with pytest.raises(Damaged, match="head"):
        verify_chain(events[: max(0, length - removed)], KEY, (length, events[-1].hash))


def test_a_chain_forged_without_the_key_is_found() -> None:
    forged = [replace(e, hash=e.compute_hash(b"x" * 32)) for e in chain(1)]
    with pytest.raises(Damaged):
        verify_chain(forged, KEY)
