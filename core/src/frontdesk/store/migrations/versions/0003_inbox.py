"""Deliveries of webhooks, and what was announced of a connection."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"

# SQLite only counts up plain INTEGER keys by itself.
KEY = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
COUNTS = ("received", "duplicate", "drained", "quarantined", "discarded", "pending", "bytes")


def upgrade() -> None:
    """Add the tables, and an empty inbox for every connection there is."""

    op.add_column("connections", sa.Column("announced", sa.String(), nullable=True))
    op.add_column("connections", sa.Column("expiry_told", sa.String(), nullable=True))
    op.create_table(
        "inboxes",
        sa.Column("connection_id", KEY, nullable=False),
        *(sa.Column(name, KEY, server_default="0", nullable=False) for name in COUNTS),
        sa.ForeignKeyConstraint(
            ["connection_id"], ["connections.id"], name=op.f("fk_inboxes_connection_id")
        ),
        sa.PrimaryKeyConstraint("connection_id", name=op.f("pk_inboxes")),
    )
    op.execute("INSERT INTO inboxes (connection_id) SELECT id FROM connections")
    op.create_table(
        "deliveries",
        sa.Column("id", KEY, nullable=False),
        sa.Column("connection_id", KEY, nullable=False),
        sa.Column("digest", sa.LargeBinary(), nullable=False),
        sa.Column("received", sa.BigInteger(), nullable=False),
        sa.Column("next_try", sa.BigInteger(), nullable=False),
        sa.Column("tries", sa.Integer(), server_default="0", nullable=False),
        sa.Column("bytes", sa.Integer(), nullable=False),
        sa.Column("details", sa.LargeBinary(), nullable=False),
        sa.Column("body", sa.LargeBinary(), nullable=False),
        sa.ForeignKeyConstraint(
            ["connection_id"], ["connections.id"], name=op.f("fk_deliveries_connection_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_deliveries")),
    )
    op.create_index(
        "ix_deliveries_connection_id_next_try", "deliveries", ["connection_id", "next_try"]
    )
    op.create_table(
        "known_deliveries",
        sa.Column("connection_id", KEY, nullable=False),
        sa.Column("digest", sa.LargeBinary(), nullable=False),
        sa.Column("received", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(
            ["connection_id"], ["connections.id"], name=op.f("fk_known_deliveries_connection_id")
        ),
        sa.PrimaryKeyConstraint("connection_id", "digest", name=op.f("pk_known_deliveries")),
    )
    op.create_index(op.f("ix_known_deliveries_received"), "known_deliveries", ["received"])
    op.create_table(
        "strays",
        sa.Column("connector", sa.String(), nullable=False),
        sa.Column("total", KEY, nullable=False),
        sa.Column("last", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("connector", name=op.f("pk_strays")),
    )
    op.create_table(
        "audits",
        sa.Column("id", KEY, nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.Column("action", sa.String(), nullable=False),
        sa.Column("details", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_audits")),
    )
