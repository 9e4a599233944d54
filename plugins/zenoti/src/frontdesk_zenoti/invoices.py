"""What a sale tells: an invoice was closed, and what gift cards and packages it sold."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from frontdesk.errors import SkipRecord
from frontdesk.model import Context, Event, Json, Payload, Record, Ref, Related
from frontdesk.rows import objects
from frontdesk_zenoti import giftcards, packages, raw, tables, times
from frontdesk_zenoti.bookings import service_name, shown
from frontdesk_zenoti.places import Place
from frontdesk_zenoti.properties import Paths, amount, properties, total
from frontdesk_zenoti.rows import at, guests_in, guid, guid_at, part, text
from frontdesk_zenoti.sold import CLOSED, is_one, told

_PATHS: Final[Paths] = {
    "Appointment Group ID": "appointment_group_id",
    "Closed": "is_closed",
    "Invoice Date": "invoice_date",
    "Invoice ID": "id",
    "Invoice Items": "invoice_items",
    "Invoice Number": "invoice_number",
    "Invoice Number Prefix": "invoice_number_prefix",
    "Lock": "lock",
    "Receipt Number": "receipt_number",
    "Refund": "is_refund",
    "Total Price": "total_price.sum_total",
    "Transactions": "transactions",
    "Total Price Details": "total_price",
}


def events(record: Record, context: Context, related: Related) -> list[Event]:
    """Tell all the record proves.

    Raises:
        SkipRecord: Nobody knows who paid.
    """
    guest = _guest(record.payload, related)
    if guest is None:
        raise SkipRecord("no_person")
    found: dict[tuple[str, str], Event] = {}
    for tell in (_happened, giftcards.events, packages.created):
        for event in tell(record.payload, guest, context, related):
            found.setdefault((event.action, event.occurrence), event)
    return list(found.values())


def _guest(row: Payload, related: Related) -> str | None:
    """Return who paid; news of a package does not say, so that its invoice is asked for."""
    blocks = [part(part(row, key), "data") for key in (giftcards.ORDERED, packages.CREATED)]
    holders = (part(told(row), "guest"), {"id": guid(row, "guest_id")})
    found = next((id for one in holders if (id := guid(one, "id"))), None)
    found = found or next(iter(guests_in(*objects(row, "sales"), *blocks)), None)
    return found or raw.payer(guid(row, "invoice_id"), related)


def _happened(row: Payload, guest: str, context: Context, related: Related) -> Iterator[Event]:
    if block := part(row, CLOSED):
        invoice = told(row)
        center = guid(invoice, "center_id") or guid_at(invoice, "center.id")
        place = Place(center or guid(row, "center_id"), None, context, related)
        refund = "refund" if invoice.get("is_refund") is True else ""
        yield Event(
            tables.INVOICED,
            guest,
            raw.moment(block),
            **_money(amount(at(invoice, "total_price.sum_total")), place),
            properties=_of_delivery(invoice, place, related),
            action="closed",
            occurrence=refund,
            site=place.site,
        )
    for refund in ("", "refund"):
        lines = [line for line in objects(row, "sales") if _refund(line) == refund]
        if lines and all((text(line, "status") or "").casefold() == "closed" for line in lines):
            place = Place(guid(row, "center_id"), None, context, related)
            yield from _reported(row, lines, refund, guest, place)


def _refund(line: Payload) -> str:
    return "refund" if (text(line, "sale_type") or "").casefold() == "refund" else ""


def _money(value: Json, place: Place) -> dict[str, Json]:
    currency = place.currency
    known = value is not None and currency is not None
    return {"value": value if known else None, "currency": currency if known else None}


def _of_delivery(invoice: Payload, place: Place, related: Related) -> dict[str, Json]:
    booked = objects(invoice, "appointments")
    shown_ = properties(tables.INVOICED, invoice, _PATHS, place.zone)
    if "Invoice Number Prefix" not in shown_ and (id := guid(invoice, "id")):
        # Deliveries leave out what stands before the number, which alone is not unique.
        record = related[Ref("invoices", id)]
        own = {} if record is None else part(record.payload, "invoice")
        prefix: Paths = {"Invoice Number Prefix": "invoice_number_prefix"}
        shown_ |= properties(tables.INVOICED, own, prefix, place.zone)
    return {
        "Appointment Names": [name for one in booked if (name := service_name(one))],
        "Appointments": [shown(one) for one in booked],
        **place.short(),
        **shown_,
    }


def _reported(
    row: Payload, lines: list[Payload], refund: str, guest: str, place: Place
) -> Iterator[Event]:
    """Tell of an invoice by its lines: fewer properties, but a hundred of them a request."""
    first = lines[0]
    field = "invoice_date" if first.get("invoice_date") else "sale_date"
    time = times.on_wall(first.get(field), field, place.zone)
    if time is None:
        return
    names = [
        name for line in lines if is_one(line, {"service"}) and (name := text(line, "item_name"))
    ]
    worth = total(lines, "sales_exc_tax", "tax")
    yield Event(
        tables.INVOICED,
        guest,
        time,
        **_money(worth, place),
        properties={
            "Appointment Names": names,
            **place.short(),
            "Closed": True,
            "Invoice Date": times.shown(time),
            "Invoice ID": guid(row, "invoice_id"),
            "Invoice Items": [_item(line) for line in lines],
            "Invoice Number": text(first, "invoice_no"),
            "Refund": bool(refund),
            "Total Price": worth,
        },
        action="closed",
        occurrence=refund,
        site=place.site,
    )


def _item(line: Payload) -> Payload:
    return {
        "invoice_item_id": line.get("invoice_item_id"),
        "name": line.get("item_name"),
        "type": line.get("item_type"),
        "category": line.get("item_category"),
        "quantity": line.get("qty"),
        "price": {
            "sales": line.get("sales_exc_tax"),
            "tax": line.get("tax"),
            "discount": line.get("discount"),
        },
        "therapist_name": line.get("serviced_by"),
    }
