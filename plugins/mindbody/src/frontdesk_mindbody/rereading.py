"""Recent days read again, once a day: what webhooks did not bring is found there.

Appointments, bookings of classes and sales come under the ids that webhooks give them, so what
is known already tells nothing new. Nothing is read that was over before the connection began.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from datetime import date, datetime, timedelta
from typing import Any, Final, TypeAlias
from zoneinfo import ZoneInfo

import attrs

from frontdesk.client import Client
from frontdesk.errors import AuthenticationError, UnexpectedResponseError
from frontdesk.model import Json, Page, Query, Site
from frontdesk.rows import Row, as_list, as_row
from frontdesk_mindbody import asking, cursors
from frontdesk_mindbody.account import readable
from frontdesk_mindbody.cursors import Places
from frontdesk_mindbody.rows import records
from frontdesk_mindbody.times import zone_named

#: Reading again sooner finds nothing but what was found: a sync may run every few minutes.
PAUSE: Final = timedelta(hours=20)
#: Days before the last reading, or before today, that are read again.
BACK: Final = timedelta(days=2)
#: Nothing is looked for further back, however long nobody read.
FURTHEST: Final = timedelta(days=30)
#: Days ahead: appointments cost one request for 200, classes one each.
AHEAD: Final = timedelta(days=30)
AHEAD_OF_CLASSES: Final = timedelta(days=7)
#: What was so on a day that is read for the first time may have been so before we began.
BASELINE: Final = "Baseline"
#: What is new on a day that was read before has become so since.
FOUND: Final = "Found"

_Days: TypeAlias = tuple[date, date]


@attrs.frozen
class _Round:
    """One reading of a site."""

    client: Client[Any]
    site: str
    place: Row
    places: Places
    zone: ZoneInfo
    now: datetime
    start: datetime

    def days(self, ahead: timedelta) -> _Days:
        """Return the first and the last day to read, as the site counts them."""
        last = cursors.moment(self.place, "at") or self.now
        first = max(self.start, min(last, self.now) - BACK, self.now - FURTHEST)
        return self.local(first).date(), (self.local(self.now) + ahead).date()

    def local(self, moment: datetime) -> datetime:
        """Return a time as the site's wall clock shows it."""
        return moment.astimezone(self.zone).replace(tzinfo=None)

    def page(self, stream: str, rows: list[Json]) -> Page:
        """Make a page of rows, with the cursor as it is."""
        found = records(stream, rows, self.site)
        return Page(found, cursors.written(self.places))

    def over(self, **left: Json) -> Page:
        """End the round: a page without records."""
        self.place.clear()
        self.place.update({"at": self.now.isoformat(), **left})
        return Page((), cursors.written(self.places))


async def read(client: Client[Any], query: Query) -> AsyncIterator[Page]:
    """Read recent days of a stream at each site, unless that was done a short while ago."""
    places, now = cursors.read(query.cursor), client.clock.now()
    refused: AuthenticationError | None = None
    for id in readable(client.account):
        place = places.setdefault(id, {})
        last, zone = cursors.moment(place, "at"), _zone(client, id)
        if zone is None or (last is not None and now - last < PAUSE):
            continue
        start = (query.since or now) + query.overlap
        walk = _Round(client, id, place, places, zone, now, min(start, now))
        try:
            async for page in _READERS[query.stream](walk):
                yield page
        except AuthenticationError as error:
            refused = error
    if refused is not None:
        raise refused


def _zone(client: Client[Any], id: str) -> ZoneInfo | None:
    site: Site | None = client.account.site(id) if client.account else None
    return None if site is None else zone_named(site.time_zone)


async def _appointments(walk: _Round) -> AsyncIterator[Page]:
    first, last = walk.days(AHEAD)
    asked = {"StartDate": first.isoformat(), "EndDate": last.isoformat()}
    known = str(walk.place.get("until") or "")
    async for step in asking.pages(walk.client, asking.APPOINTMENTS, walk.site, asked):
        rows = [_marked(row, known) for row in step.rows]
        yield walk.page("appointments", rows)
    yield walk.over(until=max(known, last.isoformat()))


def _marked(row: Json, known: str) -> Json:
    """Mark what was found on a day read before, and what may be older than we are."""
    found = as_row(row)
    if found is None:
        return row
    if str(found.get("StartDateTime"))[:10] <= known:
        return {**found, FOUND: True}
    return {**found, BASELINE: str(found.get("Status"))}


async def _visits(walk: _Round) -> AsyncIterator[Page]:
    first, last = walk.days(AHEAD_OF_CLASSES)
    asked = {"StartDateTime": first.isoformat(), "EndDateTime": last.isoformat()}
    seen, met = as_row(walk.place.get("classes")) or {}, set[str]()
    walk.place["classes"] = seen
    async for step in asking.pages(walk.client, asking.CLASSES, walk.site, asked):
        for row in filter(None, map(as_row, step.rows)):
            id, over = str(row.get("Id")), _is_over(row, walk)
            state = _state(row, over=over)
            met.add(id)
            # One that was always empty has nobody; one that is empty again may have had.
            empty = id not in seen and row.get("TotalBooked") == 0 and not over
            if seen.get(id) != state and not empty:
                rows = await _roster(walk, id)
                seen[id] = state
                yield walk.page("visits", rows)
            seen[id] = state
    yield walk.over(classes={id: state for id, state in seen.items() if id in met})


def _is_over(row: Row, walk: _Round) -> bool:
    return str(row.get("EndDateTime")) < walk.local(walk.now).isoformat()


def _state(row: Row, *, over: bool) -> str:
    """Return what tells whether somebody booked, cancelled or came since; once more at the end."""
    told = ("TotalBooked", "TotalSignedIn", "LastModifiedDateTime")
    return " ".join([*(str(row.get(field)) for field in told), "over" if over else ""])


async def _roster(walk: _Round, id: str) -> list[Json]:
    answer = await asking.ask(walk.client, "class/classvisits", walk.site, {"ClassID": id})
    held = as_row((as_row(answer) or {}).get("Class"))
    if held is None:
        raise UnexpectedResponseError("class/classvisits answers without a Class")
    return as_list(held.get("Visits")) or []


async def _sales(walk: _Round) -> AsyncIterator[Page]:
    last = cursors.moment(walk.place, "at") or walk.now
    first = max(walk.start, min(last, walk.now) - BACK, walk.now - FURTHEST)
    # Nobody confirmed whose clock is meant: a day more on either side covers them all, and what
    # was sold before we began is told by its own time.
    asked = {
        "StartSaleDateTime": walk.local(first - timedelta(days=1)).strftime(_SECONDS),
        "EndSaleDateTime": walk.local(walk.now + timedelta(days=1)).strftime(_SECONDS),
    }
    async for step in asking.pages(walk.client, asking.SALES, walk.site, asked):
        yield walk.page("sales", list(step.rows))
    yield walk.over()


_SECONDS: Final = "%Y-%m-%dT%H:%M:%S"
_READERS: Final[dict[str, Callable[[_Round], AsyncIterator[Page]]]] = {
    "appointments": _appointments,
    "visits": _visits,
    "sales": _sales,
}
