"""What is asked about appointments and invoices."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any, Final

from frontdesk.sandbox.chance import DAY
from frontdesk_zenoti.sandbox import statuses
from frontdesk_zenoti.sandbox.invoice_rows import (
    booked_rows,
    invoice_row,
    item_row,
    transaction_rows,
)
from frontdesk_zenoti.sandbox.queries import Call, Page, one
from frontdesk_zenoti.sandbox.refusal import Refusal, bad, business
from frontdesk_zenoti.sandbox.rows import Group, Invoice, Visit
from frontdesk_zenoti.sandbox.times import local_day, midnight
from frontdesk_zenoti.sandbox.visit_rows import blockout_row, visit_row

_WEEK: Final = timedelta(days=7)
_DAY: Final = int(DAY)


def appointments(call: Call) -> Page:
    """List the appointments of a center in at most seven days, the last one excluded."""
    world, center_ = call.world, call.center(call.text("center_id"))
    start, end = call.day("start_date"), call.day("end_date")
    if start is None or end is None:
        raise bad("start_date and end_date are required.")
    if end - start > _WEEK:
        message = "You cannot request appointments of more than 7 days."
        raise Refusal(call.options.window_status, message)
    low, high = midnight(start, center_.zone), midnight(end, center_.zone)
    hidden = frozenset[int]() if call.flag("include_no_show_cancel") else statuses.HIDDEN
    shown = [
        (visit.start, visit_row(world, group, visit))
        for group, visit in world.visits_between(center_.number, low, high)
        if group.status not in hidden and not group.deleted
    ]
    blocks = world.index.blockouts[center_.number].between(low, high)
    shown += [(world.blockouts[n].start, blockout_row(world, world.blockouts[n])) for n in blocks]
    shown.sort(key=lambda pair: pair[0])
    rows: list[Any] = [row for _, row in shown if _wanted(call, row)]
    return Page(None, rows)


def _wanted(call: Call, row: dict[str, Any]) -> bool:
    therapist = call.text("therapist_id").lower()
    return not therapist or row["therapist"]["id"] == therapist


def _visit(call: Call) -> tuple[Group, Visit]:
    found = call.world.index.visits.get(call.path["appointment"].lower())
    if found is None or call.world.groups.rows[found[0]].deleted:
        raise business(506, "invalid appointment_id.")
    group = call.world.groups.rows[found[0]]
    return group, group.visits[found[1]]


def appointment(call: Call) -> Page:
    """Show an appointment, as an object or as a list of one."""
    row = visit_row(call.world, *_visit(call))
    return Page(None, [row], single=call.options.appointment_answer == "object")


#: Parts of an invoice that come only when they are asked for.
_PARTS: Final[dict[str, tuple[str, Callable[[Call, Invoice], list[dict[str, Any]]]]]] = {
    "InvoiceItems": (
        "invoice_items",
        lambda call, invoice: [item_row(call.world, invoice, item) for item in invoice.items],
    ),
    "Appointments": (
        "appointments",
        lambda call, invoice: booked_rows(
            call.world, invoice, wall=call.options.invoice_times == "local"
        ),
    ),
    "Transactions": (
        "transactions",
        lambda call, invoice: transaction_rows(call.world, invoice),
    ),
}


def invoice(call: Call) -> Page:
    """Show an invoice; its parts come only when they are asked for."""
    found = call.world.invoices.find(call.path["invoice"])
    if found is None:
        raise business(507, "invalid invoice_id.")
    row = invoice_row(call.world, found)
    for name, (key, part) in _PARTS.items():
        if call.expands(name):
            row[key] = part(call, found)
    return one(row, "invoice")


def open_invoices(call: Call) -> Page:
    """List the invoices of today that are still open."""
    world, center_ = call.world, call.center(call.path["center"])
    today = midnight(local_day(world.clock.seconds, center_.zone), center_.zone)
    numbers = world.index.sales[center_.number].between(today, today + _DAY)
    some = [world.invoices.rows[n] for n in numbers]
    rows: list[Any] = [invoice_row(world, i) for i in some if i.closed is None]
    return Page("todays_invoices", rows, {"error": None})
