"""Opening a store: SQLite by path, PostgreSQL by URL."""

from __future__ import annotations

import sqlite3
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final

from sqlalchemy import URL, Connection, Engine, create_engine, event, make_url
from sqlalchemy.exc import ArgumentError, DatabaseError

from frontdesk.errors import ConfigurationError, StoreError
from frontdesk.store.faults import explained, said

_WRITE: Final = "frontdesk_write"
_DURABLE: Final = "frontdesk_durable"
#: Options of a reading transaction: all its questions see the same store.
_READ: Final[dict[str, dict[str, Any]]] = {"postgresql": {"isolation_level": "REPEATABLE READ"}}
_PRAGMAS: Final = (
    "journal_mode = WAL",
    "foreign_keys = ON",
    # What is erased or overwritten must not stay readable in the file.
    "secure_delete = ON",
    "cache_size = -16384",
    # A page writes four megabytes: by default, each commit would move all of it into the file
    # at once, and pages of the indexes again and again.
    "wal_autocheckpoint = 4000",
)
#: How many seconds a writer waits for another.
PATIENCE: Final = 30
#: After how many idle seconds PostgreSQL ends a transaction: a process that was stopped
#: inside of one would keep its connection's row locked for as long as it sleeps.
IDLE: Final = 60
_SYNCHRONOUS: Final = (
    "SELECT set_config('synchronous_commit', 'on', true)"
    " WHERE current_setting('synchronous_commit') = 'off'"
)
#: The store's own number among the advisory locks of its database.
_STORE: Final = 0x66726F6E74


def open_engine(where: str | Path) -> Engine:
    """Return an engine for a file path, ``sqlite://`` or ``postgresql://`` URL.

    Raises:
        StoreError: *where* is neither, or its directory does not exist.
        ConfigurationError: The driver for PostgreSQL is not installed.
    """
    url = _url(where)
    if url.get_backend_name() == "sqlite":
        return _open_sqlite(url)
    if url.get_backend_name() == "postgresql":
        return _open_postgresql(url)
    raise StoreError(
        f"a store cannot be in {url.get_backend_name()!r}: give a file path or a postgresql:// URL"
    )


def _url(where: str | Path) -> URL:
    text = str(where)
    if "://" not in text:
        return URL.create("sqlite", database=text)
    try:
        url = make_url(text)
    except ArgumentError:
        raise StoreError("the store's URL cannot be read: use postgresql://host/name") from None
    return url.set(drivername="postgresql+psycopg") if url.drivername == "postgresql" else url


def file_of(url: URL) -> Path | None:
    """Return the file of a SQLite store, None for any other."""
    if url.get_backend_name() != "sqlite":
        return None
    return Path((url.database or "").removeprefix("file:"))


def _open_postgresql(url: URL) -> Engine:
    try:
        # Who waited for a row must then see what the other has written, whatever the
        # database's default is.
        engine = create_engine(
            url,
            pool_pre_ping=True,
            pool_use_lifo=True,
            hide_parameters=True,
            isolation_level="READ COMMITTED",
        )
    except ArgumentError:
        raise StoreError("the store's URL names an unknown driver: use postgresql://") from None
    except ImportError:
        raise ConfigurationError(
            "a store in PostgreSQL needs its driver; try: pip install 'frontdesk[postgres]'"
        ) from None

    @event.listens_for(engine, "connect")
    def prepare(connection: Any, _: Any) -> None:
        cursor = connection.cursor()
        cursor.execute(f"SET lock_timeout = '{PATIENCE}s'")
        cursor.execute(f"SET idle_in_transaction_session_timeout = '{IDLE}s'")
        cursor.close()
        connection.commit()

    return engine


def _open_sqlite(url: URL) -> Engine:
    file = file_of(url) or Path()
    if not file.parent.is_dir():
        raise StoreError(f"the store's folder {str(file.parent)!r} does not exist; create it first")
    if file.is_dir():
        raise StoreError(f"the store {str(file)!r} is a folder; name a file in it")
    # What is written speaks of guests: no error may quote it.
    engine = create_engine(
        url,
        connect_args={"timeout": PATIENCE},
        hide_parameters=True,
        # The connection used last, again: another would have to fill a cache of its own, and
        # to drop it each time this one has written.
        pool_use_lifo=True,
    )

    @event.listens_for(engine, "connect")
    def prepare(connection: Any, _: Any) -> None:
        # The driver's own transactions start too late and end too early for us.
        connection.isolation_level = None
        cursor = connection.cursor()
        for pragma in _PRAGMAS:
            cursor.execute(f"PRAGMA {pragma}")
        cursor.close()

    @event.listens_for(engine, "begin")
    def begin(connection: Connection) -> None:
        options = connection.get_execution_options()
        if not options.get(_WRITE):
            connection.exec_driver_sql("BEGIN")
            return
        # A power cut may undo the last commits, but records and cursor go together; only
        # what somebody was already told must outlast it.
        level = "FULL" if options.get(_DURABLE) else "NORMAL"
        connection.exec_driver_sql(f"PRAGMA synchronous = {level}")
        # A transaction that starts reading and writes later can be refused half-way.
        connection.exec_driver_sql("BEGIN IMMEDIATE")

    return engine


@contextmanager
def reading(engine: Engine) -> Generator[Connection]:
    """Open a transaction that only reads."""
    with explaining(engine), engine.connect() as bare:
        connection = bare.execution_options(**_READ.get(engine.dialect.name, {}))
        with connection.begin():
            yield connection


@contextmanager
def writing(engine: Engine, *, durable: bool = False) -> Generator[Connection]:
    """Open a transaction that writes; it commits when the block ends well.

    Args:
        durable: Once committed, it outlasts even a power cut.
    """
    with explaining(engine), engine.connect() as bare:
        connection = bare.execution_options(**{_WRITE: True, _DURABLE: durable})
        with connection.begin():
            if durable and engine.dialect.name == "postgresql":
                # Whoever asks for more than that, of a replica as well, keeps it.
                connection.exec_driver_sql(_SYNCHRONOUS)
            yield connection


def lock_store(db: Connection) -> None:
    """Keep other writers that ask for it waiting until this transaction ends.

    On SQLite every writer is alone in the store anyway. On PostgreSQL two could create the
    same tables, or the same row, without seeing each other.
    """
    if db.dialect.name == "postgresql":
        db.exec_driver_sql(f"SELECT pg_advisory_xact_lock({_STORE})")


@contextmanager
def explaining(engine: Engine) -> Generator[None]:
    """Turn what a database complains of into a sentence."""
    try:
        yield
    except sqlite3.Error as error:
        raise StoreError(f"the store {engine.url.database!r}: {said(error)}") from None
    except DatabaseError as error:
        sentence = explained(engine, error)
        if sentence is None:
            raise
        raise sentence from None
