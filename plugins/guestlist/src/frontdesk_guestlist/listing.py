"""The guest list: filters, order and pages, all answered by the database.

Pages go by the last row shown rather than by a number of rows: none is shown twice or missed
because others came or went meanwhile.
"""

from __future__ import annotations

import enum
from collections.abc import Iterator
from datetime import date

import attrs
from sqlalchemy import Connection

from frontdesk.annex import Annex
from frontdesk_guestlist.guests import Guest


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


@attrs.frozen
class Listed:
    """A page of the list.

    Args:
        next: Where the next page begins; None if this is the last one. It names no guest.
    """

    rows: list[Guest]
    next: str | None


def default(annex: Annex) -> Filters:
    """Return the filters of a list that was just opened: arrivals from today, days ahead."""
    raise NotImplementedError


def page(
    db: Connection,
    annex: Annex,
    filters: Filters,
    sort: Sort,
    after: str | None = None,
    limit: int = 50,
) -> Listed:
    """Return a page of the list.

    Args:
        after: :attr:`Listed.next` of the page before.

    Raises:
        ConfigurationError: *after* is none of this list.
    """
    raise NotImplementedError


def walk(db: Connection, annex: Annex, filters: Filters, sort: Sort) -> Iterator[Guest]:
    """Yield all guests the filters show, in that order, in bounded memory."""
    raise NotImplementedError


def count(db: Connection, annex: Annex, filters: Filters, most: int = 10_000) -> int:
    """Return how many guests the filters show; counting ends at *most*."""
    raise NotImplementedError
