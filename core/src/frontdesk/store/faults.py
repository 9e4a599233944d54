"""What ails a database, in a sentence with what to do; never the statement or its values."""

from __future__ import annotations

import sqlite3
from typing import Any, Final

from sqlalchemy import Engine
from sqlalchemy.exc import DatabaseError, OperationalError

from frontdesk.errors import StoreError

#: What to do, by SQLite's primary result code.
_SQLITE: Final = {
    sqlite3.SQLITE_BUSY: "another program keeps it locked; end that one, or try again later",
    sqlite3.SQLITE_READONLY: "make the file and its folder writable for this user",
    sqlite3.SQLITE_IOERR: "look at the disk; what was committed is safe",
    sqlite3.SQLITE_CORRUPT: "restore a backup: frontdesk store restore FILE --replace",
    sqlite3.SQLITE_FULL: "make room on the disk; what was committed stays, and the next sync "
    "goes on from there",
    sqlite3.SQLITE_CANTOPEN: "see that it is a file this user may read and write, in a folder "
    "where it may create files",
    sqlite3.SQLITE_NOTADB: "name another file; this one is left as it is",
}
#: The same by PostgreSQL's SQLSTATE, or the class it begins with.
_POSTGRESQL: Final = {
    "53100": "make room on the database's disk; the next sync goes on from there",
    "53": "the server is short of resources; try again later",
    "25006": "the server only lets itself be read; name the one that may be written",
    "42501": "grant this user the right to create and write tables in the database",
    "28": "check the user and the password in the store's URL",
    "3D000": "create the database first, or mend its name in the store's URL",
    "57": "the server is stopping or starting; try again later",
    "55P03": "another program keeps it locked; end that one, or try again later",
}


def explained(engine: Engine, error: DatabaseError) -> StoreError | None:
    """Return *error* as a sentence; None if it is a fault of ours rather than of the store."""
    hint = _hint(error.orig)
    ours = type(error) not in {OperationalError, DatabaseError}
    if hint is None and ours and not error.connection_invalidated:
        return None
    # The driver's own words; SQLAlchemy's would quote the statement.
    return StoreError(f"the store {engine.url.database!r}: {said(error.orig)}")


def said(error: Any) -> str:
    """Return a driver's own words on one line, and what to do."""
    text = " ".join(str(error).split())
    hint = _hint(error)
    return f"{text}; {hint}" if hint else text


def _hint(error: Any) -> str | None:
    if isinstance(error, sqlite3.Error):
        code = getattr(error, "sqlite_errorcode", None)
        return None if code is None else _SQLITE.get(code & 0xFF)
    state = getattr(error, "sqlstate", None)
    if isinstance(state, str):
        return _POSTGRESQL.get(state) or _POSTGRESQL.get(state[:2])
    if type(error).__module__.startswith("psycopg") and type(error).__name__ == "OperationalError":
        return "check the store's URL, and that the server is up"
    return None
