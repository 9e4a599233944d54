"""Insert-or-something in the dialect at hand, and questions about many keys at once."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, TypeVar

from sqlalchemy import Connection, Table

from frontdesk.sql import insert_into

_T = TypeVar("_T")

#: SQLite allows 32,766 parameters in a statement.
CHUNK = 10_000


def insert_missing(db: Connection, table: Table, rows: Sequence[Mapping[str, Any]]) -> None:
    """Insert the rows whose keys are not there yet."""
    if rows:
        db.execute(insert_into(db, table).on_conflict_do_nothing(), list(rows))


def replace(
    db: Connection, table: Table, rows: Sequence[Mapping[str, Any]], *, keep: Sequence[str] = ()
) -> None:
    """Insert rows, or overwrite those with the same primary key, less the columns in *keep*."""
    if not rows:
        return
    statement = insert_into(db, table)
    keys = [column.name for column in table.primary_key]
    changed = {name: statement.excluded[name] for name in rows[0] if name not in (*keys, *keep)}
    db.execute(
        statement.on_conflict_do_update(index_elements=keys, set_=changed), [dict(r) for r in rows]
    )


def add_up(
    db: Connection, table: Table, rows: Sequence[Mapping[str, Any]], *, sums: Sequence[str]
) -> None:
    """Insert rows, or add the columns *sums* to those with the same primary key."""
    if not rows:
        return
    statement = insert_into(db, table)
    keys = [column.name for column in table.primary_key]
    added = {name: table.c[name] + statement.excluded[name] for name in sums}
    db.execute(
        statement.on_conflict_do_update(index_elements=keys, set_=added), [dict(r) for r in rows]
    )


def chunks(values: Sequence[_T]) -> Iterator[Sequence[_T]]:
    """Cut *values* so that each part fits into one statement."""
    for start in range(0, len(values), CHUNK):
        yield values[start : start + CHUNK]
