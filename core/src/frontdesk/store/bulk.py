"""Many rows at once, written and asked for past SQLAlchemy's handling of each parameter.

SQLAlchemy still writes the statements, each once; rows go to the driver as tuples in the
order of the columns, with times and money as the numbers they are kept as
(:mod:`frontdesk.columns`).
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache
from typing import Any, Final, TypeAlias

from sqlalchemy import (
    URL,
    Column,
    Connection,
    Dialect,
    Table,
    bindparam,
    func,
    insert,
    select,
    text,
)
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.exc import DBAPIError

from frontdesk.sql import among

Row: TypeAlias = tuple[Any, ...]

#: Bytes asked for at once: JSON cannot carry them to SQLite, so each takes a parameter.
_BYTES: Final = 500


def _speaking(name: str, paramstyle: str) -> Dialect:
    kind: Any = URL.create(name).get_dialect()
    dialect: Dialect = kind(paramstyle=paramstyle)
    return dialect


_POSTGRESQL: Final = _speaking("postgresql+psycopg", "format")
_SQLITE: Final = _speaking("sqlite", "qmark")


def write(db: Connection, table: Table, columns: Sequence[str], rows: Sequence[Row]) -> None:
    """Insert rows whose keys are new."""
    if not rows:
        return
    if db.dialect.name == "postgresql":
        _copy(db, table, columns, rows)
    else:
        _run(db, _insert(table, tuple(columns), None), rows)


def write_missing(
    db: Connection, table: Table, columns: Sequence[str], rows: Sequence[Row]
) -> None:
    """Insert the rows whose keys are not there yet."""
    if rows:
        _run(db, _insert(table, tuple(columns), ()), rows)


def write_over(db: Connection, table: Table, columns: Sequence[str], rows: Sequence[Row]) -> None:
    """Insert rows, or overwrite those with the same primary key."""
    if rows:
        keys = {column.name for column in table.primary_key}
        changed = tuple(name for name in columns if name not in keys)
        _run(db, _insert(table, tuple(columns), changed), rows)


def write_sums(db: Connection, table: Table, rows: Sequence[Row], *, sums: tuple[str, ...]) -> None:
    """Insert rows, or add the columns *sums* to those with the same primary key."""
    if rows:
        _run(db, _insert(table, tuple(table.c.keys()), sums, add=True), rows)


def draw(db: Connection, table: Table, number: int) -> Sequence[int]:
    """Return *number* new ids of a table, for rows that are about to be inserted.

    On SQLite the transaction must be one that writes: nobody else draws meanwhile.
    """
    if db.dialect.name == "postgresql":
        drawn = text(
            "SELECT nextval(pg_get_serial_sequence(:name, 'id')) FROM generate_series(1, :number)"
        )
        return db.execute(drawn, {"name": table.name, "number": number}).scalars().all()
    last: int = db.execute(select(func.coalesce(func.max(table.c.id), 0))).scalar_one()
    return range(last + 1, last + 1 + number)


def present(db: Connection, column: Column[Any], values: Sequence[bytes]) -> set[bytes]:
    """Return those of *values* that *column* holds."""
    if db.dialect.name == "postgresql":
        return set(db.execute(select(column).where(among(db, column, values))).scalars())
    found: set[bytes] = set()
    for start in range(0, len(values), _BYTES):
        part = tuple(values[start : start + _BYTES])
        # Filled up, so that the statement is always the same one.
        part += part[-1:] * (_BYTES - len(part))
        found.update(row[0] for row in db.exec_driver_sql(_ask(column), part))
    return found


@lru_cache(maxsize=64)
def _insert(
    table: Table, columns: tuple[str, ...], changed: tuple[str, ...] | None, *, add: bool = False
) -> dict[str, str]:
    """Return an insert of these columns, for each database.

    Args:
        changed: What is overwritten, or added to, in rows that are there; None: there are
            none; nothing: they stay as they are.
    """

    def of(module: Any) -> Any:
        if changed is None:
            return insert(table)
        made = module.insert(table)
        if not changed:
            return made.on_conflict_do_nothing()
        keys = [column.name for column in table.primary_key]
        new = {n: table.c[n] + made.excluded[n] if add else made.excluded[n] for n in changed}
        return made.on_conflict_do_update(index_elements=keys, set_=new)

    return {
        "sqlite": _compiled(of(sqlite), _SQLITE, columns),
        "postgresql": _compiled(of(postgresql), _POSTGRESQL, columns),
    }


@lru_cache(maxsize=8)
def _ask(column: Column[Any]) -> str:
    marks: list[Any] = [bindparam(f"v{number}") for number in range(_BYTES)]
    return str(select(column).where(column.in_(marks)).compile(dialect=_SQLITE))


def _compiled(statement: Any, dialect: Dialect, columns: tuple[str, ...]) -> str:
    compiled: Any = statement.compile(dialect=dialect, column_keys=list(columns))
    if tuple(compiled.positiontup) != columns:
        raise ValueError(f"columns are to be named in the table's order: {compiled.positiontup}")
    return str(compiled)


def _run(db: Connection, statements: dict[str, str], rows: Sequence[Row]) -> None:
    db.exec_driver_sql(statements[db.dialect.name], list(rows))


def _copy(db: Connection, table: Table, columns: Sequence[str], rows: Sequence[Row]) -> None:
    from psycopg import Error, sql  # noqa: PLC0415  # an extra, and only PostgreSQL needs it

    told = sql.SQL("COPY {} ({}) FROM STDIN").format(
        sql.Identifier(table.name), sql.SQL(", ").join(map(sql.Identifier, columns))
    )
    driver: Any = db.connection.driver_connection
    try:
        with driver.cursor() as cursor, cursor.copy(told) as copy:
            for row in rows:
                copy.write_row(row)
    except Error as error:
        # As SQLAlchemy says it of its own statements; what was to be copied is not quoted.
        raise DBAPIError.instance(
            f"COPY {table.name}", None, error, Error, hide_parameters=True, dialect=db.dialect
        ) from error
