"""What remapping reads of the store, and what it must leave as it is."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence

import attrs
from sqlalchemy import Connection, select

from frontdesk.model import Merged, Record
from frontdesk.store.batch import Batch, StoredRecord
from frontdesk.store.erasing import EMPTY
from frontdesk.store.reading import full_records
from frontdesk.store.schema import guests, payloads, profiles, records, streams
from frontdesk.store.upserts import chunks


@attrs.frozen
class Shelved:
    """A stored record, whole."""

    record: Record
    stored: StoredRecord


def page(db: Connection, streams: Sequence[int], after: int, limit: int) -> list[Shelved]:
    """Return the next stored records of *streams* behind the row *after*."""
    table = records.c
    rows = db.execute(
        select(
            table.id,
            table.stream_id,
            table.site,
            table.key,
            table.version,
            table.digest,
            table.deleted,
        )
        .join(payloads)
        # What was erased has nothing left to map.
        .where(table.stream_id.in_(streams), table.id > after, payloads.c.body != EMPTY)
        .order_by(table.id)
        .limit(limit)
    ).all()
    keys: dict[int, list[str]] = defaultdict(list)
    for row in rows:
        keys[row.stream_id].append(row.key)
    names = _names(db)
    found = {
        (stream, *place): record
        for stream, some in keys.items()
        for place, record in full_records(db, stream, names[stream], some).items()
    }
    return [
        Shelved(
            found[row.stream_id, row.site, row.key],
            StoredRecord(row.id, row.version, row.digest, row.deleted),
        )
        for row in rows
    ]


def _names(db: Connection) -> dict[int, str]:
    return {row.id: row.name for row in db.execute(select(streams.c.id, streams.c.name))}


def leave_settled(db: Connection, connection: int, batch: Batch) -> None:
    """Drop from *batch* what stored records cannot know better than the store does.

    A profile belongs to the record that last gave it; a guest that was merged, left or was
    erased stays so; neither is said twice.
    """
    keys = {profile.guest for profile, _, _ in batch.profiles} | {g.key for g in batch.guests}
    keys |= {x.old if isinstance(x, Merged) else x.guest for x, _ in batch.leaving}
    known: dict[str, tuple[int | None, bool]] = {}
    table = guests.c
    for part in chunks(sorted(keys)):
        asked = (
            select(table.key, table.merged_into, table.gone, profiles.c.record_id)
            .outerjoin(profiles, profiles.c.guest_id == table.id)
            .where(table.connection_id == connection, table.key.in_(part))
        )
        for row in db.execute(asked):
            left = row.merged_into is not None or row.gone is not None
            known[row.key] = (row.record_id, left)
    batch.profiles = [
        (profile, kept, body)
        for profile, kept, body in batch.profiles
        if _may_speak(known.get(profile.guest), kept.row)
    ]
    batch.guests = [one for one in batch.guests if not known.get(one.key, (None, False))[1]]
    batch.leaving = [
        (said, kept)
        for said, kept in batch.leaving
        if not known.get(said.old if isinstance(said, Merged) else said.guest, (None, False))[1]
    ]


def _may_speak(known: tuple[int | None, bool] | None, row: int) -> bool:
    if known is None:
        return True
    owner, left = known
    return owner == row if owner is not None else not left
