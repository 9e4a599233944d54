"""What can be done with a membership, and what follows from it by itself."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Final

from frontdesk_boulevard.sandbox.clubs import MONTHS, ahead, later
from frontdesk_boulevard.sandbox.refusal import Refusal
from frontdesk_boulevard.sandbox.rows import Membership
from frontdesk_boulevard.sandbox.world import World

#: From which status each move starts.
FROM: Final = {
    "pause": ("ACTIVE",),
    "unpause": ("PAUSED",),
    "cancel_now": ("ACTIVE", "PAST_DUE", "PAUSED"),
    "cancel_later": ("ACTIVE", "PAST_DUE"),
    "unschedule": ("ACTIVE", "PAST_DUE"),
    "reactivate": ("CANCELLED",),
    "renew": ("ACTIVE", "PAST_DUE"),
    "fail_renewal": ("ACTIVE",),
}


def check(world: World, number: int, move: str) -> Membership:
    """Refuse a move that the membership's status does not allow."""
    row = world.memberships.rows[number]
    if row.status not in FROM[move] or (move == "unschedule" and row.cancel_on is None):
        raise Refusal(200, f"Cannot {move} a membership in status {row.status}")
    return row


def _change(world: World, number: int, kind: str, **fields: Any) -> None:
    row = world.memberships.rows[number]
    before = row.facts()
    world.memberships.change(number, **fields)
    world.note(f"membership.{kind}", row.id, before, row.facts())


def _today(world: World, row: Membership) -> str:
    return world.club.today(row.location_id, world.now)


def join(world: World, client_id: str) -> int:
    """Start a membership."""
    made = world.club.join(client_id, world.now)
    number = world.memberships.add(made)
    world.note("membership.created", made.id, None, made.facts())
    return number


def pause(
    world: World, number: int, until: str | None = None, reason: str = "CLIENT_REQUESTED_TRAVEL"
) -> None:
    """Pause a membership until a day."""
    row = check(world, number, "pause")
    end = until or ahead(_today(world, row), 14)
    _change(
        world, number, "paused", status="PAUSED", unpause_on=end, status_reason=reason,
        next_charge_date=None,
    )  # fmt: skip


def unpause(world: World, number: int) -> None:
    """Let a membership go on."""
    row = check(world, number, "unpause")
    _change(
        world, number, "unpaused", status="ACTIVE", unpause_on=None, status_reason=None,
        next_charge_date=row.end_on,
    )  # fmt: skip


def cancel_now(world: World, number: int, reason: str = "CLIENT_REQUESTED") -> None:
    """End a membership today."""
    row = check(world, number, "cancel_now")
    _end(world, number, _today(world, row), reason, "cancelled")


def _end(world: World, number: int, day: str, reason: str | None, kind: str) -> None:
    row = world.memberships.rows[number]
    _change(
        world, number, kind, status="CANCELLED", cancel_on=day, status_reason=reason,
        unpause_on=None, next_charge_date=None, end_on=min(row.end_on, max(day, row.start_on)),
    )  # fmt: skip


def cancel_later(
    world: World, number: int, day: str | None = None, reason: str = "CLIENT_REQUESTED"
) -> None:
    """Set a membership's end to a day to come; until then it runs on."""
    row = check(world, number, "cancel_later")
    _change(
        world, number, "cancellation_scheduled", cancel_on=day or row.end_on, status_reason=reason,
        next_charge_date=None,
    )  # fmt: skip


def unschedule(world: World, number: int) -> None:
    """Take an end back that was still to come."""
    row = check(world, number, "unschedule")
    _change(
        world, number, "cancellation_unscheduled", cancel_on=None, status_reason=None,
        next_charge_date=row.end_on,
    )  # fmt: skip


def reactivate(world: World, number: int) -> None:
    """Let a cancelled membership run again from today."""
    row = check(world, number, "reactivate")
    end = later(_today(world, row), MONTHS[row.interval])
    _change(
        world, number, "reactivated", status="ACTIVE", cancel_on=None, status_reason=None,
        end_on=end, next_charge_date=end, term_number=row.term_number + 1,
    )  # fmt: skip


def renew(world: World, number: int) -> None:
    """Charge the next term."""
    row = check(world, number, "renew")
    end = later(row.end_on, MONTHS[row.interval])
    _change(
        world, number, "renewed", status="ACTIVE", end_on=end, next_charge_date=end,
        term_number=row.term_number + 1,
    )  # fmt: skip


def fail_renewal(world: World, number: int) -> None:
    """Fail to charge the next term."""
    check(world, number, "fail_renewal")
    _change(world, number, "renewal_failed", status="PAST_DUE")


def settle(world: World) -> None:
    """Let happen what was set for a day that has come."""
    for number, row in enumerate(world.memberships.rows):
        if row.status == "CANCELLED" or (row.cancel_on is None and row.unpause_on is None):
            continue
        today = _today(world, row)
        if row.cancel_on is not None and row.cancel_on <= today:
            _end(world, number, row.cancel_on, row.status_reason, "cancellation_effected")
        elif row.status == "PAUSED" and row.unpause_on is not None and row.unpause_on <= today:
            unpause(world, number)


#: Every move of a membership by its name.
MEMBERSHIP_MOVES: Final[Mapping[str, Callable[[World, int], None]]] = {
    "pause": pause,
    "unpause": unpause,
    "cancel_now": cancel_now,
    "cancel_later": cancel_later,
    "unschedule": unschedule,
    "reactivate": reactivate,
    "renew": renew,
    "fail_renewal": fail_renewal,
}
