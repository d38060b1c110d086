"""The registry's tables (SQLAlchemy Core; SQLite or PostgreSQL).

To change a table: change it here, write the migration in ``migrations/versions`` (``tests/store/test_migrations.py``
compares the two), and keep every old workspace readable.
"""

from __future__ import annotations

from datetime import UTC, datetime

from sqlalchemy import (
    JSON,
    BigInteger,
    Boolean,
    Column,
    Date,
    DateTime,
    ForeignKey,
    Integer,
    MetaData,
    String,
    Table,
    Text,
    TypeDecorator,
    UniqueConstraint,
)
from sqlalchemy.engine import Dialect


class UtcTime(TypeDecorator[datetime]):
    """Aware UTC times; SQLite keeps none of the zone, so it is taken off on the way in and put back on the way out."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError("naive time")
        return value.astimezone(UTC)

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        if value is None:
            return None
        return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)


metadata = MetaData(
    naming_convention={
        "pk": "pk_%(table_name)s",
        "fk": "fk_%(table_name)s_%(column_0_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
    }
)

people = Table(
    "people",
    metadata,
    Column("name", String(63), primary_key=True),
    Column("display_name", String(120), nullable=False),
    Column("roles", JSON, nullable=False),
    Column("department", String(120), nullable=False, default=""),
    Column("language", String(8), nullable=False, default="en"),
    Column("created", UtcTime, nullable=False),
    Column("disabled", Boolean, nullable=False, default=False),
)

# Sign-in links, sessions and API tokens: only the SHA-256 of the secret is kept.
tokens = Table(
    "tokens",
    metadata,
    Column("digest", String(64), primary_key=True),
    Column("kind", String(12), nullable=False),  # signin | session | api
    Column("person", ForeignKey("people.name"), nullable=False, index=True),
    Column("created", UtcTime, nullable=False),
    Column("expires", UtcTime, nullable=False),
    Column("used", UtcTime),
)

projects = Table(
    "projects",
    metadata,
    Column("slug", String(63), primary_key=True),
    Column("owner", ForeignKey("people.name"), nullable=False, index=True),
    Column("title", String(200), nullable=False),
    Column("problem", Text, nullable=False),
    Column("kpi", JSON, nullable=False),
    Column("department", String(120), nullable=False, default=""),
    Column("template", String(63), nullable=False),
    Column("pins", JSON, nullable=False),
    Column("state", String(12), nullable=False, index=True),
    Column("language", String(8), nullable=False),
    Column("created", UtcTime, nullable=False),
    Column("changed", UtcTime, nullable=False),
    Column("live_version", String(40)),
    Column("lesson", Text, nullable=False, default=""),
)

submissions = Table(
    "submissions",
    metadata,
    Column("project", ForeignKey("projects.slug"), primary_key=True),
    Column("number", Integer, primary_key=True),
    Column("sha256", String(64), nullable=False),
    Column("bytes", BigInteger, nullable=False),
    Column("submitted", UtcTime, nullable=False),
    Column("submitted_by", ForeignKey("people.name"), nullable=False),
    Column("pins", JSON, nullable=False),
    Column("note", Text, nullable=False, default=""),
    Column("examination", String(12), nullable=False, default="queued"),
    Column("progress", Text, nullable=False, default=""),
    Column("findings", JSON, nullable=False),
    Column("evidence", JSON, nullable=False),
    Column("version", String(40)),
    Column("decision", String(12)),
    Column("reasons", Text, nullable=False, default=""),
    Column("reviewer", String(63)),
    Column("decided", UtcTime),
)

app_versions = Table(
    "app_versions",
    metadata,
    Column("app", ForeignKey("projects.slug"), primary_key=True),
    Column("version", String(40), primary_key=True),
    Column("submission", Integer, nullable=False),
    Column("status", String(12), nullable=False),
    Column("created", UtcTime, nullable=False),
    Column("published", UtcTime),
)

# Who may work on somebody else's project. A row stays when it has ended: whoever worked on a project never judges it.
colleagues = Table(
    "colleagues",
    metadata,
    Column("project", ForeignKey("projects.slug"), primary_key=True),
    Column("person", ForeignKey("people.name"), primary_key=True, index=True),
    Column("since", UtcTime, nullable=False),
    Column("ended", UtcTime),
)

shared_texts = Table(
    "shared_texts",
    metadata,
    Column("project", ForeignKey("projects.slug"), primary_key=True),
    Column("text", String(64), nullable=False),
    Column("holder", String(63), nullable=False),
    Column("window", String(64), nullable=False),
    Column("since", UtcTime),
    Column("seen", UtcTime),
)

# How apps are used. ``viewer`` is a mark for one person on one day, not a name.
app_openings = Table(
    "app_openings",
    metadata,
    Column("id", String(32), primary_key=True),
    Column("app", ForeignKey("projects.slug"), nullable=False),
    Column("version", String(40), nullable=False),
    Column("day", Date, nullable=False, index=True),
    Column("viewer", String(16), nullable=False),
    Column("ready_ms", Integer),
    Column("failed", Boolean, nullable=False, default=False),
)

# Which exercises of the learning paths a person has tried. ``round`` counts the questions that were put: after too many
# wrong answers another one comes, later.
exercises = Table(
    "exercises",
    metadata,
    Column("person", ForeignKey("people.name"), primary_key=True),
    Column("path", String(63), primary_key=True),
    Column("exercise", String(63), primary_key=True),
    Column("round", Integer, nullable=False, default=0),
    Column("wrong", Integer, nullable=False, default=0),
    Column("tries", Integer, nullable=False, default=0),
    Column("waits_until", UtcTime),
    Column("solved", UtcTime),
)

badges = Table(
    "badges",
    metadata,
    Column("person", ForeignKey("people.name"), primary_key=True),
    Column("badge", String(63), primary_key=True),
    Column("earned", UtcTime, nullable=False),
    Column("expires", UtcTime),
)

audit_events = Table(
    "audit_events",
    metadata,
    Column("seq", Integer, primary_key=True, autoincrement=False),
    Column("time", UtcTime, nullable=False),
    Column("actor", String(63), nullable=False),
    Column("action", String(63), nullable=False),
    Column("subject", String(200), nullable=False, index=True),
    Column("details", JSON, nullable=False),
    Column("request", String(64), nullable=False, default=""),
    Column("previous", String(64), nullable=False),
    Column("hash", String(64), nullable=False),
    UniqueConstraint("hash"),
)
