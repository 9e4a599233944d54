"""What a package tells: it was bought, and something of it was used."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from decimal import Decimal
from typing import Final

from frontdesk.errors import SkipRecord
from frontdesk.model import Context, Event, Payload, Record, Ref, Related
from frontdesk.rows import objects
from frontdesk_zenoti import raw, statuses, tables, times
from frontdesk_zenoti.places import Place
from frontdesk_zenoti.properties import Paths, amount, properties, total
from frontdesk_zenoti.rows import at, guests_in, guid, guid_at, part, required
from frontdesk_zenoti.sold import is_one, told, wanted

CREATED: Final = "Created"
REDEEMED: Final = "Redeemed"

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


def created(row: Payload, guest: str, context: Context, related: Related) -> Iterator[Event]:
    """Tell which packages an invoice sold: by a delivery, or by the list of its guest's."""
    if block := part(row, CREATED):
        data = part(block, "data")
        place = _place(guid_at(data, "center.id"), data, context, related)
        id = required(data, "user_package_id")
        yield _event(("created", id), data, guest, raw.moment(block), place=place)  # fmt: skip
    if (age := wanted(row, statuses.PACKAGE, statuses.PACKAGE_WORDS)) is None:
        return
    record = related[Ref("guest_packages", guest, max_age=age)]
    for package in [] if record is None else objects(record.payload, "packages"):
        if guid_at(package, "invoice.id") == guid(row, "invoice_id"):
            yield from _listed(row, package, guest, context, related)


def _listed(
    row: Payload, package: Payload, guest: str, context: Context, related: Related
) -> Iterator[Event]:
    """Tell of a package the list shows: its sale tells where it was, and for how much."""
    center = guid_at(package, "center.id") or guid(row, "center_id")
    place = _place(center or guid_at(told(row), "center_id"), package, context, related)
    start = at(package, "purchase.date") or at(package, "date.start")
    time = times.dated(start, "date.start", place.zone)
    if time is not None:
        lines = [line for line in objects(row, "sales") if is_one(line, statuses.PACKAGE_WORDS)]
        price = total(lines, "sales_exc_tax", "tax")
        id = required(package, "user_package_id")
        yield _event(("created", id), package, guest, time, place=place, price=price)


def events(record: Record, context: Context, related: Related) -> list[Event]:
    """Tell what was done with a package, and what else Zenoti sends of it.

    Raises:
        SkipRecord: Nobody knows whose package it is.
    """
    row = record.payload
    blocks = [(key, part(row, key)) for key in (REDEEMED, raw.NEWS) if part(row, key)]
    guest = _guest([part(block, "data") for _, block in blocks], related)
    if guest is None:
        raise SkipRecord("no_person")
    found: list[Event] = []
    for key, block in blocks:
        data = part(block, "data")
        place = _place(guid_at(data, "center.id"), data, context, related)
        if key == REDEEMED:
            mark = _used(data) or str(block.get("mark"))
            time = raw.moment(block)
            found.append(_event(("redeemed", mark), data, guest, time, place=place))
        else:
            found.append(raw.event(block, guest, place))
    return found


def _guest(told_: list[Payload], related: Related) -> str | None:
    """Return whose it is: deliveries seldom say, the invoice does."""
    named = guests_in(*told_)
    if named:
        return named[0]
    ways = ("sale_invoice.id", "invoice.id")
    ids = dict.fromkeys(guid_at(data, way) for data in told_ for way in ways)
    return next((found for id in ids if (found := raw.payer(id, related))), None)


def _place(center: str | None, row: Payload, context: Context, related: Related) -> Place:
    name = at(row, "center.name")
    return Place(center, name if isinstance(name, str) and name else None, context, related)


def _used(data: Payload) -> str:
    """Return what tells one use from the next: the lines of the invoices it was used on."""
    uses = [*objects(data, "service_redemptions"), *objects(data, "product_redemptions")]
    return " ".join(sorted(id for use in uses if (id := guid_at(use, "invoice.item_id"))))


def _event(
    deed: tuple[str, str],
    row: Payload,
    guest: str,
    time: datetime,
    *,
    place: Place,
    price: Decimal | None = None,
) -> Event:
    action, occurrence = deed
    metric, paths = _METRICS[action]
    own = amount(at(row, "purchase.price.final"))
    price, currency = price if own is None else own, place.currency
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
