"""One guest as a page shows them: who they are, what they agreed to, where it came from."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

import attrs
from sqlalchemy import BigInteger, Connection, func, or_, select, tuple_, type_coerce

from frontdesk import jsons
from frontdesk.columns import from_micros, to_micros
from frontdesk.consent import effective
from frontdesk.model import Json, Origin
from frontdesk.store import ledger, statements
from frontdesk.store.finding import family, people
from frontdesk.store.schema import (
    connections,
    guests,
    profiles,
    records,
    reservations,
    streams,
)
from frontdesk.store.statements import Said

#: How many others with the same address are shown.
_OTHERS = 20


@attrs.frozen(kw_only=True)
class Source:
    """What one connection says of the guest.

    Attributes:
        into: The row of the guest this one was merged into.
        excluded: The rule that keeps the guest back.
        gone: When the platform deleted the guest.
        profile: As last mapped; None if nothing was.
        stream: Of the record the profile was made of.
    """

    id: int
    key: str
    connection: str
    integration: str
    into: int | None
    excluded: str | None
    gone: datetime | None
    profile: dict[str, Json] | None
    updated: datetime | None
    stream: str
    record: str
    seen: datetime | None
    origin: str

    @property
    def forgotten(self) -> bool:
        """Whether only a hash is left."""
        return self.key.startswith("forgotten-")


@attrs.frozen
class Agreed:
    """What counts for a channel and address, and all that was ever said, latest first."""

    channel: str
    address: str
    state: str
    history: list[Said]


@attrs.frozen(kw_only=True)
class Dossier:
    """All sources of a guest, merged ones included: the one that was asked for comes first.

    Attributes:
        others: Other guests of the brand with one of the addresses: row and connection.
    """

    id: int
    brand: int
    sources: list[Source]
    addresses: list[str]
    agreed: list[Agreed]
    others: list[tuple[int, str]]

    @property
    def rows(self) -> list[int]:
        """The rows of all its guests."""
        return [source.id for source in self.sources]


@attrs.frozen
class Listed:
    """A guest in a list of profiles."""

    id: int
    key: str
    connection: str
    integration: str
    profile: dict[str, Json]
    updated: datetime | None


@attrs.frozen
class Booking:
    """A reservation, and where it stands in the list."""

    record: int
    start: datetime
    connection: int
    reservation: dict[str, Json]


def read(db: Connection, id: int) -> Dossier | None:
    """Return what the store knows of a guest; None if there is no such row."""
    some = people(db, family(db, [id]))
    if not some:
        return None
    ids = [person.id for person in some]
    sources = sorted(_sources(db, ids), key=lambda one: (one.id != id, one.connection, one.key))
    brand = next(person.brand for person in some if person.id == id)
    addresses = _addresses(db, sources)
    return Dossier(
        id=id,
        brand=brand,
        sources=sources,
        addresses=addresses,
        agreed=_agreed(db, brand, addresses),
        others=_others(db, brand, addresses, ids),
    )


def _guests() -> Any:
    return select(
        guests,
        connections.c.name.label("connection"),
        connections.c.connector,
        profiles.c.body,
        profiles.c.updated,
    ).join(connections, connections.c.id == guests.c.connection_id)


def _sources(db: Connection, ids: Sequence[int]) -> list[Source]:
    asked = (
        _guests()
        .add_columns(
            streams.c.name.label("stream"),
            records.c.key.label("record"),
            records.c.seen,
            records.c.origin,
        )
        .outerjoin(profiles, profiles.c.guest_id == guests.c.id)
        .outerjoin(records, records.c.id == profiles.c.record_id)
        .outerjoin(streams, streams.c.id == records.c.stream_id)
        .where(guests.c.id.in_(ids))
    )
    return [
        Source(
            id=row.id,
            key=row.key,
            connection=row.connection,
            integration=row.connector,
            into=row.merged_into,
            excluded=row.excluded,
            gone=row.gone,
            profile=row.body and jsons.decode(row.body),
            updated=row.updated,
            stream=row.stream or "",
            record=row.record or "",
            seen=row.seen,
            origin="" if row.origin is None else list(Origin)[row.origin].value,
        )
        for row in db.execute(asked)
    ]


def _addresses(db: Connection, sources: Sequence[Source]) -> list[str]:
    """Return addresses the guest is or was known by, as the ledger spells them."""
    said = statements.addressed(db, [source.id for source in sources])
    known = {address for pairs in said.values() for _, address in pairs}
    for source in sources:
        for name in ("email", "phone_number"):
            value = (source.profile or {}).get(name)
            if isinstance(value, str):
                known.add(value.strip().lower())
    return sorted(known)


def _agreed(db: Connection, brand: int, addresses: Sequence[str]) -> list[Agreed]:
    counting = ledger.statements(db, [(brand, address) for address in addresses])
    told = statements.said_of(db, brand, addresses)
    agreed: list[Agreed] = []
    for (_, channel, address), some in sorted(counting.items()):
        state = effective(some)
        history = [
            said
            for (of, about), all_said in told.items()
            if (of.value, about) == (channel, address)
            for said in reversed(all_said)
        ]
        if state is not None:
            agreed.append(Agreed(channel, address, state.value, history))
    return agreed


def _others(
    db: Connection, brand: int, addresses: Sequence[str], ids: Sequence[int]
) -> list[tuple[int, str]]:
    table = profiles.c
    asked = (
        select(table.guest_id, connections.c.name)
        .join(guests, guests.c.id == table.guest_id)
        .join(connections, connections.c.id == guests.c.connection_id)
        .where(
            or_(table.email.in_(addresses), table.phone_number.in_(addresses)),
            connections.c.brand_id == brand,
            table.guest_id.not_in(ids),
        )
        .order_by(table.guest_id)
        .limit(_OTHERS)
    )
    return [(row.guest_id, row.name) for row in db.execute(asked)] if addresses else []


def listed(db: Connection, ids: Sequence[int]) -> list[Listed]:
    """Return guests as a list shows them, in the order of their rows."""
    asked = _guests().outerjoin(profiles, profiles.c.guest_id == guests.c.id)
    return [
        _listed(row) for row in db.execute(asked.where(guests.c.id.in_(ids)).order_by(guests.c.id))
    ]


def newest(db: Connection, *, before: int | None = None, limit: int = 50) -> list[Listed]:
    """Return the profiles of the guests that were met last, before a row."""
    asked = _guests().join(profiles, profiles.c.guest_id == guests.c.id)
    if before is not None:
        asked = asked.where(profiles.c.guest_id < before)
    asked = asked.order_by(profiles.c.guest_id.desc()).limit(limit)
    return [_listed(row) for row in db.execute(asked)]


def _listed(row: Any) -> Listed:
    body = jsons.decode(row.body) if row.body else {}
    return Listed(row.id, row.key, row.connection, row.connector, body, row.updated)


def bookings(
    db: Connection,
    ids: Sequence[int],
    *,
    before: tuple[datetime, int] | None = None,
    limit: int = 25,
) -> list[Booking]:
    """Return the reservations of these guests, those that begin last first, before a place."""
    table = reservations.c
    # As the number it is kept as: one without a beginning comes last.
    begins = func.coalesce(type_coerce(table.from_at, BigInteger), 0)
    asked = (
        select(table.record_id, begins.label("begins"), table.connection_id, table.body)
        .where(table.guest_id.in_(ids), table.status != "forgotten")
        .order_by(begins.desc(), table.record_id.desc())
        .limit(limit)
    )
    if before is not None:
        asked = asked.where(
            tuple_(begins, table.record_id) < tuple_(to_micros(before[0]), before[1])
        )
    return [
        Booking(row.record_id, from_micros(row.begins), row.connection_id, jsons.decode(row.body))
        for row in db.execute(asked)
    ]
