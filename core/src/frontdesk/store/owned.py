"""Tables that plugins have in a store, for whoever forgets, exports or moves what is in them.

A plugin is loaded for it even where nothing of it is connected: what its tables hold of
people is out of reach of anybody else.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from datetime import datetime
from typing import Final

from sqlalchemy import Connection, Engine, func, inspect, select
from sqlalchemy import table as sql

from frontdesk import addresses, registry
from frontdesk.annex import Erasure, Tables
from frontdesk.errors import ConnectorLoadError, ConnectorNotFoundError, StoreError
from frontdesk.model import Json
from frontdesk.store.engine import reading
from frontdesk.store.erasing import Erasing
from frontdesk.store.finding import Person, Who, family, people
from frontdesk.store.keyed import normal
from frontdesk.store.migrate import (
    own_revision,
    plugins_with_tables,
    upgrade_own,
    version_table,
)
from frontdesk.store.schema import brands, connections, guests

#: What the receipt calls rows of a plugin's tables.
ROWS: Final = "rows of its own"
#: Stands for the brand of a store that has none yet, and what it will be called.
NO_BRAND: Final = 0
DEFAULT: Final = "default"
#: The option of an engine that says which tables this process knows already.
KNOWN: Final = "frontdesk_tables"


def load(plugin: str) -> Tables:
    """Return the tables of an installed plugin.

    Raises:
        StoreError: It is not installed, or does not work.
    """
    try:
        connector = registry.load(plugin)
    except (ConnectorNotFoundError, ConnectorLoadError) as error:
        lacking = isinstance(error, ConnectorNotFoundError)
        todo = f"install it: pip install frontdesk-{plugin}" if lacking else str(error)
        raise StoreError(
            f"the store has tables of plugin {plugin!r}, which nobody else can read, and the "
            f"plugin cannot be used here; nothing was done. {todo}"
        ) from None
    made: Tables | None = (
        connector.hooks["add_tables"]() if "add_tables" in connector.hooks else None
    )
    if made is None:
        raise StoreError(
            f"the store has tables of plugin {plugin!r}, and version {connector.version} of the "
            f"plugin has none; nothing was done. Update frontdesk-{plugin}"
        )
    return made


def tables(db: Connection) -> dict[str, Tables]:
    """Return the tables of all plugins that have some in the store.

    Raises:
        StoreError: A plugin is not installed, or its tables are of another version.
    """
    found = {name: _known(db).get(name) or load(name) for name in plugins_with_tables(db)}
    for plugin, own in found.items():
        there = own_revision(db, plugin)
        if there != own.head:
            raise StoreError(
                f"the store's tables of plugin {plugin!r} are of version {there!r}, and the plugin "
                f"that is installed needs {own.head!r}; nothing was done. Any command that uses "
                "a connection of it brings them up to date"
            )
    return found


def upgrade_all(engine: Engine, *, lenient: bool = False) -> dict[str, Tables]:
    """Bring the tables of all plugins that have some in the store up to date.

    Args:
        lenient: Pass over plugins that are not installed.

    Raises:
        StoreError: A plugin is not installed, or its tables are of a newer version.
    """
    with reading(engine) as db:
        names = plugins_with_tables(db)
    found: dict[str, Tables] = {}
    for name in names:
        try:
            found[name] = load(name)
        except StoreError:
            if not lenient:
                raise
            continue
        upgrade_own(engine, name, found[name])
    return found


def names_of(db: Connection, plugin: str) -> list[str]:
    """Return the names of a plugin's tables in the store, be it installed or not."""
    found = inspect(db).get_table_names()
    own = {name for name in found if name.startswith(f"{plugin}_")}
    return sorted(own - {version_table(plugin)})


def in_use(db: Connection) -> list[str]:
    """Return the plugins whose tables have a row, be they installed or not."""
    return [
        plugin
        for plugin in plugins_with_tables(db)
        if any(
            db.execute(select(func.count()).select_from(sql(name))).scalar()
            for name in names_of(db, plugin)
        )
    ]


def erase(erasing: Erasing) -> None:
    """Have plugins erase people from their tables."""
    db, table = erasing.db, connections.c
    for plugin, own in tables(db).items():
        rows = own.erase(db, _meant(erasing, plugin))
        if rows:
            asked = select(table.name).where(
                table.connector == plugin, table.brand_id == erasing.brand
            )
            names = db.execute(asked).scalars().all()
            erasing.counts[names[0] if len(names) == 1 else plugin, ROWS] += rows


def export(
    db: Connection, brand: int, some: Collection[Person], said: Iterable[str], now: datetime
) -> dict[str, Json]:
    """Return what plugins' tables hold of people of a brand, by plugin."""
    found = {
        plugin: own.export(db, _erasure(db, plugin, brand, some, said=said, at=now))
        for plugin, own in tables(db).items()
    }
    return {plugin: said for plugin, said in found.items() if _says(said)}


def with_copies(
    db: Connection, brand: int, some: Collection[Person], said: Iterable[str], now: datetime
) -> list[Person]:
    """Return people of a brand, and those that plugins know as copies of them."""
    ids = {person.id for person in some}
    said = [*said]
    for plugin, own in tables(db).items():
        if own.known_as is None:
            continue
        for account, key in own.known_as(db, _erasure(db, plugin, brand, some, said=said, at=now)):
            asked = (
                select(guests.c.id)
                .join(connections, connections.c.id == guests.c.connection_id)
                .where(connections.c.connector == plugin, connections.c.account == account)
                .where(connections.c.brand_id == brand, guests.c.key == key)
            )
            ids.update(db.execute(asked).scalars())
    return people(db, family(db, ids))


def said_by(who: Who) -> frozenset[str]:
    """Return the address that somebody is named by, if it is one."""
    if not isinstance(who, str):
        return frozenset()
    email = addresses.email(who)
    spelt = {email and normal(email), addresses.phone(who)}
    return frozenset(one for one in spelt if one)


def brands_with(db: Connection) -> set[int]:
    """Return the brands in which plugins' tables may know people whom nothing else does.

    A connection that was never synced is of no brand yet: it counts for the first.
    """
    table = connections.c
    found: set[int] = set()
    for plugin in plugins_with_tables(db):
        mine = db.execute(select(table.brand_id).where(table.connector == plugin)).scalars().all()
        first = db.execute(select(func.min(brands.c.id))).scalar()
        found |= {*mine} or {first or NO_BRAND}
    return found


def _known(db: Connection) -> Mapping[str, Tables]:
    known: Mapping[str, Tables] = db.get_execution_options().get(KNOWN, {})
    return known


def _meant(erasing: Erasing, plugin: str) -> Erasure:
    some = erasing.people.values()
    return _erasure(erasing.db, plugin, erasing.brand, some, said=erasing.told, at=erasing.at)


def _erasure(
    db: Connection,
    plugin: str,
    brand: int,
    some: Collection[Person],
    *,
    said: Iterable[str],
    at: datetime,
) -> Erasure:
    table = connections.c
    rows = db.execute(select(table.id, table.connector, table.account, table.brand_id)).all()
    accounts = {row.id: row.account for row in rows}
    others = {r.account for r in rows if r.connector == plugin and r.brand_id != brand}
    return Erasure(
        guests=frozenset((one.connector, accounts[one.connection], one.key) for one in some),
        addresses=frozenset(said),
        spared=frozenset(others),
        at=at,
    )


def _says(value: Json) -> bool:
    """Tell whether there is anything in a value but empty lists and the like."""
    if isinstance(value, Mapping):
        return any(map(_says, value.values()))
    if isinstance(value, list | tuple):
        return any(map(_says, value))
    return value is not None and value != ""
