"""Guests who come to a house by links, with nothing but a link."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import datetime
from typing import Any

import attrs
import httpx
from guesthouse import House, opened

from frontdesk_guestlist import activities, guests, links
from frontdesk_guestlist.guests import Guest
from frontdesk_guestlist.links import Pass, Purpose

BASE = "http://stay.example"


@attrs.frozen
class Door:
    """A house whose pages are open, and one guest of it.

    Args:
        http: A browser that keeps no cookies, as there are none.
    """

    house: House
    http: httpx.AsyncClient
    uid: str

    async def link(
        self, purpose: str, *, expires: datetime | None = None, property: str = "grand", **more: Any
    ) -> str:
        """Return a guest's link, as an e-mail has it."""
        pass_ = Pass(Purpose(purpose), more.pop("guest", self.uid), **more)
        token = links.make(await self.house.annex.key(), property, pass_, expires)
        place = "u" if purpose == "unsubscribe" else "g"
        return f"/plugins/guestlist/{place}/{token}"

    async def get(self, purpose: str, query: str = "", **more: Any) -> httpx.Response:
        """Open a page by its link."""
        return await self.http.get(await self.link(purpose, **more) + query)

    async def post(
        self, purpose: str, fields: dict[str, Any], query: str = "", **more: Any
    ) -> httpx.Response:
        """Send a form from a page."""
        return await self.http.post(await self.link(purpose, **more) + query, data=fields)

    async def guest(self) -> Guest:
        """Return the guest as the list has them now."""
        found: Guest = await self.house.read(guests.get, self.uid)
        return found

    async def did(self) -> list[str]:
        """Return what is on the guest's timeline."""
        return [one.kind.value for one in await self.timeline()]

    async def timeline(self) -> list[activities.Activity]:
        """Return the guest's timeline."""
        guest = await self.guest()
        return await self.house.annex.read(lambda db: activities.timeline(db, guest.id))


ADA = {"first_name": "Ada", "last_name": "Lovelace", "email": "Ada@Example.com"}


@asynccontextmanager
async def door(
    store: str, row: dict[str, Any] | None = None, **settings: Any
) -> AsyncIterator[Door]:
    """Open the pages of a house in Paris, which Ada is a guest of."""
    async with opened(store, **settings) as house:
        [uid] = await house.put({**ADA, **(row or {})})
        transport = httpx.ASGITransport(house.desk.asgi({"pages"}))
        async with httpx.AsyncClient(transport=transport, base_url=BASE) as http:
            yield Door(house, http, uid)
