"""How destinations are: state, position, what waits, and what became of what was sent."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import attrs
from sqlalchemy import Connection, Table, func, select

from frontdesk.store import due, outbox
from frontdesk.store.delivery_schema import batches, destinations, positions, refusals, tallies
from frontdesk.store.schema import connections
from frontdesk.store.states import what_to_do


@attrs.frozen(kw_only=True)
class DestinationRow:
    """A destination: how it is, and what waits for it.

    Attributes:
        bound: When something was first sent to its account; None: never.
        todo: What a person should do; empty if nothing.
        unread: Entries of the log it has not read, by connection.
        backlog: Events that can be sent and were not yet.
        held: Events that cannot be sent yet, by reason.
        open_batches: Batches that were written down and not answered.
        sent: Items by load and how they ended.
        last_sent: When an item was accepted last.
        erasures_due: Persons it has yet to erase.
    """

    name: str
    plugin: str
    account: str
    title: str
    state: str
    since: datetime
    reason: str
    todo: str
    bound: datetime | None
    unread: dict[str, int]
    backlog: int
    held: dict[str, int]
    open_batches: int
    sent: dict[str, dict[str, int]]
    last_sent: datetime | None
    refused: int
    erasures_due: int
    holder: str | None
    lease_until: datetime | None


@attrs.frozen
class RefusalRow:
    """Something a destination would not take, or that would have been thrown away.

    Attributes:
        connection: Of an event.
        seq: Of an event: its number in the connection's log.
    """

    id: int
    destination: str
    load: str
    connection: str | None
    seq: int | None
    outcome: str
    reason: str
    since: datetime


def list_destinations(db: Connection) -> list[DestinationRow]:
    """Return every destination the store knows under a name."""
    owed = due.owed(db)
    table = destinations.c
    asked = select(destinations).where(table.name.is_not(None)).order_by(table.name)
    return [_row(db, row, owed.get(row.name, 0)) for row in db.execute(asked).all()]


def _row(db: Connection, row: Any, owed: int) -> DestinationRow:
    sent, last = _sent(db, row.id)
    return DestinationRow(
        name=row.name,
        plugin=row.plugin,
        account=row.account,
        title=row.title,
        state=row.state,
        since=row.since,
        reason=row.reason,
        todo=what_to_do(row.name, row.state),
        bound=row.bound,
        unread=_unread(db, row.id),
        backlog=outbox.backlog(db, row.id),
        held=outbox.held(db, row.id),
        open_batches=_count(db, batches, row.id),
        sent=sent,
        last_sent=last,
        refused=_count(db, refusals, row.id),
        erasures_due=owed,
        holder=row.holder,
        lease_until=row.lease_until,
    )


def _count(db: Connection, table: Table, destination: int) -> int:
    asked = select(func.count()).select_from(table)
    return int(db.execute(asked.where(table.c.destination_id == destination)).scalar_one())


def _unread(db: Connection, destination: int) -> dict[str, int]:
    asked = (
        select(connections.c.name, connections.c.seq - positions.c.seq)
        .join(positions, positions.c.connection_id == connections.c.id)
        .where(positions.c.destination_id == destination)
        .order_by(connections.c.name)
    )
    return {row[0]: row[1] for row in db.execute(asked)}


def _sent(db: Connection, destination: int) -> tuple[dict[str, dict[str, int]], datetime | None]:
    table = tallies.c
    sent: dict[str, dict[str, int]] = {}
    last: datetime | None = None
    asked = select(tallies).where(table.destination_id == destination).order_by(table.load)
    for row in db.execute(asked):
        ends = sent.setdefault(row.load, {})
        ends[row.outcome] = ends.get(row.outcome, 0) + row.total
        if row.outcome == "accepted":
            last = max(last or row.last, row.last)
    return sent, last


def list_refusals(db: Connection, destination: str | None = None) -> list[RefusalRow]:
    """Return what was refused or dropped, oldest first."""
    table = refusals.c
    asked = (
        select(refusals, destinations.c.name, connections.c.name.label("connection"))
        .join(destinations, destinations.c.id == table.destination_id)
        .outerjoin(connections, connections.c.id == table.connection_id)
        .order_by(table.id)
    )
    if destination is not None:
        asked = asked.where(destinations.c.name == destination)
    return [
        RefusalRow(
            row.id, row.name or "", row.load, row.connection, row.seq, row.outcome, row.reason,
            row.since,
        )
        for row in db.execute(asked)
    ]  # fmt: skip
