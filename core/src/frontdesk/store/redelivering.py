"""Sending again: a destination's position goes back; the sent-ledger and consent stay."""

from __future__ import annotations

import os
import socket
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, delete, literal, select

from frontdesk.sql import insert_into
from frontdesk.store import destinations, leases, outbox, sending
from frontdesk.store.accounts import row_of
from frontdesk.store.delivery_schema import outbox as outbox_table
from frontdesk.store.delivery_schema import outbox_guests, refusals
from frontdesk.store.schema import log
from frontdesk.store.states import DESTINATIONS


def redeliver(
    db: Connection, name: str, connection: str | None, now: datetime, *, refused: bool
) -> int:
    """Let the next delivery send again; return how many entries or items that are.

    Raises:
        ConfigurationError: The store has no such destination or connection.
        LeaseError: A delivery is at work.
    """
    row = destinations.find(db, name)
    source = None if connection is None else row_of(db, connection)
    holder = f"{socket.gethostname()}:{os.getpid()}"
    lease = leases.take(db, row.id, holder, now, mending=True, of=DESTINATIONS)
    if refused:
        number = _forgive(db, row.id, source)
    else:
        number = outbox.rewind(db, row.id, source)
        sending.forget_profiles(db, row.id)
        # They are looked at again like all others.
        _forget_refusals(db, row.id, source)
    leases.release(db, lease)
    return number


def _forget_refusals(db: Connection, destination: int, source: int | None) -> None:
    table = refusals.c
    mine = (table.destination_id == destination, table.seq.is_not(None))
    only = () if source is None else (table.connection_id == source,)
    db.execute(delete(refusals).where(*mine, *only))


def _forgive(db: Connection, destination: int, source: int | None) -> int:
    """Put what was refused back into the outbox."""
    table = refusals.c
    mine = table.destination_id == destination
    asked: Any = mine if source is None else mine & (table.connection_id == source)
    same = (log.c.connection_id == table.connection_id) & (log.c.seq == table.seq)
    events = (
        select(literal(destination), log.c.connection_id, log.c.seq, log.c.guest_id,
               literal(False), log.c.at)  # a value of SQL
        .join(refusals, same)
        .where(asked)
    )  # fmt: skip
    names = ["destination_id", "connection_id", "seq", "guest_id", "live", "at"]
    statement = insert_into(db, outbox_table).from_select(names, events)
    db.execute(statement.on_conflict_do_nothing())
    if source is None:
        guests = select(
            literal(destination), table.guest_id, literal(0), literal(False)
        ).where(  # a value of SQL
            mine, table.guest_id.is_not(None)
        )
        columns = ["destination_id", "guest_id", "stage", "live"]
        again = insert_into(db, outbox_guests).from_select(columns, guests.distinct())
        db.execute(again.on_conflict_do_nothing())
        gone = delete(refusals).where(mine)
    else:
        gone = delete(refusals).where(asked)
    return int(db.execute(gone).rowcount)
