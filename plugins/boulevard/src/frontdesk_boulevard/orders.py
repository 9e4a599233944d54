"""What an order tells once it is closed."""

from __future__ import annotations

from typing import Final

from frontdesk.errors import SkipRecord
from frontdesk.model import Context, Event, Json, Payload, Record
from frontdesk.rows import objects
from frontdesk_boulevard import tables
from frontdesk_boulevard.money import money
from frontdesk_boulevard.rows import flag, instant, named, names, part, spelt, text, whole

#: Part of the summary: the field that has it, before any refund. Later ones drift.
_SUMMARY: Final = (
    ("subtotal", "initialSubtotal"),
    ("discount", "initialDiscountAmount"),
    ("tax", "initialTaxAmount"),
    ("gratuity", "initialGratuityAmount"),
    ("fee", "initialFeeAmount"),
    ("total", "initialTotal"),
)
_LINE: Final = (
    ("price", "initialPrice"),
    ("subtotal", "initialSubtotal"),
    ("discount", "initialDiscountAmount"),
)
_REFUND: Final = (("amount", "refundAmount"), ("tax", "refundTax"), ("total", "refundTotal"))


def events(record: Record, context: Context) -> list[Event]:
    """Tell that an order was placed; an open one tells nothing yet."""
    row = record.payload
    closed = instant(row, "closedAt")
    if record.deleted or closed is None:
        return []
    guest = named(row, "clientId", "Client")
    if guest is None:
        raise SkipRecord("walk_in")
    currency = context.settings.currency
    return [
        Event(
            tables.ORDERED,
            guest,
            closed,
            value=money(part(row, "summary") or {}, "initialTotal", currency),
            currency=currency,
            properties=properties(row, currency),
            site=named(row, "locationId", "Location"),
        )
    ]


def properties(row: Payload, currency: str) -> dict[str, Json]:
    """Return the properties of an order; what was not told is absent."""
    shown: dict[str, Json] = {
        "Closed By": text(part(row, "closedBy") or {}, "displayName"),
        "Order ID": named(row, "id", "Order"),
        "Location Name": text(part(row, "location") or {}, "name"),
        "Location ID": named(row, "locationId", "Location"),
        "Order Number": text(row, "number"),
        "Note": text(row, "note"),
    }
    summary = part(row, "summary")
    if summary is not None:
        shown["Summary"] = {name: money(summary, field, currency) for name, field in _SUMMARY}
    if row.get("appliedVouchers") is not None:
        shown["Applied Vouchers"] = [_voucher(one) for one in objects(row, "appliedVouchers")]
    if row.get("lineGroups") is not None:
        groups = objects(row, "lineGroups")
        shown["Line Groups"] = [
            _line(line, text(group, "__typename"), currency)
            for group in groups
            for line in objects(group, "lines")
        ]
    if row.get("refunds") is not None:
        shown["Refunds"] = [_refund(one, currency) for one in objects(row, "refunds")]
    return shown


def _voucher(row: Payload) -> dict[str, Json]:
    voucher = part(row, "voucher") or {}
    return {
        "id": text(voucher, "id"),
        "expires_on": text(voucher, "expiresOn"),
        "redeemed_at": spelt(instant(voucher, "redeemedAt")),
        "services": names(objects(voucher, "services")),
        "product": text(part(voucher, "product") or {}, "name"),
    }


def _line(row: Payload, group: str | None, currency: str) -> dict[str, Json]:
    """Return an item; only services and products have a name."""
    found: dict[str, Json] = {
        "group": group,
        "type": text(row, "__typename"),
        "name": text(row, "name"),
        "quantity": whole(row, "quantity"),
    }
    found |= {name: money(row, field, currency) for name, field in _LINE}
    if "isPaidByVoucher" in row:
        found["paid_by_voucher"] = flag(row, "isPaidByVoucher")
    return found


def _refund(row: Payload, currency: str) -> dict[str, Json]:
    summary = part(row, "summary") or {}
    found: dict[str, Json] = {
        "number": text(row, "number"),
        "status": text(row, "status"),
        "closed_at": spelt(instant(row, "closedAt")),
        "reason": text(row, "refundReason"),
    }
    return found | {name: money(summary, field, currency) for name, field in _REFUND}
