"""Bring a registry to this version's schema (Alembic)."""

from __future__ import annotations

from pathlib import Path

import sqlalchemy as sa
from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory

from sandbox.core.errors import Unavailable

_SCRIPTS = Path(__file__).parent / "migrations"


def upgrade(engine: sa.Engine) -> None:
    """Apply the missing migrations; does nothing on a registry that is up to date.

    Raises Unavailable when the registry was made by a newer version of the sandbox.
    """
    config = Config()
    config.set_main_option("script_location", str(_SCRIPTS).replace("%", "%%"))
    scripts = ScriptDirectory.from_config(config)
    with engine.connect() as connection:
        current = MigrationContext.configure(connection).get_current_revision()
        if current == scripts.get_current_head():
            return
        if current is not None and current not in {s.revision for s in scripts.walk_revisions()}:
            raise Unavailable(
                "The registry was made by a newer version of the sandbox (schema {found}).",
                "Update the sandbox, or choose another workspace with --home.",
                found=current,
            )
        config.attributes["connection"] = connection
        command.upgrade(config, "head")
        connection.commit()
