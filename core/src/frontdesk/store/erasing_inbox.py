"""Taking the mention of guests out of deliveries that wait to be drained."""

from __future__ import annotations

from typing import Final

import msgspec
from sqlalchemy import select, update

from frontdesk import jsons
from frontdesk.store.erasing import EMPTY, Erasing
from frontdesk.store.schema import connections, deliveries, inboxes

#: Deliveries in memory at a time.
_BATCH: Final = 500


def erase_inbox(erasing: Erasing) -> None:
    """Cut the guests out of pending deliveries of their brand, which are read later on.

    One out of which they cannot be cut is emptied: it then ends in quarantine, without them.
    """
    table = deliveries.c
    last = 0
    while rows := erasing.db.execute(
        select(table.id, table.connection_id, table.body)
        .join(connections, connections.c.id == table.connection_id)
        .where(connections.c.brand_id == erasing.brand, table.id > last)
        .order_by(table.id)
        .limit(_BATCH)
    ).all():
        last = rows[-1].id
        for row in rows:
            if erasing.mentions.said_in(row.body):
                _rewrite(erasing, row.id, row.connection_id, row.body)


def _rewrite(erasing: Erasing, id: int, connection: int, body: bytes) -> None:
    left = _less(erasing, body)
    change = len(left) - len(body)
    erasing.db.execute(
        update(deliveries)
        .where(deliveries.c.id == id)
        .values(body=left, bytes=deliveries.c.bytes + change)
    )
    erasing.db.execute(
        update(inboxes)
        .where(inboxes.c.connection_id == connection)
        .values(bytes=inboxes.c.bytes + change)
    )
    erasing.count(erasing.ids[0], "deliveries")


def _less(erasing: Erasing, body: bytes) -> bytes:
    try:
        cut = erasing.mentions.cut(jsons.decode(body))
    except msgspec.DecodeError:
        return EMPTY
    left = jsons.encode(cut.value)
    return left if cut.clean and not erasing.mentions.said_in(left) else EMPTY
