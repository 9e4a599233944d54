"""Moves by their names, for whoever tells a row by its id."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Final

from frontdesk_boulevard.sandbox import ids, people_moves
from frontdesk_boulevard.sandbox.club_moves import MEMBERSHIP_MOVES
from frontdesk_boulevard.sandbox.links import NODES
from frontdesk_boulevard.sandbox.moves import MOVES, ORDER_MOVES
from frontdesk_boulevard.sandbox.people_moves import CLIENT_MOVES
from frontdesk_boulevard.sandbox.refusal import Refusal
from frontdesk_boulevard.sandbox.tables import Table
from frontdesk_boulevard.sandbox.world import World


def _merge(world: World, number: int, *, into: str) -> None:
    target = world.clients.number(into)
    if target is None:
        raise Refusal(400, "Client not found")
    people_moves.merge(world, number, target)


def _close(world: World, number: int) -> None:
    """Delete a location."""
    world.locations.gone.add(number)
    world.note("location.deleted", world.locations.rows[number].id)


#: By the type of the row; what else a move may be told is among its keywords.
ALL_MOVES: Final[Mapping[str, Mapping[str, Callable[..., None]]]] = {
    "Appointment": MOVES,
    "Order": ORDER_MOVES,
    "Location": {"delete": _close},
    "Membership": MEMBERSHIP_MOVES,
    "Client": {
        **CLIENT_MOVES,
        "merge": _merge,
        "set_marketing": people_moves.set_marketing,
        "set_reminders": people_moves.set_reminders,
    },
}


def move(world: World, identity: str, name: str, **how: Any) -> None:
    """Make a move with the row a URN names.

    Raises:
        Refusal: There is no such row or move, or the move is not possible now.
    """
    kind = ids.kind(identity) or ""
    moves = ALL_MOVES.get(kind)
    if moves is None or name not in moves:
        raise Refusal(400, f"There is no move {name} of {kind or 'this id'}")
    table: Table[Any] = getattr(world, NODES[kind])
    number = table.number(identity)
    if number is None:
        raise Refusal(400, f"{kind} not found")
    moves[name](world, number, **how)
