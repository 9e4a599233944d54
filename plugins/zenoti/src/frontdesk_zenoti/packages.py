"""What a package tells: it was bought, and something of it was used."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Final

from frontdesk.errors import SkipRecord
from frontdesk.model import Context, Event, Payload, Record, Ref, Related
from frontdesk_zenoti import raw, statuses, tables, times
from frontdesk_zenoti.places import Place
from frontdesk_zenoti.properties import Paths, amount, properties, total
from frontdesk_zenoti.raw import guid_at
from frontdesk_zenoti.rows import at, guests_in, objects, part, text

CREATED: Final = "Created"
REDEEMED: Final = "Redeemed"
#: History is a year; the list of a guest's packages shows older ones, too.
YEAR: Final = timedelta(days=365)

_COMMON: Final[Paths] = {
    "Can Transfer Benefits": ("can_transfer_benefits", "package.can_transfer_benefits"),
    "Discounts": ("discounts", "package.discounts"),
    "Expiration Days": "expiration_days",
    "Has First Redemption": "has_first_redemption",
    "Invoice": "invoice",
    "Never Expires": "never_expires",
    "Package": "package",
    "Package Name": "package.name",
    "Purchase": "purchase",
    "Refunded": "is_refunded",
    "Returned": "is_returned",
    "Sale Invoice": "sale_invoice",
    "Schedule": "schedule",
    "Start Validity at First Redemption": "start_validity_at_first_redemption",
    "Status": "status",
    "User Package ID": "user_package_id",
    "User Package State": "user_package_state",
}
_CREATED: Final[Paths] = {
    **_COMMON,
    "Date": ("purchase.date", "date.start"),
    "Date Details": "date",
    "Products": "products",
    "Services": "services",
}
_REDEEMED: Final[Paths] = {
    **_COMMON,
    "Date": "date",
    "Product Redemptions": "product_redemptions",
    "Service Redemptions": "service_redemptions",
}


def events(record: Record, context: Context, related: Related) -> list[Event]:
    """Tell all the record proves.

    Raises:
        SkipRecord: Nobody knows whose package it is.
    """
    row = record.payload
    guest = _guest(row, related)
    if guest is None:
        raise SkipRecord("no_person")
    found: dict[tuple[str, str], Event] = {}
    for event in _happened(row, guest, context, related):
        found.setdefault((event.action, event.occurrence), event)
    return list(found.values())


def _guest(row: Payload, related: Related) -> str | None:
    """Return whose it is: what the guest's list shows is known, else the invoice tells."""
    data = [part(part(row, key), "data") for key in (CREATED, REDEEMED, raw.NEWS)]
    named = guests_in(row, *data)
    if named:
        return named[0]
    for one in (row, *data):
        for way in ("sale_invoice.id", "invoice.id"):
            found = raw.payer(guid_at(one, way), related)
            if found is not None:
                return found
    return None


def _happened(
    row: Payload, guest: str, context: Context, related: Related
) -> Iterator[Event]:
    if block := part(row, CREATED):
        data = part(block, "data")
        place = _place(guid_at(data, "center.id"), data, context, related)
        price = amount(at(data, "purchase.price.final"))
        yield _event("created", "", data, guest, raw.moment(block), place, price)
    if block := part(row, REDEEMED):
        data = part(block, "data")
        place = _place(guid_at(data, "center.id"), data, context, related)
        price = amount(at(data, "purchase.price.final"))
        mark = _used(data) or str(block.get("mark"))
        yield _event("redeemed", mark, data, guest, raw.moment(block), place, price)
    if block := part(row, raw.NEWS):
        data = part(block, "data")
        place = _place(guid_at(data, "center.id"), data, context, related)
        yield raw.event(block, guest, place)
    if "user_package_id" in row:
        yield from _listed(row, guest, context, related)


def _listed(row: Payload, guest: str, context: Context, related: Related) -> Iterator[Event]:
    """Tell what the list of a guest's packages proves; its sale tells where, and for how much."""
    sold = _sale(row, related)
    center = guid_at(row, "center.id") or next((guid_at(line, "center_id") for line in sold), None)
    place = _place(center, row, context, related)
    start = at(row, "purchase.date") or at(row, "date.start")
    time = times.dated(start, "date.start", place.zone)
    if time is None or (context.start is not None and time < context.start - YEAR):
        return
    price = amount(at(row, "purchase.price.final"))
    if price is None:
        price = total(sold, "sales_exc_tax", "tax")
    yield _event("created", "", row, guest, time, place, price)


def _sale(row: Payload, related: Related) -> list[Payload]:
    """Return the lines of the sales report a package was sold with; they take no request."""
    id = guid_at(row, "invoice.id")
    record = related[Ref("sales", id)] if id else None
    lines = [] if record is None else objects(record.payload, "sales")
    return [line for line in lines if _is_package(line)]


def _is_package(line: Payload) -> bool:
    return (text(line, "item_type") or "").casefold() in statuses.PACKAGE_WORDS


def _place(center: str | None, row: Payload, context: Context, related: Related) -> Place:
    name = at(row, "center.name")
    return Place(center, name if isinstance(name, str) and name else None, context, related)


def _used(data: Payload) -> str:
    """Return what tells one use from the next: the lines of the invoices it was used on."""
    uses = [*objects(data, "service_redemptions"), *objects(data, "product_redemptions")]
    return " ".join(sorted(id for use in uses if (id := guid_at(use, "invoice.item_id"))))


def _event(
    action: str,
    occurrence: str,
    row: Payload,
    guest: str,
    time: datetime,
    place: Place,
    price: Decimal | None,
) -> Event:
    metric, paths = _METRICS[action]
    currency = place.currency
    return Event(
        metric,
        guest,
        time,
        value=price if currency else None,
        currency=currency if price is not None else None,
        properties={**place.short(), **properties(metric, row, paths, place.zone)},
        action=action,
        occurrence=occurrence,
        site=place.site,
    )


_METRICS: Final = {
    "created": (tables.CREATED, _CREATED),
    "redeemed": (tables.REDEEMED, _REDEEMED),
}
