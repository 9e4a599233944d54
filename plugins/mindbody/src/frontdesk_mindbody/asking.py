"""How Mindbody is asked: for one site at a time, and page by page with an overlap."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping, Sequence
from typing import Any, Final

import attrs

from frontdesk.client import Client
from frontdesk.errors import UnexpectedResponseError
from frontdesk.model import Json
from frontdesk.rows import as_list, as_row
from frontdesk.walkers import Step, by_offset

#: Rows of a page; more is not promised.
MOST: Final = 200
#: Rows of a page that are asked for once more by the next: they move while we turn pages.
OVERLAP: Final = 20
#: Ids that one request may name.
IDS: Final = 20


@attrs.frozen
class Listing:
    """One operation that lists rows."""

    path: str
    rows: str


CLIENTS: Final = Listing("client/clients", "Clients")
SITES: Final = Listing("site/sites", "Sites")
LOCATIONS: Final = Listing("site/locations", "Locations")
STAFF: Final = Listing("staff/staff", "StaffMembers")
APPOINTMENTS: Final = Listing("appointment/staffappointments", "Appointments")
CLASSES: Final = Listing("class/classes", "Classes")
SALES: Final = Listing("sale/sales", "Sales")


async def ask(client: Client[Any], path: str, site: str, asked: Mapping[str, Json]) -> Json:
    """Ask one operation of one site."""
    return await client.get(path, params=asked, headers={"SiteId": site})


async def pages(
    client: Client[Any],
    listing: Listing,
    site: str,
    asked: Mapping[str, Json],
    *,
    start: int = 0,
) -> AsyncIterator[Step[int]]:
    """Walk an operation to its end.

    Pages overlap: rows are in no order that anybody promised, and one that moves forward while
    we turn a page must not be missed. The cursor counts each row once.
    """
    held: list[Json] = []

    async def fetch(offset: int, size: int) -> tuple[Sequence[Json], int | None]:
        again = min(offset, OVERLAP)
        question = {**asked, "Limit": size, "Offset": offset - again}
        answer = await ask(client, listing.path, site, question)
        # A row that comes twice must not be counted twice: the walk would end too early.
        held[:] = {_key(row): row for row in rows_of(answer, listing)}.values()
        fresh, total = held[again:], _total(answer)
        if total is None:
            # Nobody says how many there are: a page that is not full is the last.
            total = offset + len(fresh) + (len(held) >= size)
        return fresh, total

    async for step in by_offset(fetch, size=MOST, start=start, key=_key):
        yield attrs.evolve(step, rows=tuple(held))


def rows_of(answer: Json, listing: Listing) -> list[Json]:
    """Take the rows out of an answer.

    Raises:
        UnexpectedResponseError: There is no list of them, which is not the same as an empty one.
    """
    rows = as_list((as_row(answer) or {}).get(listing.rows))
    if rows is None:
        raise UnexpectedResponseError(f"{listing.path} answers without a list of {listing.rows}")
    return rows


def _total(answer: Json) -> int | None:
    told = as_row((as_row(answer) or {}).get("PaginationResponse")) or {}
    total = told.get("TotalResults")
    return total if isinstance(total, int) and not isinstance(total, bool) else None


def _key(row: Json) -> str:
    # A row without an id is like no other.
    known = as_row(row) or {}
    return repr(known.get("UniqueId") or known.get("Id") or id(row))
