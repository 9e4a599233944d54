"""The guest list: filters, order and pages, all answered by the database.

Pages go by the last row shown rather than by a number of rows: none is shown twice or missed
because others came or went meanwhile.
"""

from __future__ import annotations

import enum
from collections.abc import Iterator
from datetime import date, timedelta
from typing import Any, Final

import attrs
from sqlalchemy import (
    ColumnElement,
    Connection,
    Select,
    func,
    literal_column,
    or_,
    select,
)

from frontdesk.annex import Annex
from frontdesk.columns import from_micros, to_micros
from frontdesk.errors import ConfigurationError
from frontdesk_guestlist import changes, filtering
from frontdesk_guestlist.filtering import Filters, Span
from frontdesk_guestlist.guests import COLUMNS, Guest, of_row
from frontdesk_guestlist.schema import LAST_NAME_FIRST, guests

__all__ = [
    "By",
    "Filters",
    "Listed",
    "Sort",
    "Span",
    "count",
    "default",
    "page",
    "sort_of",
    "walk",
]


class By(enum.StrEnum):
    """What a list is sorted by."""

    ARRIVAL = "arrival"
    DEPARTURE = "departure"
    CREATED = "created"
    UPDATED = "updated"
    #: Last name, then first name.
    NAME = "name"


@attrs.frozen
class Sort:
    """The order of a list. Guests without the day it goes by come last either way."""

    by: By = By.ARRIVAL
    descending: bool = False

    def __str__(self) -> str:
        return f"{'-' if self.descending else ''}{self.by}"


@attrs.frozen
class Listed:
    """A page of the list.

    Args:
        next: Where the next page begins; None if this is the last one. It names no guest.
    """

    rows: list[Guest]
    next: str | None


@attrs.frozen
class _Place:
    """The row a page ended with; without a key it is among those that lack one."""

    key: Any
    id: int


_KEYS: Final[dict[By, Any]] = {
    By.ARRIVAL: guests.c.arrival,
    By.DEPARTURE: guests.c.departure,
    By.CREATED: guests.c.created,
    By.UPDATED: guests.c.updated,
    By.NAME: literal_column(LAST_NAME_FIRST, guests.c.name_folded.type),
}
_MAY_LACK: Final = frozenset({By.ARRIVAL, By.DEPARTURE})
#: More rows than a table has.
_IDS: Final = 1 << 62
#: How many rows are fetched together when all are.
_AT_ONCE: Final = 1_000


def sort_of(text: str) -> Sort:
    """Return the order that is written so: ``arrival``, or descending ``-arrival``.

    Raises:
        ConfigurationError: There is no such order.
    """
    try:
        return Sort(By(text.removeprefix("-")), text.startswith("-"))
    except ValueError:
        known = ", ".join(By)
        raise ConfigurationError(
            f"the list cannot be sorted by that; sort it by one of {known}, "
            "with - in front for descending"
        ) from None


def default(annex: Annex) -> Filters:
    """Return the filters of a list that was just opened: arrivals from today, days ahead."""
    today = changes.today(annex)
    return Filters(arrival=Span(today, today + timedelta(days=annex.settings.days_ahead)))


def page(
    db: Connection,
    annex: Annex,
    filters: Filters,
    sort: Sort,
    after: str | None = None,
    *,
    limit: int = 50,
) -> Listed:
    """Return a page of the list.

    Args:
        after: :attr:`Listed.next` of the page before.

    Raises:
        ConfigurationError: *after* is none of this list.
    """
    start = None if after is None else _read_place(db, sort, after)
    rows: list[Any] = []
    for part in _parts(annex, filters, sort, start):
        rows += db.execute(part.limit(limit + 1 - len(rows)))
        if len(rows) > limit:
            break
    more = len(rows) > limit
    shown = rows[:limit]
    return Listed([of_row(row) for row in shown], _write_place(sort, shown[-1]) if more else None)


def walk(db: Connection, annex: Annex, filters: Filters, sort: Sort) -> Iterator[Guest]:
    """Yield all guests the filters show, in that order, in bounded memory."""
    for part in _parts(annex, filters, sort, None):
        for row in db.execute(part, execution_options={"yield_per": _AT_ONCE}):
            yield of_row(row)


def count(db: Connection, annex: Annex, filters: Filters, most: int = 10_000) -> int:
    """Return how many guests the filters show; counting ends at *most*."""
    shown = select(guests.c.id).where(*filtering.conditions(annex, filters)).limit(most)
    found: int = db.execute(select(func.count()).select_from(shown.subquery())).scalar_one()
    return found


def _parts(
    annex: Annex, filters: Filters, sort: Sort, start: _Place | None
) -> Iterator[Select[Any]]:
    """Yield the questions for the list behind a place: an index has the order of each.

    Databases disagree on where rows without a value stand, so these are asked for by
    themselves, after the others.
    """
    key, lacking = _KEYS[sort.by], sort.by in _MAY_LACK
    shown: Any = select(*COLUMNS, key.label("key")).where(*filtering.conditions(annex, filters))
    if start is None or start.key is not None:
        some = shown.where(key.is_not(None)) if lacking else shown
        if start is not None:
            # An index can begin at the first condition.
            some = some.where(
                _reaches(sort, key, start.key),
                or_(_beyond(sort, key, start.key), _beyond(sort, guests.c.id, start.id)),
            )
        yield some.order_by(*(_ordered(sort, one) for one in (key, guests.c.id)))
    if lacking:
        none = shown.where(key.is_(None))
        if start is not None and start.key is None:
            none = none.where(_beyond(sort, guests.c.id, start.id))
        yield none.order_by(_ordered(sort, guests.c.id))


def _beyond(sort: Sort, column: Any, value: Any) -> ColumnElement[bool]:
    found: ColumnElement[bool] = column < value if sort.descending else column > value
    return found


def _reaches(sort: Sort, column: Any, value: Any) -> ColumnElement[bool]:
    found: ColumnElement[bool] = column <= value if sort.descending else column >= value
    return found


def _ordered(sort: Sort, column: Any) -> ColumnElement[Any]:
    found: ColumnElement[Any] = column.desc() if sort.descending else column.asc()
    return found


def _write_place(sort: Sort, row: Any) -> str:
    """Write where a page ended; a name stays in the store, and is looked up again."""
    if sort.by is By.NAME or row.key is None:
        value = ""
    else:
        value = str(row.key.toordinal() if sort.by in _MAY_LACK else to_micros(row.key))
    return f"{sort}.{value}.{row.id}"


def _read_place(db: Connection, sort: Sort, written: str) -> _Place:
    try:
        order, value, row = written.split(".")
        return _place(db, sort, value, int(row) if order == str(sort) else _IDS)
    except (ValueError, OverflowError):
        raise ConfigurationError(
            "there is no such page of this list any more; go back to its first page"
        ) from None


def _place(db: Connection, sort: Sort, value: str, id: int) -> _Place:
    if not 0 < id < _IDS:
        raise ValueError(id)
    if sort.by is By.NAME:
        found = db.execute(select(_KEYS[By.NAME]).where(guests.c.id == id)).scalar()
        if found is None:
            raise ValueError(id)
        return _Place(found, id)
    if sort.by in _MAY_LACK:
        return _Place(date.fromordinal(int(value)) if value else None, id)
    return _Place(from_micros(int(value)), id)
