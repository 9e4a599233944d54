"""What ingest asks of the store before it maps a page: one question per table."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Final, TypeAlias

import attrs
from sqlalchemy import Connection, func, select

from frontdesk import jsons
from frontdesk.model import Json, Origin, Record
from frontdesk.sql import among
from frontdesk.store.batch import StoredRecord, guest_key
from frontdesk.store.schema import cursors, guests, payloads, record_guests, records, streams

Stranger: TypeAlias = tuple[str | None, str]
"""Site and id of a guest nothing is known of yet."""

_ORIGINS: Final = tuple(Origin)


@attrs.frozen
class Position:
    """Where a stream's walk stands."""

    cursor: Json
    done: int
    total: int | None
    finished: bool
    updated: datetime


def position(db: Connection, stream: int, purpose: str) -> Position | None:
    """Return where the walk of *stream* for *purpose* stands, if it has begun."""
    table = cursors.c
    row = db.execute(
        select(table.cursor, table.done, table.total, table.finished, table.updated).where(
            table.stream_id == stream, table.purpose == purpose
        )
    ).one_or_none()
    if row is None:
        return None
    return Position(jsons.decode(row.cursor), row.done, row.total, row.finished, row.updated)


def stored_records(
    db: Connection, stream: int, keys: Sequence[tuple[str, str]]
) -> dict[tuple[str, str], StoredRecord]:
    """Return what is stored under each (site, id) of *stream*, less payloads."""
    table = records.c
    by_site: dict[str, list[str]] = defaultdict(list)
    for site, key in keys:
        by_site[site].append(key)
    asked = select(table.key, table.id, table.version, table.digest, table.deleted)
    found: dict[tuple[str, str], StoredRecord] = {}
    for site, some in by_site.items():
        # With the site, or the index is of no use beyond the stream.
        place = (table.stream_id == stream, table.site == site, among(db, table.key, some))
        for key, *rest in db.execute(asked.where(*place)):
            found[site, key] = StoredRecord(*rest)
    return found


def full_records(
    db: Connection, stream: int, name: str, keys: Sequence[str]
) -> dict[tuple[str, str], Record]:
    """Return records of *stream*, called *name*, with their payloads, by (site, id)."""
    table = records.c
    found: dict[tuple[str, str], Record] = {}
    asked = select(records, payloads.c.body).join(payloads).where(table.stream_id == stream)
    here = asked.where(among(db, table.key, keys))
    rows = [
        row for site in _sites(db, stream) for row in db.execute(here.where(table.site == site))
    ]
    spoken_of = guests_of(db, [row.id for row in rows])
    for row in rows:
        found[row.site, row.key] = Record(
            name,
            row.key,
            jsons.decode(row.body),
            site=row.site or None,
            guests=_ids(spoken_of.get(row.id, ()), row.site),
            version=row.version,
            partial=row.partial,
            deleted=row.deleted,
            seen=row.seen,
            origin=_ORIGINS[row.origin],
        )
    return found


def _sites(db: Connection, stream: int) -> list[str]:
    """Return the sites of a stream's records, hopping from one to the next in the index."""
    table = records.c
    of_stream = select(func.min(table.site)).where(table.stream_id == stream)
    hop = of_stream.label("site")
    sites = select(hop).cte("sites", recursive=True)
    following = of_stream.where(table.site > sites.c.site).scalar_subquery()
    sites = sites.union_all(select(following).where(sites.c.site.is_not(None)))
    return list(db.execute(select(sites.c.site).where(sites.c.site.is_not(None))).scalars())


def _ids(keys: Iterable[str], site: str) -> tuple[str, ...]:
    """Return guests' ids as the platform spells them."""
    return tuple(key.removeprefix(f"{site}:") if site else key for key in keys)


def unknown_guests(
    db: Connection, connection: int, stream: int, wanted: Iterable[Stranger], asked_since: datetime
) -> list[Stranger]:
    """Return those guests of whom no record is stored, less those asked for lately."""
    missing = {guest_key(site, guest): (site, guest) for site, guest in wanted}
    by_site: dict[str | None, list[str]] = defaultdict(list)
    for site, guest in missing.values():
        by_site[site].append(guest)
    table = records.c
    for site, some in by_site.items():
        place = (table.stream_id == stream, table.site == (site or ""))
        here = select(table.key).where(*place, among(db, table.key, some))
        for guest in db.execute(here).scalars():
            del missing[guest_key(site, guest)]
    if missing:
        asked = select(guests.c.key).where(
            guests.c.connection_id == connection,
            among(db, guests.c.key, sorted(missing)),
            guests.c.asked >= asked_since,
        )
        for key in db.execute(asked).scalars():
            del missing[key]
    return [missing[key] for key in sorted(missing)]


def not_met(
    db: Connection, stream: int, name: str, site: str | None, limit: int = 500
) -> list[Record]:
    """Return stored records that the present full scan of *stream* has not met."""
    scan = select(streams.c.scan).where(streams.c.id == stream).scalar_subquery()
    table = records.c
    asked = (
        select(table.site, table.key)
        # A row without a payload is one no hook has fully read yet: nothing to take back.
        .join(payloads)
        .where(table.stream_id == stream, table.scan < scan, table.deleted.is_(False))
        .limit(limit)
    )
    if site is not None:
        asked = asked.where(table.site == site)
    keys = [(row.site, row.key) for row in db.execute(asked)]
    found = full_records(db, stream, name, [key for _, key in keys])
    return [found[key] for key in keys]


def guests_of(db: Connection, rows: Sequence[int]) -> dict[int, tuple[str, ...]]:
    """Return the guests each record row speaks of."""
    found: dict[int, tuple[str, ...]] = {}
    asked = (
        select(record_guests.c.record_id, guests.c.key)
        .join(guests, guests.c.id == record_guests.c.guest_id)
        .where(among(db, record_guests.c.record_id, rows))
    )
    for record, key in db.execute(asked):
        found[record] = (*found.get(record, ()), key)
    return found
