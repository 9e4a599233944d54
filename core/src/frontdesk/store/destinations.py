"""Destinations as the store knows them: by the account that was reached, not by their name."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from datetime import datetime
from typing import Any

import attrs
from sqlalchemy import Connection as Db
from sqlalchemy import delete, insert, select, update

from frontdesk.destination import Destination
from frontdesk.errors import AccountError, ConfigurationError
from frontdesk.model import Account
from frontdesk.store.accounts import brand_row
from frontdesk.store.delivery_schema import destinations, outbox, outbox_guests, positions
from frontdesk.store.engine import lock_store
from frontdesk.store.schema import connections
from frontdesk.store.states import State


@attrs.frozen
class StoredDestination:
    """A destination's row.

    Attributes:
        brand: The row of its brand.
        sources: Rows of the connections it is fed by, by their names.
        bound: Whether something was sent there before.
    """

    id: int
    brand: int
    sources: Mapping[str, int]
    bound: bool


def register(
    db: Db,
    destination: Destination,
    account: Account,
    *,
    now: datetime,
    connections: Collection[str],
    others: Collection[str] = (),
) -> StoredDestination:
    """Find or make the row of the *account* that was reached.

    Args:
        connections: Names of the connections in use: only what they say can be withheld is known.
        others: Names of the other destinations in use.

    Raises:
        AccountError: The destination was delivered to another account before, or another
            destination delivers to this one.
    """
    lock_store(db)
    plugin, name = destination.plugin.name, destination.name
    table = destinations.c
    named = db.execute(select(destinations).where(table.name == name)).one_or_none()
    if named is not None and (named.plugin, named.account) != (plugin, account.id):
        _leave_account(db, named, account)
    found = db.execute(
        select(destinations).where(table.plugin == plugin, table.account == account.id)
    ).one_or_none()
    if found is not None and found.name != name and found.name in others:
        raise AccountError(
            f"account {account.id} is already delivered to by destination {found.name!r}; "
            f"remove one of the two"
        )
    brand = brand_row(db, destination.brand)
    sources = _sources(db, destination, brand, connections)
    values = {"name": name, "brand_id": brand, "title": account.title}
    if found is None:
        made = {**values, "plugin": plugin, "account": account.id, "since": now}
        id = _insert(db, made, sources)
    else:
        id = found.id
        db.execute(update(destinations).where(table.id == id).values(**values))
    return StoredDestination(id, brand, sources, found is not None and bool(found.bound))


def _leave_account(db: Db, named: Any, account: Account) -> None:
    """Give up an account nothing was sent to; refuse to give up any other."""
    if named.bound is not None:
        raise AccountError(
            f"destination {named.name!r} delivers to account {named.account} ({named.title}), but "
            f"its credentials open account {account.id} ({account.title}); put the former ones "
            f"back, or move on purpose: frontdesk destinations rebind {named.name}"
        )
    for table in (outbox, outbox_guests, positions):
        db.execute(delete(table).where(table.c.destination_id == named.id))
    db.execute(delete(destinations).where(destinations.c.id == named.id))


def rebind(db: Db, name: str, now: datetime) -> str:
    """Let a destination's name go to another account with its next delivery.

    What was sent to the former account stays noted under it.

    Returns:
        The account it leaves.

    Raises:
        ConfigurationError: The store has no such destination.
    """
    row = find(db, name)
    changed = update(destinations).where(destinations.c.id == row.id)
    reason = "another account was bound in its place"
    db.execute(changed.values(name=None, state=State.PAUSED, reason=reason, since=now))
    return f"{row.account} ({row.title})"


def find(db: Db, name: str) -> Any:
    """Return the row of the destination called *name*.

    Raises:
        ConfigurationError: The store has no such destination.
    """
    table = destinations.c
    row = db.execute(select(destinations).where(table.name == name)).one_or_none()
    if row is None:
        asked = select(table.name).where(table.name.is_not(None)).order_by(table.name)
        known = ", ".join(filter(None, db.execute(asked).scalars())) or "none"
        raise ConfigurationError(
            f"nothing was ever delivered to a destination {name!r}; the store knows: {known}"
        )
    return row


def bound_to(db: Db, name: str) -> str | None:
    """Return the account a destination delivers to; None if nothing was ever sent."""
    table = destinations.c
    asked = select(table.account).where(table.name == name, table.bound.is_not(None))
    account: str | None = db.execute(asked).scalar()
    return account


def bind(db: Db, id: int, now: datetime) -> None:
    """Note that something is about to be sent to a destination's account."""
    table = destinations.c
    unbound = update(destinations).where(table.id == id, table.bound.is_(None))
    db.execute(unbound.values(bound=now))


def _insert(db: Db, values: dict[str, Any], sources: Mapping[str, int]) -> int:
    made = insert(destinations).values(**values, **_beginning(db, sources))
    (id,) = db.execute(made).inserted_primary_key or (0,)
    return int(id)


def _beginning(db: Db, sources: Mapping[str, int]) -> dict[str, Any]:
    """Return how a new destination begins: held, where what feeds it is.

    A copied store, or a demo's, sends nothing to a destination it did not know before either.
    """
    table = connections.c
    held = select(table.reason).where(table.id.in_(sources.values()), table.state == State.HELD)
    reason = db.execute(held.order_by(table.id).limit(1)).scalar()
    if reason is None:
        return {"state": State.RUNNING}
    return {"state": State.HELD, "reason": reason}


def has_other_sources(
    db: Db, destination: Destination, stored: StoredDestination, in_use: Collection[str]
) -> bool:
    """Tell whether other connections feed a destination by now than when it was opened."""
    return _sources(db, destination, stored.brand, in_use) != stored.sources


def _sources(
    db: Db, destination: Destination, brand: int, in_use: Collection[str]
) -> dict[str, int]:
    table = connections.c
    asked = select(table.name, table.id).where(table.brand_id == brand).order_by(table.id)
    wanted = destination.rules.connections
    return {
        row.name: row.id
        for row in db.execute(asked)
        if row.name in in_use and (wanted is None or row.name in wanted)
    }
