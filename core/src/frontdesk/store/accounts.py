"""Connections as the store knows them: by the platform's account, not by their name."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import Any, Final

import attrs
from sqlalchemy import Connection as Db
from sqlalchemy import insert, select, update

from frontdesk import jsons
from frontdesk.connection import Connection
from frontdesk.errors import AccountError, ConfigurationError
from frontdesk.manifest import Stream
from frontdesk.model import Account, Site
from frontdesk.store.engine import lock_store
from frontdesk.store.schema import brands, connections, inboxes, streams
from frontdesk.store.states import State
from frontdesk.store.upserts import insert_missing

#: What the store calls the stream of deliveries that could not be read.
WEBHOOKS: Final = "webhooks"


@attrs.frozen
class Stored:
    """A connection's row and the rows of its streams."""

    id: int
    brand: int
    account: Account
    live_start: datetime
    streams: dict[str, int]
    #: How often somebody was forgotten in it.
    forgotten: int = 0

    def start_of(self, stream: Stream) -> datetime | None:
        """Return where events of *stream* begin; None means there is no limit."""
        if stream.history == "all":
            return None
        if stream.history == "none":
            return self.live_start
        return self.live_start - stream.history


def register(
    db: Db,
    connection: Connection,
    account: Account,
    *,
    now: datetime,
    others: frozenset[str] = frozenset(),
) -> Stored:
    """Find or make the row of *account*, and store what the platform now says of it.

    Args:
        others: Names of the other connections in use. An account stored under a name that
            is no longer in use was renamed.

    Raises:
        AccountError: The account, or one of its sites, belongs to another connection.
    """
    lock_store(db)
    connector, name = connection.connector.name, connection.name
    _refuse_shared(db, connector, name, account, others)
    _refuse_other_account(db, connector, name, account)
    brand = brand_row(db, connection.brand)
    values = {
        "name": name,
        "brand_id": brand,
        "title": account.title,
        "details": jsons.encode(_details(account)),
    }
    table = connections.c
    row = db.execute(
        select(table.id, table.live_start, table.forgotten).where(
            table.connector == connector, table.account == account.id
        )
    ).one_or_none()
    if row is None:
        fixed = {"connector": connector, "account": account.id, "live_start": now}
        id, live_start = _insert(db, {**values, **fixed, "state": State.RUNNING, "since": now}), now
        forgotten = 0
    else:
        id, live_start, forgotten = row.id, row.live_start, row.forgotten
        db.execute(update(connections).where(table.id == id).values(**values))
    insert_missing(db, inboxes, [{"connection_id": id}])
    names = [stream.name for stream in connection.manifest.streams]
    if "read_webhook" in connection.connector.hooks:
        names.append(WEBHOOKS)
    streams = _streams(db, id, names)
    return Stored(id, brand, account, live_start, streams, forgotten)


def _insert(db: Db, values: dict[str, Any]) -> int:
    (id,) = db.execute(insert(connections).values(**values)).inserted_primary_key or (0,)
    return int(id)


def known(db: Db, connection: Connection) -> Stored:
    """Return the row of *connection* as it was last registered, asking no platform.

    Raises:
        ConfigurationError: It was never synced under this name.
    """
    id = row_of(db, connection.name)
    table = connections.c
    row = db.execute(
        select(table.brand_id, table.details, table.live_start).where(table.id == id)
    ).one()
    details = jsons.decode(row.details)
    sites = tuple(Site(**site) for site in details.pop("sites"))
    granted, missing = tuple(details.pop("granted")), tuple(details.pop("missing"))
    account = Account(**details, sites=sites, granted=granted, missing=missing)
    rows = db.execute(select(streams.c.name, streams.c.id).where(streams.c.connection_id == id))
    return Stored(id, row.brand_id, account, row.live_start, {r.name: r.id for r in rows})


def row_of(db: Db, name: str) -> int:
    """Return the row of the connection called *name*.

    Raises:
        ConfigurationError: The store has no such connection.
    """
    found = db.execute(select(connections.c.id).where(connections.c.name == name)).scalar()
    if found is None:
        known = ", ".join(db.execute(select(connections.c.name)).scalars()) or "none"
        raise ConfigurationError(f"the store has no connection {name!r}; it has: {known}")
    return int(found)


def begin_scan(db: Db, stream: int) -> None:
    """Number a new full scan of a stream: what it meets is stamped with the number."""
    db.execute(update(streams).where(streams.c.id == stream).values(scan=streams.c.scan + 1))


def _details(account: Account) -> dict[str, Any]:
    values: dict[str, Any] = attrs.asdict(account)
    values.pop("clock")
    return values


def _refuse_shared(
    db: Db, connector: str, name: str, account: Account, others: frozenset[str]
) -> None:
    table = connections.c
    sites = {site.id for site in account.sites}
    for row in db.execute(
        select(table.name, table.account, table.details).where(
            table.connector == connector, table.name.in_(others - {name})
        )
    ):
        if row.account == account.id:
            raise AccountError(
                f"connection {name!r} opens account {account.id!r} ({account.title!r}), which "
                f"connection {row.name!r} already syncs; remove one of the two"
            )
        shared = sites & {site["id"] for site in jsons.decode(row.details)["sites"]}
        if shared:
            raise AccountError(
                f"connection {name!r} includes site {min(shared)!r}, which connection "
                f"{row.name!r} already syncs; remove one of the two"
            )


def _refuse_other_account(db: Db, connector: str, name: str, account: Account) -> None:
    """A known name must not lead to another account: its guests would mix."""
    table = connections.c
    row = db.execute(
        select(table.connector, table.account, table.title).where(
            table.name == name, (table.connector != connector) | (table.account != account.id)
        )
    ).one_or_none()
    if row is not None:
        raise AccountError(
            f"connection {name!r} was {row.connector} account {row.account!r} ({row.title!r}) "
            f"until now, but its credentials open {connector} account {account.id!r} "
            f"({account.title!r}); give the new account a connection name of its own"
        )


def brand_row(db: Db, name: str) -> int:
    """Return the row of the brand called *name*, making it if it is missing."""
    found: int | None = db.execute(
        select(brands.c.id).where(brands.c.name == name)
    ).scalar_one_or_none()
    if found is not None:
        return found
    (id,) = db.execute(insert(brands).values(name=name)).inserted_primary_key or (0,)
    return int(id)


def _streams(db: Db, connection: int, names: Iterable[str]) -> dict[str, int]:
    table = streams.c
    asked = select(table.name, table.id).where(table.connection_id == connection)
    known = {row.name: row.id for row in db.execute(asked)}
    fresh = [{"connection_id": connection, "name": name} for name in names if name not in known]
    if fresh:
        db.execute(insert(streams), fresh)
        known = {row.name: row.id for row in db.execute(asked)}
    return known
