"""What an invoice tells of gift cards: each was ordered once."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from typing import Final

from frontdesk.model import Context, Event, Json, Payload, Ref, Related
from frontdesk.rows import objects
from frontdesk_zenoti import raw, statuses, tables, times
from frontdesk_zenoti.places import Place
from frontdesk_zenoti.properties import Paths, amount, properties
from frontdesk_zenoti.rows import at, guests_in, guid, guid_at, part, required, text
from frontdesk_zenoti.sold import wanted

#: The key under which a delivery stands beside the invoice.
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


def events(row: Payload, guest: str, context: Context, related: Related) -> Iterator[Event]:
    """Tell which cards an invoice sold: those that name it in the list of its guest's cards."""
    if block := part(row, ORDERED):
        data = part(block, "data")
        card = part(data, "gift_card") or data
        owner = next(iter(guests_in(data, card)), guest)
        yield _event(card, owner, raw.moment(block), _place(card, context, related), context)
    if (age := wanted(row, statuses.GIFT_CARD, statuses.GIFT_WORDS)) is None:
        return
    record = related[Ref("gift_cards", guest, max_age=age)]
    listed = {} if record is None else record.payload
    # Where and on which invoice cards were sold may stand in each, or beside them all.
    beside = {name: listed[name] for name in ("invoice", "center") if name in listed}
    for one in objects(listed, "gift_cards"):
        card = {**beside, **one}
        place = _place(card, context, related)
        time = times.dated(card.get("sale_date"), "sale_date", place.zone)
        if time is not None and guid_at(card, "invoice.id") == guid(row, "invoice_id"):
            yield _event(card, guest, time, place, context)


def _place(card: Payload, context: Context, related: Related) -> Place:
    center = part(card, "center")
    id = guid(center, "id") or guid_at(card, "center_id")
    return Place(id, text(center, "name"), context, related)


def _event(card: Payload, guest: str, time: datetime, place: Place, context: Context) -> Event:
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
        action="gift card",
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
