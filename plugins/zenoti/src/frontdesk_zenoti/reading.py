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
        return
    walk = calendars.read if query.stream in calendars.CALENDARS else listings.read
    async for page in prepared(client, walk(client, query)):
        yield page
