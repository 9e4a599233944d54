"""What destinations were sent of a guest, for whoever asks what is known of him."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from sqlalchemy import Connection, Table, func, select

from frontdesk import jsons
from frontdesk.model import Json
from frontdesk.store.batch import Kind
from frontdesk.store.delivery_schema import (
    destinations,
    outbox,
    recipients,
    refusals,
    sent_events,
    told,
)
from frontdesk.store.erasing import bodies
from frontdesk.store.schema import consents, log
from frontdesk.wire import time_json


def sent_to(db: Connection, brand: int, guests: Sequence[int]) -> list[Json]:
    """Return, for each destination of a brand, what it knows of these guests through us.

    A destination that was rebound is shown without a name: its former account was sent it.
    """
    asked = select(destinations).where(destinations.c.brand_id == brand)
    addresses = _addresses(db, guests)
    return [
        {
            "destination": row.name,
            "plugin": row.plugin,
            "account": row.account,
            "recipients": _recipients(db, row.id, addresses),
            "events_sent": _of_the_log(db, sent_events, row.id, guests),
            "waiting": _count(db, outbox, row.id, guests),
            # Refused events are named by their entry in the log, anything else by the guest.
            "refused": _count(db, refusals, row.id, guests)
            + _of_the_log(db, refusals, row.id, guests),
            "told": _told(db, row.id, addresses),
        }
        for row in db.execute(asked.order_by(destinations.c.id)).all()
    ]


def _addresses(db: Connection, guests: Sequence[int]) -> list[str]:
    """Return every address the guests have, had, or said something about."""
    asked = select(consents.c.address).where(consents.c.guest_id.in_(guests))
    said: set[str | None] = set(db.execute(asked).scalars())
    # What a profile was before is in the log: a destination may know somebody by an old address.
    for _, _, body in bodies(db, guests, Kind.PROFILE):
        profile = jsons.decode(body)
        said |= {profile.get("email"), profile.get("phone_number")}
    return sorted({one.strip().lower() for one in said if one})


def _recipients(db: Connection, destination: int, addresses: Sequence[str]) -> list[str]:
    table = recipients.c
    asked = select(table.address).where(
        table.destination_id == destination, table.address.in_(addresses)
    )
    return sorted(db.execute(asked).scalars())


def _of_the_log(db: Connection, table: Table, destination: int, guests: Sequence[int]) -> int:
    """Count rows of a table that stand for entries of the log which belong to the guests."""
    same = (log.c.connection_id == table.c.connection_id) & (log.c.seq == table.c.seq)
    asked = select(func.count()).select_from(table).join(log, same)
    mine = asked.where(table.c.destination_id == destination, log.c.guest_id.in_(guests))
    return int(db.execute(mine).scalar_one())


def _count(db: Connection, table: Table, destination: int, guests: Sequence[int]) -> int:
    asked = select(func.count()).select_from(table)
    mine = asked.where(table.c.destination_id == destination, table.c.guest_id.in_(guests))
    return int(db.execute(mine).scalar_one())


def _told(db: Connection, destination: int, addresses: Sequence[str]) -> list[dict[str, Any]]:
    """Return what a destination was told last of each address, or told us itself."""
    table = told.c
    asked = select(told).where(table.destination_id == destination, table.address.in_(addresses))
    return [
        {
            "channel": row.channel, "address": row.address, "state": row.state,
            "at": time_json(row.at),
        }
        for row in db.execute(asked.order_by(table.channel, table.address))
    ]  # fmt: skip
