"""Forgetting a guest: one transaction for each brand, and a receipt."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import closing
from datetime import datetime
from typing import Any, Final

import attrs
from sqlalchemy import Connection, Engine, insert, select, text, update

from frontdesk import jsons
from frontdesk.store import (
    erasing,
    erasing_deliveries,
    erasing_inbox,
    erasing_mentions,
    erasing_records,
    owned,
)
from frontdesk.store.accounts import brand_row
from frontdesk.store.batch import Kind
from frontdesk.store.engine import reading, writing
from frontdesk.store.erasing import Erasing, Step
from frontdesk.store.finding import Person, Who, find, people
from frontdesk.store.keyed import shown
from frontdesk.store.migrate import plugins_with_tables
from frontdesk.store.schema import brands, connections, erasures, log, log_bodies
from frontdesk.wire import time_json

#: In this order: what comes later is found through what comes earlier. Tables of plugins
#: come before all of it.
STEPS: Final[tuple[Step, ...]] = (
    erasing_records.erase_records,
    erasing_records.erase_quarantine,
    erasing_inbox.erase_inbox,
    erasing.erase_log,
    erasing.erase_reservations,
    erasing.remember_addresses,
    erasing.erase_profiles,
    erasing_mentions.cut_mentions,
    erasing_deliveries.erase_deliveries,
    erasing.erase_consents,
    erasing.erase_guests,
)
#: A platform may erase thousands in a night: nobody looks through the whole store for each.
_QUICK: Final = tuple(step for step in STEPS if step is not erasing_mentions.cut_mentions)
#: Of whom only tables of plugins knew, there is nothing else but the address.
_ALONE: Final[tuple[Step, ...]] = (
    erasing.remember_addresses,
    erasing_deliveries.erase_deliveries,
)
_TOUCHED: Final = [
    "guests",
    "records",
    "payloads",
    "log",
    "log_bodies",
    "profiles",
    "consents",
    "reservations",
    "quarantine",
    "deliveries",
    "connections",
    "recipients",
    "told",
    "batches",
    "due_erasures",
]


@attrs.frozen
class Receipt:
    """What was erased, to be shown to whoever asked for it.

    Attributes:
        hash: Stands for the guest as he was named; only the store can make it again.
        erased: How many rows of each kind, by connection.
        destinations: What each destination answered; nothing where it is yet to be asked.
    """

    brand: str
    at: datetime
    hash: str
    erased: dict[str, dict[str, int]]
    destinations: dict[str, str] = attrs.field(factory=dict[str, str])


def forget(db: Connection, who: Who, now: datetime) -> list[Receipt]:
    """Erase all guests *who* means, in every brand.

    Raises:
        StoreError: A plugin has tables in the store, and is not installed.
    """
    by_brand = who_is_meant(db, who, now)
    receipts: list[Receipt] = []
    for brand in sorted(by_brand):
        table = connections.c
        erasing.lock(
            db, db.execute(select(table.id).where(table.brand_id == brand)).scalars().all()
        )
        row = brand or brand_row(db, owned.DEFAULT)
        given = _forget(db, row, by_brand[brand], who, now)
        receipts += [given] if given else []
    return receipts


def who_is_meant(db: Connection, who: Who, now: datetime) -> dict[int, list[Person]]:
    """Return those *who* means by brand; nobody where only tables of plugins may know them."""
    said = owned.said_by(who)
    found: dict[int, list[Person]] = {brand: [] for brand in owned.brands_with(db) if said}
    for person in find(db, who):
        found.setdefault(person.brand, []).append(person)
    return {brand: owned.with_copies(db, brand, some, said, now) for brand, some in found.items()}


def _forget(
    db: Connection, brand: int, some: Sequence[Person], who: Who, now: datetime
) -> Receipt | None:
    at_work = erasing.begin(db, brand, some, now, owned.said_by(who))
    owned.erase(at_work)
    if not some and not at_work.counts:
        return None
    named = who if isinstance(who, str) else some[0].key
    receipt = _carry_out(at_work, at_work.keyed.address(at_work.brand, named), STEPS)
    _log_erasure(at_work)
    return receipt


def erase_guest(db: Connection, guest: int, now: datetime) -> str:
    """Erase one guest as the platform did, in its connection alone; return what it is now."""
    (person,) = people(db, [guest])
    erasing.lock(db, [person.connection])
    at_work = erasing.begin(db, person.brand, [person], now)
    # The other connections of the brand have their own word on the address.
    at_work.addresses.clear()
    at_work.told = frozenset()
    owned.erase(at_work)
    _carry_out(at_work, at_work.keyed.guest(person.connection, person.key), _QUICK)
    return at_work.hashed_key(guest)


def _carry_out(at_work: Erasing, hash: bytes, steps: Sequence[Step]) -> Receipt:
    for step in steps if at_work.people else _ALONE:
        step(at_work)
    receipt = _receipt(at_work, hash)
    erasing.write_down(at_work, hash, lambda: receipt_json(receipt))
    return receipt


def erase_again(at_work: Erasing, erasure: int) -> None:
    """Carry out an erasure whose receipt is there already."""
    owned.erase(at_work)
    for step in STEPS if at_work.people else _ALONE:
        step(at_work)
    erasing.remember(at_work, erasure)
    _log_erasure(at_work)


def _receipt(at_work: Erasing, hash: bytes) -> Receipt:
    brand: str = at_work.db.execute(
        select(brands.c.name).where(brands.c.id == at_work.brand)
    ).scalar_one()
    erased: dict[str, dict[str, int]] = {}
    for (name, kind), number in sorted(at_work.counts.items()):
        erased.setdefault(name, {})[kind] = number
    return Receipt(brand, at_work.at, shown(hash), erased)


def receipt_json(receipt: Receipt) -> bytes:
    """Write a receipt as the store keeps it."""
    return jsons.encode({**attrs.asdict(receipt), "at": time_json(receipt.at)})


def _log_erasure(at_work: Erasing) -> None:
    """Tell the readers of the log that the guests are gone."""
    db, table = at_work.db, connections.c
    for person in at_work.people.values():
        db.execute(
            update(connections).where(table.id == person.connection).values(seq=table.seq + 1)
        )
        seq = db.execute(select(table.seq).where(table.id == person.connection)).scalar_one()
        place = {"connection_id": person.connection, "seq": seq}
        body = jsons.encode({"guest": at_work.hashed_key(person.id), "erase": True})
        entry = {"kind": Kind.GONE, "origin": 1, "guest_id": person.id}
        times = {"at": at_work.at, "logged": at_work.at}
        db.execute(insert(log).values(**place, **entry, **times))
        db.execute(insert(log_bodies).values(**place, body=body))


def list_receipts(db: Connection) -> list[Receipt]:
    """Return the receipts of all erasures, oldest first; those the platforms made, too."""
    rows = db.execute(select(erasures.c.receipt).order_by(erasures.c.id)).scalars()
    kept: list[dict[str, Any]] = [jsons.decode(row) for row in rows]
    return [Receipt(at=datetime.fromisoformat(one.pop("at")), **one) for one in kept]


def settle(engine: Engine) -> bool:
    """Make what was overwritten leave the database's files; return whether it has.

    Run after the transaction, and again when the store is opened, should the process have
    been killed in between.
    """
    with reading(engine) as db:
        ids = db.execute(select(erasures.c.id).where(erasures.c.settled.is_(False))).scalars().all()
    if not ids:
        return True
    if not _cleaned(engine):
        return False
    with writing(engine) as db:
        db.execute(update(erasures).where(erasures.c.id.in_(ids)).values(settled=True))
    return True


def _cleaned(engine: Engine) -> bool:
    # Neither works inside a transaction.
    if engine.dialect.name == "sqlite":
        with closing(engine.raw_connection()) as db:
            row = db.cursor().execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()
        return not row[0]
    with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as db:
        own = [name for plugin in plugins_with_tables(db) for name in owned.names_of(db, plugin)]
        for name in (*_TOUCHED, *own):
            # What was sampled for the planner shows addresses as well: it is sampled anew.
            db.execute(text(f'VACUUM (ANALYZE) "{name}"'))
    return True
