"""Persons to be erased at destinations: what forgetting leaves for delivery to do."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime
from typing import Any, Final

import attrs
from sqlalchemy import Connection, delete, insert, or_, select, update

from frontdesk import jsons
from frontdesk.model import UNSEEN
from frontdesk.store.delivery_schema import destinations, due_erasures
from frontdesk.store.schema import erasures

#: What is said until a destination has answered.
WAITING: Final = "not erased yet"


@attrs.frozen
class Due:
    """A person who is to be erased at a destination."""

    address: str = attrs.field(repr=False)
    erasure: int
    since: datetime


def owe(
    db: Connection, destination: int, erasure: int, addresses: Collection[str], now: datetime
) -> None:
    """Note that persons with these addresses are to be erased at a destination."""
    known = select(due_erasures.c.address).where(due_erasures.c.destination_id == destination)
    have = set(db.execute(known).scalars())
    rows = [
        {"destination_id": destination, "address": address, "erasure_id": erasure, "since": now}
        for address in sorted(set(addresses) - have)
    ]
    if rows:
        db.execute(insert(due_erasures), rows)


def list_due(db: Connection, destination: int, now: datetime) -> list[Due]:
    """Return who is to be erased now, the longest due first."""
    table = due_erasures.c
    asked = select(table.address, table.erasure_id, table.since).where(
        table.destination_id == destination,
        or_(table.next_try.is_(None), table.next_try <= now),
    )
    return [Due(*row) for row in db.execute(asked.order_by(table.since, table.address))]


def settle(db: Connection, destination: int, one: Due, name: str, said: str) -> None:
    """Note that a person was erased there: the address is kept no longer."""
    table = due_erasures.c
    here = (table.destination_id == destination, table.address == one.address)
    db.execute(delete(due_erasures).where(*here))
    # The address has yet to leave the database's files.
    db.execute(update(erasures).where(erasures.c.id == one.erasure).values(settled=False))
    # A person may be known there by several addresses: done is when all are.
    left = select(table.reason).where(
        table.destination_id == destination, table.erasure_id == one.erasure
    )
    reasons = sorted(db.execute(left).scalars(), reverse=True)
    _answer(db, one.erasure, name, (reasons[0] or WAITING) if reasons else said)


def postpone(
    db: Connection,
    destination: int,
    one: Due,
    name: str,
    reason: str,
    *,
    next_try: datetime | None = None,
) -> None:
    """Note why a person was not erased there yet, and when to try again."""
    table = due_erasures.c
    here = (table.destination_id == destination, table.address == one.address)
    db.execute(update(due_erasures).where(*here).values(reason=reason, next_try=next_try))
    _answer(db, one.erasure, name, reason)


def _answer(db: Connection, erasure: int, name: str, said: str) -> None:
    """Write what a destination answered on the receipt."""
    table = erasures.c
    written = db.execute(select(table.receipt).where(table.id == erasure)).scalar()
    if written is None:
        return
    receipt: dict[str, Any] = jsons.decode(written)
    receipt["destinations"][name] = said
    db.execute(update(erasures).where(table.id == erasure).values(receipt=jsons.encode(receipt)))


def owed(db: Connection) -> dict[str, int]:
    """Return how many persons are to be erased, by the destination's name."""
    asked = select(destinations.c.name).join(
        due_erasures, due_erasures.c.destination_id == destinations.c.id
    )
    found: dict[str, int] = {}
    for name in db.execute(asked).scalars():
        found[name or ""] = found.get(name or "", 0) + 1
    return found


def note(db: Connection, name: str, reason: str) -> None:
    """Note on all receipts that wait for a destination why they do."""
    asked = select(due_erasures.c.destination_id, due_erasures.c.address, due_erasures.c.erasure_id)
    joined = asked.join(destinations, destinations.c.id == due_erasures.c.destination_id)
    for row in db.execute(joined.where(destinations.c.name == name)).all():
        one = Due(row.address, row.erasure_id, UNSEEN)
        postpone(db, row.destination_id, one, name, reason)
