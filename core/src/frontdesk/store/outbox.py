"""What a destination must still be sent: read from the log in one statement for many entries."""

from __future__ import annotations

import enum
from collections.abc import Collection, Sequence
from datetime import datetime
from typing import Any, Final, TypeAlias

import attrs
from sqlalchemy import ColumnElement, Connection, func, literal, or_, select, tuple_, update

from frontdesk.sql import among, insert_into
from frontdesk.store.batch import Kind
from frontdesk.store.delivery_schema import (
    outbox,
    outbox_guests,
    positions,
    recipients,
    sent_events,
)
from frontdesk.store.schema import connections, guests, log, log_bodies, profiles
from frontdesk.store.upserts import insert_missing

#: Entries of the log that are read in one transaction.
READ: Final = 20_000
#: What a held event waits for.
NO_IDENTIFIER: Final = "no e-mail address or phone number"
EXCLUDED: Final = "excluded: "

Key: TypeAlias = tuple[datetime, int, int]
"""Where an event stands in the outbox: when it happened, its connection and number."""


class Stage(enum.IntEnum):
    """What is next for a guest whose profile or consent changed."""

    OPT_OUTS = 0
    PROFILE = 1
    OPT_INS = 2
    #: Something keeps the guest back.
    HELD = 9


def unread(db: Connection, destination: int, sources: Collection[int]) -> int:
    """Return how many entries of the log a destination has not read yet."""
    read = positions.c.destination_id == destination
    same = positions.c.connection_id == connections.c.id
    behind = connections.c.seq - func.coalesce(positions.c.seq, 0)
    asked = select(func.coalesce(func.sum(behind), 0)).select_from(connections)
    joined = asked.outerjoin(positions, read & same).where(connections.c.id.in_(sources))
    return int(db.execute(joined).scalar_one())


def is_due(db: Connection, destination: int, sources: Collection[int], now: datetime) -> bool:
    """Tell whether a destination has anything to read, or to be sent now."""
    table, guest = outbox.c, outbox_guests.c
    event = select(table.seq).where(table.destination_id == destination, table.held == "")
    changed = select(guest.guest_id).where(
        guest.destination_id == destination,
        guest.stage != Stage.HELD,
        or_(guest.stage < Stage.OPT_INS, guest.due.is_(None), guest.due <= now),
    )
    waiting = db.execute(select(event.exists() | changed.exists())).scalar_one()
    return bool(waiting) or unread(db, destination, sources) > 0


def read_log(db: Connection, destination: int, source: int) -> int:
    """Read the next entries of a connection's log into the outbox; return how many there were."""
    insert_missing(db, positions, [{"destination_id": destination, "connection_id": source}])
    place = positions.c
    here = (place.destination_id == destination) & (place.connection_id == source)
    last = db.execute(select(place.seq).where(here)).scalar_one()
    end = db.execute(select(connections.c.seq).where(connections.c.id == source)).scalar_one()
    end = min(end, last + READ)
    if end == last:
        return 0
    part = (log.c.connection_id == source, log.c.seq > last, log.c.seq <= end)
    _add_events(db, destination, part)
    _add_guests(db, destination, part)
    db.execute(update(positions).where(here).values(seq=end))
    return int(end - last)


def _add_events(db: Connection, destination: int, part: Sequence[ColumnElement[bool]]) -> None:
    """Add the events, less those of guests who were forgotten."""
    table = log.c
    live = table.origin == 1
    asked = (
        select(literal(destination), table.connection_id, table.seq, table.guest_id, live, table.at)
        .join(guests, guests.c.id == table.guest_id)
        .where(*part, table.kind == Kind.EVENT, _is_known())
    )
    names = ["destination_id", "connection_id", "seq", "guest_id", "live", "at"]
    db.execute(insert_into(db, outbox).from_select(names, asked).on_conflict_do_nothing())


def _is_known() -> ColumnElement[bool]:
    """Tell whether an event's guest was not forgotten: of those only a hash is left."""
    return guests.c.key.not_like("forgotten-%")


def _add_guests(db: Connection, destination: int, part: Sequence[ColumnElement[bool]]) -> None:
    """Add the guests whose profile, consent or identity changed, from the beginning."""
    table = log.c
    changes = (Kind.PROFILE, Kind.CONSENT, Kind.MERGED, Kind.GONE)
    target = func.coalesce(guests.c.merged_into, table.guest_id)
    asked = (
        select(literal(destination), target, literal(0), func.max(table.origin) == 1)
        .join(guests, guests.c.id == table.guest_id)
        .where(*part, table.kind.in_(changes), _is_known())
        .group_by(target)
    )
    names = ["destination_id", "guest_id", "stage", "live"]
    statement = insert_into(db, outbox_guests).from_select(names, asked)
    keys = ["destination_id", "guest_id"]
    again = {"stage": 0, "live": or_(outbox_guests.c.live, statement.excluded.live)}
    db.execute(statement.on_conflict_do_update(index_elements=keys, set_=again))


def settle(
    db: Connection, destination: int, *, live_after: datetime, exclusions: bool = False
) -> None:
    """Let go what is no longer kept back, and make old live events history.

    Args:
        live_after: What happened before goes as history, however it was learnt.
        exclusions: Look at every guest who is kept back: that an exclusion is over changes
            nothing else, so no entry of the log tells of it.
    """
    table, guest = outbox.c, outbox_guests.c
    mine = table.destination_id == destination
    some = select(table.seq).where(mine, table.held > "").exists()
    if db.execute(select(some)).scalar_one():
        changed = select(guest.guest_id).where(
            guest.destination_id == destination, guest.stage == Stage.OPT_OUTS
        )
        merged = select(guests.c.id).where(guests.c.merged_into.in_(changed))
        held = update(outbox).where(mine, table.held > "").values(held="")
        db.execute(held.where(table.guest_id.in_(changed.union(merged))))
        if exclusions:
            kept = table.held.like(f"{EXCLUDED}%")
            db.execute(held.where(kept, _is_free(table.guest_id)))
    if exclusions:
        waiting = update(outbox_guests).where(
            guest.destination_id == destination,
            guest.stage == Stage.HELD,
            _is_free(guest.guest_id),
        )
        db.execute(waiting.values(stage=Stage.OPT_OUTS))
    old = update(outbox).where(mine, table.held == "", table.live.is_(True))
    db.execute(old.where(table.at <= live_after).values(live=False))


def _is_free(guest: ColumnElement[int]) -> ColumnElement[bool]:
    """Tell whether nothing excludes a guest."""
    return select(guests.c.id).where(guests.c.id == guest, guests.c.excluded.is_(None)).exists()


@attrs.frozen
class Waiting:
    """An event in the outbox, as the log has it, with what its guest is known by.

    Attributes:
        recipient: Of an event that was sent before: for whom.
        address: E-mail address of the guest's profile, else the phone number.
        excluded: What keeps the guest back.
        merged: The guest was merged into another, who is to be asked instead.
        known: The row of the recipient with this address, if there is one.
    """

    connection: int
    seq: int
    guest: int
    at: datetime
    body: bytes
    recipient: int | None = None
    address: str | None = attrs.field(default=None, repr=False)
    excluded: str | None = None
    merged: bool = False
    known: int | None = None

    @property
    def key(self) -> Key:
        """Where it stands in the order."""
        return self.at, self.connection, self.seq


def events(
    db: Connection,
    destination: int,
    sources: Collection[int],
    *,
    live: bool,
    limit: int,
    after: Key | None = None,
    only: Collection[int] | None = None,
) -> list[Waiting]:
    """Return the oldest events of these connections that can be sent, behind *after*.

    Args:
        only: Rows of the guests they must belong to.
    """
    table = outbox.c
    order = (table.at, table.connection_id, table.seq)
    asked = (
        _waiting()
        .where(
            table.destination_id == destination,
            table.held == "",
            table.live.is_(live),
            among(db, table.connection_id, sorted(sources)),
        )
        .order_by(*order)
        .limit(limit)
    )
    if after is not None:
        asked = asked.where(tuple_(*order) > _values(order, after))
    if only is not None:
        asked = asked.where(among(db, table.guest_id, sorted(only)))
    return [Waiting(*row) for row in db.execute(asked)]


def _waiting() -> Any:
    """Select events with their bodies, and what their guests are known by."""
    table, sent, profile = outbox.c, sent_events.c, profiles.c
    same = (log_bodies.c.connection_id == table.connection_id) & (log_bodies.c.seq == table.seq)
    before = (
        (sent.destination_id == table.destination_id)
        & (sent.connection_id == table.connection_id)
        & (sent.seq == table.seq)
    )
    address = func.coalesce(profile.email, profile.phone_number)
    to = (recipients.c.destination_id == table.destination_id) & (recipients.c.address == address)
    return (
        select(
            table.connection_id, table.seq, table.guest_id, table.at, log_bodies.c.body,
            sent.recipient_id, address, guests.c.excluded, guests.c.merged_into.is_not(None),
            recipients.c.id,
        )
        .join(log_bodies, same)
        .join(guests, guests.c.id == table.guest_id)
        .outerjoin(profiles, profile.guest_id == table.guest_id)
        .outerjoin(recipients, to)
        .outerjoin(sent_events, before)
    )  # fmt: skip


def _values(columns: Sequence[Any], values: Key) -> Any:
    """Return values to be compared with columns, each of its column's type."""
    pairs = zip(columns, values, strict=True)
    return tuple_(*(literal(value, column.type) for column, value in pairs))


def take_events(db: Connection, destination: int, taken: Sequence[Waiting]) -> None:
    """Remove events from the outbox."""
    table = outbox.c
    by_connection: dict[int, list[int]] = {}
    for one in taken:
        by_connection.setdefault(one.connection, []).append(one.seq)
    for connection, seqs in by_connection.items():
        db.execute(
            outbox.delete().where(
                table.destination_id == destination,
                table.connection_id == connection,
                among(db, table.seq, seqs),
            )
        )


def hold_events(db: Connection, destination: int, held: Sequence[tuple[Waiting, str]]) -> None:
    """Note why events cannot be sent yet."""
    table = outbox.c
    by_reason: dict[tuple[int, str], list[int]] = {}
    for one, reason in held:
        by_reason.setdefault((one.connection, reason), []).append(one.seq)
    for (connection, reason), seqs in by_reason.items():
        place = (table.destination_id == destination, table.connection_id == connection)
        db.execute(update(outbox).where(*place, among(db, table.seq, seqs)).values(held=reason))


def held(db: Connection, destination: int) -> dict[str, int]:
    """Return how many events are held, by reason."""
    table = outbox.c
    asked: Any = (
        select(table.held, func.count().label("events"))
        .where(table.destination_id == destination, table.held != "")
        .group_by(table.held)
    )
    return {row.held: row.events for row in db.execute(asked)}


def backlog(db: Connection, destination: int) -> int:
    """Return how many events can be sent and are not yet."""
    table = outbox.c
    asked = select(func.count()).where(table.destination_id == destination, table.held == "")
    return int(db.execute(asked).scalar_one())


def rewind(db: Connection, destination: int, source: int | None) -> int:
    """Let a destination read the log from the beginning; return how many entries that are.

    Args:
        source: Only of this connection.
    """
    mine = positions.c.destination_id == destination
    if source is not None:
        mine = mine & (positions.c.connection_id == source)
    asked = select(func.coalesce(func.sum(positions.c.seq), 0)).where(mine)
    read = int(db.execute(asked).scalar_one())
    db.execute(update(positions).where(mine).values(seq=0))
    return read
