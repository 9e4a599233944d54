"""Secrets that connectors obtain at run time; whether only part of a record ever came."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"

# SQLite only counts up plain INTEGER keys by itself.
KEY = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    """Add a table and a column."""

    op.create_table(
        "runtime_secrets",
        sa.Column("id", KEY, nullable=False),
        sa.Column("connection_id", KEY, nullable=True),
        sa.Column("connector", sa.String(), nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("sealed", sa.LargeBinary(), nullable=False),
        sa.Column("expires", sa.BigInteger(), nullable=True),
        sa.Column("updated", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(
            ["connection_id"], ["connections.id"], name=op.f("fk_runtime_secrets_connection_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_runtime_secrets")),
        sa.UniqueConstraint(
            "connection_id", "name", name=op.f("uq_runtime_secrets_connection_id_name")
        ),
    )
    op.add_column(
        "records", sa.Column("partial", sa.Boolean(), server_default=sa.false(), nullable=False)
    )
