"""What the ledger says of addresses, with where it came from: for whoever delivers consent."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection
from datetime import datetime

import attrs
from sqlalchemy import Connection, func, select

from frontdesk.model import Channel, ConsentState
from frontdesk.sql import among
from frontdesk.store.delivery_schema import told
from frontdesk.store.schema import consents, log


@attrs.frozen
class Said:
    """One statement of the ledger.

    Attributes:
        live: It was followed as it happened.
    """

    connection: int
    state: ConsentState
    at: datetime | None
    seen: datetime
    evidence: str
    live: bool


def addressed(db: Connection, some: Collection[int]) -> dict[int, set[tuple[Channel, str]]]:
    """Return the channels and addresses that statements of these guests speak of."""
    table = consents.c
    asked = select(table.guest_id, table.channel, table.address).where(
        among(db, table.guest_id, sorted(some)), table.address.not_like("forgotten-%")
    )
    found: dict[int, set[tuple[Channel, str]]] = defaultdict(set)
    for row in db.execute(asked.distinct()):
        found[row.guest_id].add((Channel(row.channel), row.address))
    return found


def said_of(
    db: Connection, brand: int, addresses: Collection[str]
) -> dict[tuple[Channel, str], list[Said]]:
    """Return all that was said of addresses in a brand, oldest first."""
    table = consents.c
    same = (log.c.connection_id == table.connection_id) & (log.c.seq == table.seq)
    asked = (
        select(consents, log.c.origin)
        .join(log, same)
        .where(
            table.brand_id == brand,
            # The index has it in between.
            table.channel.in_([channel.value for channel in Channel]),
            among(db, table.address, sorted(addresses)),
        )
        .order_by(table.seen, table.connection_id, table.seq)
    )
    found: dict[tuple[Channel, str], list[Said]] = defaultdict(list)
    for row in db.execute(asked):
        one = Said(
            row.connection_id,
            ConsentState(row.state),
            row.at,
            row.seen,
            row.evidence,
            bool(row.origin),
        )
        found[Channel(row.channel), row.address].append(one)
    return found


def count_untimed(
    db: Connection, destination: int, channels: Collection[tuple[int, Channel]]
) -> int:
    """Return of how many addresses nobody knows when they opted in.

    Args:
        channels: Connections and the channels of theirs that somebody named lists for.
    """
    table = consents.c
    same = (log.c.connection_id == table.connection_id) & (log.c.seq == table.seq)
    total = 0
    for connection, channel in channels:
        known = select(told.c.address).where(
            told.c.destination_id == destination, told.c.channel == channel.value
        )
        asked = (
            select(func.count(func.distinct(table.address)))
            .join(log, same)
            .where(
                table.connection_id == connection,
                table.channel == channel.value,
                table.state == ConsentState.SUBSCRIBED.value,
                table.at.is_(None),
                log.c.origin == 0,
                table.address.not_in(known),
                table.address.not_like("forgotten-%"),
            )
        )
        total += int(db.execute(asked).scalar_one())
    return total
