"""Reading streams: history in windows, what changed, full scans, and records by their ids."""

from __future__ import annotations

import logging
from collections.abc import AsyncIterator, Sequence
from datetime import datetime, timedelta
from functools import partial
from typing import Any, Final

import attrs

from frontdesk.client import Client
from frontdesk.errors import RefusedError
from frontdesk.model import Json, Page, Purpose, Query, Record, Unreadable
from frontdesk.rows import as_row
from frontdesk.walkers import Step, read_rows
from frontdesk_boulevard import asking, cursors, documents, verdicts
from frontdesk_boulevard.cursors import Followed, Place, Scan
from frontdesk_boulevard.documents import (
    APPOINTMENTS,
    CLIENTS,
    CLIENTS_BY_IDS,
    MEMBERSHIPS,
    STREAMS,
    Listing,
)
from frontdesk_boulevard.rows import bare, build_record

_log = logging.getLogger("frontdesk")

#: More rows than that are asked for in no page, whatever they cost.
LARGEST: Final = 200
#: Rows are paid for that are asked for and not there: of what changed there is little.
FEW: Final = 20
#: A window of history: longer where little was found, shorter where much was.
WINDOW: Final = timedelta(days=365)
_SHORTEST: Final = timedelta(days=7)
_LONGEST: Final = timedelta(days=3650)
_MANY: Final = 2000
#: A row may become visible after its time, and a webhook may come late.
OVERLAP: Final = timedelta(minutes=10)
#: Boulevard knows no time at which an appointment was changed: how far back it is looked at
#: again for what became of it. How often and how far ahead are settings.
BEHIND: Final = timedelta(days=2)


async def read(client: Client[Any], query: Query) -> AsyncIterator[Page]:
    """Read a stream, for whatever purpose."""
    if query.purpose is Purpose.IDS:
        yield await _named(client, query)
        return
    if query.stream == MEMBERSHIPS.field:
        walk = _scanned(client, query)
    elif query.purpose is Purpose.HISTORY:
        walk = _history(client, query)
    else:
        walk = _changed(client, query)
    async for page in walk:
        yield page


async def _named(client: Client[Any], query: Query) -> Page:
    if query.stream == CLIENTS.field:
        return Page(await _clients(client, query.ids))
    found = await asking.by_ids(client, STREAMS[query.stream], query.ids)
    return Page(_records(query.stream, found.nodes))


async def _clients(client: Client[Any], ids: Sequence[str]) -> list[Record | Unreadable]:
    """Read clients by their ids; whoever is not listed is asked for once more, alone."""
    walk = asking.pages(
        client, CLIENTS_BY_IDS, CLIENTS.field, size=len(ids), variables={"ids": list(ids)}
    )
    nodes = [node async for step in walk for node in step.rows]
    known = {bare(str((as_row(node) or {}).get("id"))) for node in nodes}
    left = await asking.by_ids(client, CLIENTS, [id for id in ids if bare(id) not in known])
    records = _records(CLIENTS.field, [*nodes, *left.nodes])
    # That somebody was erased in Boulevard is told by nothing but this.
    return [*records, *(Record("clients", id, {"id": id}, deleted=True) for id in left.absent)]


async def _scanned(client: Client[Any], query: Query) -> AsyncIterator[Page]:
    """Read everything there is: memberships can be filtered by nothing."""
    after = Scan.parse(query.cursor).after
    steps = _steps(client, MEMBERSHIPS, after=after)
    async for step in steps:
        # Whoever comes again after the end begins anew.
        yield Page(
            _records(query.stream, step.rows),
            Scan(step.cursor).cursor(),
            step.progress,
            complete=step.cursor is None,
        )


async def _history(client: Client[Any], query: Query) -> AsyncIterator[Page]:
    """Read rows by when they were created: that never changes, so windows stay as they are."""
    listing = STREAMS[query.stream]
    sites, window = _sites(client, listing), WINDOW
    place = await _begun(client, query, sites)
    while place is not None:
        found, following = 0, None
        async for step in _window(client, listing, place):
            found += len(step.rows)
            if step.cursor is None:
                window = _fitted(window, found)
                following = place.next(sites, window)
                reached = following or place.past()
            else:
                reached = attrs.evolve(place, after=step.cursor)
            records = _records(query.stream, step.rows)
            yield Page(records, reached.cursor(), reached.progress(sites))
        place = following


async def _begun(client: Client[Any], query: Query, sites: Sequence[str]) -> Place | None:
    if query.cursor is not None:
        return Place.parse(query.cursor).going_on(sites, WINDOW)
    # What is created from now on is followed.
    return Place.first(sites, query.since, await _now(client), WINDOW)


def _fitted(window: timedelta, found: int) -> timedelta:
    if found == 0:
        return min(window * 4, _LONGEST)
    return max(window / 2, _SHORTEST) if found > _MANY else window


async def _window(client: Client[Any], listing: Listing, place: Place) -> AsyncIterator[Step[str]]:
    condition = cursors.between("createdAt", place.since, place.until)
    if place.after is None and not await _is_any(client, listing, place.site, condition):
        yield Step([], None, 1)
        return
    async for step in _steps(client, listing, place.site, condition, after=place.after):
        yield step


async def _is_any(client: Client[Any], listing: Listing, site: str, condition: str) -> bool:
    """Tell at little cost whether a window holds anything: many of them are empty."""
    variables = _variables(listing, site, condition)
    walk = asking.pages(client, listing.any, listing.field, size=1, variables=variables)
    async for step in walk:
        return bool(step.rows) or step.cursor is not None
    return False


async def _changed(client: Client[Any], query: Query) -> AsyncIterator[Page]:
    """Read what is new or changed; and appointments of these days, which show no change."""
    listing = STREAMS[query.stream]
    now = await _now(client)
    known = Followed.parse(query.cursor)
    start = known.next or query.since
    condition = cursors.since(listing.moved, start - query.overlap if start else None)
    for site in _sites(client, listing):
        async for step in _steps(client, listing, site, condition, size=FEW):
            yield Page(_records(query.stream, step.rows))
    looked = known.looked
    if listing is APPOINTMENTS and _is_due(client, looked, now):
        async for page in _near(client, query.stream, now):
            yield page
        looked = now
    # Only now: whoever is stopped before asks again. History has just looked itself.
    yield Page((), Followed(now, looked or now).cursor())


async def _near(client: Client[Any], stream: str, now: datetime) -> AsyncIterator[Page]:
    """Read the appointments of these days once more."""
    ahead = timedelta(days=client.settings.look_again_days)
    near = cursors.between("startAt", now - BEHIND, now + ahead)
    for site in _sites(client, APPOINTMENTS):
        async for step in _steps(client, APPOINTMENTS, site, near):
            yield Page(_records(stream, step.rows))


def _is_due(client: Client[Any], looked: datetime | None, now: datetime) -> bool:
    every = timedelta(hours=client.settings.look_again_hours)
    return every > timedelta(0) and looked is not None and now - looked >= every


async def _steps(
    client: Client[Any],
    listing: Listing,
    site: str = "",
    condition: str | None = None,
    *,
    after: str | None = None,
    size: int = LARGEST,
) -> AsyncIterator[Step[str]]:
    """Walk a listing from a cursor; one that is no longer good is left, and all read again."""
    walk = partial(
        asking.pages,
        client,
        listing.whole,
        listing.field,
        size=min(listing.page, size, LARGEST),
        variables=_variables(listing, site, condition),
    )
    read = 0
    try:
        async for step in walk(start=after):
            read += 1
            yield step
    except RefusedError as error:
        if (after is None and not read) or verdicts.TOO_DEAR in str(error):
            raise
        _log.warning(
            "boulevard no longer knows a cursor of %s; read from there again", listing.field
        )
    else:
        return
    async for step in walk(start=None):
        yield step


def _variables(listing: Listing, site: str, condition: str | None) -> dict[str, Json]:
    variables: dict[str, Json] = {"location": site} if listing.local else {}
    return {**variables, "query": condition} if listing.moved else variables


def _sites(client: Client[Any], listing: Listing) -> Sequence[str]:
    """Return the locations to ask one after the other; one without a name stands for all."""
    if not listing.local or client.account is None:
        return [""]
    return sorted(site.id for site in client.account.sites)


async def _now(client: Client[Any]) -> datetime:
    """Ask for the platform's clock: ours may be wrong by more than the overlap."""
    answered = await asking.ask(client, documents.CLOCK)
    return answered.at or client.clock.now()


def _records(stream: str, rows: Sequence[Json]) -> list[Record | Unreadable]:
    return read_rows(stream, rows, partial(build_record, stream))
