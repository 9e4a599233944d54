"""Taking guests out of deliveries that wait to be drained."""

from __future__ import annotations

from typing import Any, Final

import msgspec
from sqlalchemy import delete, select, update

from frontdesk import jsons
from frontdesk.model import Json
from frontdesk.store.erasing import Erasing
from frontdesk.store.schema import connections, deliveries, inboxes

#: Deliveries in memory at a time.
_BATCH: Final = 500


def erase_inbox(erasing: Erasing) -> None:
    """Take the guests out of pending deliveries of their brand.

    Of several entries, those that speak of the guests go, and the others are read later on. A
    delivery that is about them as a whole goes whole, and counts as discarded: it is older
    than their being forgotten.
    """
    table = deliveries.c
    last = 0
    while rows := erasing.db.execute(
        select(table.id, table.connection_id, table.body, table.bytes)
        .join(connections, connections.c.id == table.connection_id)
        .where(connections.c.brand_id == erasing.brand, table.id > last)
        .order_by(table.id)
        .limit(_BATCH)
    ).all():
        last = rows[-1].id
        for row in rows:
            if erasing.mentions.said_in(row.body):
                _erase(erasing, row)


def _erase(erasing: Erasing, row: Any) -> None:
    erasing.count(erasing.ids[0], "deliveries")
    left = _left(erasing, row.body)
    here, box = deliveries.c.id == row.id, inboxes.c
    changed = update(inboxes).where(box.connection_id == row.connection_id)
    if left is None:
        erasing.db.execute(delete(deliveries).where(here))
        counts = {"pending": box.pending - 1, "discarded": box.discarded + 1}
        erasing.db.execute(changed.values(bytes=box.bytes - row.bytes, **counts))
        return
    erasing.db.execute(update(deliveries).where(here).values(body=left, bytes=len(left)))
    erasing.db.execute(changed.values(bytes=box.bytes - row.bytes + len(left)))


def _left(erasing: Erasing, body: bytes) -> bytes | None:
    """Return a body less the entries that speak of the guests; None if it does as a whole."""
    try:
        left = jsons.encode(_without(erasing, jsons.decode(body)))
    except msgspec.DecodeError:
        return None
    return None if erasing.mentions.said_in(left) else left


def _without(erasing: Erasing, value: Json) -> Json:
    if isinstance(value, dict):
        return {key: _without(erasing, item) for key, item in value.items()}
    if isinstance(value, list):
        return [item for item in value if not erasing.mentions.said_in(jsons.encode(item))]
    return value
