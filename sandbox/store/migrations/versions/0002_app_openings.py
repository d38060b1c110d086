"""how apps are used"""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"


def upgrade() -> None:
    op.create_table(
        "app_openings",
        sa.Column("id", sa.String(length=32), nullable=False),
        sa.Column("app", sa.String(length=63), nullable=False),
        sa.Column("version", sa.String(length=40), nullable=False),
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("viewer", sa.String(length=16), nullable=False),
        sa.Column("ready_ms", sa.Integer(), nullable=True),
        sa.Column("failed", sa.Boolean(), nullable=False),
        sa.ForeignKeyConstraint(["app"], ["projects.slug"], name=op.f("fk_app_openings_app")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_app_openings")),
    )
    with op.batch_alter_table("app_openings", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_app_openings_day"), ["day"], unique=False)
