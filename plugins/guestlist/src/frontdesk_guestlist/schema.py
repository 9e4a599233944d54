"""The guest list's own tables; all rows belong to one property.

A *guest* is one reservation, a *profile* the person. Whatever a person or a job changes of a
guest draws a number from its property's row, which stays locked until the commit: numbers
become visible in order, and the connector reads what changed since the last one it saw.
"""

from __future__ import annotations

from typing import Final

from sqlalchemy import (
    Boolean,
    Column,
    Date,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    SmallInteger,
    String,
    Table,
    Text,
    UniqueConstraint,
    false,
    literal_column,
)

from frontdesk.columns import CONVENTION, Amount, Instant, Key

metadata: Final = MetaData(naming_convention=CONVENTION)


# Compared byte by byte in each database: beginnings are then found by an index, and lists are
# sorted the same.
_Bytewise: Final = String().with_variant(String(collation="C"), "postgresql")
#: The second half of ``name_folded``, last name first; all of it where both orders are the same.
LAST_NAME_FIRST: Final = (
    "substr(name_folded, 1 + (length(name_folded) / 2 + 1)"
    " * (length(name_folded) - length(replace(name_folded, '|', ''))))"
)


def _id() -> Column[int]:
    return Column("id", Key, primary_key=True)


def _property(*, key: bool = False) -> Column[str]:
    return Column("property", String, primary_key=key, nullable=False)


def _guest(*, empty: bool = False) -> Column[int]:
    return Column("guest_id", Key, ForeignKey("guestlist_guests.id"), nullable=empty)


# One row each; it is locked by whoever changes anything of the property.
properties: Final = Table(
    "guestlist_properties",
    metadata,
    _property(key=True),
    Column("change", Key, nullable=False, server_default="0"),
    Column("created", Instant, nullable=False),
    # JSON: numbers of the last entries read of connections' logs, by account.
    Column("positions", LargeBinary, nullable=False),
    # Up to which change all was there before it was followed: history.
    Column("followed", Key),
)

guests: Final = Table(
    "guestlist_guests",
    metadata,
    _id(),
    _property(),
    # Random; links and event ids are made of it.
    Column("uid", String, nullable=False, unique=True),
    Column("change", Key, nullable=False),
    # How the connector names the person to frontdesk.
    Column("profile", String, nullable=False),
    # source: read from a connection; form, command, file: added by hand.
    Column("origin", String, nullable=False),
    # Of a guest that was read: which account, record and guest there.
    Column("source", String),
    Column("source_record", String),
    Column("source_guest", String),
    # As people know the reservation.
    Column("number", _Bytewise, nullable=False),
    Column("first_name", String, nullable=False, server_default=""),
    Column("last_name", String, nullable=False, server_default=""),
    # Both names, folded, each order: "ada lovelace|lovelace ada".
    Column("name_folded", _Bytewise, nullable=False, server_default=""),
    # As written, and as addresses are compared; address is empty where it is no valid one.
    Column("email", String, nullable=False, server_default=""),
    Column("address", String, nullable=False, server_default=""),
    Column("phone", String, nullable=False, server_default=""),
    # ISO 3166-1 alpha-2, and a language such as fr or en-GB.
    Column("country", String, nullable=False, server_default=""),
    Column("language", String, nullable=False, server_default=""),
    # Days in the property's zone.
    Column("arrival", Date),
    Column("departure", Date),
    Column("nights", Integer),
    # As in frontdesk.Reservation.
    Column("status", String, nullable=False, server_default="confirmed"),
    Column("checked_in", Boolean, nullable=False, server_default=false()),
    Column("amount", Amount),
    Column("currency", String),
    # How it was sold, and what kind of room, in the source's words.
    Column("channel", String, nullable=False, server_default=""),
    Column("room_type", String, nullable=False, server_default=""),
    Column("company", String, nullable=False, server_default=""),
    # The number of the reservation this one repeats.
    Column("duplicate_of", String, nullable=False, server_default=""),
    Column("created", Instant, nullable=False),
    Column("updated", Instant, nullable=False),
    # When it was put into the list: "only reservations created after that moment".
    Column("listed", Instant, nullable=False),
    # When the source last changed dates, price or kind of an existing reservation.
    Column("modified", Instant),
    # Why no e-mail goes to the address: '', 'staff', 'guest', 'elsewhere'; see stopping.py.
    Column("stopped", String, nullable=False, server_default=""),
    # The rule by which the source keeps the guest back from marketing.
    Column("excluded", String, nullable=False, server_default=""),
    # Valid address, neither cancelled nor duplicate nor stopped nor hidden: what GL-12 asks.
    Column("emailable", Boolean, nullable=False, server_default=false()),
    # When staff deleted it from the list.
    Column("hidden", Instant),
    # The newest rating the guest gave, 1 to 5.
    Column("rating", SmallInteger),
    UniqueConstraint("property", "source", "source_record"),
    Index("ix_guestlist_guests_property_change", "property", "change"),
    Index("ix_guestlist_guests_property_arrival_id", "property", "arrival", "id"),
    Index("ix_guestlist_guests_property_departure_id", "property", "departure", "id"),
    Index("ix_guestlist_guests_property_created_id", "property", "created", "id"),
    Index("ix_guestlist_guests_property_updated_id", "property", "updated", "id"),
    Index("ix_guestlist_guests_property_name_folded_id", "property", "name_folded", "id"),
    Index(
        "ix_guestlist_guests_property_last_name_id",
        "property",
        literal_column(LAST_NAME_FIRST),
        "id",
    ),
    Index("ix_guestlist_guests_property_number", "property", "number"),
    Index("ix_guestlist_guests_property_address", "property", "address"),
    Index("ix_guestlist_guests_property_source_source_guest", "property", "source", "source_guest"),
)

# What guests did and what was done for them, each once.
activities: Final = Table(
    "guestlist_activities",
    metadata,
    _id(),
    _property(),
    Column("uid", String, nullable=False, unique=True),
    Column("change", Key, nullable=False),
    _guest(),
    # guest_created, email_sent, concierge_opened, form_submitted, feedback_submitted,
    # offer_ordered, unsubscribed, stopped, restored, subscribed
    Column("kind", String, nullable=False),
    # A fact that tells one from the next of its kind; empty where there can be one only.
    Column("occurrence", String, nullable=False, server_default=""),
    Column("at", Instant, nullable=False),
    # JSON
    Column("details", LargeBinary, nullable=False),
    UniqueConstraint("guest_id", "kind", "occurrence"),
    Index("ix_guestlist_activities_property_change", "property", "change"),
)

# Guests whom the source erased: their copies have to go from frontdesk as well.
departures: Final = Table(
    "guestlist_departures",
    metadata,
    _id(),
    _property(),
    Column("uid", String, nullable=False, unique=True),
    Column("change", Key, nullable=False),
    # How the connector named the person; nothing can be read from it.
    Column("profile", String, nullable=False),
    Index("ix_guestlist_departures_property_change", "property", "change"),
)

# Addresses that get no e-mail, by whom, and what undid it; a stop is never removed.
stops: Final = Table(
    "guestlist_stops",
    metadata,
    _id(),
    _property(),
    Column("uid", String, nullable=False, unique=True),
    Column("address", String, nullable=False),
    # staff or guest
    Column("by", String, nullable=False),
    # The name of the member of staff; empty for a guest.
    Column("who", String, nullable=False, server_default=""),
    Column("at", Instant, nullable=False),
    Column("undone", Instant),
    Column("undone_by", String, nullable=False, server_default=""),
    Index("ix_guestlist_stops_property_address", "property", "address"),
)

# Who was transferred to the subscriber list, by whom, on what grounds.
subscribers: Final = Table(
    "guestlist_subscribers",
    metadata,
    _id(),
    _property(),
    Column("address", String, nullable=False),
    _guest(),
    Column("by", String, nullable=False),
    Column("at", Instant, nullable=False),
    # The caveat as it was shown and accepted.
    Column("caveat", Text, nullable=False),
    UniqueConstraint("property", "address"),
)

# E-mails that the property created.
emails: Final = Table(
    "guestlist_emails",
    metadata,
    _id(),
    _property(),
    Column("name", String, nullable=False),
    # upsell, confirmation, information, check-in, feedback
    Column("kind", String, nullable=False),
    # pre-stay, during, post-stay
    Column("phase", String, nullable=False),
    # It is part of the stay, and goes also to who unsubscribed elsewhere.
    Column("service", Boolean, nullable=False, server_default=false()),
    Column("active", Boolean, nullable=False, server_default=false()),
    Column("activated", Instant),
    # Only to guests listed since then; None: to all that match.
    Column("listed_since", Instant),
    # JSON: the trigger, the period, the segments; see schedule.py.
    Column("rules", LargeBinary, nullable=False),
    Column("created", Instant, nullable=False),
    Column("updated", Instant, nullable=False),
    # Removed ones stay for what was sent of them.
    Column("removed", Instant),
    UniqueConstraint("property", "name"),
)

email_texts: Final = Table(
    "guestlist_email_texts",
    metadata,
    Column("email_id", Key, ForeignKey("guestlist_emails.id"), primary_key=True),
    Column("language", String, primary_key=True),
    Column("subject", Text, nullable=False),
    Column("body", Text, nullable=False),
)

# Whom no e-mail goes to (email_id empty), or a certain one does not.
exclusions: Final = Table(
    "guestlist_exclusions",
    metadata,
    _id(),
    _property(),
    Column("email_id", Key, ForeignKey("guestlist_emails.id")),
    # address, domain, company, room_type
    Column("kind", String, nullable=False),
    Column("value", String, nullable=False),
    UniqueConstraint("property", "email_id", "kind", "value"),
)

# One row for each e-mail to a guest, made when its turn comes: it is what keeps it from going
# out twice.
mails: Final = Table(
    "guestlist_mails",
    metadata,
    _id(),
    _property(),
    Column("uid", String, nullable=False, unique=True),
    _guest(),
    Column("email_id", Key, ForeignKey("guestlist_emails.id"), nullable=False),
    # What it is sent on: 'once', 'modified:<time>', 'manual:<random>'.
    Column("occasion", String, nullable=False),
    # waiting, sending, sent, refused, failed, uncertain, held, skipped
    Column("state", String, nullable=False),
    Column("reason", String, nullable=False, server_default=""),
    Column("by", String, nullable=False, server_default=""),
    Column("address", String, nullable=False),
    Column("language", String, nullable=False, server_default=""),
    Column("created", Instant, nullable=False),
    Column("next_try", Instant),
    Column("tries", Integer, nullable=False, server_default="0"),
    Column("ended", Instant),
    UniqueConstraint("guest_id", "email_id", "occasion"),
    Index("ix_guestlist_mails_property_state_next_try", "property", "state", "next_try"),
)

# What guests answered: check-in, in-stay, post-stay; the newest of each kind counts.
answers: Final = Table(
    "guestlist_answers",
    metadata,
    _id(),
    _property(),
    Column("uid", String, nullable=False, unique=True),
    _guest(),
    Column("form", String, nullable=False),
    Column("at", Instant, nullable=False),
    Column("rating", SmallInteger),
    # JSON, by the fields' names.
    Column("fields", LargeBinary, nullable=False),
    Index("ix_guestlist_answers_guest_id", "guest_id"),
)

# What the property tells guests, by language: a title and a text in Markdown.
information: Final = Table(
    "guestlist_information",
    metadata,
    _id(),
    _property(),
    Column("language", String, nullable=False),
    Column("position", Integer, nullable=False, server_default="0"),
    Column("title", String, nullable=False),
    Column("body", Text, nullable=False),
)

offers: Final = Table(
    "guestlist_offers",
    metadata,
    _id(),
    _property(),
    Column("position", Integer, nullable=False, server_default="0"),
    Column("active", Boolean, nullable=False, server_default=false()),
    Column("price", Amount),
    Column("currency", String),
    # JSON, a title and a text by language.
    Column("texts", LargeBinary, nullable=False),
)

orders: Final = Table(
    "guestlist_orders",
    metadata,
    _id(),
    _property(),
    Column("uid", String, nullable=False, unique=True),
    _guest(),
    Column("offer_id", Key, ForeignKey("guestlist_offers.id"), nullable=False),
    Column("quantity", Integer, nullable=False, server_default="1"),
    Column("note", Text, nullable=False, server_default=""),
    # What one cost when it was asked for.
    Column("price", Amount),
    Column("currency", String),
    # unconfirmed, confirmed, cancelled
    Column("state", String, nullable=False, server_default="unconfirmed"),
    Column("at", Instant, nullable=False),
    Column("changed", Instant, nullable=False),
    Column("changed_by", String, nullable=False, server_default=""),
    Index("ix_guestlist_orders_guest_id", "guest_id"),
)

# Rows of files that could not be taken, to be fetched as a file for a day.
rejects: Final = Table(
    "guestlist_rejects",
    metadata,
    _id(),
    _property(),
    Column("uid", String, nullable=False, unique=True),
    Column("at", Instant, nullable=False),
    Column("name", String, nullable=False),
    Column("content", LargeBinary, nullable=False),
)

# What staff may change without the configuration file: JSON by name.
choices: Final = Table(
    "guestlist_choices",
    metadata,
    _property(key=True),
    Column("name", String, primary_key=True),
    Column("value", LargeBinary, nullable=False),
)
