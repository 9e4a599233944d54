"""The list: what it shows at first, its filters, its order, and its pages."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from guesthouse import NOW, TODAY, House, opened, stay
from stores import _new_store, _postgresql, _store_url

from frontdesk.errors import ConfigurationError
from frontdesk_guestlist import guests, listing
from frontdesk_guestlist.listing import By, Filters, Sort, Span

__all__ = ["_new_store", "_postgresql", "_store_url"]

pytestmark = pytest.mark.anyio
ALL = Filters(emailable=False)


@pytest.fixture
def anyio_backend() -> str:
    return "asyncio"


@pytest.fixture(name="house")
async def _house(store_url: str) -> AsyncIterator[House]:
    async with opened(store_url) as house:
        yield house


async def shown(house: House, filters: Filters, sort: Sort = Sort()) -> list[str]:
    """Return the last names that a list shows on its first page."""
    found = await house.read(listing.page, filters, sort)
    return [guest.last_name for guest in found.rows]


async def test_the_list_opens_with_who_arrives_from_today_on_for_30_days(house: House) -> None:
    """Days are the property's: in UTC it is still the day before.

    Seen to fail when today is taken in UTC.
    """
    for name, days in {"Early": -1, "Today": 0, "Last": 30, "Late": 31}.items():
        arrival = TODAY + timedelta(days=days)
        await house.add(last_name=name, email="a@b.example", **stay(1, arrival))

    assert listing.default(house.annex).arrival == Span(TODAY, TODAY + timedelta(days=30))
    assert await shown(house, listing.default(house.annex)) == ["Today", "Last"]
