"""Conditions and statements that mean the same on SQLite and PostgreSQL."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

from sqlalchemy import (
    ARRAY,
    Column,
    ColumnElement,
    Connection,
    Table,
    any_,
    bindparam,
    func,
    select,
)
from sqlalchemy.dialects import postgresql, sqlite

from frontdesk import jsons


def among(db: Connection, column: Column[Any], values: Collection[Any]) -> ColumnElement[bool]:
    """Return the condition that *column* is one of *values*: texts or numbers, however many.

    All of them are one parameter, so the statement is the same for any number.
    """
    if db.dialect.name == "postgresql":
        return column == any_(bindparam(None, list(values), ARRAY(column.type)))
    listed = func.json_each(jsons.encode(list(values)).decode()).table_valued("value")
    return column.in_(select(listed.c.value))


def insert_into(db: Connection, table: Table) -> Any:
    """Return an INSERT of the dialect at hand, which knows ON CONFLICT."""
    module = postgresql if db.dialect.name == "postgresql" else sqlite
    return module.insert(table)
