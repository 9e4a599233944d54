"""Raw data: what Zenoti sends and no metric is made for, kept whole."""

from __future__ import annotations

from datetime import datetime
from typing import Final

from frontdesk.errors import RecordError, SkipRecord
from frontdesk.model import Context, Event, Json, Payload, Record, Ref, Related
from frontdesk.rows import as_row
from frontdesk_zenoti import tables, times
from frontdesk_zenoti.merging import merged
from frontdesk_zenoti.places import Place
from frontdesk_zenoti.rows import guests_in, guid_at, part, text

#: The key under which other news stands in a membership's or a package's record.
NEWS: Final = "News"


def moment(block: Payload) -> datetime:
    """Return when a delivery says that it happened."""
    time = times.in_utc(block.get("at"), "at")
    if time is None:
        raise RecordError("at is missing")
    return time


def properties_of(block: Payload) -> dict[str, Json]:
    """Return a delivery as properties."""
    return {
        "Event Type": text(block, "type"),
        "Event ID": text(block, "event_id"),
        "Event Resource": text(block, "resource"),
        "Event Timestamp": times.shown(moment(block)),
        "Data": as_row(block.get("data")) or {},
    }


def event(block: Payload, guest: str, place: Place) -> Event:
    """Return the event of a delivery that is no metric."""
    return Event(
        tables.RAW,
        guest,
        moment(block),
        properties=properties_of(block),
        action="raw",
        occurrence=str(block.get("mark")),
        site=place.site,
    )


def events(record: Record, context: Context, related: Related) -> list[Event]:
    """Tell a delivery that belongs to no record, if it speaks of a guest.

    Raises:
        SkipRecord: It speaks of nobody, as news of staff and schedules: it stays a record.
    """
    data = part(record.payload, "data")
    guest = _guest(data, related)
    if guest is None:
        raise SkipRecord("no_person")
    place = Place(guid_at(data, "center_id") or guid_at(data, "center.id"), None, context, related)
    return [event(record.payload, guest, place)]


def _guest(data: Payload, related: Related) -> str | None:
    pair = merged(data)
    named = pair[1:] if pair else guests_in(data)
    if named:
        return named[0]
    invoice = guid_at(data, "invoice_id") or guid_at(data, "invoice.id")
    return payer(invoice, related)


def payer(invoice: str | None, related: Related) -> str | None:
    """Return the guest of an invoice: who it is that a thin delivery speaks of."""
    if invoice is None:
        return None
    record = related[Ref("invoices", invoice)]
    return None if record is None else guid_at(record.payload, "invoice.guest.id")
