"""The first schema."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None

# SQLite only counts up plain INTEGER keys by itself.
KEY = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    """Create all tables."""

    op.create_table(
        "brands",
        sa.Column("id", KEY, nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_brands")),
        sa.UniqueConstraint("name", name=op.f("uq_brands_name")),
    )
    op.create_table(
        "connections",
        sa.Column("id", KEY, nullable=False),
        sa.Column("brand_id", KEY, nullable=False),
        sa.Column("connector", sa.String(), nullable=False),
        sa.Column("account", sa.String(), nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("title", sa.String(), nullable=False),
        sa.Column("details", sa.LargeBinary(), nullable=False),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("reason", sa.String(), server_default="", nullable=False),
        sa.Column("since", sa.BigInteger(), nullable=False),
        sa.Column("live_start", sa.BigInteger(), nullable=False),
        sa.Column("seq", KEY, server_default="0", nullable=False),
        sa.Column("epoch", KEY, server_default="0", nullable=False),
        sa.Column("holder", sa.String(), nullable=True),
        sa.Column("lease_until", sa.BigInteger(), nullable=True),
        sa.Column("forgotten", sa.Integer(), server_default="0", nullable=False),
        sa.ForeignKeyConstraint(["brand_id"], ["brands.id"], name=op.f("fk_connections_brand_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_connections")),
        sa.UniqueConstraint("connector", "account", name=op.f("uq_connections_connector_account")),
        sa.UniqueConstraint("name", name=op.f("uq_connections_name")),
    )
    op.create_table(
        "guests",
        sa.Column("id", KEY, nullable=False),
        sa.Column("connection_id", KEY, nullable=False),
        sa.Column("key", sa.String(), nullable=False),
        sa.Column("merged_into", KEY, nullable=True),
        sa.Column("excluded", sa.String(), nullable=True),
        sa.Column("asked", sa.BigInteger(), nullable=True),
        sa.Column("gone", sa.BigInteger(), nullable=True),
        sa.ForeignKeyConstraint(
            ["connection_id"], ["connections.id"], name=op.f("fk_guests_connection_id")
        ),
        sa.ForeignKeyConstraint(["merged_into"], ["guests.id"], name=op.f("fk_guests_merged_into")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_guests")),
        sa.UniqueConstraint("connection_id", "key", name=op.f("uq_guests_connection_id_key")),
    )
    op.create_index("ix_guests_merged_into", "guests", ["merged_into"], unique=False)
    op.create_table(
        "log_bodies",
        sa.Column("connection_id", KEY, nullable=False),
        sa.Column("seq", KEY, autoincrement=False, nullable=False),
        sa.Column("body", sa.LargeBinary(), nullable=False),
        sa.ForeignKeyConstraint(
            ["connection_id"], ["connections.id"], name=op.f("fk_log_bodies_connection_id")
        ),
        sa.PrimaryKeyConstraint("connection_id", "seq", name=op.f("pk_log_bodies")),
    )
    op.create_table(
        "metrics",
        sa.Column("id", KEY, nullable=False),
        sa.Column("connection_id", KEY, nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("total", KEY, nullable=False),
        sa.Column("first", sa.BigInteger(), nullable=False),
        sa.Column("last", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(
            ["connection_id"], ["connections.id"], name=op.f("fk_metrics_connection_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_metrics")),
        sa.UniqueConstraint("connection_id", "name", name=op.f("uq_metrics_connection_id_name")),
    )
    op.create_table(
        "streams",
        sa.Column("id", KEY, nullable=False),
        sa.Column("connection_id", KEY, nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("scan", sa.Integer(), server_default="0", nullable=False),
        sa.ForeignKeyConstraint(
            ["connection_id"], ["connections.id"], name=op.f("fk_streams_connection_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_streams")),
        sa.UniqueConstraint("connection_id", "name", name=op.f("uq_streams_connection_id_name")),
    )
    op.create_table(
        "consents",
        sa.Column("connection_id", KEY, nullable=False),
        sa.Column("seq", KEY, autoincrement=False, nullable=False),
        sa.Column("brand_id", KEY, nullable=False),
        sa.Column("guest_id", KEY, nullable=False),
        sa.Column("channel", sa.String(), nullable=False),
        sa.Column("address", sa.String(), nullable=False),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=True),
        sa.Column("seen", sa.BigInteger(), nullable=False),
        sa.Column("evidence", sa.String(), nullable=False),
        sa.ForeignKeyConstraint(["brand_id"], ["brands.id"], name=op.f("fk_consents_brand_id")),
        sa.ForeignKeyConstraint(
            ["connection_id"], ["connections.id"], name=op.f("fk_consents_connection_id")
        ),
        sa.ForeignKeyConstraint(["guest_id"], ["guests.id"], name=op.f("fk_consents_guest_id")),
        sa.PrimaryKeyConstraint("connection_id", "seq", name=op.f("pk_consents")),
    )
    op.create_index(
        "ix_consents_address", "consents", ["brand_id", "channel", "address"], unique=False
    )
    op.create_index("ix_consents_guest_id", "consents", ["guest_id"], unique=False)
    op.create_table(
        "counters",
        sa.Column("stream_id", KEY, nullable=False),
        sa.Column("outcome", sa.String(), nullable=False),
        sa.Column("total", KEY, nullable=False),
        sa.ForeignKeyConstraint(["stream_id"], ["streams.id"], name=op.f("fk_counters_stream_id")),
        sa.PrimaryKeyConstraint("stream_id", "outcome", name=op.f("pk_counters")),
    )
    op.create_table(
        "cursors",
        sa.Column("stream_id", KEY, nullable=False),
        sa.Column("purpose", sa.String(), nullable=False),
        sa.Column("cursor", sa.LargeBinary(), nullable=False),
        sa.Column("done", sa.Integer(), server_default="0", nullable=False),
        sa.Column("total", sa.Integer(), nullable=True),
        sa.Column("finished", sa.Boolean(), server_default=sa.false(), nullable=False),
        sa.Column("updated", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(["stream_id"], ["streams.id"], name=op.f("fk_cursors_stream_id")),
        sa.PrimaryKeyConstraint("stream_id", "purpose", name=op.f("pk_cursors")),
    )
    op.create_table(
        "metric_days",
        sa.Column("metric_id", KEY, nullable=False),
        sa.Column("day", sa.Integer(), nullable=False),
        sa.Column("currency", sa.String(), nullable=False),
        sa.Column("total", KEY, nullable=False),
        sa.Column("value", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(
            ["metric_id"], ["metrics.id"], name=op.f("fk_metric_days_metric_id")
        ),
        sa.PrimaryKeyConstraint("metric_id", "day", "currency", name=op.f("pk_metric_days")),
    )
    op.create_table(
        "quarantine",
        sa.Column("id", KEY, nullable=False),
        sa.Column("stream_id", KEY, nullable=False),
        sa.Column("site", sa.String(), server_default="", nullable=False),
        sa.Column("key", sa.String(), nullable=False),
        sa.Column("digest", sa.LargeBinary(), nullable=False),
        sa.Column("hooks", sa.String(), nullable=False),
        sa.Column("reason", sa.String(), nullable=False),
        sa.Column("version", sa.BigInteger(), nullable=True),
        sa.Column("origin", sa.SmallInteger(), nullable=False),
        sa.Column("since", sa.BigInteger(), nullable=False),
        sa.Column("tries", sa.Integer(), nullable=False),
        sa.Column("closed", sa.String(), server_default="", nullable=False),
        sa.Column("payload", sa.LargeBinary(), nullable=False),
        sa.Column("previous", sa.LargeBinary(), nullable=True),
        sa.ForeignKeyConstraint(
            ["stream_id"], ["streams.id"], name=op.f("fk_quarantine_stream_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_quarantine")),
        sa.UniqueConstraint(
            "stream_id",
            "site",
            "key",
            "digest",
            name=op.f("uq_quarantine_stream_id_site_key_digest"),
        ),
    )
    op.create_table(
        "records",
        sa.Column("id", KEY, nullable=False),
        sa.Column("stream_id", KEY, nullable=False),
        sa.Column("site", sa.String(), server_default="", nullable=False),
        sa.Column("key", sa.String(), nullable=False),
        sa.Column("version", sa.BigInteger(), nullable=True),
        sa.Column("digest", sa.LargeBinary(), nullable=False),
        sa.Column("seen", sa.BigInteger(), nullable=False),
        sa.Column("origin", sa.SmallInteger(), nullable=False),
        sa.Column("scan", sa.Integer(), server_default="0", nullable=False),
        sa.Column("deleted", sa.Boolean(), server_default=sa.false(), nullable=False),
        sa.ForeignKeyConstraint(["stream_id"], ["streams.id"], name=op.f("fk_records_stream_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_records")),
        sa.UniqueConstraint("stream_id", "site", "key", name=op.f("uq_records_stream_id_site_key")),
    )
    op.create_table(
        "log",
        sa.Column("connection_id", KEY, nullable=False),
        sa.Column("seq", KEY, autoincrement=False, nullable=False),
        sa.Column("kind", sa.SmallInteger(), nullable=False),
        sa.Column("origin", sa.SmallInteger(), nullable=False),
        sa.Column("guest_id", KEY, nullable=False),
        sa.Column("record_id", KEY, nullable=True),
        sa.Column("metric_id", KEY, nullable=True),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.Column("logged", sa.BigInteger(), nullable=False),
        sa.Column("event_id", sa.LargeBinary(), nullable=True),
        sa.Column("value", sa.BigInteger(), nullable=True),
        sa.Column("currency", sa.String(), nullable=True),
        sa.ForeignKeyConstraint(
            ["connection_id"], ["connections.id"], name=op.f("fk_log_connection_id")
        ),
        sa.ForeignKeyConstraint(["guest_id"], ["guests.id"], name=op.f("fk_log_guest_id")),
        sa.ForeignKeyConstraint(["metric_id"], ["metrics.id"], name=op.f("fk_log_metric_id")),
        sa.ForeignKeyConstraint(["record_id"], ["records.id"], name=op.f("fk_log_record_id")),
        sa.PrimaryKeyConstraint("connection_id", "seq", name=op.f("pk_log")),
        sa.UniqueConstraint("event_id", name=op.f("uq_log_event_id")),
    )
    op.create_index("ix_log_guest_id", "log", ["guest_id"], unique=False)
    op.create_index("ix_log_metric_id_at", "log", ["metric_id", "at"], unique=False)
    op.create_table(
        "payloads",
        sa.Column("record_id", KEY, nullable=False),
        sa.Column("body", sa.LargeBinary(), nullable=False),
        sa.ForeignKeyConstraint(["record_id"], ["records.id"], name=op.f("fk_payloads_record_id")),
        sa.PrimaryKeyConstraint("record_id", name=op.f("pk_payloads")),
    )
    op.create_table(
        "profiles",
        sa.Column("guest_id", KEY, nullable=False),
        sa.Column("record_id", KEY, nullable=False),
        sa.Column("email", sa.String(), nullable=True),
        sa.Column("phone_number", sa.String(), nullable=True),
        sa.Column("first_name", sa.String(), nullable=True),
        sa.Column("last_name", sa.String(), nullable=True),
        sa.Column("digest", sa.LargeBinary(), nullable=False),
        sa.Column("body", sa.LargeBinary(), nullable=False),
        sa.Column("updated", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(["guest_id"], ["guests.id"], name=op.f("fk_profiles_guest_id")),
        sa.ForeignKeyConstraint(["record_id"], ["records.id"], name=op.f("fk_profiles_record_id")),
        sa.PrimaryKeyConstraint("guest_id", name=op.f("pk_profiles")),
    )
    op.create_index(op.f("ix_profiles_email"), "profiles", ["email"], unique=False)
    op.create_index(op.f("ix_profiles_last_name"), "profiles", ["last_name"], unique=False)
    op.create_index(op.f("ix_profiles_phone_number"), "profiles", ["phone_number"], unique=False)
    op.create_table(
        "quarantine_guests",
        sa.Column("guest_id", KEY, nullable=False),
        sa.Column("quarantine_id", KEY, nullable=False),
        sa.ForeignKeyConstraint(
            ["guest_id"], ["guests.id"], name=op.f("fk_quarantine_guests_guest_id")
        ),
        sa.ForeignKeyConstraint(
            ["quarantine_id"], ["quarantine.id"], name=op.f("fk_quarantine_guests_quarantine_id")
        ),
        sa.PrimaryKeyConstraint("guest_id", "quarantine_id", name=op.f("pk_quarantine_guests")),
    )
    op.create_table(
        "record_guests",
        sa.Column("guest_id", KEY, nullable=False),
        sa.Column("record_id", KEY, nullable=False),
        sa.ForeignKeyConstraint(
            ["guest_id"], ["guests.id"], name=op.f("fk_record_guests_guest_id")
        ),
        sa.ForeignKeyConstraint(
            ["record_id"], ["records.id"], name=op.f("fk_record_guests_record_id")
        ),
        sa.PrimaryKeyConstraint("guest_id", "record_id", name=op.f("pk_record_guests")),
    )
    op.create_index("ix_record_guests_record_id", "record_guests", ["record_id"], unique=False)
    op.create_table(
        "reservations",
        sa.Column("record_id", KEY, nullable=False),
        sa.Column("connection_id", KEY, nullable=False),
        sa.Column("guest_id", KEY, nullable=False),
        sa.Column("number", sa.String(), nullable=False),
        sa.Column("status", sa.String(), nullable=False),
        sa.Column("from_at", sa.BigInteger(), nullable=True),
        sa.Column("to_at", sa.BigInteger(), nullable=True),
        sa.Column("body", sa.LargeBinary(), nullable=False),
        sa.ForeignKeyConstraint(
            ["connection_id"], ["connections.id"], name=op.f("fk_reservations_connection_id")
        ),
        sa.ForeignKeyConstraint(["guest_id"], ["guests.id"], name=op.f("fk_reservations_guest_id")),
        sa.ForeignKeyConstraint(
            ["record_id"], ["records.id"], name=op.f("fk_reservations_record_id")
        ),
        sa.PrimaryKeyConstraint("record_id", name=op.f("pk_reservations")),
    )
    op.create_index(
        "ix_reservations_connection_id_from_at",
        "reservations",
        ["connection_id", "from_at"],
        unique=False,
    )
    op.create_index("ix_reservations_guest_id", "reservations", ["guest_id"], unique=False)
    op.create_table(
        "hash_keys",
        sa.Column("id", KEY, nullable=False),
        sa.Column("secret", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_hash_keys")),
    )
    op.create_table(
        "erasures",
        sa.Column("id", KEY, nullable=False),
        sa.Column("brand_id", KEY, nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.Column("hash", sa.LargeBinary(), nullable=False),
        sa.Column("receipt", sa.LargeBinary(), nullable=False),
        sa.Column("settled", sa.Boolean(), server_default=sa.false(), nullable=False),
        sa.ForeignKeyConstraint(["brand_id"], ["brands.id"], name=op.f("fk_erasures_brand_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_erasures")),
    )
    op.create_table(
        "forgotten",
        sa.Column("hash", sa.LargeBinary(), nullable=False),
        sa.Column("erasure_id", KEY, nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.Column("own", sa.Boolean(), server_default=sa.false(), nullable=False),
        sa.ForeignKeyConstraint(
            ["erasure_id"], ["erasures.id"], name=op.f("fk_forgotten_erasure_id")
        ),
        sa.PrimaryKeyConstraint("hash", name=op.f("pk_forgotten")),
    )
