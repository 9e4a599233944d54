"""Batches: written down before they are sent, closed once their receipts are here.

The record of a batch of events is the sent-ledger itself: it names each event with whom it is
sent for, and stays. Profiles and consents are kept with the batch, as they are sent, until it
is closed.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any, Final, TypeAlias

import attrs
from sqlalchemy import Connection, bindparam, delete, insert, select, update

from frontdesk import jsons
from frontdesk.model import UNSEEN, Channel, ConsentState, Json
from frontdesk.outgoing import Load, Outcome
from frontdesk.sql import among
from frontdesk.store import bulk, outbox
from frontdesk.store.delivery_schema import (
    batches,
    recipients,
    refusals,
    sent_events,
    tallies,
    told,
)
from frontdesk.store.outbox import Waiting
from frontdesk.store.schema import log_bodies
from frontdesk.store.upserts import add_up, insert_missing, replace

EVENTS: Final = (Load.LIVE_EVENTS, Load.HISTORY_EVENTS)
Place: TypeAlias = tuple[int, int]
"""An entry of the log: its connection and number."""


@attrs.frozen
class OpenBatch:
    """A batch whose receipts have not come.

    Attributes:
        body: What was written down of profiles and consents: a list.
    """

    id: int
    load: Load
    tries: int
    body: Json


@attrs.frozen
class Known:
    """A recipient's row, and what was sent of the profile last."""

    id: int
    address: str = attrs.field(repr=False)
    digest: bytes | None = None
    names: tuple[str, ...] = ()


@attrs.frozen
class Refused:
    """An item that is not sent, or was not taken.

    Args:
        place: Of an event.
        guest: Of anything else.
    """

    outcome: Outcome
    reason: str
    place: Place | None = None
    guest: int | None = None


def open_batches(db: Connection, destination: int) -> list[OpenBatch]:
    """Return the batches that were written down and not closed, oldest first."""
    table = batches.c
    asked = select(batches).where(table.destination_id == destination).order_by(table.id)
    return [
        OpenBatch(row.id, Load(row.load), row.tries, jsons.decode(row.body))
        for row in db.execute(asked)
    ]


def know(db: Connection, destination: int, addresses: Collection[str]) -> dict[str, Known]:
    """Return the recipients with these addresses that there are."""
    table = recipients.c
    asked = select(table.id, table.address, table.digest, table.names).where(
        table.destination_id == destination, among(db, table.address, sorted(addresses))
    )
    return {
        row.address: Known(
            row.id, row.address, row.digest, tuple(jsons.decode(row.names)) if row.names else ()
        )
        for row in db.execute(asked)
    }


def make_known(db: Connection, destination: int, addresses: Collection[str]) -> dict[str, int]:
    """Return the rows of recipients with these addresses, making those that are missing."""
    wanted = sorted(addresses)
    found = _rows_of(db, destination, wanted)
    missing = [address for address in wanted if address not in found]
    if missing:
        rows = [{"destination_id": destination, "address": address} for address in missing]
        insert_missing(db, recipients, rows)
        found |= _rows_of(db, destination, missing)
    return found


def _rows_of(db: Connection, destination: int, addresses: Sequence[str]) -> dict[str, int]:
    table = recipients.c
    asked = select(table.address, table.id).where(
        table.destination_id == destination, among(db, table.address, addresses)
    )
    return {row.address: row.id for row in db.execute(asked)}


def addresses_of(db: Connection, rows: Collection[int]) -> dict[int, str]:
    """Return the addresses of recipients, less those that were forgotten."""
    table = recipients.c
    asked = select(table.id, table.address).where(
        among(db, table.id, sorted(rows)), table.address.not_like("forgotten-%")
    )
    return {row.id: row.address for row in db.execute(asked)}


def write_batch(
    db: Connection, destination: int, load: Load, body: Sequence[Json], now: datetime
) -> int:
    """Write a batch down; return its number."""
    made = insert(batches).values(
        destination_id=destination, load=load.value, created=now, body=jsons.encode(body)
    )
    (id,) = db.execute(made).inserted_primary_key or (0,)
    return int(id)


def write_events(
    db: Connection,
    destination: int,
    load: Load,
    sent: Sequence[tuple[Waiting, int]],
    now: datetime,
) -> int:
    """Write a batch of events down, each with the row of its recipient; return its number."""
    batch = write_batch(db, destination, load, (), now)
    rows = [(destination, one.connection, one.seq, row, batch) for one, row in sent]
    # An event that is delivered again stands there already.
    fresh = [row for row, (one, _) in zip(rows, sent, strict=True) if one.recipient is None]
    again = [row for row, (one, _) in zip(rows, sent, strict=True) if one.recipient is not None]
    bulk.write(db, sent_events, sent_events.c.keys(), fresh)
    bulk.write_over(db, sent_events, sent_events.c.keys(), again)
    outbox.take_events(db, destination, [one for one, _ in sent])
    return batch


def events_of(db: Connection, batch: int) -> list[tuple[Waiting, str]]:
    """Return the events of a batch as they were written down, with their addresses."""
    table = sent_events.c
    same = (log_bodies.c.connection_id == table.connection_id) & (log_bodies.c.seq == table.seq)
    asked = (
        select(table.connection_id, table.seq, log_bodies.c.body, table.recipient_id,
               recipients.c.address)
        .join(log_bodies, same)
        .join(recipients, recipients.c.id == table.recipient_id)
        .where(table.batch_id == batch, recipients.c.address.not_like("forgotten-%"))
        .order_by(table.connection_id, table.seq)
    )  # fmt: skip
    return [
        (Waiting(row.connection_id, row.seq, 0, UNSEEN, row.body, row.recipient_id), row.address)
        for row in db.execute(asked)
    ]


def try_again(db: Connection, batch: int) -> None:
    """Note that a batch is about to be sent."""
    db.execute(update(batches).where(batches.c.id == batch).values(tries=batches.c.tries + 1))


def close(
    db: Connection,
    destination: int,
    batch: OpenBatch,
    *,
    accepted: int,
    refused: Iterable[Refused],
    now: datetime,
) -> None:
    """Close a batch: what was refused leaves the sent-ledger, the rest is counted as accepted."""
    some = list(refused)
    unsend(db, destination, [one.place for one in some if one.place is not None])
    note(db, destination, batch.load, some, now, accepted=accepted)
    db.execute(delete(batches).where(batches.c.id == batch.id))


def unsend(db: Connection, destination: int, places: Sequence[Place]) -> None:
    """Take events out of the sent-ledger: they were not taken after all."""
    table = sent_events.c
    by_connection: dict[int, list[int]] = {}
    for connection, seq in places:
        by_connection.setdefault(connection, []).append(seq)
    for connection, seqs in by_connection.items():
        mine = (table.destination_id == destination, table.connection_id == connection)
        db.execute(delete(sent_events).where(*mine, among(db, table.seq, seqs)))


def note(
    db: Connection,
    destination: int,
    load: Load,
    refused: Sequence[Refused],
    now: datetime,
    *,
    accepted: int = 0,
) -> None:
    """Keep what was refused, and count each end an item came to."""
    ends = Counter((one.outcome, one.reason) for one in refused)
    if accepted:
        ends[Outcome.ACCEPTED, ""] += accepted
    total = [
        {"destination_id": destination, "load": load.value, "outcome": outcome.value,
         "reason": reason, "total": number, "last": now}
        for (outcome, reason), number in ends.items()
    ]  # fmt: skip
    add_up(db, tallies, total, sums=("total",))
    kept = [_refusal(destination, load, one, now) for one in refused]
    _drop_earlier(db, destination, load, refused)
    if kept:
        db.execute(insert(refusals), kept)


def _refusal(destination: int, load: Load, one: Refused, now: datetime) -> dict[str, Any]:
    connection, seq = one.place or (None, None)
    return {
        "destination_id": destination,
        "load": load.value,
        "connection_id": connection,
        "seq": seq,
        "guest_id": one.guest,
        "outcome": one.outcome.value,
        "reason": one.reason,
        "since": now,
    }


def _drop_earlier(db: Connection, destination: int, load: Load, refused: Sequence[Refused]) -> None:
    """Forget earlier refusals of the same guests: the newest tells what is wrong."""
    some = sorted({one.guest for one in refused if one.guest is not None})
    if some:
        table = refusals.c
        mine = (table.destination_id == destination, table.load == load.value)
        db.execute(delete(refusals).where(*mine, among(db, table.guest_id, some)))


def forgive(db: Connection, destination: int, load: Load, some: Collection[int]) -> None:
    """Forget refusals of guests for whom it went well now."""
    table = refusals.c
    mine = (table.destination_id == destination, table.load == load.value)
    db.execute(delete(refusals).where(*mine, among(db, table.guest_id, sorted(some))))


def write_profiles(db: Connection, some: Sequence[tuple[int, bytes, bytes]]) -> None:
    """Note what was sent of profiles, by the recipients' rows: a digest and names."""
    if some:
        changed = update(recipients).where(recipients.c.id == bindparam("row"))
        db.execute(
            changed.values(digest=bindparam("said"), names=bindparam("has")),
            [{"row": row, "said": digest, "has": names} for row, digest, names in some],
        )


def told_of(
    db: Connection, destination: int, addresses: Collection[str]
) -> dict[tuple[Channel, str], tuple[ConsentState, datetime]]:
    """Return what a destination was told last of each channel and address, and when."""
    table = told.c
    asked = select(table.channel, table.address, table.state, table.at).where(
        table.destination_id == destination, among(db, table.address, sorted(addresses))
    )
    return {
        (Channel(row.channel), row.address): (ConsentState(row.state), row.at)
        for row in db.execute(asked)
    }


def tell(
    db: Connection,
    destination: int,
    some: Mapping[tuple[Channel, str], ConsentState],
    now: datetime,
) -> None:
    """Note what a destination knows of channels and addresses from now on."""
    rows = [
        {"destination_id": destination, "channel": channel.value, "address": address,
         "state": state.value, "at": now}
        for (channel, address), state in some.items()
    ]  # fmt: skip
    replace(db, told, rows)


def forget_profiles(db: Connection, destination: int) -> None:
    """Let every profile be sent again."""
    mine = recipients.c.destination_id == destination
    db.execute(update(recipients).where(mine).values(digest=None))
