"""What operators look at: metrics, profiles, events, quarantine.

Lists are cut in the database; counts are read, never counted.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from datetime import datetime
from decimal import Decimal
from typing import Any

import attrs
from sqlalchemy import Connection, Select, func, select

from frontdesk import jsons
from frontdesk.consent import effective
from frontdesk.model import Channel, Json
from frontdesk.store import ledger
from frontdesk.store.batch import Kind
from frontdesk.store.counting_schema import metric_sites
from frontdesk.store.finding import family
from frontdesk.store.schema import (
    connections,
    guests,
    log,
    log_bodies,
    metrics,
    profiles,
    quarantine,
    streams,
)
from frontdesk.store.searching import meant


@attrs.frozen
class MetricRow:
    """A metric in use, over all its events.

    Attributes:
        values: Sum of values by currency.
    """

    integration: str
    connection: str
    name: str
    count: int
    first: datetime
    last: datetime
    values: dict[str, Decimal]


@attrs.frozen
class ProfileRow:
    """A guest's profile as last mapped, and what counts as its consent, by channel."""

    integration: str
    connection: str
    guest: str
    profile: dict[str, Json]
    consent: dict[str, str]
    updated: datetime


@attrs.frozen
class EventRow:
    """An event as logged."""

    integration: str
    connection: str
    seq: int
    origin: str
    logged: datetime
    event: dict[str, Json]


@attrs.frozen
class QuarantineRow:
    """What could not be used."""

    id: int
    connection: str
    integration: str
    stream: str
    key: str
    hooks: str
    reason: str
    since: datetime
    tries: int
    closed: str


def list_metrics(db: Connection, integration: str | None = None) -> list[MetricRow]:
    """Return every metric in use, by integration and name."""
    asked = (
        select(connections.c.connector, connections.c.name.label("connection"), metrics)
        .join(connections, connections.c.id == metrics.c.connection_id)
        .order_by(connections.c.connector, connections.c.name, metrics.c.name)
    )
    values = _values(db)
    return [
        MetricRow(
            row.connector, row.connection, row.name, row.total, row.first, row.last, values[row.id]
        )
        for row in db.execute(_of(asked, integration))
    ]


def _values(db: Connection) -> dict[int, dict[str, Decimal]]:
    table = metric_sites.c
    sums = select(table.metric_id, table.currency, func.sum(table.value).label("value")).group_by(
        table.metric_id, table.currency
    )
    values: dict[int, dict[str, Decimal]] = defaultdict(dict)
    for row in db.execute(sums.where(table.currency != "")):
        values[row.metric_id][row.currency] = row.value
    return values


def list_profiles(
    db: Connection,
    *,
    integration: str | None = None,
    search: str | None = None,
    limit: int = 50,
    after: int = 0,
) -> list[ProfileRow]:
    """Return profiles that *search* may mean: see :func:`frontdesk.store.searching.search`."""
    asked = (
        select(
            connections.c.connector,
            connections.c.name,
            connections.c.brand_id,
            guests.c.id,
            guests.c.key,
            profiles,
        )
        .join(guests, guests.c.id == profiles.c.guest_id)
        .join(connections, connections.c.id == guests.c.connection_id)
        .order_by(profiles.c.guest_id)
        .limit(limit)
        .offset(after)
    )
    if search:
        asked = asked.where(profiles.c.guest_id.in_(meant(db, search)))
    rows = db.execute(_of(asked, integration)).all()
    said = _consent(db, rows)
    return [
        ProfileRow(
            row.connector, row.name, row.key, jsons.decode(row.body), said[row.id], row.updated
        )
        for row in rows
    ]


def _consent(db: Connection, rows: Sequence[Any]) -> dict[int, dict[str, str]]:
    """Return what counts for each profile's own addresses, by channel."""
    said = ledger.statements(
        db, {(row.brand_id, one) for row in rows for one in (row.email, row.phone_number) if one}
    )
    counts: dict[int, dict[str, str]] = defaultdict(dict)
    for row in rows:
        for channel in Channel:
            address = row.email if channel is Channel.EMAIL else row.phone_number
            state = effective(said.get((row.brand_id, channel.value, address or ""), ()))
            if state is not None:
                counts[row.id][channel.value] = state.value
    return counts


def list_events(
    db: Connection,
    *,
    integration: str | None = None,
    metric: str | None = None,
    guest: str | None = None,
    limit: int = 50,
) -> list[EventRow]:
    """Return events, latest first."""
    asked = (
        select(connections.c.connector, connections.c.name, log, log_bodies.c.body)
        .join(
            log_bodies,
            (log_bodies.c.connection_id == log.c.connection_id) & (log_bodies.c.seq == log.c.seq),
        )
        .join(connections, connections.c.id == log.c.connection_id)
        .where(log.c.kind == Kind.EVENT)
        .order_by(log.c.at.desc(), log.c.connection_id, log.c.seq.desc())
        .limit(limit)
    )
    if metric is not None:
        asked = asked.join(metrics, metrics.c.id == log.c.metric_id).where(metrics.c.name == metric)
    if guest is not None:
        named = db.execute(select(guests.c.id).where(guests.c.key == guest)).scalars()
        asked = asked.where(log.c.guest_id.in_(sorted(family(db, named))))
    return [
        EventRow(
            row.connector,
            row.name,
            row.seq,
            "live" if row.origin else "history",
            row.logged,
            jsons.decode(row.body),
        )
        for row in db.execute(_of(asked, integration))
    ]


def list_quarantine(
    db: Connection,
    *,
    integration: str | None = None,
    all: bool = False,
    limit: int = 200,
    id: int | None = None,
) -> list[QuarantineRow]:
    """Return what is in quarantine, newest first; *all*: what was there as well."""
    asked = (
        select(
            quarantine,
            streams.c.name.label("stream"),
            connections.c.name.label("connection"),
            connections.c.connector,
        )
        .join(streams, streams.c.id == quarantine.c.stream_id)
        .join(connections, connections.c.id == streams.c.connection_id)
        .order_by(quarantine.c.id.desc())
        .limit(limit)
    )
    if not all:
        asked = asked.where(quarantine.c.closed == "")
    if id is not None:
        asked = asked.where(quarantine.c.id == id)
    return [
        QuarantineRow(
            row.id,
            row.connection,
            row.connector,
            row.stream,
            row.key,
            row.hooks,
            row.reason,
            row.since,
            row.tries,
            row.closed,
        )
        for row in db.execute(_of(asked, integration))
    ]


@attrs.frozen
class QuarantineEntry:
    """One entry of quarantine with what is needed to try it again."""

    row: QuarantineRow
    payload: Json
    previous: Json


def read_quarantine(db: Connection, id: int) -> QuarantineEntry | None:
    """Return the entry *id*, open or closed."""
    rows = list_quarantine(db, all=True, id=id)
    if not rows:
        return None
    table = quarantine.c
    row = db.execute(select(table.payload, table.previous).where(table.id == id)).one()
    previous = jsons.decode(row.previous) if row.previous else None
    return QuarantineEntry(rows[0], jsons.decode(row.payload), previous)


def _of(asked: Select[Any], integration: str | None) -> Select[Any]:
    return asked if integration is None else asked.where(connections.c.connector == integration)
