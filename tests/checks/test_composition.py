"""Datasets that are safe one by one but not together; and what several versions give away."""

from __future__ import annotations

from typing import Any

import pytest

from sandbox.checks import run_checks
from sandbox.checks.facts import Facts
from sandbox.core.findings import Finding, Level
from tests.checks.conftest import make_project, notebook

JOINED = {
    "entity": "customer", "datasets": ["people", "jobs"], "quasi_identifiers": ["people.city", "jobs.job"], "k": 5,
    "allowed": 0.1, "units": 1000, "smallest": 1, "small_units": 40, "alone": 7, "share": 0.04,
}  # fmt: skip
MOVED = {
    "dataset": "people", "older": "20261001T000000Z-aaaaaaaaaaaa", "newer": "20261101T000000Z-bbbbbbbbbbbb", "k": 5,
    "units": 1000, "came": 30, "left": 10, "changed": 2, "small_units": 12, "alone": 3,
}  # fmt: skip


def found(**values: Any) -> list[Finding]:
    facts = Facts(project=make_project(), files={}, notebook=notebook(), **values)
    return [f for f in run_checks("read", facts) if f.check == "composition"]


@pytest.mark.parametrize(
    ("change", "level"),
    [
        ({}, Level.REVIEW),
        ({"small_units": 200, "share": 0.2}, Level.FAIL),
        ({"small_units": 0, "share": 0.0, "alone": 0, "smallest": 6}, Level.PASS),
    ],
)
def test_the_join_is_gated_like_a_dataset(change: dict[str, Any], level: Level) -> None:
    [finding] = found(compositions=({**JOINED, **change},))
    assert finding.level is level
    assert "people, jobs" in finding.message.render()


def test_the_numbers_are_told() -> None:
    said = found(compositions=(JOINED,))[0].message.render()
    assert "40 of 1,000 units (4.0%)" in said and "fewer than 5" in said and "7 are alone" in said


def test_two_versions_in_one_hand_need_a_person() -> None:
    [finding] = found(differences=(MOVED,))
    assert finding.level is Level.REVIEW
    assert "Of 42 units" in finding.message.render() and "12 are in groups" in finding.message.render()
    [harmless] = found(differences=({**MOVED, "small_units": 0, "alone": 0},))
    assert harmless.level is Level.PASS


def test_one_dataset_alone_has_nothing_to_join() -> None:
    [finding] = found()
    assert finding.level is Level.PASS


@pytest.mark.parametrize(("small", "level"), [(0, None), (40, Level.REVIEW), (300, Level.FAIL)])
def test_gates_on_sensitive_columns_are_asked_of_the_join(small: int, level: Level | None) -> None:
    gate = {"dataset": "people", "kind": "l_diversity", "column": "diagnosis", "allowed": 0.1, "units": 1000,
            "small_units": small, "share": small / 1000}  # fmt: skip
    found_ = found(compositions=({**JOINED, "small_units": 0, "share": 0.0, "smallest": 6, "gates": [gate]},))
    assert [f.level for f in found_[1:]] == ([level] if level else [])
    if level:
        assert f"{small} of 1,000 units" in found_[1].message.render() and "“diagnosis”" in found_[1].message.render()
