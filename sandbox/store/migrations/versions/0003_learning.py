"""learning paths: exercises that people tried, badges that they hold"""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"


def upgrade() -> None:
    op.create_table(
        "exercises",
        sa.Column("person", sa.String(length=63), nullable=False),
        sa.Column("path", sa.String(length=63), nullable=False),
        sa.Column("exercise", sa.String(length=63), nullable=False),
        sa.Column("round", sa.Integer(), nullable=False),
        sa.Column("wrong", sa.Integer(), nullable=False),
        sa.Column("tries", sa.Integer(), nullable=False),
        sa.Column("waits_until", sa.DateTime(timezone=True), nullable=True),
        sa.Column("solved", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(["person"], ["people.name"], name=op.f("fk_exercises_person")),
        sa.PrimaryKeyConstraint("person", "path", "exercise", name=op.f("pk_exercises")),
    )
    op.create_table(
        "badges",
        sa.Column("person", sa.String(length=63), nullable=False),
        sa.Column("badge", sa.String(length=63), nullable=False),
        sa.Column("earned", sa.DateTime(timezone=True), nullable=False),
        sa.Column("expires", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(["person"], ["people.name"], name=op.f("fk_badges_person")),
        sa.PrimaryKeyConstraint("person", "badge", name=op.f("pk_badges")),
    )
