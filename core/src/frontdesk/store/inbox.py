"""The inbox: deliveries of webhooks, kept from the moment they are answered until drained.

Law 5 for deliveries: of a connection, received = duplicate + drained + quarantined +
discarded + pending. Each number moves in the transaction that decides it.
"""

from __future__ import annotations

import enum
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any, Final

import attrs
from sqlalchemy import Connection as Db
from sqlalchemy import delete, func, insert, select, update

from frontdesk import jsons
from frontdesk.model import Delivery
from frontdesk.store.schema import (
    audits,
    connections,
    deliveries,
    inboxes,
    known_deliveries,
    strays,
)
from frontdesk.store.transaction import Transaction
from frontdesk.store.upserts import add_up, chunks
from frontdesk.wire import time_json

#: How long a repeat is known by the delivery it repeats.
REMEMBERED: Final = timedelta(days=7)


class Ending(enum.StrEnum):
    """What becomes of a delivery that was taken."""

    DRAINED = "drained"
    QUARANTINED = "quarantined"


@attrs.frozen
class Bounds:
    """How much may wait in the inbox of one connection; beyond it, the platform keeps it."""

    deliveries: int = 100_000
    bytes: int = 256 * 1024 * 1024


@attrs.frozen
class Incoming:
    """A delivery about to be written.

    Args:
        digest: What a repeat of it is known by.
        details: Its method, query and headers, as JSON, without secrets.
    """

    connection: int
    digest: bytes
    received: datetime
    details: bytes = attrs.field(repr=False)
    body: bytes = attrs.field(repr=False)


class Outcome(enum.Enum):
    """What became of a delivery when it came."""

    STORED = "stored"
    DUPLICATE = "duplicate"
    #: The inbox is full: it was not taken in, and the platform has to send it again.
    FULL = "full"


@attrs.frozen
class Waiting:
    """A delivery taken out of the inbox, to be drained; its row stays until that is done."""

    row: int
    tries: int
    delivery: Delivery


@attrs.frozen
class InboxRow:
    """The inbox of one connection.

    Attributes:
        received: The sum of duplicate, drained, quarantined, discarded and pending.
        bytes: Of the bodies that are pending.
        oldest: When the oldest pending one was received.
    """

    connection: str
    integration: str
    received: int
    duplicate: int
    drained: int
    quarantined: int
    discarded: int
    pending: int
    bytes: int
    oldest: datetime | None


def put(db: Db, incoming: Sequence[Incoming], bounds: Bounds) -> list[Outcome]:
    """Write deliveries in the order they came; say what became of each."""
    by_connection: dict[int, list[int]] = {}
    for place, item in enumerate(incoming):
        by_connection.setdefault(item.connection, []).append(place)
    outcomes: dict[int, Outcome] = {}
    # In the same order in every process, or two could wait for each other.
    for connection, places in sorted(by_connection.items()):
        some = [incoming[place] for place in places]
        outcomes.update(zip(places, _put(db, connection, some, bounds), strict=True))
    return [outcomes[place] for place in range(len(incoming))]


def _put(db: Db, connection: int, incoming: Sequence[Incoming], bounds: Bounds) -> list[Outcome]:
    left = _room(db, connection, bounds)
    known = _known(db, connection, {item.digest for item in incoming})
    outcomes: list[Outcome] = []
    stored: list[Incoming] = []
    for item in incoming:
        if item.digest in known:
            outcomes.append(Outcome.DUPLICATE)
        elif left.deliveries < 1 or left.bytes < len(item.body):
            outcomes.append(Outcome.FULL)
        else:
            left = Bounds(left.deliveries - 1, left.bytes - len(item.body))
            known.add(item.digest)
            stored.append(item)
            outcomes.append(Outcome.STORED)
    _write(db, stored)
    _count(
        db,
        connection,
        received=len(outcomes) - outcomes.count(Outcome.FULL),
        duplicate=outcomes.count(Outcome.DUPLICATE),
        pending=len(stored),
        bytes=sum(len(item.body) for item in stored),
    )
    return outcomes


def _room(db: Db, connection: int, bounds: Bounds) -> Bounds:
    """Return what still fits in; the inbox is this transaction's until it ends."""
    table = inboxes.c
    row = db.execute(
        select(table.pending, table.bytes)
        .where(table.connection_id == connection)
        .with_for_update()
    ).one()
    return Bounds(bounds.deliveries - row.pending, bounds.bytes - row.bytes)


def _known(db: Db, connection: int, digests: set[bytes]) -> set[bytes]:
    table = known_deliveries.c
    return {
        digest
        for part in chunks(sorted(digests))
        for digest in db.execute(
            select(table.digest).where(table.connection_id == connection, table.digest.in_(part))
        ).scalars()
    }


def _write(db: Db, stored: Sequence[Incoming]) -> None:
    if not stored:
        return
    db.execute(
        insert(known_deliveries),
        [
            {"connection_id": i.connection, "digest": i.digest, "received": i.received}
            for i in stored
        ],
    )
    db.execute(
        insert(deliveries),
        [
            {
                "connection_id": item.connection,
                "digest": item.digest,
                "received": item.received,
                "next_try": item.received,
                "bytes": len(item.body),
                "details": item.details,
                "body": item.body,
            }
            for item in stored
        ],
    )


def _count(db: Db, connection: int, **changes: int) -> None:
    table = inboxes.c
    values = {name: table[name] + change for name, change in changes.items() if change}
    if values:
        db.execute(update(inboxes).where(table.connection_id == connection).values(**values))


def next_due(db: Db, connection: int) -> datetime | None:
    """Return when the next pending delivery may be tried; None if none is pending."""
    table = deliveries.c
    return db.execute(
        select(func.min(table.next_try)).where(table.connection_id == connection)
    ).scalar()


def take(
    db: Db, connection: int, now: datetime, *, limit: int, most: int, release: bool
) -> list[Waiting]:
    """Return pending deliveries that may be tried, oldest first.

    Args:
        limit: At most so many.
        most: At most so many bytes, but one delivery at least.
        release: From now on, a delivery with the same content is none of its repeats: it
            says that something changed again after this one was looked into.
    """
    table = deliveries.c
    rows = db.execute(
        select(table.id, table.bytes)
        .where(table.connection_id == connection, table.next_try <= now)
        .order_by(table.id)
        .limit(limit)
    ).all()
    chosen: list[int] = []
    size = 0
    for row in rows:
        size += row.bytes
        if chosen and size > most:
            break
        chosen.append(row.id)
    found = db.execute(select(deliveries).where(table.id.in_(chosen)).order_by(table.id)).all()
    if release and found:
        digests = [row.digest for row in found]
        known = known_deliveries.c
        db.execute(
            delete(known_deliveries).where(
                known.connection_id == connection, known.digest.in_(digests)
            )
        )
    return [Waiting(row.id, row.tries, _delivery(row)) for row in found]


def _delivery(row: Any) -> Delivery:
    details = jsons.decode(row.details)
    return Delivery(
        row.body,
        headers=details["headers"],
        query=details["query"],
        method=details["method"],
        received=row.received,
    )


def postpone(db: Db, rows: Sequence[int], until: datetime) -> None:
    """Let deliveries wait until a time: a quota is used up, or the platform is away."""
    table = deliveries.c
    for part in chunks(rows):
        db.execute(
            update(deliveries)
            .where(table.id.in_(part))
            .values(next_try=until, tries=table.tries + 1)
        )


def settle(tx: Transaction) -> None:
    """Take the batch's deliveries out of the inbox, with the commit of what they led to."""
    for ending, rows in tx.batch.deliveries.items():
        number, size = _remove(tx.db, rows)
        _count(tx.db, tx.stored.id, pending=-number, bytes=-size, **{ending: number})


def _remove(db: Db, rows: Sequence[int]) -> tuple[int, int]:
    """Remove deliveries; return how many were still there, and their bytes."""
    table = deliveries.c
    number = size = 0
    for part in chunks(rows):
        there = db.execute(
            select(func.count(), func.coalesce(func.sum(table.bytes), 0)).where(table.id.in_(part))
        ).one()
        number, size = number + there[0], size + int(there[1])
        db.execute(delete(deliveries).where(table.id.in_(part)))
    return number, size


def discard(db: Db, before: datetime, now: datetime, name: str | None = None) -> dict[str, int]:
    """Remove pending deliveries received before a time, and note that somebody did.

    Returns how many of each connection. What they spoke of is then only found by polling.
    """
    asked = select(connections.c.id, connections.c.name).order_by(connections.c.id)
    if name is not None:
        asked = asked.where(connections.c.name == name)
    removed: dict[str, int] = {}
    for connection in db.execute(asked).all():
        table = deliveries.c
        # The inbox is locked first, as those who put into it do.
        _room(db, connection.id, Bounds())
        rows = db.execute(
            select(table.id).where(table.connection_id == connection.id, table.received < before)
        ).scalars()
        number, size = _remove(db, list(rows))
        _count(db, connection.id, pending=-number, bytes=-size, discarded=number)
        if number:
            removed[connection.name] = number
    audit(db, now, "inbox discard", {"before": time_json(before), "deliveries": removed})
    return removed


def audit(db: Db, now: datetime, action: str, details: Mapping[str, Any]) -> None:
    """Note that a person did something that cannot be undone."""
    db.execute(insert(audits).values(at=now, action=action, details=jsons.encode(details)))


def list_inboxes(db: Db) -> list[InboxRow]:
    """Return the inbox of every connection."""
    table = deliveries.c
    oldest = (
        select(func.min(table.received))
        .where(table.connection_id == connections.c.id)
        .scalar_subquery()
    )
    asked = (
        select(
            connections.c.name,
            connections.c.connector,
            inboxes,
            oldest.label("oldest"),
        )
        .join(inboxes, inboxes.c.connection_id == connections.c.id)
        .order_by(connections.c.name)
    )
    return [
        InboxRow(
            row.name,
            row.connector,
            row.received,
            row.duplicate,
            row.drained,
            row.quarantined,
            row.discarded,
            row.pending,
            row.bytes,
            row.oldest,
        )
        for row in db.execute(asked)
    ]


def list_audits(db: Db) -> list[dict[str, Any]]:
    """Return what persons did that cannot be undone, oldest first."""
    rows = db.execute(select(audits).order_by(audits.c.id))
    return [{"at": row.at, "action": row.action, **jsons.decode(row.details)} for row in rows]


def forget_repeats(db: Db, now: datetime) -> None:
    """Forget what repeats are known by, of deliveries older than :data:`REMEMBERED`."""
    waiting = select(deliveries.c.digest).where(
        deliveries.c.connection_id == known_deliveries.c.connection_id,
        deliveries.c.digest == known_deliveries.c.digest,
    )
    db.execute(
        delete(known_deliveries).where(
            known_deliveries.c.received < now - REMEMBERED, ~waiting.exists()
        )
    )


def count_stray(db: Db, connector: str, now: datetime) -> None:
    """Count a delivery to a connector's URL that was meant for nobody here."""
    add_up(db, strays, [{"connector": connector, "total": 1, "last": now}], sums=("total",))
    db.execute(update(strays).where(strays.c.connector == connector).values(last=now))


def list_strays(db: Db) -> dict[str, tuple[int, datetime]]:
    """Return how many deliveries were meant for nobody here, and the last, by connector."""
    return {row.connector: (row.total, row.last) for row in db.execute(select(strays))}
