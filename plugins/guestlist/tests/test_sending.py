"""Sending against a real mail server: each e-mail once, whatever happens to it."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import anyio
import pytest
from guesthouse import NOW
from posthouse import MailServer, PostHouse, letter, mail_server, posted, settings
from stores import _new_store, _postgresql, _store_url

from frontdesk.errors import ConfigurationError
from frontdesk_guestlist import activities, emails, guests, sending, stopping
from frontdesk_guestlist.rules import Rules

__all__ = ["_new_store", "_postgresql", "_store_url"]

pytestmark = pytest.mark.anyio
ADA = {"first_name": "Ada", "email": "Ada@example.com"}


@pytest.fixture
def anyio_backend() -> str:
    return "asyncio"


@pytest.fixture(name="server")
def _server() -> Iterator[MailServer]:
    with mail_server() as server:
        yield server


@pytest.fixture(name="post")
async def _post(store_url: str, server: MailServer) -> AsyncIterator[PostHouse]:
    async with posted(store_url, server) as post:
        # Ten in the morning, in Paris.
        post.clock.at = datetime(2026, 6, 2, 8, tzinfo=UTC)
        yield post


async def test_a_guest_gets_what_is_due_once(post: PostHouse) -> None:
    (uid,) = await post.house.put(ADA)
    await post.email()

    await post.work()
    await post.work()

    assert post.server.times == {"Ada@example.com": 1}
    (mailed,) = await post.sent(uid)
    assert (mailed.state, mailed.email, mailed.by, mailed.reason) == ("sent", "Welcome", "", "")
    guest = await post.house.read(guests.get, uid)
    found = await post.house.annex.read(lambda db: activities.timeline(db, guest.id))
    assert [one.kind for one in found] == ["email_sent"]
