"""Guests whom their platform deleted and who are still known here: a person must decide."""

from __future__ import annotations

from datetime import datetime

import attrs
from sqlalchemy import ColumnElement, Connection, func, select

from frontdesk.store.schema import connections, guests


@attrs.frozen
class GoneRow:
    """A guest whom the platform no longer has, and whom nobody has forgotten here yet.

    Attributes:
        guest: The platform's id of the guest; ``frontdesk forget`` takes it.
        since: When the platform said so, as far as it told.
    """

    integration: str
    connection: str
    guest: str
    since: datetime


def list_gone(
    db: Connection, *, integration: str | None = None, limit: int = 50, after: int = 0
) -> list[GoneRow]:
    """Return guests who are gone, those first who have been for longest."""
    asked = (
        select(connections.c.connector, connections.c.name, guests.c.key, guests.c.gone)
        .join(connections, connections.c.id == guests.c.connection_id)
        .where(_known())
        .order_by(guests.c.gone, guests.c.id)
        .limit(limit)
        .offset(after)
    )
    if integration is not None:
        asked = asked.where(connections.c.connector == integration)
    return [GoneRow(row.connector, row.name, row.key, row.gone) for row in db.execute(asked)]


def count_gone(db: Connection) -> dict[int, int]:
    """Return how many are gone, by the connection's row."""
    asked = select(guests.c.connection_id, func.count()).where(_known())
    return {row[0]: row[1] for row in db.execute(asked.group_by(guests.c.connection_id))}


def _known() -> ColumnElement[bool]:
    return guests.c.gone.is_not(None) & guests.c.key.not_like("forgotten-%")
