"""What a guest's gift cards tell: each was ordered once."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from typing import Final

from frontdesk.model import Context, Event, Json, Payload, Record, Related
from frontdesk_zenoti import raw, tables, times
from frontdesk_zenoti.packages import YEAR
from frontdesk_zenoti.places import Place
from frontdesk_zenoti.properties import Paths, amount, properties
from frontdesk_zenoti.raw import guid_at
from frontdesk_zenoti.rows import at, guid, objects, part, required, text

#: The key under which a delivery stands beside the list.
ORDERED: Final = "Ordered"
#: So many signs at the end of a code may be shown, of one that is twice as long.
_SHOWN: Final = 4
_PATHS: Final[Paths] = {
    "Comments": "comments",
    "Current Balance": "balance",
    "Expiration Date": "expiry_date",
    "Expiration Days": "expiration_days",
    "Invoice ID": "invoice.id",
    "Invoice Number": "invoice.invoice_number",
    "Notes": "notes",
    "One time Use": "is_one_time_use",
    "Restrict Usage to Sale Center": "restrict_usage_to_sale_center",
}


def events(record: Record, context: Context, related: Related) -> list[Event]:
    """Tell all the record proves."""
    row = record.payload
    found: dict[str, Event] = {}
    for event in _ordered(row, required(row, "guest_id"), context, related):
        found.setdefault(event.occurrence, event)
    return list(found.values())


def _ordered(row: Payload, guest: str, context: Context, related: Related) -> Iterator[Event]:
    if block := part(row, ORDERED):
        data = part(block, "data")
        card = part(data, "gift_card") or data
        place = _place(card, row, context, related)
        yield _event(card, guest, raw.moment(block), place, context)
    for card in objects(row, "gift_cards"):
        place = _place(card, row, context, related)
        time = times.dated(card.get("sale_date"), "sale_date", place.zone)
        # What others gave to this guest was not ordered by it.
        if time is None or card.get("is_received") is True:
            continue
        if context.start is None or time >= context.start - YEAR:
            whole = {**{name: row[name] for name in ("invoice", "center") if name in row}, **card}
            yield _event(whole, guest, time, place, context)


def _place(card: Payload, row: Payload, context: Context, related: Related) -> Place:
    center = part(card, "center") or part(row, "center")
    id = guid(center, "id") or guid_at(card, "center_id")
    return Place(id, text(center, "name"), context, related)


def _event(
    card: Payload, guest: str, time: datetime, place: Place, context: Context
) -> Event:
    value, currency = amount(at(card, "value")), place.currency
    return Event(
        tables.GIFTCARD,
        guest,
        time,
        value=value if currency else None,
        currency=currency if value is not None else None,
        properties={
            **place.short(),
            "Code": _code(card, show=context.settings.show_gift_card_codes),
            **properties(tables.GIFTCARD, card, _PATHS, place.zone),
            **_days(card, place),
        },
        action="ordered",
        occurrence=required(card, "id"),
        site=place.site,
    )


def _code(card: Payload, *, show: bool) -> str | None:
    """Return the code, hidden but for its end: whoever has it whole can pay with it."""
    code = text(card, "code")
    if code is None or show:
        return code
    end = code[-_SHOWN:] if len(code) >= 2 * _SHOWN else ""
    return "*" * (len(code) - len(end)) + end


def _days(card: Payload, place: Place) -> dict[str, Json]:
    """Return for how many days it is good: counted, since Zenoti does not say."""
    if "expiration_days" in card:
        return {}
    sold = times.day(card.get("sale_date"), "sale_date", place.zone)
    ends = times.day(card.get("expiry_date"), "expiry_date", place.zone)
    return {"Expiration Days": (ends - sold).days} if sold and ends else {}
