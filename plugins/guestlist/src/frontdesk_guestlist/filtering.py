"""The filters of the guest list, as conditions that the database answers."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, datetime, time, timedelta
from typing import Any, Final
from zoneinfo import ZoneInfo

import attrs
from sqlalchemy import ColumnElement, and_, false, literal_column, or_, select, true, union

from frontdesk.annex import Annex
from frontdesk_guestlist import changes, rowing
from frontdesk_guestlist.schema import LAST_NAME_FIRST, guests

#: Comes after whatever follows a beginning.
_END: Final = "\U0010ffff"


@attrs.frozen
class Span:
    """Days from one to another, both included; None leaves an end open."""

    from_: date | None = None
    to: date | None = None


@attrs.frozen(kw_only=True)
class Filters:
    """What the list shows: guests that meet all that is given. Deleted guests meet nothing.

    Args:
        arrival: Days at the property, as for the others.
        name: The beginning of a name: first, last, or both in either order; without regard to
            case and accents.
        number: The beginning of a reservation's number.
        emailable: Only guests who can be written to; no also shows who cannot: no valid
            address, cancelled, a duplicate, unsubscribed.
        checked_in: Only guests who have, or have not, checked in.
    """

    arrival: Span | None = None
    departure: Span | None = None
    created: Span | None = None
    updated: Span | None = None
    name: str = ""
    number: str = ""
    emailable: bool = True
    checked_in: bool | None = None


def conditions(annex: Annex, filters: Filters) -> list[ColumnElement[bool]]:
    """Return what a guest of the property must meet to be shown."""
    return list(_conditions(annex, filters))


def _conditions(annex: Annex, filters: Filters) -> Iterator[ColumnElement[bool]]:
    own, table = annex.settings.property, guests.c
    yield table.property == own
    yield table.hidden.is_(None)
    yield from _days(table.arrival, filters.arrival)
    yield from _days(table.departure, filters.departure)
    zone = changes.zone(annex)
    yield from _times(table.created, filters.created, zone)
    yield from _times(table.updated, filters.updated, zone)
    if filters.emailable:
        yield table.emailable == true()
    if filters.checked_in is not None:
        yield table.checked_in == (true() if filters.checked_in else false())
    if name := rowing.fold(filters.name.replace(",", " ")):
        yield _named(own, name)
    if number := filters.number.strip():
        spelt = sorted({number, number.upper(), number.lower()})
        yield or_(*(_begins(table.number, one) for one in spelt))


def _days(column: Any, span: Span | None) -> Iterator[ColumnElement[bool]]:
    if span is not None and span.from_ is not None:
        yield column >= span.from_
    if span is not None and span.to is not None:
        yield column <= span.to


def _times(column: Any, span: Span | None, zone: ZoneInfo) -> Iterator[ColumnElement[bool]]:
    """Yield what times must meet to be on days, from the zone's midnight to midnight."""
    if span is not None and span.from_ is not None:
        yield column >= datetime.combine(span.from_, time.min, zone)
    # No day follows the last one there is.
    if span is not None and span.to is not None and span.to < date.max:
        yield column < datetime.combine(span.to + timedelta(days=1), time.min, zone)


def _named(own: str, name: str) -> ColumnElement[bool]:
    """Return the condition that a name begins so, in either order; each has its index."""
    last_name_first: Any = literal_column(LAST_NAME_FIRST, guests.c.name_folded.type)
    found = (
        select(guests.c.id).where(guests.c.property == own, _begins(order, name))
        for order in (guests.c.name_folded, last_name_first)
    )
    return guests.c.id.in_(union(*found))


def _begins(column: Any, text: str) -> ColumnElement[bool]:
    return and_(column >= text, column < text + _END)
