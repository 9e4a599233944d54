"""Erasing guests of whom there is nothing but their own blank record, a page of them at once.

Platforms keep the row of whom they erased, blank, and a first history meets many. What is
left is the same, row for row, as :func:`frontdesk.store.forgetting.erase_guest` leaves.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import attrs
from sqlalchemy import Connection, bindparam, select, update

from frontdesk.columns import to_micros
from frontdesk.sql import among
from frontdesk.store import bulk, erasing, keyed
from frontdesk.store.batch import Kept, guest_key
from frontdesk.store.erasing import EMPTY
from frontdesk.store.forgetting import Receipt, receipt_json
from frontdesk.store.keyed import shown
from frontdesk.store.schema import (
    brands,
    connections,
    erasures,
    forgotten,
    guests,
    payloads,
    quarantine,
    quarantine_guests,
    records,
)
from frontdesk.store.transaction import Transaction


@attrs.frozen
class Blank:
    """A guest who was not known, and the one new record that tells of it."""

    guest: int
    key: str
    kept: Kept


def erase(tx: Transaction, some: Sequence[Blank]) -> dict[int, str]:
    """Erase these guests; return what each is called now, or nothing if they may be elsewhere."""
    if not some or _is_something_unread(tx.db):
        return {}
    for _ in some:
        erasing.lock(tx.db, [tx.stored.id])
    hashes = keyed.made(tx.db)
    names = {one.guest: shown(hashes.guest(tx.stored.id, one.key)) for one in some}
    _blank_records(tx, some)
    tx.db.execute(
        update(guests)
        .where(guests.c.id == bindparam("row"))
        .values(key=bindparam("new"), excluded=None, asked=None, gone=tx.batch.seen),
        [{"row": one.guest, "new": f"{names[one.guest]}-{one.guest}"} for one in some],
    )
    _write_down(tx, some, hashes)
    return names


def _is_something_unread(db: Connection) -> bool:
    """Tell whether a row in quarantine, of which no guest is known, may be one of theirs."""
    known = select(quarantine_guests.c.quarantine_id)
    asked = select(quarantine.c.id).where(quarantine.c.id.not_in(known)).limit(1)
    return db.execute(asked).first() is not None


def _blank_records(tx: Transaction, some: Sequence[Blank]) -> None:
    rows: list[dict[str, Any]] = [
        {"row": one.kept.row, "new": f"forgotten-{one.kept.row}"} for one in some
    ]
    # Deleted: a full scan that does not meet the row must not map it once more.
    blank = {"digest": b"", "version": None, "deleted": True}
    tx.db.execute(
        update(records)
        .where(records.c.id == bindparam("row"))
        .values(key=bindparam("new"), **blank),
        rows,
    )
    emptied = among(tx.db, payloads.c.record_id, [one.kept.row for one in some])
    tx.db.execute(update(payloads).where(emptied).values(body=EMPTY))


def _write_down(tx: Transaction, some: Sequence[Blank], hashes: keyed.Keyed) -> None:
    """Store receipts, and the hashes to remember."""
    id, at = tx.stored.id, tx.batch.seen
    here = connections.c.id == id
    asked = select(connections.c.name, brands.c.name).join(
        brands, brands.c.id == connections.c.brand_id
    )
    connection, brand = tx.db.execute(asked.where(here)).one()
    erased = {connection: {"guests": 1, "records": 1}}
    written: list[bulk.Row] = []
    remembered: list[bulk.Row] = []
    drawn = bulk.draw(tx.db, erasures, len(some))
    for number, one in zip(drawn, some, strict=True):
        hash, record = hashes.guest(id, one.key), one.kept.record
        receipt = receipt_json(Receipt(brand, at, shown(hash), erased))
        written.append((number, tx.stored.brand, to_micros(at), hash, receipt, False))
        place = hashes.record(tx.stored.streams[record.stream], record.site or "", record.id)
        is_own = guest_key(record.site, record.id) == one.key
        remembered += [(place, number, to_micros(at), is_own), (hash, number, to_micros(at), False)]
    bulk.write(tx.db, erasures, erasures.c.keys(), written)
    bulk.write_over(tx.db, forgotten, forgotten.c.keys(), remembered)
