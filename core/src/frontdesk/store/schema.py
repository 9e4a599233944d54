"""The tables. Integer keys join them; what is large lies in tables of its own.

``connections`` is the row every commit of a connection locks: it carries the lease's epoch
and the last sequence number, so that numbers become visible in order.
"""

from __future__ import annotations

from typing import Final

from sqlalchemy import (
    Boolean,
    Column,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    SmallInteger,
    String,
    Table,
    UniqueConstraint,
    false,
    text,
)

from frontdesk.columns import CONVENTION, Amount, Instant, Key
from frontdesk.store.indexes import prefixes, where

metadata: Final = MetaData(naming_convention=CONVENTION)


def row_id() -> Column[int]:
    """Return the column of a table's own key."""
    return Column("id", Key, primary_key=True)


def to(name: str, *, key: bool = False, empty: bool = False) -> Column[int]:
    """Return a column that points at the table of this name's plural."""
    return Column(f"{name}_id", Key, ForeignKey(f"{name}s.id"), primary_key=key, nullable=empty)


brands = Table("brands", metadata, row_id(), Column("name", String, nullable=False, unique=True))

connections = Table(
    "connections",
    metadata,
    row_id(),
    to("brand"),
    Column("connector", String, nullable=False),
    Column("account", String, nullable=False),
    Column("name", String, nullable=False, unique=True),
    Column("title", String, nullable=False),
    Column("details", LargeBinary, nullable=False),
    Column("state", String, nullable=False),
    Column("reason", String, nullable=False, server_default=""),
    Column("since", Instant, nullable=False),
    Column("live_start", Instant, nullable=False),
    Column("seq", Key, nullable=False, server_default="0"),
    Column("epoch", Key, nullable=False, server_default="0"),
    Column("holder", String),
    Column("lease_until", Instant),
    # How often guests of the brand were forgotten: a page read before that is taken again.
    Column("forgotten", Integer, nullable=False, server_default="0"),
    # What was last told to whoever is alerted: a state, and an end of credentials.
    Column("announced", String),
    Column("expiry_told", String),
    UniqueConstraint("connector", "account"),
)

streams = Table(
    "streams",
    metadata,
    row_id(),
    to("connection"),
    Column("name", String, nullable=False),
    Column("scan", Integer, nullable=False, server_default="0"),
    UniqueConstraint("connection_id", "name"),
)

cursors = Table(
    "cursors",
    metadata,
    to("stream", key=True),
    Column("purpose", String, primary_key=True),
    Column("cursor", LargeBinary, nullable=False),
    Column("done", Integer, nullable=False, server_default="0"),
    Column("total", Integer),
    Column("finished", Boolean, nullable=False, server_default=false()),
    Column("updated", Instant, nullable=False),
    Column("began", Instant),
)

guests = Table(
    "guests",
    metadata,
    row_id(),
    to("connection"),
    Column("key", String, nullable=False),
    Column("merged_into", Key, ForeignKey("guests.id")),
    Column("excluded", String),
    Column("asked", Instant),
    Column("gone", Instant),
    UniqueConstraint("connection_id", "key"),
    Index("ix_guests_merged_into", "merged_into"),
    Index(
        "ix_guests_connection_id_gone", "connection_id", "gone", **where(text("gone IS NOT NULL"))
    ),
)

records = Table(
    "records",
    metadata,
    row_id(),
    to("stream"),
    Column("site", String, nullable=False, server_default=""),
    Column("key", String, nullable=False),
    Column("version", Instant),
    Column("digest", LargeBinary, nullable=False),
    Column("seen", Instant, nullable=False),
    Column("origin", SmallInteger, nullable=False),
    Column("scan", Integer, nullable=False, server_default="0"),
    Column("deleted", Boolean, nullable=False, server_default=false()),
    # Only some of its fields ever came.
    Column("partial", Boolean, nullable=False, server_default=false()),
    UniqueConstraint("stream_id", "site", "key"),
)

payloads = Table(
    "payloads",
    metadata,
    to("record", key=True),
    Column("body", LargeBinary, nullable=False),
)

record_guests = Table(
    "record_guests",
    metadata,
    to("guest", key=True),
    to("record", key=True),
    Index("ix_record_guests_record_id", "record_id"),
)

metrics = Table(
    "metrics",
    metadata,
    row_id(),
    to("connection"),
    Column("name", String, nullable=False),
    Column("total", Key, nullable=False),
    Column("first", Instant, nullable=False),
    Column("last", Instant, nullable=False),
    UniqueConstraint("connection_id", "name"),
)

log = Table(
    "log",
    metadata,
    to("connection", key=True),
    Column("seq", Key, primary_key=True, autoincrement=False),
    Column("kind", SmallInteger, nullable=False),
    Column("origin", SmallInteger, nullable=False),
    to("guest"),
    to("record", empty=True),
    to("metric", empty=True),
    Column("at", Instant, nullable=False),
    Column("logged", Instant, nullable=False),
    Column("event_id", LargeBinary, unique=True),
    Column("value", Amount),
    Column("currency", String),
    Index("ix_log_guest_id_at", "guest_id", "at"),
    Index("ix_log_metric_id_at", "metric_id", "at"),
)

log_bodies = Table(
    "log_bodies",
    metadata,
    to("connection", key=True),
    Column("seq", Key, primary_key=True, autoincrement=False),
    Column("body", LargeBinary, nullable=False),
)

profiles = Table(
    "profiles",
    metadata,
    to("guest", key=True),
    to("record"),
    Column("email", String),
    Column("phone_number", String),
    Column("first_name", String),
    Column("last_name", String),
    Column("digest", LargeBinary, nullable=False),
    Column("body", LargeBinary, nullable=False),
    Column("updated", Instant, nullable=False),
    # The names as they are looked for; see frontdesk.store.searching.
    Column("first_folded", String),
    Column("last_folded", String),
    prefixes("profiles", "email"),
    prefixes("profiles", "phone_number"),
    prefixes("profiles", "first_folded"),
    prefixes("profiles", "last_folded", "first_folded"),
)

consents = Table(
    "consents",
    metadata,
    to("connection", key=True),
    Column("seq", Key, primary_key=True, autoincrement=False),
    to("brand"),
    to("guest"),
    Column("channel", String, nullable=False),
    Column("address", String, nullable=False),
    Column("state", String, nullable=False),
    Column("at", Instant),
    Column("seen", Instant, nullable=False),
    Column("evidence", String, nullable=False),
    Index("ix_consents_address", "brand_id", "channel", "address"),
    Index("ix_consents_guest_id", "guest_id"),
)

reservations = Table(
    "reservations",
    metadata,
    to("record", key=True),
    to("connection"),
    to("guest"),
    Column("number", String, nullable=False),
    Column("status", String, nullable=False),
    Column("from_at", Instant),
    Column("to_at", Instant),
    Column("body", LargeBinary, nullable=False),
    Index("ix_reservations_connection_id_from_at", "connection_id", "from_at"),
    Index("ix_reservations_guest_id", "guest_id"),
)

quarantine = Table(
    "quarantine",
    metadata,
    row_id(),
    to("stream"),
    Column("site", String, nullable=False, server_default=""),
    Column("key", String, nullable=False),
    Column("digest", LargeBinary, nullable=False),
    Column("hooks", String, nullable=False),
    Column("reason", String, nullable=False),
    Column("version", Instant),
    Column("origin", SmallInteger, nullable=False),
    Column("since", Instant, nullable=False),
    Column("tries", Integer, nullable=False),
    # Why the entry is no longer open: replayed, superseded, unchanged.
    Column("closed", String, nullable=False, server_default=""),
    Column("payload", LargeBinary, nullable=False),
    Column("previous", LargeBinary),
    UniqueConstraint("stream_id", "site", "key", "digest"),
    # What is open is looked at, newest first; what is closed is kept for years.
    Index("ix_quarantine_closed_id", "closed", "id"),
)

quarantine_guests = Table(
    "quarantine_guests",
    metadata,
    to("guest", key=True),
    Column("quarantine_id", Key, ForeignKey("quarantine.id"), primary_key=True),
)

counters = Table(
    "counters",
    metadata,
    to("stream", key=True),
    Column("outcome", String, primary_key=True),
    Column("total", Key, nullable=False),
)

# What remains of forgotten guests is hashed with this key; there is one, or none yet.
hash_keys = Table("hash_keys", metadata, row_id(), Column("secret", LargeBinary, nullable=False))

erasures = Table(
    "erasures",
    metadata,
    row_id(),
    to("brand"),
    Column("at", Instant, nullable=False),
    Column("hash", LargeBinary, nullable=False),
    Column("receipt", LargeBinary, nullable=False),
    # Whether the bytes that were overwritten have left the database's files.
    Column("settled", Boolean, nullable=False, server_default=false()),
)

forgotten = Table(
    "forgotten",
    metadata,
    Column("hash", LargeBinary, primary_key=True),
    to("erasure"),
    Column("at", Instant, nullable=False),
    # Of a record: it was the guest's own.
    Column("own", Boolean, nullable=False, server_default=false()),
)

# What became of the deliveries of a connection: received is the sum of the others.
inboxes = Table(
    "inboxes",
    metadata,
    to("connection", key=True),
    Column("received", Key, nullable=False, server_default="0"),
    Column("duplicate", Key, nullable=False, server_default="0"),
    Column("drained", Key, nullable=False, server_default="0"),
    Column("quarantined", Key, nullable=False, server_default="0"),
    Column("discarded", Key, nullable=False, server_default="0"),
    Column("pending", Key, nullable=False, server_default="0"),
    # Of those that are pending.
    Column("bytes", Key, nullable=False, server_default="0"),
)

# Deliveries that wait to be drained.
deliveries = Table(
    "deliveries",
    metadata,
    row_id(),
    to("connection"),
    Column("digest", LargeBinary, nullable=False),
    Column("received", Instant, nullable=False),
    Column("next_try", Instant, nullable=False),
    Column("tries", Integer, nullable=False, server_default="0"),
    Column("bytes", Integer, nullable=False),
    Column("details", LargeBinary, nullable=False),
    Column("body", LargeBinary, nullable=False),
    Index("ix_deliveries_connection_id_next_try", "connection_id", "next_try"),
)

# What a repeat of a delivery is known by, for a while.
known_deliveries = Table(
    "known_deliveries",
    metadata,
    to("connection", key=True),
    Column("digest", LargeBinary, primary_key=True),
    Column("received", Instant, nullable=False, index=True),
)

# Deliveries to a URL of a connector that were meant for nobody here.
strays = Table(
    "strays",
    metadata,
    Column("connector", String, primary_key=True),
    Column("total", Key, nullable=False),
    Column("last", Instant, nullable=False),
)

# Requests by the hour, where a platform allows so many a day; see frontdesk.store.quotas.
requests = Table(
    "requests",
    metadata,
    Column("digest", LargeBinary, primary_key=True),
    Column("hour", Instant, primary_key=True),
    Column("connector", String, nullable=False),
    Column("label", String, nullable=False),
    Column("used", Integer, nullable=False),
    # What was allowed in 24 hours when the last one was counted.
    Column("allowed", Integer, nullable=False),
)

# What a person did that cannot be undone.
audits = Table(
    "audits",
    metadata,
    row_id(),
    Column("at", Instant, nullable=False),
    Column("action", String, nullable=False),
    Column("details", LargeBinary, nullable=False),
)

# Secrets that connectors obtained; see frontdesk.store.runtime_secrets.
runtime_secrets = Table(
    "runtime_secrets",
    metadata,
    row_id(),
    # Empty until it is known whose account the secret opens.
    to("connection", empty=True),
    Column("connector", String, nullable=False),
    Column("name", String, nullable=False),
    Column("sealed", LargeBinary, nullable=False),
    # Known without the key: an end is announced before it comes.
    Column("expires", Instant),
    Column("updated", Instant, nullable=False),
    UniqueConstraint("connection_id", "name"),
)
