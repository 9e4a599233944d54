"""Counting events as they are logged: by metric, site, day and currency."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from datetime import datetime
from decimal import Decimal
from typing import Any

from sqlalchemy import Connection, func, select

from frontdesk.columns import to_millionths
from frontdesk.sql import insert_into
from frontdesk.store import bulk
from frontdesk.store.batch import LoggedEvent
from frontdesk.store.counting_schema import metric_days, metric_sites
from frontdesk.store.schema import metrics
from frontdesk.store.transaction import Transaction


def count_metrics(tx: Transaction, events: Sequence[LoggedEvent]) -> dict[str, int]:
    """Count events of metrics, making those that are new; return the metrics' rows."""
    times: dict[str, list[datetime]] = defaultdict(list)
    for event in events:
        times[event.metric].append(event.at)
    statement = insert_into(tx.db, metrics)
    new = statement.excluded
    table = metrics.c
    tx.db.execute(
        statement.on_conflict_do_update(
            index_elements=["connection_id", "name"],
            set_={"total": table.total + new.total, **_spanned(tx.db, table, new)},
        ),
        [
            {
                "connection_id": tx.stored.id,
                "name": name,
                "total": len(at),
                "first": min(at),
                "last": max(at),
            }
            for name, at in times.items()
        ],
    )
    rows = tx.db.execute(select(table.name, table.id).where(table.connection_id == tx.stored.id))
    return {row.name: row.id for row in rows}


def count_days(tx: Transaction, events: Sequence[LoggedEvent], ids: dict[str, int]) -> None:
    """Add events to the counts of their days and sites."""
    sums: dict[tuple[int, int, str, str], list[Any]] = {}
    for event in events:
        key = (ids[event.metric], event.day, event.currency or "", event.site)
        total = sums.setdefault(key, [0, Decimal(0)])
        total[0] += 1
        total[1] += event.value or 0
    rows = [(*key, number, to_millionths(value)) for key, (number, value) in sums.items()]
    bulk.write_sums(tx.db, metric_days, rows, sums=("total", "value"))
    _count_sites(tx, events, ids)


def _count_sites(tx: Transaction, events: Sequence[LoggedEvent], ids: dict[str, int]) -> None:
    found: dict[tuple[int, str, str], dict[str, Any]] = {}
    for event in events:
        key = (ids[event.metric], event.site, event.currency or "")
        row: dict[str, Any] | None = found.get(key)
        if row is None:
            names = dict(zip(("metric_id", "site", "currency"), key, strict=True))
            row = found[key] = {**names, "total": 0, "value": Decimal(0)}
            row["first"] = row["last"] = event.at
        row["total"] += 1
        row["value"] += event.value or 0
        row["first"], row["last"] = min(row["first"], event.at), max(row["last"], event.at)
    statement = insert_into(tx.db, metric_sites)
    new, table = statement.excluded, metric_sites.c
    sums = {"total": table.total + new.total, "value": table.value + new.value}
    tx.db.execute(
        statement.on_conflict_do_update(
            index_elements=["metric_id", "site", "currency"],
            set_={**sums, **_spanned(tx.db, table, new)},
        ),
        list(found.values()),
    )


def _spanned(db: Connection, table: Any, new: Any) -> dict[str, Any]:
    """Return the first and the last time of what was counted and what is added."""
    ours = db.dialect.name == "postgresql"
    earlier, later = (func.least, func.greatest) if ours else (func.min, func.max)
    return {"first": earlier(table.first, new.first), "last": later(table.last, new.last)}
