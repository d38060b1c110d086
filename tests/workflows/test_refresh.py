"""Refresh: what is due is built once, by one at a time, and a clock that goes back is told."""

from __future__ import annotations

import fcntl

import pytest

from sandbox.core.errors import Conflict
from sandbox.workflows.build_dataset import build_all
from sandbox.workflows.refresh import Refreshed, refresh_due
from tests.workflows.conftest import Town


def refreshed(town: Town, **options: bool) -> Refreshed:
    [one] = refresh_due(town.services, actor="operator", **options)
    return one


def test_what_is_due_is_built_once(town: Town) -> None:
    first = refreshed(town)
    assert first.due and first.built and len(town.versions()) == 1
    again = refreshed(town)
    assert not again.due and again.built is None and len(town.versions()) == 1
    town.clock.later(days=6)
    assert not refreshed(town).due
    town.clock.later(days=1, minutes=-20)  # cron was a little earlier this week
    assert refreshed(town).built and len(town.versions()) == 2
    assert town.actions() == ["dataset.built"] * 2


def test_a_dry_run_builds_nothing(town: Town) -> None:
    assert refreshed(town, dry_run=True).due
    assert town.versions() == []


def test_a_dataset_without_interval_is_never_due(town: Town) -> None:
    town.respec("refresh: weekly", "refresh: when the shop asks for it")
    found = refreshed(town)
    assert (found.due, found.next) == (False, None)
    assert "{every: month}" in str(found.reason)


def test_one_failure_does_not_stop_the_others(town: Town) -> None:
    folder = town.services.workspace.datasets
    other = (folder / "visitors.yaml").read_text(encoding="utf-8").replace("name: visitors", "name: guests", 1)
    (folder / "guests.yaml").write_text(other.replace("visitors.csv", "gone.csv"), encoding="utf-8")
    (folder / "broken.yaml").write_text("name: [")
    found = {one.dataset: one for one in refresh_due(town.services, actor="operator")}
    assert found["visitors"].built and found["guests"].error and found["broken"].error


def test_one_refresh_at_a_time(town: Town) -> None:
    with town.services.workspace.refresh_lock.open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        with pytest.raises(Conflict, match="Another refresh"):
            refresh_due(town.services, actor="operator")
    assert refreshed(town).built


def test_a_clock_that_goes_back_is_told(town: Town) -> None:
    town.build()
    town.clock.later(days=-30)
    found = refreshed(town)
    assert not found.due and found.error is not None
    assert "in the future" in str(found.error) and len(town.versions()) == 1


def test_a_shipped_dataset_without_its_source_is_left_alone(town: Town) -> None:
    """The demo company's datasets come with the sandbox; where it was never made, cron has nothing to complain of."""
    own = town.services.workspace.datasets / "visitors.yaml"
    shipped = town.services.content / "datasets"
    shipped.mkdir(parents=True, exist_ok=True)
    text = own.read_text(encoding="utf-8").replace("name: visitors", "name: guests", 1)
    (shipped / "guests.yaml").write_text(text.replace("visitors.csv", "gone.csv"), encoding="utf-8")
    found = {one.dataset: one for one in refresh_due(town.services, actor="operator")}
    assert found["visitors"].built and not found["guests"].due and not found["guests"].error
    built, failed = build_all(town.services, actor="operator")
    assert [one.manifest.dataset for one in built] == ["visitors"] and failed == []
    (own.parent / "guests.yaml").write_text((shipped / "guests.yaml").read_text(encoding="utf-8"), encoding="utf-8")
    found = {one.dataset: one for one in refresh_due(town.services, actor="operator")}
    assert found["guests"].error, "a steward's own dataset that lacks its source is a failure"
