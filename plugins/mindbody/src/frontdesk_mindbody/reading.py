"""Reading clients, site by site: two years of history, then what changed; and records by ids."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from typing import Any, Final

from frontdesk.client import Client
from frontdesk.errors import AuthenticationError, RefusedError, UnavailableError
from frontdesk.model import Page, Progress, Purpose, Query
from frontdesk_mindbody import asking, cursors, lookups, rereading
from frontdesk_mindbody.account import readable
from frontdesk_mindbody.cursors import Places

#: Nobody confirmed in which zone the time of a last change is read: no clock is further off.
MARGIN: Final = timedelta(hours=24)
#: How far back a site is read that joins a connection at work.
HISTORY: Final = timedelta(days=730)
#: Mindbody did not exist before.
BEGINNING: Final = datetime(2001, 1, 1, tzinfo=UTC)


async def read(client: Client[Any], query: Query) -> AsyncIterator[Page]:
    """Read a stream, for whatever purpose."""
    if query.purpose is Purpose.IDS:
        async for page in _named(client, query):
            yield page
    elif query.stream == "clients":
        async for page in _clients(client, query):
            yield page
    else:
        async for page in rereading.read(client, query):
            yield page


async def _clients(client: Client[Any], query: Query) -> AsyncIterator[Page]:
    """Read each site's clients; one whose login fails stops the walk after the others."""
    history = query.purpose is Purpose.HISTORY
    places = cursors.read(query.cursor)
    here, refused = readable(client.account), None
    joined = bool(places) and not history
    for site in here:
        if site not in places:
            places[site] = {"from": _start(query, joined=joined).isoformat()}
    for site in here:
        try:
            async for page in _site(client, site, places, query):
                yield page
        except AuthenticationError as error:
            refused = error
    if refused is not None:
        raise refused
    lost = [site for site, place in places.items() if site not in here and not place.get("done")]
    if history and lost:
        raise UnavailableError(
            f"site {lost[0]} does not let us in any more: its clients are read once it does"
        )


def _start(query: Query, *, joined: bool) -> datetime:
    """Return where a site's walk begins.

    A site that joined later is read back as far as the others were when they began.
    """
    since = query.since or BEGINNING + HISTORY
    if query.purpose is Purpose.HISTORY:
        return since
    start = since + query.overlap
    return max(start - HISTORY, BEGINNING) if joined else start


async def _site(
    client: Client[Any], site: str, places: Places, query: Query
) -> AsyncIterator[Page]:
    """Walk one site from where it was left; *places* goes along."""
    place = places[site]
    history = query.purpose is Purpose.HISTORY
    if history and place.get("done"):
        return
    place.setdefault("began", client.clock.now().isoformat())
    since = datetime.fromisoformat(place["from"]) - (MARGIN if history else query.overlap)
    asked = {"LastModifiedDate": _utc(since), "IncludeInactive": "true"}
    walk = asking.pages(client, asking.CLIENTS, site, asked, start=place.get("offset", 0))
    async for step in walk:
        if step.cursor is not None:
            place["offset"] = step.cursor
        elif history:
            place["done"] = True
        else:
            # Whatever changed meanwhile is asked for next time.
            places[site] = {"from": place["began"]}
        found = lookups.client_records(step.rows, site, since)
        yield Page(found, cursors.written(places), Progress(step.done, step.total))


def _utc(moment: datetime) -> str:
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


async def _named(client: Client[Any], query: Query) -> AsyncIterator[Page]:
    # Ids are unique in a site only; whoever does not say which is told of all.
    sites = readable(client.account) if query.site is None else (query.site,)
    for site in sites:
        try:
            yield Page(await lookups.named(client, query.stream, query.ids, site))
        except AuthenticationError as error:
            if len(client.settings.site_ids) == 1:
                raise
            # Other sites' news must not wait for this one's: only its own are set aside.
            raise RefusedError(f"site {site}: {error}", status=error.status) from None
