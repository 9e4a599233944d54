"""What guests did and what was done for them: each once, with its time."""

from __future__ import annotations

import enum
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, Final

import attrs
from sqlalchemy import Connection, select

from frontdesk import jsons
from frontdesk.annex import Annex
from frontdesk.model import Json
from frontdesk.sql import insert_into
from frontdesk_guestlist.changes import made_of, next_change
from frontdesk_guestlist.schema import activities, guests

MERGED: Final = "merged"
"""The source made one guest a part of another: told to frontdesk, no activity of a guest."""


class Kind(enum.StrEnum):
    """What an activity is."""

    GUEST_CREATED = "guest_created"
    EMAIL_SENT = "email_sent"
    CONCIERGE_OPENED = "concierge_opened"
    FORM_SUBMITTED = "form_submitted"
    FEEDBACK_SUBMITTED = "feedback_submitted"
    OFFER_ORDERED = "offer_ordered"
    #: The guest left all e-mails.
    UNSUBSCRIBED = "unsubscribed"
    #: Staff did it for the guest.
    STOPPED = "stopped"
    #: Staff undid their stop.
    RESTORED = "restored"
    #: Staff put the guest on the subscriber list.
    SUBSCRIBED = "subscribed"


@attrs.frozen
class Activity:
    """Something on a guest's timeline.

    Args:
        occurrence: The fact that tells it from others of its kind, such as an order's uid.
    """

    kind: Kind
    at: datetime
    occurrence: str
    details: Mapping[str, Json]


@attrs.frozen
class Entry:
    """What is to be put on a timeline; *guest* is the uid of the guest with *guest_id*."""

    guest_id: int
    guest: str
    kind: str
    at: datetime
    occurrence: str = ""
    details: Mapping[str, Json] = attrs.field(factory=dict[str, Json])


def record(
    db: Connection,
    annex: Annex,
    guest_id: int,
    kind: Kind,
    at: datetime,
    *,
    occurrence: str = "",
    **details: Json,
) -> bool:
    """Put something on a guest's timeline, once; return whether it was new.

    Args:
        at: When it happened.
        occurrence: A fact that tells it from the next of its kind: the uid of the mail, order or
            answer; empty where a guest can do it only once.
        details: By name, what :mod:`frontdesk_guestlist.happenings` makes properties of:
            ``email``, ``email_kind``, ``phase`` and ``manual`` of an e-mail; ``form`` and
            ``rating`` of an answer; ``offer``, ``quantity``, ``price`` (of one) and
            ``currency`` of an order.
    """
    asked = select(guests.c.uid).where(guests.c.id == guest_id)
    guest: str = db.execute(asked).scalar_one()
    last = next_change(db, annex.settings.property, annex.clock.now())
    entry = Entry(guest_id, guest, kind.value, at, occurrence, details)
    made = db.execute(_inserting(db), _row(annex, entry, last))
    return made.rowcount == 1


def record_all(db: Connection, annex: Annex, entries: Sequence[Entry]) -> None:
    """Put several things on guests' timelines, each once."""
    if entries:
        last = next_change(db, annex.settings.property, annex.clock.now(), len(entries))
        first = last - len(entries) + 1
        rows = [_row(annex, entry, first + number) for number, entry in enumerate(entries)]
        db.execute(_inserting(db), rows)


def timeline(db: Connection, guest_id: int) -> list[Activity]:
    """Return what a guest did and what was done for them, oldest first."""
    asked = (
        select(activities)
        .where(activities.c.guest_id == guest_id, activities.c.kind != MERGED)
        .order_by(activities.c.at, activities.c.id)
    )
    return [_activity(row) for row in db.execute(asked)]


def _activity(row: Any) -> Activity:
    return Activity(Kind(row.kind), row.at, row.occurrence, jsons.decode(row.details))


def _inserting(db: Connection) -> Any:
    return insert_into(db, activities).on_conflict_do_nothing()


def _row(annex: Annex, entry: Entry, change: int) -> dict[str, Any]:
    return {
        "property": annex.settings.property,
        "uid": made_of(entry.guest, entry.kind, entry.occurrence),
        "change": change,
        "guest_id": entry.guest_id,
        "kind": entry.kind,
        "occurrence": entry.occurrence,
        "at": entry.at,
        "details": jsons.encode(entry.details),
    }
