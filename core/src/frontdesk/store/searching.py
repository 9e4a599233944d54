"""Finding guests by the beginning of what they are known by: address, number, name, id.

Names are compared without case and accents. Every branch reads one index; PostgreSQL's are
made for beginnings whatever the collation, SQLite compares bytes anyway.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Final

from sqlalchemy import (
    Column,
    ColumnElement,
    CompoundSelect,
    Connection,
    Select,
    and_,
    select,
    union,
)

from frontdesk import addresses
from frontdesk.names import folded
from frontdesk.store.finding import keyed
from frontdesk.store.schema import profiles

#: Comes after whatever follows a beginning.
_END: Final = "\U0010ffff"


def search(db: Connection, text: str, *, after: int = 0, limit: int = 50) -> list[int]:
    """Return rows of guests that *text* may mean, behind the row *after*.

    Args:
        text: The beginning of an e-mail address, a phone number, a first or last name, or of
            both names in either order; or a platform's id, whole.
    """
    if not text.strip():
        return []
    found = meant(db, text).subquery()
    asked = select(found.c.id).where(found.c.id > after).order_by(found.c.id).limit(limit)
    return list(db.execute(asked).scalars())


def meant(db: Connection, text: str) -> CompoundSelect[Any]:
    """Return the question which guests' rows *text* may mean."""
    return union(*_branches(db, text.strip()))


def _branches(db: Connection, text: str) -> Iterator[Select[Any]]:
    table = profiles.c
    yield _of(begins(db, table.email, text.lower()))
    digits = "".join(letter for letter in text if letter.isdigit() or letter == "+")
    number = addresses.phone(text) or (digits if digits.startswith("+") else f"+{digits}")
    if len(number) > 1:
        yield _of(begins(db, table.phone_number, number))
    yield keyed(db, text)
    name = folded(text)
    if name is None:
        return
    first, last = table.first_folded, table.last_folded
    yield _of(begins(db, last, name))
    yield _of(begins(db, first, name))
    words = name.split()
    for place in range(1, min(len(words), 4)):
        head, tail = " ".join(words[:place]), " ".join(words[place:])
        yield _of(and_(begins(db, last, tail), begins(db, first, head)))
        yield _of(and_(begins(db, last, head), begins(db, first, tail)))


def _of(condition: ColumnElement[bool]) -> Select[Any]:
    return select(profiles.c.guest_id.label("id")).where(condition)


def begins(db: Connection, column: Column[Any], text: str) -> ColumnElement[bool]:
    """Return the condition that a column begins with *text*, as its index can answer it."""
    from_, to = ("~>=~", "~<~") if db.dialect.name == "postgresql" else (">=", "<")
    return and_(
        column.op(from_, is_comparison=True)(text), column.op(to, is_comparison=True)(text + _END)
    )
