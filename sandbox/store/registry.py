"""The registry: people, projects, submissions and apps, with the audit chain, in one database.

A change and its audit event are committed together: open ``registry.transaction(actor)``, change, ``record``. Reading
outside a transaction is ``registry.reading()``. SQLite by default, PostgreSQL by address; values are those of ``core``.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date, datetime
from pathlib import Path
from typing import Any

import sqlalchemy as sa
from sqlalchemy.exc import DatabaseError, OperationalError

from sandbox.core.errors import Damaged, NotFound, Unavailable
from sandbox.core.learning import Badge, Tried
from sandbox.core.lifecycle import State
from sandbox.core.messages import as_language
from sandbox.core.project import AppVersion, Kpi, Project, Submission
from sandbox.core.roles import Person, Role
from sandbox.core.sharing import Colleague, SharedText
from sandbox.core.usage import Opening
from sandbox.store import tables as t
from sandbox.store.audit import AuditLog
from sandbox.store.migrate import upgrade


class Registry:
    """A connection pool to the registry. Thread-safe; make one per process."""

    def __init__(self, url: str, audit: AuditLog) -> None:
        self.url = url
        self.audit = audit
        self._engine = _engine(url)

    @classmethod
    def open(cls, file: Path, audit: AuditLog, url: str | None = None) -> Registry:
        """Open (and bring up to date) the registry at ``url``, or the SQLite ``file`` if None.

        Raises Unavailable when the database does not answer or was made by a newer version, Damaged when it is none.
        """
        registry = cls(url or f"sqlite:///{file}", audit)
        try:
            upgrade(registry._engine)
        except OperationalError as error:
            raise Unavailable(
                "The registry cannot be opened: {problem}.",
                "Check that the database is running, that its address is right and that the disk is not full.",
                problem=str(error.orig).strip(),
            ) from None
        except DatabaseError as error:
            raise Damaged(
                "The registry is damaged: {problem}.",
                "Put back the newest backup of the registry, or start with another workspace.",
                problem=str(error.orig).strip(),
            ) from None
        if url is None:
            file.chmod(0o600)
        return registry

    def close(self) -> None:
        self._engine.dispose()

    def verify_audit(self) -> int:
        """The number of events in an unbroken audit chain; raises Damaged naming the first line that does not hold."""
        with self._engine.connect() as connection:
            return self.audit.verify(connection)

    @contextmanager
    def reading(self) -> Iterator[Reading]:
        with self._engine.connect() as connection:
            yield Reading(connection)

    @contextmanager
    def transaction(self, actor: str, request: str = "") -> Iterator[Transaction]:
        """Changes by ``actor`` (a person's name, or ``system``), committed together with their audit events."""
        with self._engine.connect() as connection:
            if connection.dialect.name == "sqlite":
                connection.exec_driver_sql("BEGIN IMMEDIATE")
            transaction = Transaction(connection, self.audit, actor, request)
            yield transaction
            connection.commit()
        if transaction.head:
            self.audit.keep_head(*transaction.head)


def _engine(url: str) -> sa.Engine:
    engine = sa.create_engine(url, pool_pre_ping=True)
    if engine.dialect.name == "sqlite":

        @sa.event.listens_for(engine, "connect")
        def _configure(connection: Any, _: Any) -> None:
            connection.isolation_level = None  # BEGIN is ours: IMMEDIATE, so that a reader never turns writer half-way
            for pragma in ("journal_mode=WAL", "synchronous=FULL", "foreign_keys=ON", "busy_timeout=15000"):
                connection.execute(f"PRAGMA {pragma}")

    return engine


class Reading:
    """Queries; every method returns frozen values of ``core``."""

    def __init__(self, connection: sa.Connection) -> None:
        self._c = connection

    # --- people
    def person(self, name: str) -> Person:
        """The account, if it is open. Raises NotFound."""
        row = self._c.execute(sa.select(t.people).where(t.people.c.name == name)).first()
        if row is None:
            raise NotFound("There is no account “{name}”.", "List the accounts with `sandbox people list`.", name=name)
        if row.disabled:
            raise NotFound(
                "The account “{name}” is disabled.", "`sandbox people enable {name}` opens it again.", name=name
            )
        return _person(row)

    def people(self, *, disabled: bool = False) -> list[Person]:
        """The accounts that are open, or those that are ``disabled``; the oldest first."""
        query = sa.select(t.people).where(t.people.c.disabled == disabled)
        return [_person(row) for row in self._c.execute(query.order_by(t.people.c.created, t.people.c.name))]

    def display_names(self) -> dict[str, str]:
        """Account name → what colleagues read, of disabled accounts as well: what they made stays theirs."""
        return {row.name: row.display_name for row in self._c.execute(sa.select(t.people))}

    def token(self, digest: str, kind: str, now: datetime) -> str | None:
        """The name of the person whose unexpired, unused token has this SHA-256 ``digest``; None if there is none."""
        c = t.tokens.c
        found = self._c.execute(
            sa.select(c.person).where(c.digest == digest, c.kind == kind, c.expires > now, c.used.is_(None))
        ).scalar()
        return str(found) if found is not None else None

    # --- projects
    def project(self, slug: str) -> Project:
        row = self._c.execute(sa.select(t.projects).where(t.projects.c.slug == slug)).first()
        if row is None:
            raise no_such_project(slug)
        return _project(row)

    def has_project(self, slug: str) -> bool:
        return self._c.execute(sa.select(t.projects.c.slug).where(t.projects.c.slug == slug)).first() is not None

    def projects(self, *, owner: str | None = None, states: tuple[State, ...] = ()) -> list[Project]:
        """Projects, latest change first."""
        query = sa.select(t.projects).order_by(t.projects.c.changed.desc(), t.projects.c.slug)
        if owner:
            query = query.where(t.projects.c.owner == owner)
        if states:
            query = query.where(t.projects.c.state.in_([s.value for s in states]))
        return [_project(row) for row in self._c.execute(query)]

    # --- sharing
    def colleagues(self, project: str) -> list[Colleague]:
        """Who may or might work on the project beside its owner, the first first."""
        c = t.colleagues.c
        rows = self._c.execute(sa.select(t.colleagues).where(c.project == project).order_by(c.since, c.person))
        return [Colleague(**row._mapping) for row in rows]

    def worked_on(self, person: str) -> list[Project]:
        """The projects of ``person`` and those that colleagues share with them, latest change first."""
        c, p = t.colleagues.c, t.projects.c
        shared = sa.select(c.project).where(c.person == person, c.ended.is_(None))
        query = sa.select(t.projects).where(sa.or_(p.owner == person, p.slug.in_(shared)))
        return [_project(row) for row in self._c.execute(query.order_by(p.changed.desc(), p.slug))]

    def shared_text(self, project: str) -> SharedText:
        row = self._c.execute(sa.select(t.shared_texts).where(t.shared_texts.c.project == project)).first()
        return SharedText(**row._mapping) if row else SharedText(project)

    # --- submissions
    def submission(self, project: str, number: int) -> Submission:
        c = t.submissions.c
        row = self._c.execute(sa.select(t.submissions).where(c.project == project, c.number == number)).first()
        if row is None:
            raise NotFound(
                "The project “{project}” has no submission {number}.",
                "Open the project to see its submissions.",
                project=project,
                number=number,
            )
        return _submission(row)

    def submissions(
        self, *, project: str | None = None, undecided: bool = False, examination: str | None = None
    ) -> list[Submission]:
        """Submissions, newest first; ``undecided`` gives the reviewers' queue."""
        c = t.submissions.c
        query = sa.select(t.submissions).order_by(c.submitted.desc(), c.number.desc())
        if project:
            query = query.where(c.project == project)
        if undecided:
            query = query.where(c.decision.is_(None))
        if examination:
            query = query.where(c.examination == examination)
        return [_submission(row) for row in self._c.execute(query)]

    # --- apps
    def app_versions(self, app: str) -> list[AppVersion]:
        """Versions of one app, newest first."""
        c = t.app_versions.c
        rows = self._c.execute(
            sa.select(t.app_versions).where(c.app == app).order_by(c.created.desc(), c.version.desc())
        )
        return [AppVersion(**row._mapping) for row in rows]

    def openings(self, since: date, *, app: str | None = None) -> list[Opening]:
        """Openings of apps (or of one) on ``since`` and later days."""
        c = t.app_openings.c
        query = sa.select(t.app_openings).where(c.day >= since)
        rows = self._c.execute(query.where(c.app == app) if app else query)
        return [Opening(**row._mapping) for row in rows]

    # --- learning
    def tried(self, person: str, path: str) -> dict[str, Tried]:
        """Exercise → how far ``person`` is with it; those that were never tried are missing."""
        c = t.exercises.c
        rows = self._c.execute(sa.select(t.exercises).where(c.person == person, c.path == path))
        return {row.exercise: Tried(**row._mapping) for row in rows}

    def badges(self, person: str | None = None) -> list[Badge]:
        """Badges of ``person``, or of everybody, the earliest first; those that have expired are among them."""
        c = t.badges.c
        query = sa.select(t.badges).order_by(c.earned, c.person, c.badge)
        rows = self._c.execute(query.where(c.person == person) if person else query)
        return [Badge(**row._mapping) for row in rows]

    # --- audit
    def audit(self, *, subject: str | None = None, limit: int | None = None) -> list[Any]:
        """Audit events, oldest first; with ``limit`` the newest of them."""
        return AuditLog.read(self._c, subject=subject, limit=limit)


class Transaction(Reading):
    """Changes. Nothing is visible to others before the ``with`` block ends without an error."""

    def __init__(self, connection: sa.Connection, audit: AuditLog, actor: str, request: str) -> None:
        super().__init__(connection)
        self._audit, self.actor, self._request = audit, actor, request
        self.head: tuple[int, str] | None = None

    def record(self, action: str, subject: str, now: datetime, **details: Any) -> None:
        """Append an audit event; it is committed together with the changes of this transaction."""
        event = self._audit.append(
            self._c, actor=self.actor, action=action, subject=subject, now=now, details=details, request=self._request
        )
        self.head = (event.seq, event.hash)

    def one_at_a_time(self) -> None:
        """Wait until no other transaction that records an event is open, and let none begin before this one ends.

        What is read from now on stays true until the end. On SQLite every transaction is so from its beginning.
        """
        self._audit.lock(self._c)

    def put_person(self, person: Person, now: datetime) -> None:
        """Create the account or change it."""
        values = {
            "display_name": person.display_name,
            "roles": sorted(person.roles),
            "department": person.department,
            "language": person.language,
        }
        changed = self._c.execute(sa.update(t.people).where(t.people.c.name == person.name).values(**values))
        if changed.rowcount == 0:
            self._c.execute(sa.insert(t.people).values(name=person.name, created=now, disabled=False, **values))

    def disable_person(self, name: str) -> None:
        """Close the account; its sessions, links and tokens end, and whoever waits for its text may edit."""
        self._c.execute(sa.update(t.people).where(t.people.c.name == name).values(disabled=True))
        self._c.execute(sa.delete(t.tokens).where(t.tokens.c.person == name))
        nobody = {"holder": "", "window": "", "since": None, "seen": None}
        self._c.execute(sa.update(t.shared_texts).where(t.shared_texts.c.holder == name).values(**nobody))

    def enable_person(self, name: str) -> bool:
        """Open the account again; False if there is none."""
        return self._c.execute(sa.update(t.people).where(t.people.c.name == name).values(disabled=False)).rowcount == 1

    def add_token(self, digest: str, kind: str, person: str, now: datetime, expires: datetime) -> None:
        self._c.execute(
            sa.insert(t.tokens).values(digest=digest, kind=kind, person=person, created=now, expires=expires)
        )
        self._c.execute(sa.delete(t.tokens).where(t.tokens.c.expires < now))

    def use_token(self, digest: str, kind: str, now: datetime) -> str | None:
        """Spend a one-time token: its person's name, or None if it is unknown, expired or spent already."""
        person = self.token(digest, kind, now)
        if person is None:
            return None
        c = t.tokens.c
        spent = self._c.execute(sa.update(t.tokens).where(c.digest == digest, c.used.is_(None)).values(used=now))
        return person if spent.rowcount == 1 else None

    def drop_token(self, digest: str) -> None:
        self._c.execute(sa.delete(t.tokens).where(t.tokens.c.digest == digest))

    def add_project(self, project: Project) -> None:
        self._c.execute(sa.insert(t.projects).values(**_project_values(project)))

    def put_project(self, project: Project) -> None:
        self._c.execute(
            sa.update(t.projects).where(t.projects.c.slug == project.slug).values(**_project_values(project))
        )

    def put_colleague(self, colleague: Colleague) -> None:
        c = t.colleagues.c
        mine = (c.project == colleague.project, c.person == colleague.person)
        if self._c.execute(sa.update(t.colleagues).where(*mine).values(**vars(colleague))).rowcount == 0:
            self._c.execute(sa.insert(t.colleagues).values(**vars(colleague)))

    def put_shared_text(self, text: SharedText) -> None:
        mine = t.shared_texts.c.project == text.project
        if self._c.execute(sa.update(t.shared_texts).where(mine).values(**vars(text))).rowcount == 0:
            self._c.execute(sa.insert(t.shared_texts).values(**vars(text)))

    def add_submission(self, submission: Submission) -> None:
        self._c.execute(sa.insert(t.submissions).values(**_submission_values(submission)))

    def put_submission(self, submission: Submission) -> None:
        c = t.submissions.c
        self._c.execute(
            sa.update(t.submissions)
            .where(c.project == submission.project, c.number == submission.number)
            .values(**_submission_values(submission))
        )

    def put_app_version(self, version: AppVersion) -> None:
        c = t.app_versions.c
        changed = self._c.execute(
            sa.update(t.app_versions)
            .where(c.app == version.app, c.version == version.version)
            .values(status=version.status, published=version.published)
        )
        if changed.rowcount == 0:
            self._c.execute(sa.insert(t.app_versions).values(**vars(version)))

    def add_openings(self, openings: list[Opening]) -> None:
        """Keep those that are not there yet; an app that is not known has none."""
        c = t.app_openings.c
        known = set(self._c.execute(sa.select(c.id).where(c.id.in_([each.id for each in openings]))).scalars())
        apps = set(self._c.execute(sa.select(t.projects.c.slug)).scalars())
        new = {each.id: vars(each) for each in openings if each.id not in known and each.app in apps}
        if new:
            self._c.execute(sa.insert(t.app_openings), list(new.values()))

    def put_tried(self, tried: Tried) -> None:
        c = t.exercises.c
        mine = (c.person == tried.person, c.path == tried.path, c.exercise == tried.exercise)
        if self._c.execute(sa.update(t.exercises).where(*mine).values(**vars(tried))).rowcount == 0:
            self._c.execute(sa.insert(t.exercises).values(**vars(tried)))

    def put_badge(self, badge: Badge) -> None:
        c = t.badges.c
        mine = (c.person == badge.person, c.badge == badge.badge)
        if self._c.execute(sa.update(t.badges).where(*mine).values(**vars(badge))).rowcount == 0:
            self._c.execute(sa.insert(t.badges).values(**vars(badge)))

    def drop_badge(self, person: str, badge: str) -> bool:
        """Take a badge away; False if the person does not have it."""
        c = t.badges.c
        return self._c.execute(sa.delete(t.badges).where(c.person == person, c.badge == badge)).rowcount == 1

    def drop_openings(self, before: date) -> None:
        self._c.execute(sa.delete(t.app_openings).where(t.app_openings.c.day < before))


def no_such_project(slug: str) -> NotFound:
    """The same answer for a project that is not there and for one that the asker may not see."""
    return NotFound("There is no project “{slug}”.", "Look it up in the list of projects.", slug=slug)


def _person(row: Any) -> Person:
    return Person(
        name=row.name,
        display_name=row.display_name,
        roles=frozenset(Role(r) for r in row.roles),
        department=row.department,
        language=as_language(row.language),
    )


def _project(row: Any) -> Project:
    return Project(**{**row._mapping, "kpi": Kpi.from_json(row.kpi), "state": State(row.state)})


def _project_values(project: Project) -> dict[str, Any]:
    return {**vars(project), "kpi": project.kpi.to_json(), "state": project.state.value, "pins": dict(project.pins)}


def _submission(row: Any) -> Submission:
    return Submission(**{**row._mapping, "findings": tuple(row.findings)})


def _submission_values(submission: Submission) -> dict[str, Any]:
    return {
        **vars(submission),
        "pins": dict(submission.pins),
        "findings": [dict(f) for f in submission.findings],
        "evidence": dict(submission.evidence),
    }
