"""How connections are: state, progress, lease, and what became of their records."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

import attrs
from sqlalchemy import Connection, func, select

from frontdesk import jsons
from frontdesk.store.left import count_gone
from frontdesk.store.quotas import Used, used
from frontdesk.store.runtime_secrets import expiring
from frontdesk.store.schema import connections, counters, cursors, inboxes, quarantine, streams
from frontdesk.store.states import what_to_do


@attrs.frozen
class WalkRow:
    """How far the history of a stream is read.

    Attributes:
        done: Parts of the walk that are done (windows, sites or pages).
        total: Parts there are in all, where that is known.
        updated: When its last page was committed.
        began: When its first page was, where that is known.
    """

    done: int
    total: int | None
    finished: bool
    updated: datetime
    began: datetime | None = None

    @property
    def remaining(self) -> timedelta | None:
        """How much longer it takes at the pace so far; None where nobody can tell."""
        if self.finished or not self.total or not self.done or self.began is None:
            return None
        return (self.updated - self.began) / self.done * max(self.total - self.done, 0)


@attrs.frozen(kw_only=True)
class ConnectionRow:
    """A connection: how it is, and what became of every record version it took in.

    Attributes:
        todo: What a person should do; empty if nothing.
        history: How far each stream's history is read.
        last_sync: When a page was last committed, or an end of changes.
        holder: Who writes for it now, ``host:process``.
        lease_until: When that hold ends unless it is renewed.
        records: Record versions by outcome, over all streams.
        outcomes: The same by stream.
        quarantined: Open entries of quarantine.
        pending: Webhooks that were received and wait to be drained.
        gone: Guests whom the platform deleted and nobody has forgotten here.
        quota: Requests used of a day's quota, by what they are counted by (a site, say).
        expiring: When secrets obtained at run time end, by name, where that is known.
    """

    name: str
    integration: str
    account: str
    title: str
    state: str
    since: datetime
    reason: str
    todo: str
    history: dict[str, WalkRow]
    last_sync: datetime | None
    holder: str | None
    lease_until: datetime | None
    records: dict[str, int]
    outcomes: dict[str, dict[str, int]]
    quarantined: int
    pending: int
    expiring: dict[str, datetime]
    quota: dict[str, Used]
    gone: int


def list_connections(db: Connection, now: datetime) -> list[ConnectionRow]:
    """Return every connection the store knows, by name."""
    walks, last = _walks(db)
    outcomes, open_entries, ends = _outcomes(db), _open_entries(db), expiring(db)
    quotas, left = used(db, now), count_gone(db)
    waiting = {row.connection_id: row.pending for row in db.execute(select(inboxes))}
    return [
        ConnectionRow(
            name=row.name,
            integration=row.connector,
            account=row.account,
            title=row.title,
            state=row.state,
            since=row.since,
            reason=row.reason,
            todo=what_to_do(row.name, row.state),
            history=walks[row.id],
            last_sync=last.get(row.id),
            holder=row.holder,
            lease_until=row.lease_until,
            records=_summed(outcomes[row.id]),
            outcomes=outcomes[row.id],
            quarantined=open_entries.get(row.id, 0),
            pending=waiting.get(row.id, 0),
            expiring=ends.get(row.id, {}),
            gone=left.get(row.id, 0),
            quota=_own(row.details, quotas.get(row.connector, {})),
        )
        for row in db.execute(select(connections).order_by(connections.c.name)).all()
    ]


def _own(details: bytes, quotas: Mapping[str, Used]) -> dict[str, Used]:
    """Return those quotas that are counted by one of the account's sites, or by none."""
    sites = {"", *(site["id"] for site in jsons.decode(details)["sites"])}
    return {label: one for label, one in quotas.items() if label in sites}


def _walks(db: Connection) -> tuple[dict[int, dict[str, WalkRow]], dict[int, datetime]]:
    """Return how far histories are, and when each connection last moved."""
    walks: dict[int, dict[str, WalkRow]] = defaultdict(dict)
    last: dict[int, datetime] = {}
    asked = select(streams.c.connection_id, streams.c.name, cursors)
    for row in db.execute(asked.join(cursors).order_by(streams.c.id)):
        id = row.connection_id
        last[id] = max(last.get(id, row.updated), row.updated)
        if row.purpose == "history":
            walks[id][row.name] = WalkRow(row.done, row.total, row.finished, row.updated, row.began)
    return walks, last


def _outcomes(db: Connection) -> dict[int, dict[str, dict[str, int]]]:
    found: dict[int, dict[str, dict[str, int]]] = defaultdict(dict)
    asked = select(streams.c.connection_id, streams.c.name, counters.c.outcome, counters.c.total)
    for row in db.execute(asked.join(counters).order_by(streams.c.id, counters.c.outcome)):
        found[row.connection_id].setdefault(row.name, {})[row.outcome] = row.total
    return found


def _summed(by_stream: Mapping[str, Mapping[str, int]]) -> dict[str, int]:
    total: Counter[str] = Counter()
    for outcomes in by_stream.values():
        total.update(outcomes)
    return dict(total)


def _open_entries(db: Connection) -> dict[int, int]:
    asked: Any = (
        select(streams.c.connection_id, func.count().label("entries"))
        .join(quarantine, quarantine.c.stream_id == streams.c.id)
        .where(quarantine.c.closed == "")
        .group_by(streams.c.connection_id)
    )
    return {row.connection_id: row.entries for row in db.execute(asked)}
