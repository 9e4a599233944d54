"""Metrics as a page shows them: what is in use, and how much there was on each day.

All of it is read from counts that are kept as events come (:mod:`frontdesk.store.counting`);
no event is counted here, however many there are.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, tzinfo
from decimal import Decimal
from typing import Any, Final, TypeAlias

import attrs
from sqlalchemy import ColumnElement, Connection, Select, func, select, tuple_

from frontdesk.sql import among
from frontdesk.store.counting_schema import metric_days, metric_sites
from frontdesk.store.schema import connections, metrics
from frontdesk.store.sites import Home
from frontdesk.times import day_of

#: How many days a small trend has.
TREND: Final = 28

Key: TypeAlias = tuple[str, str]
"""An integration and the name of one of its metrics: the order of the list."""


@attrs.frozen(kw_only=True)
class Only:
    """Which counts are meant; what is left out does not matter.

    Attributes:
        connection: Its row.
        site: One of the connection's sites.
        text: A part of the metric's name.
        metric: The metric's whole name.
    """

    integration: str | None = None
    connection: int | None = None
    site: str | None = None
    text: str = ""
    metric: str | None = None


@attrs.frozen(kw_only=True)
class MetricInUse:
    """A metric of an integration, over the connections and sites that were asked for.

    Attributes:
        values: Sums of money by currency.
        zone: Where the last event was.
        trend: Events of each of the last days, today in that zone being the last.
    """

    integration: str
    name: str
    count: int
    first: datetime
    last: datetime
    values: dict[str, Decimal]
    zone: tzinfo
    trend: tuple[int, ...]


@attrs.frozen
class Day:
    """What an integration counted on one day, in one currency."""

    integration: str
    day: int
    currency: str
    count: int
    value: Decimal


def metrics_in_use(
    db: Connection,
    homes: Mapping[int, Home],
    now: datetime,
    only: Only,
    *,
    after: Key | None = None,
    limit: int = 50,
) -> list[MetricInUse]:
    """Return metrics that have events, by integration and name, behind *after*."""
    keys = _keys(db, only, after, limit)
    if not keys:
        return []
    rows: dict[Key, list[Any]] = {key: [] for key in keys}
    for row in db.execute(_counted(only, keys[0], keys[-1])):
        rows[row.connector, row.name].append(row)
    ids = sorted({row.id for some in rows.values() for row in some})
    zones = {key: _zone(homes, some) for key, some in rows.items()}
    today = {zone: day_of(now, zone) for zone in set(zones.values())}
    days = _trends(db, only, ids, min(today.values()) - TREND + 1)
    return [_made(key, some, zones[key], today[zones[key]], days) for key, some in rows.items()]


def _keys(db: Connection, only: Only, after: Key | None, limit: int) -> list[Key]:
    connector, name = connections.c.connector, metrics.c.name
    asked = select(connector, name).join(metrics, metrics.c.connection_id == connections.c.id)
    if only.site is not None:
        asked = asked.join(metric_sites, metric_sites.c.metric_id == metrics.c.id)
        asked = asked.where(metric_sites.c.site == only.site)
    asked = asked.where(*_chosen(only)).distinct().order_by(connector, name).limit(limit)
    if after is not None:
        asked = asked.where(tuple_(connector, name) > tuple_(*after))
    return [(row.connector, row.name) for row in db.execute(asked)]


def _chosen(only: Only) -> list[ColumnElement[bool]]:
    conditions: list[ColumnElement[bool]] = []
    if only.integration is not None:
        conditions.append(connections.c.connector == only.integration)
    if only.connection is not None:
        conditions.append(connections.c.id == only.connection)
    if only.metric is not None:
        conditions.append(metrics.c.name == only.metric)
    if only.text:
        name = func.lower(metrics.c.name)
        conditions.append(name.contains(only.text.lower(), autoescape=True))
    return conditions


def _counted(only: Only, first: Key, last: Key) -> Select[Any]:
    """Ask for the counts of a page of metrics, by site and currency."""
    key = tuple_(connections.c.connector, metrics.c.name)
    asked = (
        select(connections.c.connector, metrics.c.connection_id, metrics.c.name, metrics.c.id)
        .add_columns(*(column for column in metric_sites.c if column.name != "metric_id"))
        .join(metrics, metrics.c.connection_id == connections.c.id)
        .join(metric_sites, metric_sites.c.metric_id == metrics.c.id)
        .where(*_chosen(only), key >= tuple_(*first), key <= tuple_(*last))
    )
    return asked if only.site is None else asked.where(metric_sites.c.site == only.site)


def _zone(homes: Mapping[int, Home], rows: Sequence[Any]) -> tzinfo:
    latest = max(rows, key=lambda row: row.last)
    home = homes.get(latest.connection_id)
    return (home and home.zone(latest.site)) or UTC


def _trends(
    db: Connection, only: Only, ids: Sequence[int], since: int
) -> dict[int, dict[int, int]]:
    table = metric_days.c
    asked = (
        select(table.metric_id, table.day, func.sum(table.total).label("total"))
        .where(among(db, table.metric_id, ids), table.day >= since)
        .group_by(table.metric_id, table.day)
    )
    if only.site is not None:
        asked = asked.where(table.site == only.site)
    found: dict[int, dict[int, int]] = defaultdict(dict)
    for row in db.execute(asked):
        found[row.metric_id][row.day] = int(row.total)
    return found


def _made(
    key: Key,
    rows: Sequence[Any],
    zone: tzinfo,
    today: int,
    days: Mapping[int, Mapping[int, int]],
) -> MetricInUse:
    values: dict[str, Decimal] = {}
    for row in rows:
        if row.currency:
            values[row.currency] = values.get(row.currency, Decimal(0)) + row.value
    ids = {row.id for row in rows}
    shown = range(today - TREND + 1, today + 1)
    return MetricInUse(
        integration=key[0],
        name=key[1],
        count=sum(row.total for row in rows),
        first=min(row.first for row in rows),
        last=max(row.last for row in rows),
        values=values,
        zone=zone,
        trend=tuple(sum(days.get(id, {}).get(day, 0) for id in ids) for day in shown),
    )


def days_of(db: Connection, only: Only, first: int, last: int) -> list[Day]:
    """Return what was counted on each day from *first* to *last*, by integration and currency.

    In no order: whoever draws them sums them up anyway.
    """
    table = metric_days.c
    ids = {row.id: row.connector for row in db.execute(_metrics(only))}
    asked = (
        select(
            table.metric_id,
            table.day,
            table.currency,
            func.sum(table.total).label("total"),
            func.sum(table.value).label("value"),
        )
        .where(among(db, table.metric_id, sorted(ids)), table.day.between(first, last))
        .group_by(table.metric_id, table.day, table.currency)
    )
    if only.site is not None:
        asked = asked.where(table.site == only.site)
    return [
        Day(ids[row.metric_id], row.day, row.currency, int(row.total), row.value)
        for row in db.execute(asked)
    ]


def _metrics(only: Only) -> Any:
    asked = select(metrics.c.id, connections.c.connector)
    joined = asked.join(connections, connections.c.id == metrics.c.connection_id)
    return joined.where(*_chosen(only))


def metric_rows(db: Connection, only: Only) -> list[int]:
    """Return the rows of the metrics that are meant: one in each connection."""
    return sorted(row.id for row in db.execute(_metrics(only)))
