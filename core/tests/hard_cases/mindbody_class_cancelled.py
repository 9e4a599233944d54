"""Mindbody: a class booking whose cancellation brings nothing but ids."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import Final

import attrs

from frontdesk import jsons
from frontdesk.hooks import hookimpl
from frontdesk.model import Context, Delivery, Event, Json, Payload, Record

STATUS: Final = "classRosterBookingStatus.updated"

#: Which fact a message adds to the booking. A fact has a field of its own, so that laying
#: one message over another keeps both, in whatever order they came.
FACTS: Final = {
    ("classRosterBooking.created", "SignedIn"): ("bookedAt", "signedInAt"),
    ("classRosterBooking.created", None): ("bookedAt",),
    (STATUS, "SignedIn"): ("signedInAt",),
    (STATUS, "LateCancelled"): ("cancelledAt",),
    (STATUS, "EarlyCancelled"): ("cancelledAt",),
    ("classRosterBooking.cancelled", None): ("cancelledAt",),
}

CANCEL_TYPES: Final = {"LateCancelled": "Late Cancelled", "EarlyCancelled": "Early Cancelled"}


@attrs.frozen
class Telling:
    """The fact a metric tells, and the fields it carries."""

    fact: str
    metric: str
    properties: dict[str, str]


STAFF: Final = {"Staff ID": "staffId"}
PASS: Final = {"Item ID": "itemId", "Item Name": "itemName"}
TELLINGS: Final = (
    Telling(
        "bookedAt",
        "Booked Class",
        {"Location ID": "locationId", **STAFF, "Staff Name": "staffName", **PASS},
    ),
    Telling("signedInAt", "Signed In to Class", {**STAFF, **PASS}),
    Telling("cancelledAt", "Cancelled Class", {**STAFF, **PASS}),
)


@hookimpl
def read_webhook(delivery: Delivery, context: Context) -> Iterable[Record]:
    """Turn a message into what it knows of the booking: all of it, or a part."""
    message = jsons.decode(delivery.body)
    kind, booking = message["eventId"], message["eventData"]
    site = str(booking["siteId"])
    if not kind.startswith("classRosterBooking") or context.account.site(site) is None:
        return
    happened = message["eventInstanceOriginationDateTime"]
    yield Record(
        "class_bookings",
        str(booking["classRosterBookingId"]),
        {**booking, **dict.fromkeys(_facts(kind, booking), happened)},
        site=site,
        version=datetime.fromisoformat(happened),
        guests=(booking["clientId"],),
        partial=kind != "classRosterBooking.created",
    )


@hookimpl
def parse_event(record: Record) -> Iterable[Event]:
    """Tell every fact the booking has gathered."""
    booking = record.payload
    for telling in TELLINGS:
        if telling.fact in booking:
            yield Event(
                telling.metric,
                booking["clientId"],
                datetime.fromisoformat(booking[telling.fact]),
                properties=_properties(booking, telling),
            )


def _facts(kind: str, booking: Payload) -> tuple[str, ...]:
    """Return the facts a message proves; an unknown status proves none of its own."""
    status = booking.get("signedInStatus")
    return FACTS.get((kind, status)) or FACTS.get((kind, None), ())


def _properties(booking: Payload, telling: Telling) -> dict[str, Json]:
    """Return what is known; a cancellation that came first knows of no staff and no pass."""
    properties = {
        name: booking[field] for name, field in telling.properties.items() if field in booking
    }
    if telling.fact == "cancelledAt":
        properties["Cancel Type"] = CANCEL_TYPES.get(booking.get("signedInStatus", ""), "Cancelled")
    return properties
