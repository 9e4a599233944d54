"""Writing down what could not be used, and what of it has settled itself."""

from __future__ import annotations

from collections import defaultdict
from typing import Any, TypeAlias

from sqlalchemy import insert, select, update

from frontdesk.store import keyed
from frontdesk.store.batch import Batch, Quarantined
from frontdesk.store.schema import quarantine, quarantine_guests
from frontdesk.store.transaction import Transaction
from frontdesk.store.upserts import chunks, insert_missing

#: Stream, site, id and digest of a version.
_Place: TypeAlias = tuple[str, str, str, bytes]


def write_quarantine(tx: Transaction) -> int:
    """Write the batch's quarantine; return how many entries are new."""
    # Closed first: what this very page quarantines stays open.
    _close_superseded(tx)
    overtaken = _overtaken(tx.batch)
    return sum(
        _quarantine_one(tx, item, overtaken=_place(item) in overtaken)
        for item in tx.batch.quarantined
    )


def _overtaken(batch: Batch) -> set[_Place]:
    """Return what this very page settles: a later version in it is whole."""
    waiting: dict[tuple[str, str, str], set[_Place]] = defaultdict(set)
    settled: set[_Place] = set()
    for kept in batch.kept:
        record = kept.record
        key = (record.stream, record.site or "", record.id)
        if kept.whole:
            settled |= waiting.pop(key, set())
        else:
            waiting[key].add((*key, kept.digest))
    return settled


def _place(item: Quarantined) -> _Place:
    return (item.stream, item.site, item.key, item.digest)


def _quarantine_one(tx: Transaction, item: Quarantined, *, overtaken: bool) -> int:
    table = quarantine.c
    closed = "superseded" if overtaken else ""
    values: dict[str, Any] = {
        "stream_id": tx.stored.streams[item.stream],
        "site": item.site,
        "key": item.key,
        "digest": item.digest,
    }
    same = [table[name] == value for name, value in values.items() if name != "digest"]
    row = tx.db.execute(
        select(table.id, table.closed).where(*same, table.digest.in_(_digests(tx, item)))
    ).first()
    if row is not None:
        tx.db.execute(
            update(quarantine)
            .where(table.id == row.id)
            .values(tries=table.tries + 1, hooks=item.hooks, reason=item.reason, closed=closed)
        )
        return int(row.closed != "" and not overtaken)
    made = tx.db.execute(
        insert(quarantine).values(
            **values,
            hooks=item.hooks,
            reason=item.reason,
            version=item.version,
            origin=tx.origin,
            since=tx.batch.seen,
            tries=1,
            closed=closed,
            payload=item.payload,
            previous=item.previous,
        )
    )
    (id,) = made.inserted_primary_key or (0,)
    spoken_of = [{"guest_id": tx.guests[guest], "quarantine_id": id} for guest in item.guests]
    insert_missing(tx.db, quarantine_guests, spoken_of)
    return int(not overtaken)


def _digests(tx: Transaction, item: Quarantined) -> list[bytes]:
    """Return what an entry of this version can bear: hashed, if a mention was cut out of it."""
    hashes = keyed.read(tx.db) if tx.forgotten else None
    return [item.digest, *([hashes.digest(item.digest)] if hashes else [])]


def _close_superseded(tx: Transaction) -> None:
    """Close entries that were tried again, or of which a later version was stored now."""
    if tx.batch.replayed:
        tx.db.execute(
            update(quarantine)
            .where(quarantine.c.id.in_(tx.batch.replayed))
            .values(closed="replayed")
        )
    by_place: dict[tuple[int, str], set[str]] = defaultdict(set)
    for kept in tx.batch.kept:
        if kept.whole:
            stream = tx.stored.streams[kept.record.stream]
            by_place[stream, kept.record.site or ""].add(kept.record.id)
    table = quarantine.c
    for (stream, site), keys in by_place.items():
        for part in chunks(sorted(keys)):
            tx.db.execute(
                update(quarantine)
                .where(
                    table.stream_id == stream,
                    table.site == site,
                    table.key.in_(part),
                    table.closed == "",
                )
                .values(closed="superseded")
            )
