"""What is parked in quarantine, as a page shows it: by reason, and entry by entry."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

import attrs
from sqlalchemy import Connection, Select, func, select

from frontdesk.store.listing import QuarantineRow
from frontdesk.store.schema import connections, quarantine, quarantine_guests, streams


@attrs.frozen
class Group:
    """Open entries of a connection with one reason.

    Attributes:
        example: One of them; whoever names it means all with its reason.
    """

    connection: str
    integration: str
    stream: str
    reason: str
    count: int
    since: datetime
    example: int


def groups(db: Connection, *, limit: int = 50) -> list[Group]:
    """Return the reasons of what is open, the most frequent first."""
    table = quarantine.c
    number = func.count().label("number")
    asked = (
        select(
            connections.c.name.label("connection"),
            connections.c.connector,
            streams.c.name.label("stream"),
            table.reason,
            number,
            func.min(table.since).label("since"),
            func.max(table.id).label("example"),
        )
        .join(streams, streams.c.id == table.stream_id)
        .join(connections, connections.c.id == streams.c.connection_id)
        .where(table.closed == "")
        .group_by(connections.c.name, connections.c.connector, streams.c.name, table.reason)
        .order_by(number.desc(), table.reason)
        .limit(limit)
    )
    return [
        Group(
            row.connection, row.connector, row.stream, row.reason, row.number, row.since,
            row.example,
        )
        for row in db.execute(asked)
    ]  # fmt: skip


def entries(
    db: Connection,
    *,
    like: int | None = None,
    closed: bool = False,
    before: int | None = None,
    limit: int = 50,
) -> list[QuarantineRow]:
    """Return entries, newest first, before a row.

    Args:
        like: Only those of the same connection, stream and reason as this entry.
        closed: What was parked and is settled, instead of what is open.
    """
    table = quarantine.c
    settled = table.closed != "" if closed else table.closed == ""
    asked = (
        select(
            quarantine,
            streams.c.name.label("stream"),
            connections.c.name.label("connection"),
            connections.c.connector,
        )
        .join(streams, streams.c.id == table.stream_id)
        .join(connections, connections.c.id == streams.c.connection_id)
        .where(settled)
        .order_by(table.id.desc())
        .limit(limit)
    )
    if before is not None:
        asked = asked.where(table.id < before)
    if like is not None:
        asked = _alike(asked, like)
    return [
        QuarantineRow(
            row.id, row.connection, row.connector, row.stream, row.key, row.hooks, row.reason,
            row.since, row.tries, row.closed,
        )
        for row in db.execute(asked)
    ]  # fmt: skip


def _alike(asked: Select[Any], id: int) -> Select[Any]:
    table = quarantine.c
    of = select(table.stream_id, table.reason).where(table.id == id).subquery()
    return asked.where(
        table.stream_id == select(of.c.stream_id).scalar_subquery(),
        table.reason == select(of.c.reason).scalar_subquery(),
    )


def alike(db: Connection, id: int, *, limit: int) -> Sequence[int]:
    """Return open entries with the reason of one, oldest first."""
    table = quarantine.c
    asked = select(table.id).where(table.closed == "").order_by(table.id).limit(limit)
    return db.execute(_alike(asked, id)).scalars().all()


def guest_of(db: Connection, id: int) -> list[int]:
    """Return the rows of the guests an entry speaks of."""
    table = quarantine_guests.c
    asked = select(table.guest_id).where(table.quarantine_id == id).order_by(table.guest_id)
    return list(db.execute(asked).scalars())
