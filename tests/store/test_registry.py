"""The registry: changes and their audit events together, on SQLite and on PostgreSQL."""

from __future__ import annotations

import os
import secrets
import sqlite3
import threading
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
import sqlalchemy as sa

from sandbox.core.errors import Damaged, NotFound, Unavailable
from sandbox.core.lifecycle import State
from sandbox.core.project import Kpi, Project, Submission
from sandbox.core.roles import Person, Role
from sandbox.store.audit import AuditLog
from sandbox.store.registry import Registry
from sandbox.store.workspace import Workspace

NOW = datetime(2026, 11, 21, 9, 30, tzinfo=UTC)
ANN = Person("ann", "Ann 安", frozenset({Role.STAFF}), "Sales", "zh-CN")
POSTGRES = os.environ.get("SANDBOX_TEST_POSTGRES", "postgresql+psycopg://postgres@127.0.0.1:5432/test")
PROJECT = Project(
    slug="p", owner="ann", title="标题", problem="x", kpi=Kpi("churn", "%", 3.5, 2), department="", template="t",
    pins={"customers": "v"}, state=State.DRAFT, language="en", created=NOW, changed=NOW,
)  # fmt: skip


@pytest.fixture(params=["sqlite", "postgresql"])
def registry(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Registry]:
    workspace = Workspace.at(tmp_path / "home").ensure()
    schema = f"t{secrets.token_hex(6)}"  # other runs of the tests may be at work on the same server
    url = postgres_schema(schema) if request.param == "postgresql" else None
    opened = Registry.open(workspace.registry_file, AuditLog.of(workspace), url)
    yield opened
    opened.close()
    if url:
        drop_schema(schema)


def postgres_schema(name: str) -> str:
    """The address of an empty schema on the local server; skips where none answers, fails under CI."""
    try:
        with sa.create_engine(POSTGRES, isolation_level="AUTOCOMMIT").connect() as connection:
            connection.execute(sa.text(f'DROP SCHEMA IF EXISTS "{name}" CASCADE'))
            connection.execute(sa.text(f'CREATE SCHEMA "{name}"'))
    except sa.exc.OperationalError as error:
        if os.environ.get("CI") == "true":
            pytest.fail(f"no PostgreSQL at {POSTGRES}: {error}")
        pytest.skip(f"no PostgreSQL at {POSTGRES}; set SANDBOX_TEST_POSTGRES")
    return f"{POSTGRES}?options=-csearch_path%3D{name}"


def drop_schema(name: str) -> None:
    with sa.create_engine(POSTGRES, isolation_level="AUTOCOMMIT").connect() as connection:
        connection.execute(sa.text(f'DROP SCHEMA "{name}" CASCADE'))


def fill(registry: Registry) -> None:
    with registry.transaction("ann") as tx:
        tx.put_person(ANN, NOW)
        tx.add_project(PROJECT)
        tx.record("project.started", "p", NOW, template="t")


def test_values_come_back_as_they_went_in(registry: Registry) -> None:
    fill(registry)
    submission = Submission("p", 1, "0" * 64, 10, NOW, "ann", {"customers": "v"}, findings=({"level": "pass"},))
    with registry.transaction("ann") as tx:
        tx.add_submission(submission)
    with registry.reading() as reading:
        assert reading.person("ann") == ANN
        assert reading.project("p") == PROJECT
        assert reading.submission("p", 1) == submission
        assert reading.submissions(undecided=True) == [submission]


def test_an_error_undoes_the_change_and_its_event(registry: Registry) -> None:
    fill(registry)
    with pytest.raises(RuntimeError), registry.transaction("ann") as tx:
        tx.put_project(replace(PROJECT, title="other"))
        tx.record("project.changed", "p", NOW)
        raise RuntimeError
    with registry.reading() as reading:
        assert reading.project("p").title == "标题"
        assert [e.action for e in reading.audit()] == ["project.started"]
    assert registry.verify_audit() == 1


def test_a_one_time_token_works_once_and_not_too_late(registry: Registry) -> None:
    fill(registry)
    with registry.transaction("ann") as tx:
        tx.add_token("d" * 64, "signin", "ann", NOW, NOW + timedelta(minutes=5))
        assert tx.use_token("d" * 64, "session", NOW) is None
        assert tx.use_token("d" * 64, "signin", NOW + timedelta(minutes=6)) is None
        assert tx.use_token("d" * 64, "signin", NOW) == "ann"
        assert tx.use_token("d" * 64, "signin", NOW) is None


def test_unknown_things_are_not_found(registry: Registry) -> None:
    with registry.reading() as reading:
        for look in (lambda: reading.person("x"), lambda: reading.project("x"), lambda: reading.submission("x", 1)):
            with pytest.raises(NotFound):
                look()


def test_writers_at_the_same_time_make_one_chain(registry: Registry) -> None:
    fill(registry)

    def write(name: str) -> None:
        for n in range(10):
            with registry.transaction(name) as tx:
                tx.record("x", "p", NOW, n=n)

    threads = [threading.Thread(target=write, args=(f"w{i}",)) for i in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert registry.verify_audit() == 41


@pytest.mark.parametrize(
    "tampering",
    [
        "UPDATE audit_events SET actor = 'eve' WHERE seq = 2",
        "DELETE FROM audit_events WHERE seq = 2",
        "DELETE FROM audit_events WHERE seq = 3",
        "UPDATE audit_events SET seq = seq + 100 WHERE seq = 1",
        "DELETE FROM audit_events",
    ],
)
def test_tampering_with_the_database_is_found(registry: Registry, tampering: str) -> None:
    fill(registry)
    for n in range(2):
        with registry.transaction("ann") as tx:
            tx.record("x", "p", NOW, n=n)
    assert registry.verify_audit() == 3
    with sa.create_engine(registry.url).begin() as connection:
        connection.execute(sa.text(tampering))
    with pytest.raises(Damaged):
        registry.verify_audit()


def test_a_newer_registry_is_refused(tmp_path: Path) -> None:
    workspace = Workspace.at(tmp_path / "home").ensure()
    Registry.open(workspace.registry_file, AuditLog.of(workspace)).close()
    with sqlite3.connect(workspace.registry_file) as connection:
        connection.execute("UPDATE alembic_version SET version_num = '9999'")
    with pytest.raises(Unavailable, match="newer version"):
        Registry.open(workspace.registry_file, AuditLog.of(workspace))


def test_the_migrations_make_the_tables_that_the_code_knows(tmp_path: Path) -> None:
    from alembic.autogenerate import compare_metadata
    from alembic.runtime.migration import MigrationContext

    from sandbox.store.tables import metadata

    workspace = Workspace.at(tmp_path / "home").ensure()
    registry = Registry.open(workspace.registry_file, AuditLog.of(workspace))
    with sa.create_engine(registry.url).connect() as connection:
        assert compare_metadata(MigrationContext.configure(connection), metadata) == []
