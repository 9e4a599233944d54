"""What somebody was told of a connection, and what has changed since."""

from __future__ import annotations

from datetime import datetime

import attrs
from sqlalchemy import Connection as Db
from sqlalchemy import select, update

from frontdesk.store.schema import connections
from frontdesk.store.states import State
from frontdesk.store.types import to_micros


@attrs.frozen
class Change:
    """A connection's state that nobody was told of yet."""

    name: str
    connector: str
    state: str
    reason: str
    since: datetime

    @property
    def mark(self) -> str:
        """What stands for it once it was told."""
        return f"{self.state} {to_micros(self.since)}"


def unannounced(db: Db) -> list[Change]:
    """Return the states that changed since somebody was told.

    That a new connection runs is no news.
    """
    table = connections.c
    rows = db.execute(
        select(
            table.name, table.connector, table.state, table.reason, table.since, table.announced
        ).order_by(table.name)
    )
    changes = [
        (row.announced, Change(row.name, row.connector, row.state, row.reason, row.since))
        for row in rows
    ]
    return [
        change
        for announced, change in changes
        if announced != change.mark and not (announced is None and change.state == State.RUNNING)
    ]


def announce(db: Db, change: Change) -> None:
    """Note that somebody was told of a change."""
    table = connections.c
    db.execute(update(connections).where(table.name == change.name).values(announced=change.mark))


def told_expiry(db: Db, name: str) -> str | None:
    """Return which end of its credentials was told last; empty for a connection not stored."""
    row = db.execute(
        select(connections.c.expiry_told).where(connections.c.name == name)
    ).one_or_none()
    return "" if row is None else row.expiry_told


def note_expiry(db: Db, name: str, mark: str) -> None:
    """Note that somebody was told when the credentials end."""
    db.execute(update(connections).where(connections.c.name == name).values(expiry_told=mark))
