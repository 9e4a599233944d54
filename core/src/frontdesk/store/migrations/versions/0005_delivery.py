"""What each destination must still be sent, and what it was sent."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"

# SQLite only counts up plain INTEGER keys by itself.
KEY = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    """Add the tables of delivery."""

    op.create_table(
        "destinations",
        sa.Column("id", KEY, nullable=False),
        sa.Column("brand_id", KEY, nullable=False),
        sa.Column("plugin", sa.String(), nullable=False),
        sa.Column("account", sa.String(), nullable=False),
        sa.Column("name", sa.String(), nullable=True),
        sa.Column("title", sa.String(), nullable=False),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("reason", sa.String(), server_default="", nullable=False),
        sa.Column("since", sa.BigInteger(), nullable=False),
        sa.Column("bound", sa.BigInteger(), nullable=True),
        sa.Column("epoch", KEY, server_default="0", nullable=False),
        sa.Column("holder", sa.String(), nullable=True),
        sa.Column("lease_until", sa.BigInteger(), nullable=True),
        sa.Column("consent_cursor", sa.LargeBinary(), nullable=True),
        sa.Column("consent_read", sa.BigInteger(), nullable=True),
        sa.Column("announced", sa.String(), nullable=True),
        sa.ForeignKeyConstraint(["brand_id"], ["brands.id"], name=op.f("fk_destinations_brand_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_destinations")),
        sa.UniqueConstraint("name", name=op.f("uq_destinations_name")),
        sa.UniqueConstraint("plugin", "account", name=op.f("uq_destinations_plugin_account")),
    )
    op.create_table(
        "batches",
        sa.Column("id", KEY, nullable=False),
        sa.Column("destination_id", KEY, nullable=False),
        sa.Column("load", sa.String(), nullable=False),
        sa.Column("created", sa.BigInteger(), nullable=False),
        sa.Column("tries", sa.Integer(), server_default="0", nullable=False),
        sa.Column("body", sa.LargeBinary(), nullable=False),
        sa.ForeignKeyConstraint(
            ["destination_id"], ["destinations.id"], name=op.f("fk_batches_destination_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_batches")),
    )
    op.create_index("ix_batches_destination_id", "batches", ["destination_id"], unique=False)
    op.create_table(
        "due_erasures",
        sa.Column("destination_id", KEY, nullable=False),
        sa.Column("address", sa.String(), nullable=False),
        sa.Column("erasure_id", KEY, nullable=False),
        sa.Column("since", sa.BigInteger(), nullable=False),
        sa.Column("next_try", sa.BigInteger(), nullable=True),
        sa.Column("reason", sa.String(), server_default="", nullable=False),
        sa.ForeignKeyConstraint(
            ["destination_id"], ["destinations.id"], name=op.f("fk_due_erasures_destination_id")
        ),
        sa.PrimaryKeyConstraint("destination_id", "address", name=op.f("pk_due_erasures")),
    )
    op.create_table(
        "positions",
        sa.Column("destination_id", KEY, nullable=False),
        sa.Column("connection_id", KEY, nullable=False),
        sa.Column("seq", KEY, server_default="0", nullable=False),
        sa.ForeignKeyConstraint(
            ["connection_id"], ["connections.id"], name=op.f("fk_positions_connection_id")
        ),
        sa.ForeignKeyConstraint(
            ["destination_id"], ["destinations.id"], name=op.f("fk_positions_destination_id")
        ),
        sa.PrimaryKeyConstraint("destination_id", "connection_id", name=op.f("pk_positions")),
    )
    op.create_table(
        "recipients",
        sa.Column("id", KEY, nullable=False),
        sa.Column("destination_id", KEY, nullable=False),
        sa.Column("address", sa.String(), nullable=False),
        sa.Column("digest", sa.LargeBinary(), nullable=True),
        sa.Column("names", sa.LargeBinary(), nullable=True),
        sa.ForeignKeyConstraint(
            ["destination_id"], ["destinations.id"], name=op.f("fk_recipients_destination_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_recipients")),
        sa.UniqueConstraint(
            "destination_id", "address", name=op.f("uq_recipients_destination_id_address")
        ),
    )
    op.create_table(
        "tallies",
        sa.Column("destination_id", KEY, nullable=False),
        sa.Column("load", sa.String(), nullable=False),
        sa.Column("outcome", sa.String(), nullable=False),
        sa.Column("reason", sa.String(), nullable=False),
        sa.Column("total", KEY, nullable=False),
        sa.Column("last", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(
            ["destination_id"], ["destinations.id"], name=op.f("fk_tallies_destination_id")
        ),
        sa.PrimaryKeyConstraint(
            "destination_id", "load", "outcome", "reason", name=op.f("pk_tallies")
        ),
    )
    op.create_table(
        "told",
        sa.Column("destination_id", KEY, nullable=False),
        sa.Column("channel", sa.String(), nullable=False),
        sa.Column("address", sa.String(), nullable=False),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(
            ["destination_id"], ["destinations.id"], name=op.f("fk_told_destination_id")
        ),
        sa.PrimaryKeyConstraint("destination_id", "channel", "address", name=op.f("pk_told")),
    )
    op.create_table(
        "outbox",
        sa.Column("destination_id", KEY, nullable=False),
        sa.Column("connection_id", KEY, nullable=False),
        sa.Column("seq", KEY, autoincrement=False, nullable=False),
        sa.Column("guest_id", KEY, nullable=False),
        sa.Column("live", sa.Boolean(), nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.Column("held", sa.String(), server_default="", nullable=False),
        sa.ForeignKeyConstraint(
            ["connection_id"], ["connections.id"], name=op.f("fk_outbox_connection_id")
        ),
        sa.ForeignKeyConstraint(
            ["destination_id"], ["destinations.id"], name=op.f("fk_outbox_destination_id")
        ),
        sa.ForeignKeyConstraint(["guest_id"], ["guests.id"], name=op.f("fk_outbox_guest_id")),
        sa.PrimaryKeyConstraint("destination_id", "connection_id", "seq", name=op.f("pk_outbox")),
    )
    op.create_index("ix_outbox_guest_id", "outbox", ["guest_id"], unique=False)
    op.create_index(
        "ix_outbox_order",
        "outbox",
        ["destination_id", "held", "live", "at", "connection_id", "seq"],
        unique=False,
    )
    op.create_table(
        "outbox_guests",
        sa.Column("destination_id", KEY, nullable=False),
        sa.Column("guest_id", KEY, nullable=False),
        sa.Column("stage", sa.SmallInteger(), server_default="0", nullable=False),
        sa.Column("live", sa.Boolean(), nullable=False),
        sa.Column("due", sa.BigInteger(), nullable=True),
        sa.ForeignKeyConstraint(
            ["destination_id"], ["destinations.id"], name=op.f("fk_outbox_guests_destination_id")
        ),
        sa.ForeignKeyConstraint(
            ["guest_id"], ["guests.id"], name=op.f("fk_outbox_guests_guest_id")
        ),
        sa.PrimaryKeyConstraint("destination_id", "guest_id", name=op.f("pk_outbox_guests")),
    )
    op.create_index("ix_outbox_guests_guest_id", "outbox_guests", ["guest_id"], unique=False)
    op.create_index(
        "ix_outbox_guests_stage",
        "outbox_guests",
        ["destination_id", "stage", "live", "guest_id"],
        unique=False,
    )
    op.create_table(
        "refusals",
        sa.Column("id", KEY, nullable=False),
        sa.Column("destination_id", KEY, nullable=False),
        sa.Column("load", sa.String(), nullable=False),
        sa.Column("connection_id", KEY, nullable=True),
        sa.Column("seq", KEY, nullable=True),
        sa.Column("guest_id", KEY, nullable=True),
        sa.Column("reason", sa.String(), nullable=False),
        sa.Column("since", sa.BigInteger(), nullable=False),
        sa.Column("outcome", sa.String(), nullable=False),
        sa.ForeignKeyConstraint(
            ["connection_id"], ["connections.id"], name=op.f("fk_refusals_connection_id")
        ),
        sa.ForeignKeyConstraint(
            ["destination_id"], ["destinations.id"], name=op.f("fk_refusals_destination_id")
        ),
        sa.ForeignKeyConstraint(["guest_id"], ["guests.id"], name=op.f("fk_refusals_guest_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_refusals")),
    )
    op.create_index(
        "ix_refusals_destination_id",
        "refusals",
        ["destination_id", "load", "connection_id", "seq"],
        unique=False,
    )
    op.create_index("ix_refusals_guest_id", "refusals", ["guest_id"], unique=False)
    op.create_table(
        "sent_events",
        sa.Column("destination_id", KEY, nullable=False),
        sa.Column("connection_id", KEY, nullable=False),
        sa.Column("seq", KEY, autoincrement=False, nullable=False),
        sa.Column("recipient_id", KEY, nullable=False),
        sa.Column("batch_id", KEY, nullable=False),
        sa.ForeignKeyConstraint(
            ["connection_id"], ["connections.id"], name=op.f("fk_sent_events_connection_id")
        ),
        sa.ForeignKeyConstraint(
            ["destination_id"], ["destinations.id"], name=op.f("fk_sent_events_destination_id")
        ),
        sa.ForeignKeyConstraint(
            ["recipient_id"], ["recipients.id"], name=op.f("fk_sent_events_recipient_id")
        ),
        sa.PrimaryKeyConstraint(
            "destination_id", "connection_id", "seq", name=op.f("pk_sent_events")
        ),
    )
    op.create_index("ix_sent_events_batch_id", "sent_events", ["batch_id"], unique=False)
