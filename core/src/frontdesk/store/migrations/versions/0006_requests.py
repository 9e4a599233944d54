"""Requests counted by the hour, where a platform allows so many a day."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"


def upgrade() -> None:
    """Add the table of requests."""

    op.create_table(
        "requests",
        sa.Column("digest", sa.LargeBinary(), nullable=False),
        sa.Column("hour", sa.BigInteger(), nullable=False),
        sa.Column("connector", sa.String(), nullable=False),
        sa.Column("label", sa.String(), nullable=False),
        sa.Column("used", sa.Integer(), nullable=False),
        sa.Column("allowed", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("digest", "hour", name=op.f("pk_requests")),
    )
