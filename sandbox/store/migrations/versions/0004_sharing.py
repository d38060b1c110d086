"""projects that several people work on: colleagues, and the text that they share with who edits it"""

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"


def upgrade() -> None:
    op.create_table(
        "colleagues",
        sa.Column("project", sa.String(length=63), nullable=False),
        sa.Column("person", sa.String(length=63), nullable=False),
        sa.Column("since", sa.DateTime(timezone=True), nullable=False),
        sa.Column("ended", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(["project"], ["projects.slug"], name=op.f("fk_colleagues_project")),
        sa.ForeignKeyConstraint(["person"], ["people.name"], name=op.f("fk_colleagues_person")),
        sa.PrimaryKeyConstraint("project", "person", name=op.f("pk_colleagues")),
    )
    op.create_index(op.f("ix_colleagues_person"), "colleagues", ["person"])
    op.create_table(
        "shared_texts",
        sa.Column("project", sa.String(length=63), nullable=False),
        sa.Column("text", sa.String(length=64), nullable=False),
        sa.Column("holder", sa.String(length=63), nullable=False),
        sa.Column("window", sa.String(length=64), nullable=False),
        sa.Column("since", sa.DateTime(timezone=True), nullable=True),
        sa.Column("seen", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(["project"], ["projects.slug"], name=op.f("fk_shared_texts_project")),
        sa.PrimaryKeyConstraint("project", name=op.f("pk_shared_texts")),
    )
