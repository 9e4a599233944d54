"""Writing down what could not be used, and what of it has settled itself."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator
from typing import Any, Final, TypeAlias

from sqlalchemy import insert, select, update

from frontdesk.store import keyed
from frontdesk.store.batch import Batch, Kept, Quarantined
from frontdesk.store.schema import quarantine, quarantine_guests
from frontdesk.store.transaction import Transaction
from frontdesk.store.upserts import chunks, insert_missing

_PASSED: Final = "superseded"
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
    closed = _PASSED if overtaken else ""
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
    later: dict[tuple[int, str, str], Kept] = {}
    for kept in tx.batch.kept:
        if kept.whole:
            record = kept.record
            later[tx.stored.streams[record.stream], record.site or "", record.id] = kept
    closed = [row.id for row in _open(tx, later) if _settles(tx, later[row[1:4]], row)]
    if closed:
        tx.db.execute(update(quarantine).where(quarantine.c.id.in_(closed)).values(closed=_PASSED))


def _open(tx: Transaction, places: Iterable[tuple[int, str, str]]) -> Iterator[Any]:
    """Yield what is open of these records: its number, place and version."""
    by_stream: dict[tuple[int, str], list[str]] = defaultdict(list)
    for stream, site, key in places:
        by_stream[stream, site].append(key)
    table = quarantine.c
    asked = select(table.id, table.stream_id, table.site, table.key, table.version)
    for (stream, site), keys in by_stream.items():
        of_stream = asked.where(table.stream_id == stream, table.site == site, table.closed == "")
        for part in chunks(sorted(keys)):
            yield from tx.db.execute(of_stream.where(table.key.in_(part)))


def _settles(tx: Transaction, kept: Kept, entry: Any) -> bool:
    """Tell whether a stored version is later than one in quarantine, be it replayed."""
    if kept.record.version is not None and entry.version is not None:
        return bool(entry.version <= kept.record.version)
    # Whoever has no version is as old as the time it came.
    return not tx.batch.replayed or bool(entry.id < min(tx.batch.replayed))
