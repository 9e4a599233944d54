"""Invoices, their items and payments, and the lines of the sales report."""

from __future__ import annotations

from typing import Any

from frontdesk.sandbox.chance import cousin, noise
from frontdesk_zenoti.sandbox import names, statuses
from frontdesk_zenoti.sandbox.guest_rows import shown_phone
from frontdesk_zenoti.sandbox.rows import Center, Group, Guest, Invoice, Item, Visit
from frontdesk_zenoti.sandbox.times import local, money, utc
from frontdesk_zenoti.sandbox.world import World


def _tax(center: Center, item: Item) -> int:
    net = (item.price - item.discount) * center.tax
    # Rounded towards zero, so that a refund takes back exactly what was paid.
    return net // 100 if net >= 0 else -(-net // 100)


def gross(center: Center, item: Item) -> dict[str, Any]:
    """Write the price of a line: before tax, tax, after."""
    net, tax = item.price - item.discount, _tax(center, item)
    return {
        "currency_id": center.currency[0],
        "sales": money(net),
        "tax": money(tax),
        "final": money(net + tax),
    }


def _sum(world: World, invoice: Invoice) -> tuple[int, int]:
    center = world.centers[invoice.center]
    return invoice.net, sum(_tax(center, item) for item in invoice.items)


def total(world: World, invoice: Invoice) -> int:
    """Sum an invoice up, with tax."""
    return sum(_sum(world, invoice))


def price(world: World, invoice: Invoice) -> dict[str, Any]:
    """Write the price of all lines."""
    net, tax = _sum(world, invoice)
    currency = world.centers[invoice.center].currency[0]
    return {
        "currency_id": currency,
        "sales": money(net),
        "tax": money(tax),
        "final": money(net + tax),
    }


def total_price(world: World, invoice: Invoice) -> dict[str, Any]:
    """Write the price of an invoice in its own words."""
    net, tax = _sum(world, invoice)
    return {
        "currency_id": world.centers[invoice.center].currency[0],
        "net_price": money(net),
        "tax": money(tax),
        "rounding_adjustment": 0,
        "sum_total": money(net + tax),
    }


def group_of(world: World, invoice: Invoice) -> Group | None:
    """Give the group of appointments that an invoice is for."""
    return None if invoice.group is None else world.groups.rows[invoice.group]


def prefix_of(world: World, invoice: Invoice) -> str:
    """Give what stands before an invoice's number, which alone is not unique."""
    return world.centers[invoice.center].code


def shown_number(world: World, invoice: Invoice) -> str:
    """Write an invoice's number with what stands before it."""
    return f"{prefix_of(world, invoice)}{invoice.number}"


def nobody(invoice: Invoice) -> str | None:
    """Say that an invoice is for no appointments, in one of two ways."""
    return names.NOBODY if noise(invoice.id) % 2 else None


def invoice_row(world: World, invoice: Invoice) -> dict[str, Any]:
    """Write an invoice without what has to be asked for."""
    center, group = world.centers[invoice.center], group_of(world, invoice)
    due = total(world, invoice)
    paid = due if invoice.closed is not None else 0
    nothing = {"total": 0, "paid": 0, "balance": 0}
    return {
        "group_invoice_id": None,
        "id": invoice.id,
        "invoice_number": invoice.number,
        "invoice_number_prefix": prefix_of(world, invoice),
        "receipt_number": invoice.receipt,
        "appointment_group_id": nobody(invoice) if group is None else group.id,
        "lock": invoice.closed is not None,
        "is_closed": invoice.closed is not None,
        "is_refund": invoice.refund,
        "invoice_date": local(invoice.date, center.zone),
        "has_redemptions": any(item.redeemed for item in invoice.items),
        "center_id": center.id,
        "gstin": None,
        "invoice_dues": {"total": money(due), "paid": money(paid), "balance": money(due - paid)},
        "environmental_fee": nothing,
        "total_price": total_price(world, invoice),
        "guest": {
            **payer(world.guests.rows[invoice.guest]),
            "email": world.guests.rows[invoice.guest].email,
        },
        "additional_fields": [{"name": "Note", "value": names.CANARY}],
    }


def payer(guest: Guest) -> dict[str, Any]:
    """Write who pays; the phone is one text here."""
    return {
        "id": guest.id,
        "first_name": guest.first,
        "last_name": guest.last,
        "gender": guest.gender,
        "code": guest.code,
        "mobile_phone": shown_phone(guest),
    }


def item_row(world: World, invoice: Invoice, item: Item) -> dict[str, Any]:
    """Write a line of an invoice."""
    center = world.centers[invoice.center]
    worker = center.staff[item.by]
    return {
        "invoice_item_id": item.id,
        "id": item.of,
        "name": item.name,
        "type": item.type,
        "code": item.code,
        "price": {**gross(center, item), "discount": money(item.discount)},
        "quantity": item.quantity,
        "sale_by_id": worker.id,
        "therapist_name": worker.name,
    }


def booked_row(world: World, group: Group, visit: Visit, *, wall: bool) -> dict[str, Any]:
    """Write an appointment the way invoices do, slips of the pen included.

    Args:
        wall: Times are those of the center, not UTC.
    """
    center, service = world.centers[group.center], world.catalog.services[visit.service]
    start, end = (local(at, center.zone) if wall else utc(at) for at in (visit.start, visit.end))
    return {
        "id": visit.id,
        "invoice_item_id": visit.item_id,
        "service_name": service.name,
        "service_id": service.id,
        "start_time": start,
        "end_time": end,
        "serviceduration_in_miutes": (visit.end - visit.start) // 60,
        "has_add_ons": any(other.addon for other in group.visits) and not visit.addon,
        "is_add_on": visit.addon,
        "therapist_name": center.staff[visit.therapist].name,
        "TherapistId": center.staff[visit.therapist].id,
        "is_recurring": False,
        "appointment_type": 2,
        "therapist_request_type": noise(visit.id) % 5,
        "room_name": center.rooms[visit.room][1],
        "equipment_name": "",
    }


def booked_rows(world: World, invoice: Invoice, *, wall: bool) -> list[dict[str, Any]]:
    """Write the appointments that an invoice is for."""
    group = group_of(world, invoice)
    if group is None:
        return []
    return [booked_row(world, group, visit, wall=wall) for visit in group.visits]


def transaction_rows(world: World, invoice: Invoice) -> list[dict[str, Any]]:
    """Write how an invoice was paid."""
    if invoice.closed is None:
        return []
    return [
        {
            "transaction_id": cousin(invoice.id, "f"),
            "tender_type": "CREDIT CARD" if noise(invoice.id) % 2 else "CASH",
            world.options.transaction_amount: money(total(world, invoice)),
            "tip_amount": 0,
            "payment_date": utc(invoice.closed),
            "card_number": f"{names.CANARY}-4242",
        }
    ]


def sale_row(world: World, invoice: Invoice, item: Item) -> dict[str, Any]:
    """Write a line of the sales report."""
    center = world.centers[invoice.center]
    worker, guest = center.staff[item.by], world.guests.rows[invoice.guest]
    net, tax = item.price - item.discount, _tax(center, item)
    when = local(invoice.date, center.zone)
    return {
        "invoice_id": invoice.id,
        "invoice_item_id": item.id,
        "invoice_no": shown_number(world, invoice),
        "sale_date": when,
        "invoice_date": when,
        "item_name": item.name,
        "item_type": statuses.ITEM[item.type],
        "item_category": item.category,
        "sold_by": worker.name,
        "sold_by_id": worker.id,
        "serviced_by": worker.name,
        "collected": money(net + tax if invoice.closed is not None else 0),
        "tax": money(tax),
        "discount": money(item.discount),
        "price": money(item.price),
        "qty": item.quantity,
        "sales_exc_tax": money(net),
        "redeemed": money(item.redeemed),
        "sale_type": "Refund" if invoice.refund else "Sale",
        "status": "Open" if invoice.closed is None else "Closed",
        "guest_id": guest.id,
        "guest_name": guest.name,
        "center_id": center.id,
    }
