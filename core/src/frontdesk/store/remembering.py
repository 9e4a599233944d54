"""What a page's records have to do with guests who were forgotten: one lookup for a page."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime

import attrs
from sqlalchemy import Connection, select

from frontdesk.model import Record
from frontdesk.store import bulk, keyed
from frontdesk.store.batch import guest_key
from frontdesk.store.keyed import Keyed
from frontdesk.store.schema import connections, forgotten, guests
from frontdesk.store.upserts import chunks


@attrs.frozen
class Memory:
    """What the store remembers of a page's records and guests.

    Attributes:
        guests: When each guest key was forgotten.
        records: When each (site, id) was erased, and whether it was the guest's own record.
        back: Those of the guests who are there again.
    """

    keyed: Keyed
    guests: Mapping[str, datetime]
    records: Mapping[tuple[str, str], tuple[datetime, bool]]
    back: frozenset[str]


def count(db: Connection, connection: int) -> int:
    """Return how often somebody was forgotten in a connection."""
    found: int = db.execute(
        select(connections.c.forgotten).where(connections.c.id == connection)
    ).scalar_one()
    return found


def remember(
    db: Connection, connection: int, stream: int, records: Sequence[Record], *, own: bool
) -> Memory | None:
    """Look up a page's records and the guests they speak of; None if nobody was ever forgotten.

    Args:
        own: In this stream, ids of records are those of guests.
    """
    hashes = keyed.read(db)
    if hashes is None:
        return None
    keys = {key for record in records for key in keys_of(record, own=own)}
    of_guest = {hashes.guest(connection, key): key for key in keys}
    places = {(record.site or "", record.id) for record in records}
    of_record = {hashes.record(stream, *place): place for place in places}
    # Of most pages nobody was forgotten; what was cut out of their records is known all the same.
    few = bulk.present(db, forgotten.c.hash, [*of_guest, *of_record])
    if not few:
        return Memory(hashes, {}, {}, frozenset())
    found = {
        row.hash: row
        for part in chunks(sorted(few))
        for row in db.execute(select(forgotten).where(forgotten.c.hash.in_(part)))
    }
    gone = {key: found[hash].at for hash, key in of_guest.items() if hash in found}
    table = guests.c
    asked = select(table.key).where(table.connection_id == connection, table.key.in_(sorted(gone)))
    return Memory(
        hashes,
        gone,
        {place: (found[h].at, found[h].own) for h, place in of_record.items() if h in found},
        frozenset(db.execute(asked).scalars()),
    )


def keys_of(record: Record, *, own: bool) -> tuple[str, ...]:
    """Return the keys of the guests a record speaks of, itself included if it is one."""
    ids = (*record.guests, record.id) if own else record.guests
    return tuple(dict.fromkeys(guest_key(record.site, id) for id in ids))
