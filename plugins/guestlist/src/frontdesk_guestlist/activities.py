"""What guests did and what was done for them: each once, with its time."""

from __future__ import annotations

import enum
from collections.abc import Mapping
from datetime import datetime
from typing import Any, Final

import attrs
from sqlalchemy import Connection, select

from frontdesk import jsons
from frontdesk.annex import Annex
from frontdesk.model import Json
from frontdesk_guestlist.changes import insert_into, made_of, next_change
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


def record(
    db: Connection,
    annex: Annex,
    guest_id: int,
    kind: Kind,
    at: datetime,
    occurrence: str = "",
    **details: Json,
) -> bool:
    """Put something on a guest's timeline, once; return whether it was new.

    Args:
        at: When it happened.
        occurrence: A fact that tells it from the next of its kind: the uid of the mail, order or
            answer; empty where a guest can do it only once.
        details: By name, what :mod:`frontdesk_guestlist.happenings` makes properties of.
    """
    property = annex.settings.property
    uid = db.execute(select(guests.c.uid).where(guests.c.id == guest_id)).scalar_one()
    row = {
        "property": property,
        "uid": made_of(uid, kind.value, occurrence),
        "change": next_change(db, property, annex.clock.now()),
        "guest_id": guest_id,
        "kind": kind.value,
        "occurrence": occurrence,
        "at": at,
        "details": jsons.encode(details),
    }
    made = db.execute(insert_into(db, activities).on_conflict_do_nothing(), row)
    return made.rowcount == 1


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
