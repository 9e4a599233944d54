"""What can be done with a reservation, and what follows from it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Final

from frontdesk_mews.sandbox.ledger import Billing
from frontdesk_mews.sandbox.refusal import Refusal
from frontdesk_mews.sandbox.rows import Checkin, Reservation
from frontdesk_mews.sandbox.world import World

#: From which states each move starts.
FROM: Final = {
    "confirm": ("Inquired", "Requested", "Optional"),
    "start": ("Confirmed",),
    "process": ("Started",),
    "cancel": ("Inquired", "Requested", "Optional", "Confirmed"),
    "restore": ("Canceled",),
    # Nobody has confirmed that Mews lets staff do these two; connectors must bear them.
    "undo_start": ("Started",),
    "undo_process": ("Processed",),
}
_ARRIVED: Final = Checkin(owner_checked_in=True)
_NOBODY: Final = Checkin()


def check(world: World, number: int, move: str) -> Reservation:
    """Refuse a move that the reservation's state does not allow."""
    row = world.reservations.rows[number]
    if row.state not in FROM[move]:
        raise Refusal(403, f"Cannot {move} a reservation in state {row.state}.")
    return row


def confirm(world: World, number: int) -> None:
    """Confirm a reservation; its items become open."""
    row = check(world, number, "confirm")
    world.ledger.billings[row.id] = Billing(opened=world.clock.now)
    world.change(world.reservations, number, "reservation.confirmed", state="Confirmed")


def start(world: World, number: int) -> None:
    """Check the guests in."""
    check(world, number, "start")
    now = world.clock.now
    world.change(
        world.reservations,
        number,
        "reservation.started",
        state="Started",
        actual_start_utc=now,
        start_utc=now,
        options=_ARRIVED,
    )


def process(world: World, number: int) -> None:
    """Check the guests out."""
    check(world, number, "process")
    now = world.clock.now
    world.change(
        world.reservations,
        number,
        "reservation.processed",
        state="Processed",
        actual_end_utc=now,
        end_utc=now,
    )


def cancel(world: World, number: int, *, fee: bool, reason: str = "RequestedByGuest") -> None:
    """Cancel a reservation and what was to be paid for it."""
    row = check(world, number, "cancel")
    world.ledger.billings[row.id] = Billing(fee=fee)
    world.change(
        world.reservations,
        number,
        "reservation.cancelled",
        state="Canceled",
        cancelled_utc=world.clock.now,
        cancellation_reason=reason,
    )


def restore(world: World, number: int) -> None:
    """Take a cancellation back, and its fee with it."""
    row = check(world, number, "restore")
    world.ledger.billings[row.id] = Billing(opened=world.clock.now, fee=False)
    kept = row.cancelled_utc if world.keep_cancelled else None
    world.change(
        world.reservations,
        number,
        "reservation.restored",
        state="Confirmed",
        cancelled_utc=kept,
        cancellation_reason=None,
    )


def undo_start(world: World, number: int) -> None:
    """Take a check-in back."""
    row = check(world, number, "undo_start")
    world.change(
        world.reservations,
        number,
        "reservation.not_started",
        state="Confirmed",
        actual_start_utc=None,
        start_utc=row.scheduled_start_utc,
        options=_NOBODY,
    )


def undo_process(world: World, number: int) -> None:
    """Take a check-out back."""
    row = check(world, number, "undo_process")
    world.change(
        world.reservations,
        number,
        "reservation.not_processed",
        state="Started",
        actual_end_utc=None,
        end_utc=row.scheduled_end_utc,
    )


def _cancel(world: World, number: int) -> None:
    cancel(world, number, fee=False)


#: Every move by its name.
MOVES: Final[Mapping[str, Callable[[World, int], None]]] = {
    "confirm": confirm,
    "start": start,
    "process": process,
    "cancel": _cancel,
    "restore": restore,
    "undo_start": undo_start,
    "undo_process": undo_process,
}
