"""Letting a connection be read again: its cursors go, and everything else stays."""

from __future__ import annotations

import os
import socket
from datetime import datetime

from sqlalchemy import Connection as Db
from sqlalchemy import delete, select

from frontdesk.errors import ConfigurationError
from frontdesk.store import leases
from frontdesk.store.accounts import WEBHOOKS, row_of
from frontdesk.store.schema import cursors, streams


def refetch(db: Db, name: str, stream: str | None, now: datetime) -> tuple[str, ...]:
    """Forget where the walks through *stream*, or all streams, stand; return which.

    Raises:
        ConfigurationError: The store has no such connection, or that no such stream.
        LeaseError: A sync is at work; it would write its cursor again.
    """
    id = row_of(db, name)
    lease = leases.take(db, id, f"{socket.gethostname()}:{os.getpid()}", now, mending=True)
    table = streams.c
    asked = select(table.name, table.id).where(table.connection_id == id).order_by(table.id)
    asked = asked.where(table.name != WEBHOOKS)
    known = {row.name: row.id for row in db.execute(asked)}
    if stream is not None and stream not in known:
        raise ConfigurationError(
            f"connection {name!r} has no stream {stream!r}; it has: {', '.join(known)}"
        )
    chosen = tuple(known) if stream is None else (stream,)
    db.execute(delete(cursors).where(cursors.c.stream_id.in_([known[one] for one in chosen])))
    leases.release(db, lease)
    return chosen
