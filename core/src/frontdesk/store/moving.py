"""Moving stores: restoring a backup, and copying between SQLite and PostgreSQL.

Whatever comes out of it starts held: two stores that follow the same accounts at once would
both send what they find.
"""

from __future__ import annotations

import tempfile
from collections.abc import Generator, Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from typing import Any, Final

from sqlalchemy import Connection, Engine, Table, func, insert, select, text, update

from frontdesk.annex import Tables
from frontdesk.errors import StoreError
from frontdesk.store import owned
from frontdesk.store.backups import back_up, copy_pages
from frontdesk.store.carrying import Erased, forget_again, remembered
from frontdesk.store.engine import explaining, file_of, open_engine, reading, writing
from frontdesk.store.migrate import revision, upgrade, upgrade_own
from frontdesk.store.schema import connections, metadata
from frontdesk.store.states import hold_all
from frontdesk.store.users import end_logins

#: Rows that are in memory at a time.
_BATCH: Final = 1000


def backup(where: str | Path, target: Path, now: datetime) -> None:
    """Write a copy of a SQLite store to *target*, whole though others go on writing.

    Its connections are held, so that pointing a configuration at it does no harm.

    Raises:
        StoreError: The store is not in SQLite, or *target* exists or cannot be written.
    """
    with _opened(where) as engine:
        file = file_of(engine.url)
        if file is None:
            raise StoreError(
                "a store in PostgreSQL is backed up with pg_dump; or copy it to a file: "
                "frontdesk store copy URL FILE"
            )
        _refuse_missing(engine)
    back_up(file, target, lambda part: _held(part, now))


def restore(file: Path, where: str | Path, now: datetime, *, replace: bool = False) -> int | None:
    """Put the backup in *file* into the store at *where*, with all connections held.

    Args:
        replace: What the store has is thrown away; else it must be empty. Whom it forgot
            since the backup was made is forgotten in the backup's place, too.

    Returns:
        How many guests were forgotten again; None if there was no store that could tell.

    Raises:
        StoreError: *file* is no store, or the store is not empty, or somebody writes to it.
    """
    with _opened(file) as engine:
        _refuse_missing(engine)
    with tempfile.TemporaryDirectory() as folder, _opened(where) as target:
        # The backup itself is never changed, and may be of an older version.
        copied = Path(folder) / "store.db"
        _refuse_in_use(target, now, replace=replace)
        erased, there = _remembered(target)
        again = 0

        def finish(part: Path) -> None:
            nonlocal again
            again = _hold(part, now, erased)

        back_up(file, copied, finish)
        into = file_of(target.url)
        if into is not None:
            target.dispose()
            with explaining(target):
                copy_pages(copied, into)
        else:
            with _opened(copied) as source:
                own = owned.upgrade_all(source)
                _copy(source, target, now, own, replace=replace)
    return again if there else None


def _remembered(target: Engine) -> tuple[Erased | None, bool]:
    """Return whom a store forgot, and whether there is one with anything in it."""
    with reading(target) as db:
        if revision(db) is None:
            return None, False
        there = db.execute(select(connections.c.id).limit(1)).scalar() is not None
        return remembered(db), there


def copy(source: str | Path, target: str | Path, now: datetime) -> dict[str, int]:
    """Copy a store into an empty one, wherever the two are; return the rows of each table.

    Raises:
        StoreError: The source is missing, or the target is not empty, or a plugin that has
            tables in the source is not installed.
    """
    with _opened(source) as old, _opened(target) as new:
        _refuse_missing(old)
        upgrade(old)
        own = owned.upgrade_all(old)
        _refuse_in_use(new, now, replace=False)
        return _copy(old, new, now, own, replace=False)


@contextmanager
def _opened(where: str | Path) -> Generator[Engine]:
    engine = open_engine(where)
    try:
        yield engine
    finally:
        engine.dispose()


def _held(file: Path, now: datetime) -> None:
    _hold(file, now)


def _hold(file: Path, now: datetime, erased: Erased | None = None) -> int:
    """Hold a copy's connections, and forget in it whom others *erased*; return how many."""
    again = 0
    with _opened(file) as engine:
        upgrade(engine)
        if erased is not None:
            # Only who must look into them needs the plugins.
            owned.upgrade_all(engine, lenient=True)
        with writing(engine) as db:
            hold_all(db, now)
            end_logins(db)
            if erased is not None:
                again = forget_again(db, erased)
        with engine.connect() as bare:
            # A backup is one file; without this its last commits lie in another.
            bare.exec_driver_sql("COMMIT")
            bare.exec_driver_sql("PRAGMA journal_mode = DELETE")
    return again


def _refuse_missing(engine: Engine) -> None:
    file = file_of(engine.url)
    if file is not None and not file.exists():
        raise StoreError(f"there is no store {str(file)!r}")
    with reading(engine) as db:
        if revision(db) is None:
            raise StoreError(f"{engine.url.database!r} is no store of frontdesk")


def _refuse_in_use(engine: Engine, now: datetime, *, replace: bool) -> None:
    table = connections.c
    with reading(engine) as db:
        if revision(db) is None:
            return
        names = [*db.execute(select(table.name)).scalars()]
        names += [f"tables of plugin {plugin!r}" for plugin in owned.in_use(db)]
        writers = list(db.execute(select(table.holder).where(table.lease_until > now)).scalars())
    if names and not replace:
        raise StoreError(
            f"the store {engine.url.database!r} is not empty: it has {', '.join(names)}; "
            "name an empty one"
        )
    if writers:
        raise StoreError(f"the store is being written by {writers[0]}; stop that process first")


def _copy(
    source: Engine, target: Engine, now: datetime, own: Mapping[str, Tables], *, replace: bool
) -> dict[str, int]:
    upgrade(target)
    # What the store that is replaced has goes, whether the other has its like or not.
    there = {**owned.upgrade_all(target), **own} if replace else own
    for plugin, theirs in own.items():
        upgrade_own(target, plugin, theirs)
    # One state of the source, however long it takes and whoever writes meanwhile.
    steady = source
    if source.dialect.name == "postgresql":
        steady = source.execution_options(isolation_level="REPEATABLE READ")
    with reading(steady) as old, writing(target) as new:
        if replace:
            for table in reversed(_all_tables(there)):
                new.execute(table.delete())
        counts = {table.name: _copy_table(old, new, table) for table in _all_tables(own)}
        _compare(new, own, counts)
        hold_all(new, now)
        end_logins(new)
    return counts


def _all_tables(own: Mapping[str, Tables]) -> list[Table]:
    """Return our tables, and after them those of plugins; who is pointed at comes first."""
    theirs = [table for one in own.values() for table in one.metadata.sorted_tables]
    return [*metadata.sorted_tables, *theirs]


def _copy_table(old: Connection, new: Connection, table: Table) -> int:
    copied = 0
    # A row may point at one of its own table that comes later.
    inner = [c.name for c in table.c if any(k.column.table is table for k in c.foreign_keys)]
    for rows in _batches(old, select(table).order_by(*table.primary_key)):
        new.execute(insert(table), [{**row, **dict.fromkeys(inner)} for row in rows])
        copied += len(rows)
    for name in inner:
        _copy_column(old, new, table, name)
    if new.dialect.name == "postgresql":
        _set_sequence(new, table)
    return copied


def _copy_column(old: Connection, new: Connection, table: Table, name: str) -> None:
    (key,) = table.primary_key
    for rows in _batches(old, select(key, table.c[name]).where(table.c[name].is_not(None))):
        for row in rows:
            changed = update(table).where(key == row[key.name]).values({name: row[name]})
            new.execute(changed)


def _batches(db: Connection, asked: Any) -> Iterator[Sequence[dict[str, Any]]]:
    found = db.execution_options(yield_per=_BATCH).execute(asked)
    for part in found.mappings().partitions():
        yield [dict(row) for row in part]


def _set_sequence(db: Connection, table: Table) -> None:
    """Let PostgreSQL go on counting after the rows it was given with their numbers."""
    key = table.autoincrement_column
    if key is None:
        return
    last = db.execute(select(func.max(key))).scalar()
    if last is not None:
        asked = text("SELECT setval(pg_get_serial_sequence(:name, :key), :last)")
        db.execute(asked, {"name": table.name, "key": key.name, "last": last})


def _compare(db: Connection, own: Mapping[str, Tables], counts: dict[str, int]) -> None:
    for table in _all_tables(own):
        arrived: int = db.execute(select(func.count()).select_from(table)).scalar_one()
        if arrived != counts[table.name]:
            raise StoreError(
                f"of {counts[table.name]} rows of {table.name!r} only {arrived} arrived; nothing "
                "was copied"
            )
