"""What can be done with an appointment and its order, and what follows from it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import timedelta
from typing import Any, Final

import msgspec

from frontdesk_boulevard.sandbox import refunds
from frontdesk_boulevard.sandbox.diary import Plan
from frontdesk_boulevard.sandbox.order_rows import Order
from frontdesk_boulevard.sandbox.refusal import Refusal
from frontdesk_boulevard.sandbox.rows import Appointment, Client
from frontdesk_boulevard.sandbox.world import World

#: From which states each move starts.
FROM: Final = {
    "confirm": ("BOOKED",),
    "arrive": ("BOOKED", "CONFIRMED"),
    "activate": ("BOOKED", "CONFIRMED", "ARRIVED"),
    "finalise": ("BOOKED", "CONFIRMED", "ARRIVED", "ACTIVE"),
    "reschedule": ("BOOKED", "CONFIRMED"),
    "cancel": ("BOOKED", "CONFIRMED", "ARRIVED"),
    "restore": ("CANCELLED",),
    "touch": ("BOOKED", "CONFIRMED", "ARRIVED", "ACTIVE"),
}


def check(world: World, number: int, move: str) -> Appointment:
    """Refuse a move that the appointment's state does not allow."""
    row = world.appointments.rows[number]
    if row.state not in FROM[move]:
        raise Refusal(200, f"Cannot {move} an appointment in state {row.state}")
    return row


def _change(world: World, number: int, kind: str, **fields: Any) -> None:
    row = world.appointments.rows[number]
    before = row.facts()
    world.appointments.change(number, **fields)
    world.note(f"appointment.{kind}", row.id, before, row.facts())


def book(world: World, client: Client, place: int, *, days: int) -> int:
    """Make an appointment so many days ahead."""
    now = world.now
    start = (now + timedelta(days=days)).replace(minute=0, second=0, microsecond=0)
    plan = Plan(client=0, place=place, created=now.timestamp(), start=start, state="BOOKED")
    made = world.desk.book(plan, client.id)
    # Its time of creation is the clock's own, not one that went through seconds.
    made.created_at = now
    number = world.appointments.add(made)
    world.note("appointment.created", made.id, None, made.facts())
    return number


def confirm(world: World, number: int) -> None:
    """Confirm an appointment."""
    check(world, number, "confirm")
    _change(world, number, "confirmed", state="CONFIRMED")


def arrive(world: World, number: int) -> None:
    """Check the client in."""
    check(world, number, "arrive")
    _change(world, number, "arrived", state="ARRIVED")


def activate(world: World, number: int) -> None:
    """Begin; there is an order from now on."""
    check(world, number, "activate")
    _open(world, number)
    _change(world, number, "active", state="ACTIVE")


def _client(world: World, row: Appointment | Order) -> Client:
    return world.clients.get(row.client_id or "")


def _open(world: World, number: int) -> Order:
    """Find the order of a visit, or write one."""
    row = world.appointments.rows[number]
    if (found := world.orders.find(row.order_id)) is not None:
        return found
    made = world.till.visit(row, _client(world, row), world.now.timestamp(), None)
    made.created_at = made.updated_at = world.now
    world.orders.add(made)
    return made


def finalise(world: World, number: int) -> None:
    """End a visit and take the money."""
    check(world, number, "finalise")
    order = _open(world, number)
    _change(world, number, "completed", state="FINAL")
    close_order(world, world.orders.numbers[order.id.rpartition(":")[2]])


def reschedule(world: World, number: int, days: int = 3) -> None:
    """Move an appointment so many days on, or back."""
    row = check(world, number, "reschedule")
    by = timedelta(days=days)
    services = tuple(
        msgspec.structs.replace(one, start_at=one.start_at + by, end_at=one.end_at + by)
        for one in row.appointment_services
    )
    _change(
        world, number, "rescheduled", start_at=row.start_at + by, end_at=row.end_at + by,
        appointment_services=services,
    )  # fmt: skip


def cancel(world: World, number: int, reason: str = "CLIENT_CANCEL") -> None:
    """Call an appointment off."""
    check(world, number, "cancel")
    cancellation = world.desk.cancellation(world.now, reason)
    _change(world, number, "cancelled", state="CANCELLED", cancellation=cancellation)


def restore(world: World, number: int) -> None:
    """Take a cancellation back; nothing of it is left."""
    check(world, number, "restore")
    _change(world, number, "restored", state="BOOKED", cancellation=None)


def touch(world: World, number: int) -> None:
    """Change a note, which no metric tells of."""
    check(world, number, "touch")
    _change(world, number, "updated", notes="CANARY: moved to room 2")


def sell(world: World, place: int, client: Client | None) -> int:
    """Sell something without a visit, to somebody or nobody knows whom."""
    now = world.now
    made = world.till.walk_in(place, client, now.timestamp(), None)
    made.created_at = made.updated_at = now
    number = world.orders.add(made)
    close_order(world, number)
    return number


def close_order(world: World, number: int) -> None:
    """Take the money for an open order."""
    row = world.orders.rows[number]
    if row.closed_at is not None:
        return
    before = row.facts()
    # The till closes what is not in the table yet, so what it does to times is told here.
    copy = msgspec.structs.replace(row)
    world.till.close(copy, world.now, _client(world, row) if row.client_id else None)
    world.orders.change(
        number, closed_at=world.now, updated_at=world.now, closed_by_id=copy.closed_by_id,
        payment_groups=copy.payment_groups,
    )  # fmt: skip
    world.note("order.completed", row.id, before, row.facts())


def refund(world: World, number: int) -> None:
    """Give back what one line of a closed order cost."""
    row = world.orders.rows[number]
    if row.closed_at is None:
        raise Refusal(200, "Cannot refund an open order")
    before, copy = row.facts(), msgspec.structs.replace(row)
    made = refunds.refund(world.rng, copy, world.now.timestamp())
    if made is None:
        raise Refusal(200, "Nothing is left to refund")
    made.created_at = made.updated_at = world.now
    made.closed_at = world.now
    world.refunds.add(made)
    world.orders.change(number, updated_at=world.now, summary=copy.summary, refunds=copy.refunds)
    world.note("order_refund.closed", made.id, before, row.facts())


#: Every move of an appointment by its name.
MOVES: Final[Mapping[str, Callable[[World, int], None]]] = {
    "confirm": confirm,
    "arrive": arrive,
    "activate": activate,
    "finalise": finalise,
    "reschedule": reschedule,
    "cancel": cancel,
    "restore": restore,
    "touch": touch,
}
#: Every move of an order by its name.
ORDER_MOVES: Final[Mapping[str, Callable[[World, int], None]]] = {
    "close": close_order,
    "refund": refund,
}
