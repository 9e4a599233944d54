"""The tables of delivery: what each destination must still be sent, and what it was sent.

An event of the log is, for a destination that has read it, in exactly one of these: waiting
in ``outbox``, in ``sent_events``, or among the ``refusals`` and what was counted as dropped.
"""

from __future__ import annotations

from typing import Final

from sqlalchemy import (
    Boolean,
    Column,
    ForeignKeyConstraint,
    Index,
    Integer,
    LargeBinary,
    SmallInteger,
    String,
    Table,
    UniqueConstraint,
)

from frontdesk.columns import Instant, Key
from frontdesk.store.schema import metadata, row_id, to

#: By the account that was reached, like connections; a name may change.
destinations: Final = Table(
    "destinations",
    metadata,
    row_id(),
    to("brand"),
    Column("plugin", String, nullable=False),
    Column("account", String, nullable=False),
    # Empty: a destination was bound to another account since.
    Column("name", String, unique=True),
    Column("title", String, nullable=False),
    Column("state", String, nullable=False),
    Column("reason", String, nullable=False, server_default=""),
    Column("since", Instant, nullable=False),
    # When the first batch was written down for it: from then on it is this account's.
    Column("bound", Instant),
    Column("epoch", Key, nullable=False, server_default="0"),
    Column("holder", String),
    Column("lease_until", Instant),
    # Where reading opt-outs from it goes on, and when that was done last.
    Column("consent_cursor", LargeBinary),
    Column("consent_read", Instant),
    Column("announced", String),
    UniqueConstraint("plugin", "account"),
)

#: How far a destination has read the log of each connection.
positions: Final = Table(
    "positions",
    metadata,
    to("destination", key=True),
    to("connection", key=True),
    Column("seq", Key, nullable=False, server_default="0"),
)

#: Events that wait to be sent.
outbox: Final = Table(
    "outbox",
    metadata,
    to("destination", key=True),
    to("connection", key=True),
    Column("seq", Key, primary_key=True, autoincrement=False),
    to("guest"),
    Column("live", Boolean, nullable=False),
    Column("at", Instant, nullable=False),
    # Why it cannot be sent yet; empty if it can.
    Column("held", String, nullable=False, server_default=""),
    Index("ix_outbox_order", "destination_id", "held", "live", "at", "connection_id", "seq"),
    Index("ix_outbox_guest_id", "guest_id"),
)

#: Guests whose profile or consent changed since they were last looked at.
outbox_guests: Final = Table(
    "outbox_guests",
    metadata,
    to("destination", key=True),
    to("guest", key=True),
    # What is next for the guest: opt-outs, the profile, opt-ins.
    Column("stage", SmallInteger, nullable=False, server_default="0"),
    Column("live", Boolean, nullable=False),
    # Not before then.
    Column("due", Instant),
    Index("ix_outbox_guests_stage", "destination_id", "stage", "live", "guest_id"),
    Index("ix_outbox_guests_guest_id", "guest_id"),
)

#: Whom a destination knows of us, by the one address that identifies them there.
recipients: Final = Table(
    "recipients",
    metadata,
    row_id(),
    to("destination"),
    Column("address", String, nullable=False),
    # Of the profile sent last, and the names of what it had; none was sent yet.
    Column("digest", LargeBinary),
    Column("names", LargeBinary),
    UniqueConstraint("destination_id", "address"),
)

#: The sent-ledger: every event, whom it was sent for, and in which batch.
sent_events: Final = Table(
    "sent_events",
    metadata,
    to("destination", key=True),
    to("connection", key=True),
    Column("seq", Key, primary_key=True, autoincrement=False),
    to("recipient"),
    Column("batch_id", Key, nullable=False),
    Index("ix_sent_events_batch_id", "batch_id"),
)

#: What a destination was told last of an address and channel, or told us itself.
told: Final = Table(
    "told",
    metadata,
    to("destination", key=True),
    Column("channel", String, primary_key=True),
    Column("address", String, primary_key=True),
    Column("state", String, nullable=False),
    Column("at", Instant, nullable=False),
)

#: Batches that were written down and whose receipts have not come.
batches: Final = Table(
    "batches",
    metadata,
    row_id(),
    to("destination"),
    Column("load", String, nullable=False),
    Column("created", Instant, nullable=False),
    Column("tries", Integer, nullable=False, server_default="0"),
    # Profiles and consents as they are sent; events are found in the sent-ledger.
    Column("body", LargeBinary, nullable=False),
    Index("ix_batches_destination_id", "destination_id"),
)

#: What a destination would not have, or we would not send.
refusals: Final = Table(
    "refusals",
    metadata,
    row_id(),
    to("destination"),
    Column("load", String, nullable=False),
    Column("connection_id", Key),
    Column("seq", Key),
    to("guest", empty=True),
    Column("reason", String, nullable=False),
    Column("since", Instant, nullable=False),
    Column("outcome", String, nullable=False),
    ForeignKeyConstraint(["connection_id"], ["connections.id"]),
    Index("ix_refusals_destination_id", "destination_id", "load", "connection_id", "seq"),
    Index("ix_refusals_guest_id", "guest_id"),
)

#: How many items of each load came to each end.
tallies: Final = Table(
    "tallies",
    metadata,
    to("destination", key=True),
    Column("load", String, primary_key=True),
    Column("outcome", String, primary_key=True),
    Column("reason", String, primary_key=True),
    Column("total", Key, nullable=False),
    Column("last", Instant, nullable=False),
)

#: Persons to be erased at a destination: kept until that is done, and for nothing else.
due_erasures: Final = Table(
    "due_erasures",
    metadata,
    to("destination", key=True),
    Column("address", String, primary_key=True),
    Column("erasure_id", Key, nullable=False),
    Column("since", Instant, nullable=False),
    # What was refused is not tried before then.
    Column("next_try", Instant),
    Column("reason", String, nullable=False, server_default=""),
)
