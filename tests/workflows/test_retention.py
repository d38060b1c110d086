"""Retention: old snapshots go, what is in use stays, whoever is faster."""

from __future__ import annotations

import json
import subprocess
import sys
import threading
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

import sandbox.workflows.retention as retention
import sandbox.workflows.start_project as start
from sandbox.core.errors import Conflict, SandboxError
from sandbox.core.ids import VersionId
from sandbox.core.lifecycle import State
from sandbox.core.project import AppVersion, Kpi, Project, Submission
from sandbox.snapshots.retire import left_aside, put_aside
from sandbox.workflows.retention import prune
from tests.workflows.conftest import STAFF, START, Town


@pytest.fixture
def old(town: Town) -> list[str]:
    """Five snapshots, one a week; two of them need not stay: 28 and 21 days old, 2 newest and younger than 10 stay."""
    versions = []
    for week in range(5):
        town.write(100 + week)
        versions.append(town.build())
        town.clock.later(days=7)
    town.clock.later(days=-7)
    return versions


def project(town: Town, version: str, **changes: Any) -> Project:
    now = town.clock()
    made = Project(
        "p", STAFF.name, "P", "p", Kpi("calls", "n", 1, 2), "", "customer-churn", {"visitors": version}, State.DRAFT,
        "en", now, now,
    )  # fmt: skip
    made = replace(made, **changes)
    with town.services.registry.transaction(STAFF.name) as tx:
        tx.add_project(made)
        tx.record("project.started", made.slug, now, template="x", pins=dict(made.pins))
    return made


def pruned(town: Town, **options: bool) -> dict[str, bool]:
    return {one.version: one.removed for one in prune(town.services, actor="operator", **options)}


def test_old_snapshots_go_and_their_record_stays(town: Town, old: list[str]) -> None:
    assert pruned(town, dry_run=True) == {old[0]: True, old[1]: True, old[2]: True}
    assert town.versions() == old
    report = town.services.workspace.dataset_snapshots("visitors") / f"{old[0]}.redteam.json"
    report.write_text("{}")
    assert pruned(town) == {old[0]: True, old[1]: True, old[2]: True}
    assert town.versions() == old[3:]
    kept = town.services.workspace.dataset_snapshots("visitors") / "retired" / old[0]
    assert sorted(f.name for f in kept.iterdir()) == ["certificate.json", "manifest.json", "redteam.json"]
    assert json.loads((kept / "manifest.json").read_bytes())["version"] == old[0]
    assert town.actions()[-3:] == ["dataset.retired"] * 3
    assert town.services.registry.verify_audit() > 0
    assert pruned(town) == {}  # twice is once


def test_days_and_versions_both_count(town: Town, old: list[str]) -> None:
    town.respec("{versions: 2, days: 10}", "{versions: 1, days: 22}")
    assert list(pruned(town, dry_run=True)) == old[:1]
    town.respec("{versions: 1, days: 22}", "{versions: 9}")
    assert pruned(town, dry_run=True) == {}
    town.respec("retain: {versions: 9}\n", "")
    assert pruned(town, dry_run=True) == {}


def test_the_newest_always_stays(town: Town, old: list[str]) -> None:
    town.respec("{versions: 2, days: 10}", "{versions: 1}")
    town.clock.later(days=3000)
    assert list(pruned(town)) == old[:4] and town.versions() == old[4:]


def submission(version: str, number: int = 1) -> Submission:
    return Submission("p", number, "0" * 64, 1, START, STAFF.name, {"visitors": version})


@pytest.mark.parametrize(
    ("state", "status", "stays"),
    [
        (State.DRAFT, None, "has pinned it"),
        (State.PUBLISHED, "superseded", "on the shelf"),
        (State.PUBLISHED, None, "submission 1"),
        (State.RETIRED, "superseded", "on the shelf"),
        (State.RETIRED, "retired", ""),
    ],
)
def test_what_is_in_use_stays(town: Town, old: list[str], state: State, status: str | None, stays: str) -> None:
    pinned = old[0] if stays == "has pinned it" else old[4]
    project(town, pinned, state=state)
    if stays != "has pinned it":
        with town.services.registry.transaction(STAFF.name) as tx:
            tx.add_submission(submission(old[0]))
            if status:
                tx.put_app_version(AppVersion("p", "20261121T093000Z-" + "a" * 12, 1, status, town.clock()))
    [found] = [one for one in prune(town.services, actor="operator") if one.version == old[0]]
    assert found.removed == (not stays)
    assert stays in str(found.reason)
    assert (old[0] in town.versions()) == bool(stays)


def test_a_session_of_lab_keeps_what_it_has_open(town: Town, old: list[str]) -> None:
    folder = town.services.workspace.snapshot("visitors", VersionId.parse(old[0]))
    reader = subprocess.Popen(
        [sys.executable, "-c",
         "import sys, duckdb; c = duckdb.connect(sys.argv[1], read_only=True); print('open', flush=True); input()",
         str(folder / "data.duckdb")],
        stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
    )  # fmt: skip
    try:
        assert reader.stdout is not None and reader.stdout.readline() == "open\n"
        assert pruned(town) == {old[0]: False, old[1]: True, old[2]: True}
    finally:
        reader.communicate("\n", timeout=20)
    assert pruned(town) == {old[0]: True}


def test_a_session_that_began_before_newer_data_were_taken_may_open_the_old(town: Town, old: list[str]) -> None:
    made = project(town, old[0])
    start.renew_pins(town.services, STAFF, made.slug)
    assert pruned(town)[old[0]] is False
    town.clock.later(days=1, minutes=1)
    assert pruned(town)[old[0]] is True


def meanwhile(
    monkeypatch: pytest.MonkeyPatch, module: Any, name: str, act: Callable[[], None], *, after: bool = False
) -> None:
    """``act`` once, just before, or ``after``, ``module.name`` is first called."""
    real, done = getattr(module, name), threading.Event()

    def first(*arguments: Any, **options: Any) -> Any:
        now = not done.is_set()
        done.set()
        if now and not after:
            act()
        result = real(*arguments, **options)
        if now and after:
            act()
        return result

    monkeypatch.setattr(module, name, first)


def in_thread(act: Callable[[], Any]) -> list[Any]:
    found: list[Any] = []

    def run() -> None:
        try:
            found.append(act())
        except SandboxError as error:
            found.append(error)

    thread = threading.Thread(target=run)
    thread.start()
    thread.join(60)
    return found


def test_a_pin_whose_snapshot_goes_before_it_is_written_is_refused(
    town: Town, old: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """The person's newest is chosen, then another one is built and the chosen one retired, then the pin is written."""
    made = project(town, old[4])
    town.respec("{versions: 2, days: 10}", "{versions: 1}")
    with town.services.registry.transaction(STAFF.name) as tx:  # so that only the race protects old[4]
        tx.put_project(replace(made, pins={"visitors": old[3]}))

    def newer() -> None:
        town.write(200)
        town.clock.later(days=60)
        town.build()
        in_thread(lambda: prune(town.services, actor="operator"))

    meanwhile(monkeypatch, start, "check_joins", newer, after=True)
    monkeypatch.setattr(retention, "_just_left", lambda reading, now: [])
    with pytest.raises(Conflict, match="retired just now"):
        start.renew_pins(town.services, STAFF, made.slug)
    with town.services.registry.reading() as reading:
        assert reading.project("p").pins == {"visitors": old[3]}
    assert old[4] not in town.versions() and old[3] in town.versions()


def test_a_pin_that_is_written_while_pruning_is_respected(
    town: Town, old: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """What need not stay was listed, then somebody pins one of it, then it would have been removed."""
    meanwhile(monkeypatch, retention, "_retire", lambda: in_thread(lambda: project(town, old[0])) and None)
    assert pruned(town) == {old[0]: False, old[1]: True, old[2]: True}
    assert old[0] in town.versions()


def test_a_death_in_between_loses_nothing(town: Town, old: list[str], monkeypatch: pytest.MonkeyPatch) -> None:
    folder = town.services.workspace.dataset_snapshots("visitors")
    put_aside(folder / old[0])  # died before the decision was written: it comes back, and goes properly
    assert old[0] not in town.versions()
    with town.services.registry.reading() as reading:
        assert not [e for e in reading.audit() if e.action == "dataset.retired"]
    retention.recover(town.services, "visitors")
    assert old[0] in town.versions() and not left_aside(folder)

    def dies(aside: Any) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(retention, "finish", dies)
    with pytest.raises(KeyboardInterrupt):
        pruned(town)
    monkeypatch.undo()
    assert len(left_aside(folder)) == 1
    pruned(town)
    assert town.versions() == old[3:] and not left_aside(folder)
    assert (folder / "retired" / old[0] / "manifest.json").exists()
    with town.services.registry.reading() as reading:
        retired = [e.details["version"] for e in reading.audit(subject="visitors") if e.action == "dataset.retired"]
    assert retired == old[:3]


def test_a_full_disk_leaves_the_snapshot(town: Town, old: list[str], monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*_: Any, **__: Any) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(retention.Transaction, "record", full)
    with pytest.raises(OSError, match="No space"):
        pruned(town)
    assert town.versions() == old
