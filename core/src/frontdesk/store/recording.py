"""Writing records: new rows, newer versions, and the guests they speak of."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any, Final

from sqlalchemy import bindparam, select, update

from frontdesk.columns import maybe_micros, to_micros
from frontdesk.sql import among
from frontdesk.store import bulk
from frontdesk.store.batch import Kept
from frontdesk.store.schema import payloads, record_guests, records, streams
from frontdesk.store.transaction import ORIGINS, Transaction

_RECORD: Final = tuple(records.c.keys())
_BODY: Final = tuple(payloads.c.keys())
_PAIR: Final = tuple(record_guests.c.keys())


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


def _insert_records(tx: Transaction, fresh: list[Kept]) -> None:
    if not fresh:
        return
    scans = _scans(tx)
    # Asking for the new ids back with the insert would take SQLite a statement for each row.
    drawn = bulk.draw(tx.db, records, len(fresh))
    rows: list[bulk.Row] = []
    bodies: list[bulk.Row] = []
    for row, kept in zip(drawn, fresh, strict=True):
        kept.row = row
        record, stream = kept.record, tx.stored.streams[kept.record.stream]
        place = (row, stream, record.site or "", record.id)
        rows.append((*place, *_version(kept), scans[stream], record.deleted, record.partial))
        if kept.whole:
            bodies.append((row, kept.body))
    bulk.write(tx.db, records, _RECORD, rows)
    bulk.write(tx.db, payloads, _BODY, bodies)
    tx.new_records.update(drawn)


def _version(kept: Kept) -> bulk.Row:
    """Return version, digest, seen and origin."""
    record = kept.record
    seen, origin = to_micros(record.seen), ORIGINS[record.origin]
    if not kept.whole:
        # Only the row is there: outputs point at it.
        return (None, b"", seen, origin)
    return (maybe_micros(record.version), kept.digest, seen, origin)


def _update_records(tx: Transaction, last: list[Kept]) -> None:
    rows: list[dict[str, Any]] = []
    bodies: list[bulk.Row] = []
    for kept in last:
        if kept.stored is None:
            continue
        kept.row = kept.stored.row
        if kept.whole:
            record = kept.record
            values: dict[str, Any] = {"version": record.version, "digest": kept.digest}
            values |= {"seen": record.seen, "origin": ORIGINS[record.origin]}
            values |= {"deleted": record.deleted, "partial": record.partial}
            rows.append({"row": kept.row, **values})
            bodies.append((kept.row, kept.body))
    if rows:
        changed: dict[str, Any] = {name: bindparam(name) for name in rows[0] if name != "row"}
        tx.db.execute(
            update(records).where(records.c.id == bindparam("row")).values(**changed), rows
        )
        bulk.write_over(tx.db, payloads, _BODY, bodies)
        _stamp_scan(tx, [row["row"] for row in rows])


def _scans(tx: Transaction) -> dict[int, int]:
    table = streams.c
    rows = tx.db.execute(select(table.id, table.scan).where(table.connection_id == tx.stored.id))
    return {row.id: row.scan for row in rows}


def _mark_met(tx: Transaction) -> None:
    _stamp_scan(tx, tx.batch.met)


def _stamp_scan(tx: Transaction, rows: Sequence[int]) -> None:
    if not rows:
        return
    table = records.c
    scan = select(streams.c.scan).where(streams.c.id == table.stream_id).scalar_subquery()
    chosen = among(tx.db, table.id, rows)
    tx.db.execute(update(records).where(chosen, table.scan != scan).values(scan=scan))


def _index_guests(tx: Transaction, kept: Iterable[Kept]) -> None:
    guests, new = tx.guests, tx.new_records
    pairs = [(guests[guest], one.row) for one in kept for guest in one.guests]
    fresh = [pair for pair in pairs if pair[1] in new]
    # Two keys may name one guest.
    bulk.write(tx.db, record_guests, _PAIR, list(dict.fromkeys(fresh)))
    bulk.write_missing(tx.db, record_guests, _PAIR, [p for p in pairs if p[1] not in new])
