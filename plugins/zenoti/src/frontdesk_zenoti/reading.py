"""Reading streams: lists by centre, calendars by week, single things by their ids."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Any

from frontdesk.client import Client
from frontdesk.model import Page, Purpose, Query
from frontdesk_zenoti import calendars, listings, singles
from frontdesk_zenoti.ahead import prepared


async def read(client: Client[Any], query: Query) -> AsyncIterator[Page]:
    """Read a stream, for whatever purpose."""
    if query.purpose is Purpose.IDS:
        yield await singles.named(client, query)
    elif query.stream in calendars.CALENDARS:
        async for page in calendars.read(client, query):
            async for one in prepared(client, page):
                yield one
    elif query.stream in listings.LISTINGS:
        async for page in listings.read(client, query):
            async for one in prepared(client, page):
                yield one
