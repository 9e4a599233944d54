"""Whose turn it is: guests whose profile or consent changed, stage by stage."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime
from typing import TypeAlias

from sqlalchemy import Connection, or_, select, update

from frontdesk.sql import among
from frontdesk.store.delivery_schema import outbox_guests
from frontdesk.store.outbox import Stage

GuestKey: TypeAlias = tuple[bool, int]
"""Where a guest stands among those that changed: whether it is history, and its row."""


def changed_guests(
    db: Connection,
    destination: int,
    stage: Stage,
    *,
    limit: int,
    now: datetime,
    whole: bool = False,
    after: GuestKey | None = None,
    only: Collection[int] | None = None,
) -> list[GuestKey]:
    """Return guests for whom *stage* is next: those that are live first.

    Args:
        whole: Those for whom an earlier stage is next, too: a preview takes none of them.
    """
    found: list[GuestKey] = []
    for old in (False, True):
        if after is not None and after[0] > old:
            continue
        table = outbox_guests.c
        asked = (
            select(table.guest_id)
            .where(
                table.destination_id == destination,
                # Written so that no index is sought by it, and the order need not be made.
                table.stage + 0 <= stage if whole else table.stage == stage,
                table.live.is_(not old),
            )
            .order_by(table.guest_id)
            .limit(limit - len(found))
        )
        if stage is Stage.OPT_INS:
            asked = asked.where(or_(table.due.is_(None), table.due <= now))
        if after is not None and after[0] == old:
            asked = asked.where(table.guest_id > after[1])
        if only is not None:
            asked = asked.where(among(db, table.guest_id, sorted(only)))
        found += [(old, guest) for guest in db.execute(asked).scalars()]
        if len(found) == limit:
            break
    return found


def stages(db: Connection, destination: int, some: Collection[int], stage: Stage) -> set[GuestKey]:
    """Return which of *some* guests have *stage* yet to be done."""
    table = outbox_guests.c
    asked = select(table.live, table.guest_id).where(
        table.destination_id == destination,
        table.stage <= stage,
        among(db, table.guest_id, sorted(some)),
    )
    return {(not row.live, row.guest_id) for row in db.execute(asked)}


def advance(db: Connection, destination: int, some: Collection[int], stage: Stage) -> None:
    """Note that *stage* is done for guests; those for whom all is done are no longer kept."""
    table = outbox_guests.c
    mine = (
        table.destination_id == destination,
        table.stage <= stage,
        among(db, table.guest_id, sorted(some)),
    )
    if stage is Stage.OPT_INS:
        db.execute(outbox_guests.delete().where(*mine))
    else:
        db.execute(update(outbox_guests).where(*mine).values(stage=Stage(stage + 1)))


def hold_guests(db: Connection, destination: int, some: Collection[int]) -> None:
    """Keep guests back until what excludes them is over."""
    table = outbox_guests.c
    mine = (table.destination_id == destination, among(db, table.guest_id, sorted(some)))
    db.execute(update(outbox_guests).where(*mine).values(stage=Stage.HELD))


def postpone(db: Connection, destination: int, some: Collection[int], due: datetime) -> None:
    """Look at the opt-ins of guests again, but not before *due*."""
    table = outbox_guests.c
    mine = (table.destination_id == destination, among(db, table.guest_id, sorted(some)))
    db.execute(update(outbox_guests).where(*mine).values(stage=Stage.OPT_INS, due=due))
