"""Events newest first: of a metric, or of a guest. Each page is read along an index."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime, tzinfo
from typing import Any, Final, TypeAlias

import attrs
from sqlalchemy import Column, Connection, bindparam, func, select, tuple_

from frontdesk import jsons
from frontdesk.columns import from_micros, to_micros
from frontdesk.model import Json
from frontdesk.store.batch import Kind
from frontdesk.store.counting_schema import metric_sites
from frontdesk.store.schema import guests, log, log_bodies, profiles
from frontdesk.store.sites import Home

Place: TypeAlias = tuple[datetime, int, int]
"""Where an event stands: when it happened, its connection's row and its number there."""

#: How many events of a metric are looked at for those of one site, before the reader is asked.
LOOKED_AT: Final = 2000
_PART: Final = 200


@attrs.frozen(kw_only=True)
class TimelineEntry:
    """An event as logged, with its guest's row.

    Attributes:
        zone: The zone of the site it happened at.
    """

    place: Place
    integration: str
    connection: str
    guest: int
    guest_key: str
    guest_name: str
    live: bool
    logged: datetime
    metric: str
    site: str
    zone: tzinfo | None
    event: dict[str, Json]

    @property
    def at(self) -> datetime:
        """When it happened."""
        return self.place[0]


@attrs.frozen
class Part:
    """Some entries, and where older ones begin; None if there are none."""

    entries: list[TimelineEntry]
    older: Place | None


def of_guests(
    db: Connection,
    homes: Mapping[int, Home],
    ids: Sequence[int],
    *,
    before: Place | None = None,
    limit: int = 25,
) -> Part:
    """Return the latest events of these guests before a place."""
    entries = _latest(db, homes, log.c.guest_id, ids, before=before, limit=limit + 1)
    return _part(entries, limit)


def of_metrics(
    db: Connection,
    homes: Mapping[int, Home],
    ids: Sequence[int],
    *,
    site: str | None = None,
    before: Place | None = None,
    limit: int = 20,
) -> Part:
    """Return the latest events of these metrics before a place.

    Args:
        site: Only those that happened there. The log has no index of sites: at most
            :data:`LOOKED_AT` events are looked at, so that there may be fewer than *limit*
            and older ones all the same.
    """
    if site is None:
        entries = _latest(db, homes, log.c.metric_id, ids, before=before, limit=limit + 1)
        return _part(entries, limit)
    before = before or _behind_last(db, ids, site)
    found: list[TimelineEntry] = []
    for _ in range(LOOKED_AT // _PART):
        entries = _latest(db, homes, log.c.metric_id, ids, before=before, limit=_PART)
        found += [entry for entry in entries if entry.site == site]
        if len(entries) < _PART or len(found) > limit:
            return _part(found, limit)
        before = entries[-1].place
    return Part(found, before)


def _part(entries: list[TimelineEntry], limit: int) -> Part:
    shown = entries[:limit]
    return Part(shown, shown[-1].place if len(entries) > limit else None)


def _behind_last(db: Connection, ids: Sequence[int], site: str) -> Place | None:
    table = metric_sites.c
    last = db.execute(
        select(func.max(table.last)).where(table.metric_id.in_(ids), table.site == site)
    ).scalar()
    return None if last is None else (from_micros(to_micros(last) + 1), 0, 0)


def _latest(
    db: Connection,
    homes: Mapping[int, Home],
    column: Column[Any],
    ids: Sequence[int],
    *,
    before: Place | None,
    limit: int,
) -> list[TimelineEntry]:
    """Merge the latest of each: one question for all would put everything into order first."""
    found = [row for id in ids for row in _rows(db, column, id, before, limit)]
    found.sort(key=lambda row: (row.at, row.connection_id, row.seq), reverse=True)
    return [_entry(homes, row) for row in found[:limit]]


def _rows(
    db: Connection, column: Column[Any], id: int, before: Place | None, limit: int
) -> Iterator[Any]:
    table = log.c
    same = (log_bodies.c.connection_id == table.connection_id) & (log_bodies.c.seq == table.seq)
    order = (table.at, table.connection_id, table.seq)
    asked = (
        select(log, log_bodies.c.body, guests.c.key, profiles.c.first_name, profiles.c.last_name)
        .join(log_bodies, same)
        .join(guests, guests.c.id == table.guest_id)
        .outerjoin(profiles, profiles.c.guest_id == table.guest_id)
        .where(column == id, table.kind == Kind.EVENT.value)
        .order_by(*(one.desc() for one in order))
        .limit(limit)
    )
    if before is not None:
        # The first condition is for the index, the second for those of one moment.
        place = (
            bindparam(None, one, column.type) for column, one in zip(order, before, strict=True)
        )
        asked = asked.where(table.at <= before[0], tuple_(*order) < tuple_(*place))
    yield from db.execute(asked)


def _entry(homes: Mapping[int, Home], row: Any) -> TimelineEntry:
    home, event = homes[row.connection_id], jsons.decode(row.body)
    site: str = event.get("site") or ""
    return TimelineEntry(
        place=(row.at, row.connection_id, row.seq),
        integration=home.integration,
        connection=home.name,
        guest=row.guest_id,
        guest_key=row.key,
        guest_name=" ".join(name for name in (row.first_name, row.last_name) if name),
        live=bool(row.origin),
        logged=row.logged,
        metric=event["metric"],
        site=site,
        zone=home.zone(site),
        event=event,
    )
