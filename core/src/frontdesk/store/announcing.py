"""What somebody was told of connections and destinations, and what has changed since."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime

import attrs
from sqlalchemy import Column, select, update
from sqlalchemy import Connection as Db

from frontdesk.columns import to_micros
from frontdesk.store.delivery_schema import destinations
from frontdesk.store.schema import connections
from frontdesk.store.states import CONNECTIONS, DESTINATIONS, State, Workers


@attrs.frozen
class Change:
    """A state of a connection or destination that nobody was told of yet.

    Attributes:
        plugin: The connector, or the destination plugin.
    """

    name: str
    plugin: str
    state: str
    reason: str
    since: datetime
    of: Workers = CONNECTIONS

    @property
    def mark(self) -> str:
        """What stands for it once it was told."""
        return f"{self.state} {to_micros(self.since)}"


def unannounced(db: Db) -> list[Change]:
    """Return the states that changed since somebody was told.

    That something new runs is no news.
    """
    changes = [
        *_changes(db, CONNECTIONS, connections.c.connector),
        # Where a destination has no name, another account was bound in its place.
        *_changes(db, DESTINATIONS, destinations.c.plugin),
    ]
    return [
        change
        for announced, change in changes
        if announced != change.mark and not (announced is None and change.state == State.RUNNING)
    ]


def _changes(db: Db, of: Workers, plugin: Column[str]) -> Iterator[tuple[str | None, Change]]:
    table = of.table.c
    asked = select(
        table.name, plugin.label("plugin"), table.state, table.reason, table.since, table.announced
    )
    for row in db.execute(asked.where(table.name.is_not(None)).order_by(table.name)):
        change = Change(row.name, row.plugin, row.state, row.reason, row.since, of)
        yield row.announced, change


def announce(db: Db, change: Change) -> None:
    """Note that somebody was told of a change."""
    table = change.of.table
    db.execute(update(table).where(table.c.name == change.name).values(announced=change.mark))


def told_expiry(db: Db, name: str) -> str | None:
    """Return which end of its credentials was told last; empty for a connection not stored."""
    row = db.execute(
        select(connections.c.expiry_told).where(connections.c.name == name)
    ).one_or_none()
    return "" if row is None else row.expiry_told


def note_expiry(db: Db, name: str, mark: str) -> None:
    """Note that somebody was told when the credentials end."""
    db.execute(update(connections).where(connections.c.name == name).values(expiry_told=mark))
