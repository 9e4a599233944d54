"""What an appointment tells: that it was scheduled, confirmed, and that the client came."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Final

from frontdesk.model import Context, Event, Json, Payload, Record, Related
from frontdesk.rows import objects
from frontdesk_mindbody import tables
from frontdesk_mindbody.resolving import answer, guest_of, named, site_of, staff_name
from frontdesk_mindbody.rows import flag, identity, name, part, text, whole
from frontdesk_mindbody.times import shown, to_utc, utc, zone_of

#: What the API calls appointments that will not take place.
CANCELLED: Final = frozenset({"Cancelled", "LateCancelled"})
_CAME: Final = frozenset({"Arrived", "Completed"})
_TAKES_PLACE: Final = frozenset({"Booked", "Completed", "Confirmed", "Arrived", "NoShow"})
_MINUTE: Final = timedelta(minutes=1)


def events(record: Record, related: Related, context: Context) -> list[Event]:
    """Tell all the row proves; core drops what it has already logged."""
    happened = list(_happened(record, context))
    if not happened:
        return []
    guest, properties = guest_of(record, related), _properties(record, related, context)
    return [Event(metric, guest, time, properties=properties) for time, metric in happened]


def _happened(record: Record, context: Context) -> Iterator[tuple[datetime, str]]:
    row = record.payload
    status, before = text(row, "Status"), text(row, "Baseline")
    told = record.version or record.seen
    # The API tells no times: what it shows was so when it was seen, and before the appointment.
    shown = min(record.seen, span(record, context)[0] or record.seen)
    created = utc(text(row, "Created"), "Created")
    if created is not None:
        yield created, tables.SCHEDULED
    elif flag(row, "Found") and before is None and status in _TAKES_PLACE:
        # On a day that had been read before without it: somebody booked since.
        yield shown, tables.SCHEDULED
    if flag(row, "Confirmed") and before != "Confirmed":
        yield told, tables.CONFIRMED
    elif status == "Confirmed" and before != "Confirmed":
        yield shown, tables.CONFIRMED
    if flag(row, "Arrived") and before not in _CAME:
        yield told, tables.ARRIVED
    elif status == "Arrived" and before not in _CAME:
        yield shown, tables.ARRIVED


def span(record: Record, context: Context) -> tuple[datetime | None, datetime | None]:
    """Return when an appointment or class begins and ends."""
    row, zone = record.payload, zone_of(site_of(record, context))
    start = to_utc(text(row, "StartDateTime"), zone, "StartDateTime")
    return start, to_utc(text(row, "EndDateTime"), zone, "EndDateTime")


def is_cancelled(row: Payload) -> bool:
    """Tell whether it was cancelled, by a webhook or in the API's word."""
    return bool(text(row, "Cancelled")) or text(row, "Status") in CANCELLED


def _properties(record: Record, related: Related, context: Context) -> dict[str, Json]:
    row = record.payload
    start, end = span(record, context)
    staff = identity(row, "StaffId")
    who = name(part(row, "Staff"), "FirstName", "LastName")
    if who is None and "Staff" not in row:
        who = staff_name(record, related, staff)
    provider = _provider(row)
    found = answer(related, record, "providers", provider) if provider else None
    return {
        "Location ID": whole(row, "LocationId"),
        "Staff ID": whole(row, "StaffId"),
        "Staff Name": who,
        "Start Time": shown(start),
        "End Time": shown(end),
        "Duration": _minutes(row, start, end),
        "Resources": [_resource(one) for one in objects(row, "Resources")],
        "Staff Provider ID": provider,
        "Name": named(found) or who,
    }


def _provider(row: Payload) -> str | None:
    found = identity(row, "ProviderId")
    return None if found == "0" else found


def _resource(row: Payload) -> dict[str, Json]:
    low = {key.casefold(): value for key, value in row.items()}
    return {"id": low.get("id"), "name": low.get("name")}


def _minutes(row: Payload, start: datetime | None, end: datetime | None) -> int | None:
    told = whole(row, "Duration")
    if told is None and start is not None and end is not None:
        return (end - start) // _MINUTE
    return told
