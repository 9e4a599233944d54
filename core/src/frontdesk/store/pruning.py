"""Removing what nobody needs any more.

The log with its bodies, consent, profiles, guests and reservations are never pruned: they are
evidence, or what a destination has yet to see.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

import attrs
from sqlalchemy import ColumnElement, Connection, delete, false, func, or_, select, update

from frontdesk.store.schema import (
    connections,
    payloads,
    quarantine,
    quarantine_guests,
    records,
    streams,
)

#: Names of the streams that are only looked up, by connection.
References = Mapping[str, Sequence[str]]


@attrs.frozen
class Pruned:
    """What pruning removed, or would remove.

    Attributes:
        quarantined: Entries of quarantine that were settled.
        payloads: Payloads of reference records, fetched again when they are needed.
    """

    quarantined: int
    payloads: int


def count_prunable(db: Connection, before: datetime, references: References) -> Pruned:
    """Return what :func:`prune` would remove."""
    settled = select(func.count()).select_from(quarantine).where(*_settled(before))
    unused = select(func.count()).select_from(payloads).where(_unused(before, references))
    return Pruned(db.execute(settled).scalar_one(), db.execute(unused).scalar_one())


def prune(db: Connection, before: datetime, references: References) -> Pruned:
    """Remove what was settled or last changed before a time, and is not needed."""
    removed = count_prunable(db, before, references)
    settled = select(quarantine.c.id).where(*_settled(before))
    db.execute(delete(quarantine_guests).where(quarantine_guests.c.quarantine_id.in_(settled)))
    db.execute(delete(quarantine).where(*_settled(before)))
    # Without its digest a record is news again when it is fetched.
    forgotten = update(records).where(records.c.id.in_(_old(before, references)))
    db.execute(delete(payloads).where(_unused(before, references)))
    db.execute(forgotten.values(digest=b"", version=None))
    return removed


def _settled(before: datetime) -> tuple[ColumnElement[bool], ...]:
    return (quarantine.c.closed != "", quarantine.c.since < before)


def _unused(before: datetime, references: References) -> ColumnElement[bool]:
    return payloads.c.record_id.in_(_old(before, references))


def _old(before: datetime, references: References) -> Any:
    """Select reference records that did not change since *before*."""
    asked = select(streams.c.id, streams.c.name, connections.c.name.label("connection"))
    joined = asked.join(connections, connections.c.id == streams.c.connection_id).subquery()
    wanted = [
        (joined.c.connection == connection) & joined.c.name.in_(names)
        for connection, names in references.items()
    ]
    table = records.c
    of_these = select(joined.c.id).where(or_(false(), *wanted))
    return select(table.id).where(table.stream_id.in_(of_these), table.seen < before)
