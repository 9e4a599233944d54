"""Reading: windows by creation, locations one after the other, what changed, full scans."""

from __future__ import annotations

import json
import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
import pytest

import frontdesk_boulevard as boulevard
from frontdesk.client import Client
from frontdesk.connection import connect
from frontdesk.errors import ConfigurationError
from frontdesk.model import Page, Purpose, Query, Record
from frontdesk.registry import adopt
from frontdesk_boulevard import reading
from frontdesk_boulevard.cursors import BEGINNING, Followed, Place, between
from frontdesk_boulevard.sandbox import PREFIX, Options, Platform

NOW = datetime(2026, 6, 1, 12, tzinfo=UTC)

pytestmark = pytest.mark.anyio


@pytest.fixture
def anyio_backend() -> str:
    return "asyncio"


class Watched(httpx.AsyncBaseTransport):
    """The way to the emulated platform, and the variables of what was asked."""

    def __init__(self, platform: Platform) -> None:
        self._inner = httpx.ASGITransport(platform.app)
        self.asked: list[tuple[str, dict[str, Any]]] = []

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        question = json.loads(request.content)
        name = re.findall(r"(?:query|mutation) (\w+)", question["query"])[0]
        self.asked.append((name, question["variables"]))
        return await self._inner.handle_async_request(request)

    def of(self, name: str) -> list[dict[str, Any]]:
        return [variables for asked, variables in self.asked if asked == name]


class Still:
    """A clock that stands at the platform's time: its answers carry no date here."""

    def __init__(self, platform: Platform) -> None:
        self._platform = platform

    def monotonic(self) -> float:
        return 0.0

    def now(self) -> datetime:
        return self._platform.now

    async def sleep(self, seconds: float) -> None:
        raise AssertionError(f"nothing waits, and not for {seconds} s")


@asynccontextmanager
async def opened(platform: Platform, **settings: Any) -> AsyncIterator[tuple[Client[Any], Watched]]:
    values = {
        "api_key": platform.keys.api_key,
        "api_secret": platform.keys.api_secret,
        "business_id": platform.keys.business_id,
        "base_url": f"http://boulevard.test{PREFIX}",
    }
    watched = Watched(platform)
    connection = connect(adopt("boulevard", boulevard), "spa", values | settings, transport=watched)
    async with connection.client(clock=Still(platform)) as client:
        client.account = await boulevard.open_account(client)
        watched.asked.clear()
        yield client, watched


def spa(**options: Any) -> Platform:
    return Platform(Options(**{"appointments": 60, "points": 0, "now": NOW} | options))


async def read(client: Client[Any], stream: str, **query: Any) -> list[Page]:
    asked = Query(stream, **query)
    return [page async for page in boulevard.fetch_history(client, asked)]


def found(pages: list[Page]) -> list[str]:
    return [record.id for page in pages for record in page.records if isinstance(record, Record)]


def rows(platform: Platform, stream: str) -> set[str]:
    return {row.id for row in getattr(platform.world, stream).rows}


@pytest.mark.parametrize("order", ["newest", "oldest"])
@pytest.mark.parametrize("cursors", ["offset", "row"])
async def test_history_has_everything_once(order: str, cursors: str) -> None:
    platform = spa(order=order, cursors=cursors, most_rows=7)
    async with opened(platform) as (client, _):
        for stream in ("clients", "orders", "memberships", "appointments"):
            pages = await read(client, stream)
            assert sorted(found(pages)) == sorted(rows(platform, stream)), stream
            assert pages[-1].complete is (stream == "memberships")


async def test_windows_are_of_the_time_of_creation_and_leave_no_gap() -> None:
    """Seen to fail when a window was of ``startAt``: a rescheduled visit fell between two."""
    platform = spa()
    async with opened(platform) as (client, watched):
        await read(client, "appointments")
    conditions = [variables["query"] for variables in watched.of("Appointments")]
    assert conditions[0].startswith("createdAt < '")
    assert all("startAt" not in condition for condition in conditions)
    ends = [re.findall(r"< '([^']+)'", condition)[0] for condition in conditions]
    starts = [re.findall(r">= '([^']+)'", condition) for condition in conditions]
    # Each location begins before everything and ends now; windows between hang together.
    for (end,), begin in zip([[e] for e in ends], starts, strict=True):
        assert not begin or begin[0] in ends
        assert end <= "2026-06-01T12:00:00Z"
    assert ends.count("2026-06-01T12:00:00Z") >= len(client.account.sites)  # type: ignore[union-attr]


async def test_a_window_that_is_empty_costs_one_row_and_the_next_is_longer() -> None:
    platform = spa()
    async with opened(platform) as (client, watched):
        await read(client, "clients")
    asked = watched.of("Clients")
    assert [variables["first"] for variables in asked] == [1, 1, 1, reading.LARGEST]


async def test_history_begins_where_it_is_told_to() -> None:
    platform = spa()
    since = NOW - timedelta(days=90)
    async with opened(platform) as (client, _):
        kept = {r.id for r in platform.world.clients.rows if r.created_at >= since}
        assert set(found(await read(client, "clients", since=since))) == kept
        assert await read(client, "clients", since=NOW + timedelta(days=1)) == []


async def test_locations_are_read_one_after_the_other_and_one_may_go() -> None:
    platform = spa(most_rows=5)
    async with opened(platform) as (client, watched):
        pages = await read(client, "appointments")
        places = list(dict.fromkeys(v["location"] for v in watched.of("Appointments")))
        assert places == sorted(site.id for site in client.account.sites)  # type: ignore[union-attr]
        # Resumed inside the second location, which is no longer there.
        inside = next(
            p.cursor for p in pages if p.cursor["site"] == places[1] and p.cursor["after"]
        )
        account = client.account
        assert account is not None
        left = tuple(site for site in account.sites if site.id != places[1])
        client.account = type(account)(account.id, account.title, left)
        again = found(await read(client, "appointments", cursor=inside))
        kept = {r.id for r in platform.world.appointments.rows if r.location_id > places[1]}
        assert set(again) == kept


async def test_new_appointments_are_asked_for_behind_the_last_time() -> None:
    platform = spa()
    async with opened(platform) as (client, watched):
        first = await read(client, "appointments", purpose=Purpose.CHANGES, since=NOW)
        watched.asked.clear()
        platform.advance(timedelta(minutes=5))
        query = {"purpose": Purpose.CHANGES, "overlap": timedelta(minutes=10)}
        await read(client, "appointments", cursor=first[-1].cursor, **query)
    conditions = {v["query"] for v in watched.of("Appointments")}
    assert conditions == {"createdAt >= '2026-06-01T11:50:00Z'"}
    assert {v["first"] for v in watched.of("Appointments")} == {reading.FEW}


async def test_these_days_are_looked_at_again_now_and_then() -> None:
    """Seen to fail when the time of the last look was not kept."""
    platform = spa()
    async with opened(platform, look_again_hours=6, look_again_days=3) as (client, watched):
        pages = await read(client, "appointments", purpose=Purpose.CHANGES, since=NOW)
        for hours, looks in ((5, False), (1, True), (5, False)):
            platform.advance(timedelta(hours=hours))
            watched.asked.clear()
            cursor = pages[-1].cursor
            pages = await read(client, "appointments", purpose=Purpose.CHANGES, cursor=cursor)
            near = {v["query"] for v in watched.of("Appointments") if "startAt" in v["query"]}
            now = platform.now
            window = between("startAt", now - timedelta(days=2), now + timedelta(days=3))
            assert near == ({window} if looks else set())


async def test_they_are_never_looked_at_again_if_nobody_wants_it() -> None:
    platform = spa()
    async with opened(platform, look_again_hours=0) as (client, watched):
        cursor = Followed(NOW, NOW - timedelta(days=9)).cursor()
        await read(client, "appointments", purpose=Purpose.CHANGES, cursor=cursor)
    assert not [v for v in watched.of("Appointments") if "startAt" in v["query"]]


@pytest.mark.parametrize("stream", ["clients", "orders"])
async def test_others_tell_when_they_were_changed(stream: str) -> None:
    platform = spa()
    async with opened(platform) as (client, watched):
        await read(client, stream, purpose=Purpose.CHANGES, since=NOW)
    assert {v["query"] for v in watched.of(stream.capitalize())} == {
        "updatedAt >= '2026-06-01T12:00:00Z'"
    }


async def test_memberships_are_all_read_each_time() -> None:
    platform = spa()
    async with opened(platform) as (client, _):
        for purpose in (Purpose.HISTORY, Purpose.CHANGES):
            pages = await read(client, "memberships", purpose=purpose)
            assert set(found(pages)) == rows(platform, "memberships")
            # Whoever goes on from the end begins anew.
            again = await read(client, "memberships", cursor=pages[-1].cursor, purpose=purpose)
            assert found(again) == found(pages)


async def test_nobody_is_gone_before_they_were_asked_for_alone() -> None:
    platform = spa()
    known = [row.id for row in platform.world.clients.rows[:3]]
    async with opened(platform) as (client, watched):
        ids = (*known, "urn:blvd:Client:00000000-0000-4000-8000-000000000000")
        (page,) = await read(client, "clients", purpose=Purpose.IDS, ids=ids)
    assert set(found([page])) == set(ids)
    gone = [r for r in page.records if isinstance(r, Record) and r.deleted]
    assert [record.id for record in gone] == [ids[-1]]
    assert [name for name, _ in watched.asked] == ["ClientsByIds", "ClientsById"]


async def test_bare_ids_become_urns_wherever_they_come_from() -> None:
    platform = spa(bare_ids=True)
    async with opened(platform) as (client, _):
        ids = found(await read(client, "memberships"))
        assert all(id.startswith("urn:blvd:Membership:") for id in ids)
        (page,) = await read(client, "memberships", purpose=Purpose.IDS, ids=tuple(ids[:2]))
        assert found([page]) == ids[:2]


@pytest.mark.parametrize("cursor", [3, {}, {"v": 2}, {"v": 1}, {"v": 1, "until": "x", "end": "y"}])
async def test_a_cursor_of_another_version_is_refused_in_words(cursor: Any) -> None:
    async with opened(spa(appointments=5)) as (client, _):
        with pytest.raises(ConfigurationError, match="frontdesk refetch"):
            await read(client, "clients", cursor=cursor)


def test_a_place_survives_being_written() -> None:
    place = Place.first(["a", "b"], None, NOW, timedelta(days=365))
    assert place is not None
    assert Place.parse(place.cursor()) == place
    assert place.until == BEGINNING + timedelta(days=365)
    last = place
    seen = 0
    while (following := last.next(["a", "b"], timedelta(days=3650))) is not None:
        last, seen = following, seen + 1
    assert (last.site, last.until, seen) == ("b", NOW, 3)
    assert last.past().going_on(["a", "b"], timedelta(days=1)) is None
    done = last.past().progress(["a", "b"])
    assert done.done == done.total


async def test_an_account_is_its_business_with_its_locations() -> None:
    platform = spa()
    async with opened(platform) as (client, _):
        account = client.account
        assert account is not None
    assert account.id == platform.world.business.id
    assert account.title == platform.world.business.name
    assert {site.currency for site in account.sites} == {"USD"}
    assert {s.id for s in account.sites} == rows(platform, "locations")
    assert account.missing == ()
