"""Writing records: new rows, newer versions, and the guests they speak of."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from typing import Any

from sqlalchemy import bindparam, insert, select, update

from frontdesk.store.batch import Kept
from frontdesk.store.reading import stored_records
from frontdesk.store.schema import payloads, record_guests, records, streams
from frontdesk.store.transaction import ORIGINS, Transaction
from frontdesk.store.upserts import chunks, insert_missing, replace


def write_records(tx: Transaction) -> None:
    """Write the batch's records; of several versions of one, the last whole one stays."""
    last: dict[tuple[str, str, str], Kept] = {}
    for kept in tx.batch.kept:
        record = kept.record
        key = (record.stream, record.site or "", record.id)
        if kept.whole or key not in last:
            last[key] = kept
    fresh = [kept for kept in last.values() if kept.stored is None]
    _insert_records(tx, fresh)
    _update_records(tx, list(last.values()))
    for kept in tx.batch.kept:
        record = kept.record
        kept.row = last[record.stream, record.site or "", record.id].row
    _index_guests(tx, [*last.values(), *tx.batch.remapped])
    _mark_met(tx)


def _values(tx: Transaction, kept: Kept) -> dict[str, Any]:
    record = kept.record
    return {
        "stream_id": tx.stored.streams[record.stream],
        "site": record.site or "",
        "key": record.id,
        # Of a version that is not whole, only the row is there: outputs point at it.
        "version": record.version if kept.whole else None,
        "digest": kept.digest if kept.whole else b"",
        "seen": record.seen,
        "origin": ORIGINS[record.origin],
        "deleted": record.deleted,
        "partial": record.partial,
    }


def _insert_records(tx: Transaction, fresh: list[Kept]) -> None:
    if not fresh:
        return
    scans = _scans(tx)
    rows = [
        {**_values(tx, kept), "scan": scans[tx.stored.streams[kept.record.stream]]}
        for kept in fresh
    ]
    # Asking for the new ids back with the insert would take SQLite a statement for each row.
    tx.db.execute(insert(records), rows)
    _learn_rows(tx, fresh)
    bodies = [{"record_id": kept.row, "body": kept.body} for kept in fresh if kept.whole]
    if bodies:
        tx.db.execute(insert(payloads), bodies)


def _learn_rows(tx: Transaction, fresh: list[Kept]) -> None:
    by_stream: dict[str, list[Kept]] = defaultdict(list)
    for kept in fresh:
        by_stream[kept.record.stream].append(kept)
    for stream, some in by_stream.items():
        keys = {(kept.record.site or "", kept.record.id): kept for kept in some}
        found = stored_records(tx.db, tx.stored.streams[stream], list(keys))
        for key, kept in keys.items():
            kept.row = found[key].row


def _update_records(tx: Transaction, last: list[Kept]) -> None:
    rows: list[dict[str, Any]] = []
    bodies: list[dict[str, Any]] = []
    for kept in last:
        if kept.stored is None:
            continue
        kept.row = kept.stored.row
        if kept.whole:
            rows.append({"row": kept.row, **_values(tx, kept)})
            bodies.append({"record_id": kept.row, "body": kept.body})
    if rows:
        changed: dict[str, Any] = {name: bindparam(name) for name in rows[0] if name != "row"}
        tx.db.execute(
            update(records).where(records.c.id == bindparam("row")).values(**changed), rows
        )
        replace(tx.db, payloads, bodies)
        _stamp_scan(tx, [row["row"] for row in rows])


def _scans(tx: Transaction) -> dict[int, int]:
    table = streams.c
    rows = tx.db.execute(select(table.id, table.scan).where(table.connection_id == tx.stored.id))
    return {row.id: row.scan for row in rows}


def _mark_met(tx: Transaction) -> None:
    _stamp_scan(tx, tx.batch.met)


def _stamp_scan(tx: Transaction, rows: Sequence[int]) -> None:
    table = records.c
    for part in chunks(rows):
        scan = select(streams.c.scan).where(streams.c.id == table.stream_id).scalar_subquery()
        tx.db.execute(
            update(records).where(table.id.in_(part), table.scan != scan).values(scan=scan)
        )


def _index_guests(tx: Transaction, kept: Iterable[Kept]) -> None:
    pairs = [
        {"guest_id": tx.guests[guest], "record_id": one.row} for one in kept for guest in one.guests
    ]
    insert_missing(tx.db, record_guests, pairs)
