"""The first tables of the cloakroom."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None


def upgrade() -> None:
    """Create the tables. Each migration says itself what it does: the module may change."""
    op.create_table(
        "cloakroom_coats",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer, "sqlite"), primary_key=True),
        sa.Column("house", sa.String, nullable=False),
        sa.Column("number", sa.String, nullable=False),
        sa.Column("address", sa.String, nullable=False),
        sa.Column("taken", sa.BigInteger, nullable=False),
    )
