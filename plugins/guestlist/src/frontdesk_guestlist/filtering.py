"""The filters of the guest list, as conditions that the database answers."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator
from datetime import date, datetime, time, timedelta
from typing import Any, Final
from zoneinfo import ZoneInfo

import attrs
from sqlalchemy import ColumnElement, false, literal_column, select, true, union

from frontdesk.annex import Annex
from frontdesk_guestlist import changes, rowing
from frontdesk_guestlist.schema import LAST_NAME_FIRST, guests

#: Comes after whatever follows a beginning.
_END: Final = "\U0010ffff"
_LAST_NAME_FIRST: Final[Any] = literal_column(LAST_NAME_FIRST, guests.c.name_folded.type)


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
    if name := rowing.fold(_sound(filters.name).replace(",", " ")):
        yield _begins(own, (table.name_folded, _LAST_NAME_FIRST), [name])
    if number := _sound(filters.number).strip():
        yield _begins(own, (table.number,), {number, number.upper(), number.lower()})


def _sound(text: str) -> str:
    """Return *text* without what no database can compare."""
    return text.encode(errors="ignore").decode().replace("\0", "")


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


def _begins(own: str, columns: Iterable[Any], texts: Collection[str]) -> ColumnElement[bool]:
    """Return the condition that one of *columns* begins with one of *texts*.

    Each is a question of its own, which its index answers: a database that is asked for all of
    them at once may prefer to look through the whole list in its order.
    """
    found = (
        select(guests.c.id).where(guests.c.property == own, column >= text, column < text + _END)
        for column in columns
        for text in sorted(texts)
    )
    return guests.c.id.in_(union(*found))
