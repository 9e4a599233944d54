"""What a booking of a class tells: booked, signed in, cancelled; and who joined a waitlist."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from typing import Final

from frontdesk.model import Context, Event, Json, Payload, Record, Related
from frontdesk_mindbody import tables
from frontdesk_mindbody.appointments import span
from frontdesk_mindbody.resolving import guest_of, staff_name
from frontdesk_mindbody.rows import flag, identity, text, whole
from frontdesk_mindbody.times import shown, utc

#: What webhooks say of a booking, and in which words we do.
TYPES: Final = {"LateCancelled": "Late Cancelled", "EarlyCancelled": "Early Cancelled"}
SIGNED_IN: Final = "SignedIn"


def events(record: Record, related: Related, context: Context) -> Iterator[Event]:
    """Tell all a booking proves; core drops what it has already logged."""
    row, now = record.payload, record.version or record.seen
    booked, cancelled = _booked(row, context), cancel_type(row)
    came = is_signed_in(row)
    if _is_over(record, context):
        # The API alone shows it, and it was over before we began.
        came, cancelled = came and "Came" in row, cancelled if "Cancelled" in row else None
    if booked is None and cancelled is None and not came:
        return
    guest, shared = guest_of(record, related), _pass(row)
    if booked is not None:
        staff = _staff(record, related)
        properties = {"Location ID": whole(row, "LocationId"), **shared, "Staff Name": staff}
        yield Event(tables.BOOKED, guest, booked, properties=properties)
    if came:
        at = utc(text(row, "Came"), "Came") or now
        yield Event(tables.SIGNED_IN, guest, at, properties=shared)
    if cancelled is not None:
        at = utc(text(row, "Cancelled"), "Cancelled") or now
        properties = {**shared, "Cancel Type": cancelled}
        yield Event(tables.CANCELLED, guest, at, properties=properties)


def _booked(row: Payload, context: Context) -> datetime | None:
    """Return when it was booked, if that was since we began."""
    created = utc(text(row, "Created"), "Created")
    if created is not None or is_signed_in(row) or cancel_type(row):
        return created
    # The API tells the last change only: of a booking that nothing has become of yet, that is
    # when it was made.
    changed = utc(text(row, "LastModifiedDateTime"), "LastModifiedDateTime")
    late = changed is not None and context.start is not None and changed >= context.start
    return changed if late and not flag(row, "Missed") else None


def _is_over(record: Record, context: Context) -> bool:
    end = span(record, context)[1]
    return end is not None and context.start is not None and end < context.start


def is_signed_in(row: Payload) -> bool:
    """Tell whether the client ever signed in: staff may take it back, and give it again."""
    return bool(flag(row, "SignedIn")) or text(row, "Came") is not None


def cancel_type(row: Payload) -> str | None:
    """Return in which way it was cancelled, if it was."""
    told = TYPES.get(text(row, "CancelledAs") or "")
    if told is None and flag(row, "LateCancelled"):
        told = TYPES["LateCancelled"]
    return told or ("Cancelled" if text(row, "Cancelled") else None)


def _pass(row: Payload) -> dict[str, Json]:
    """Return what is known; a cancellation alone names no staff and no pass."""
    shown: dict[str, Json] = {}
    if "StaffId" in row:
        shown["Staff ID"] = whole(row, "StaffId")
    if "ItemId" in row:
        shown["Item ID"] = whole(row, "ItemId")
    if "ItemName" in row:
        shown["Item Name"] = text(row, "ItemName")
    return shown


def _staff(record: Record, related: Related) -> str | None:
    told = text(record.payload, "StaffName")
    return told or staff_name(record, related, identity(record.payload, "StaffId"))


def waitlist(record: Record, related: Related, context: Context) -> Iterator[Event]:
    """Tell that a client joined a waitlist."""
    row = record.payload
    joined = utc(text(row, "Created"), "Created")
    if joined is None:
        return
    start, end = span(record, context)
    properties: dict[str, Json] = {
        "Start Time": shown(start),
        "End Time": shown(end),
        "Class ID": whole(row, "ClassId"),
        "Waitlist Max Size": whole(row, "WaitlistMaxSize"),
    }
    yield Event(tables.WAITLIST, guest_of(record, related), joined, properties=properties)
