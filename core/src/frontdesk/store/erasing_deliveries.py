"""Overwriting what is kept for destinations of forgotten guests, and whom they are to erase.

The sent-ledger keeps its rows: they say that something was sent, to a recipient of whom only
a hash is left.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from sqlalchemy import bindparam, delete, select, update

from frontdesk import jsons
from frontdesk.store.delivery_schema import (
    batches,
    destinations,
    outbox,
    outbox_guests,
    recipients,
    refusals,
    told,
)
from frontdesk.store.erasing import Erasing
from frontdesk.store.keyed import shown


def erase_deliveries(erasing: Erasing) -> None:
    """Forget the guests where deliveries are prepared, noted and kept."""
    db = erasing.db
    asked = select(destinations.c.id).where(destinations.c.brand_id == erasing.brand)
    for destination in db.execute(asked.order_by(destinations.c.id)).scalars().all():
        # Who delivers must not go on with what was planned before; see deliver.batches.begin.
        table = destinations.c
        db.execute(update(destinations).where(table.id == destination).values(epoch=table.epoch))
        _erase_recipients(erasing, destination)
        _cut_batches(erasing, destination)
    for kept in (outbox, outbox_guests, refusals):
        db.execute(delete(kept).where(kept.c.guest_id.in_(erasing.ids)))


def _erase_recipients(erasing: Erasing, destination: int) -> None:
    """Leave a hash of each address; a destination that knows it is to erase the person."""
    db, some = erasing.db, erasing.addresses
    table = recipients.c
    mine = (table.destination_id == destination, table.address.in_(some))
    rows = db.execute(select(table.id, table.address).where(*mine)).all()
    changed: list[dict[str, Any]] = []
    for row in rows:
        hash = shown(erasing.keyed.address(erasing.brand, row.address))
        # The number: an address may be forgotten more than once.
        changed.append({"row": row.id, "left": f"{hash}:{row.id}"})
        erasing.owed.setdefault(destination, set()).add(row.address)
    if changed:
        blank: dict[str, Any] = {"address": bindparam("left"), "digest": None, "names": None}
        db.execute(update(recipients).where(table.id == bindparam("row")).values(**blank), changed)
    here = (told.c.destination_id == destination, told.c.address.in_(some))
    db.execute(delete(told).where(*here))


def _cut_batches(erasing: Erasing, destination: int) -> None:
    """Take the guests out of batches that were written down and not closed."""
    table = batches.c
    rows = erasing.db.execute(
        select(table.id, table.body).where(table.destination_id == destination)
    ).all()
    for row in rows:
        body: Sequence[Any] = jsons.decode(row.body)
        left = [entry for entry in body if not _speaks_of(erasing, entry)]
        if len(left) < len(body):
            mine = table.id == row.id
            erasing.db.execute(update(batches).where(mine).values(body=jsons.encode(left)))


def _speaks_of(erasing: Erasing, entry: dict[str, Any]) -> bool:
    item, noted = entry["item"], entry["noted"]
    said = {item.get("email"), item.get("phone_number"), item.get("address"), noted["address"]}
    guests = {noted.get("guest"), *noted.get("guests", ())}
    return bool(said & erasing.addresses or guests & erasing.people.keys())
