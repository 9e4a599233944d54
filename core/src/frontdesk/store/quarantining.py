"""Writing down what could not be used, and what of it has settled itself."""

from __future__ import annotations

from collections import defaultdict
from typing import Any

from sqlalchemy import insert, select, update

from frontdesk.store.batch import Quarantined
from frontdesk.store.schema import quarantine, quarantine_guests
from frontdesk.store.transaction import Transaction
from frontdesk.store.upserts import chunks, insert_missing


def write_quarantine(tx: Transaction) -> int:
    """Write the batch's quarantine; return how many entries are new."""
    # Closed first: what this very page quarantines stays open.
    _close_superseded(tx)
    return sum(_quarantine_one(tx, item) for item in tx.batch.quarantined)


def _quarantine_one(tx: Transaction, item: Quarantined) -> int:
    table = quarantine.c
    values: dict[str, Any] = {
        "stream_id": tx.stored.streams[item.stream],
        "site": item.site,
        "key": item.key,
        "digest": item.digest,
    }
    row = tx.db.execute(
        select(table.id, table.closed).where(*(table[k] == v for k, v in values.items()))
    ).one_or_none()
    if row is not None:
        tx.db.execute(
            update(quarantine)
            .where(table.id == row.id)
            .values(tries=table.tries + 1, hooks=item.hooks, reason=item.reason, closed="")
        )
        return int(row.closed != "")
    made = tx.db.execute(
        insert(quarantine).values(
            **values,
            hooks=item.hooks,
            reason=item.reason,
            version=item.version,
            origin=tx.origin,
            since=tx.batch.seen,
            tries=1,
            payload=item.payload,
            previous=item.previous,
        )
    )
    (id,) = made.inserted_primary_key or (0,)
    spoken_of = [{"guest_id": tx.guests[guest], "quarantine_id": id} for guest in item.guests]
    insert_missing(tx.db, quarantine_guests, spoken_of)
    return 1


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
