"""Reading the sandbox over HTTP: clients of two years, changes, ids, and recent days again."""

from __future__ import annotations

from collections import Counter
from collections.abc import AsyncIterator, Iterable
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from typing import Any
from unittest.mock import patch

import attrs
import httpx
import pytest

import frontdesk_mindbody as mindbody
from frontdesk.client import Client
from frontdesk.connection import connect
from frontdesk.errors import (
    AuthenticationError,
    ConfigurationError,
    RefusedError,
    UnavailableError,
    UnexpectedResponseError,
)
from frontdesk.model import Json, Page, Purpose, Query, Record, Unreadable
from frontdesk.registry import adopt
from frontdesk.serving import served
from frontdesk.testing import StillClock
from frontdesk_mindbody import asking
from frontdesk_mindbody.reading import MARGIN
from frontdesk_mindbody.sandbox import PREFIX, Options, Platform, faults, settings

NOW = datetime(2026, 6, 1, 12, tzinfo=UTC)
SINCE = NOW - timedelta(days=730)
SITE = -99

pytestmark = pytest.mark.anyio


@pytest.fixture
def anyio_backend() -> str:
    return "asyncio"


def studio(**more: Any) -> Platform:
    return Platform(Options(**{"now": NOW, "clients": 90, "sites": 1, **more}))


@attrs.define
class Reader:
    """Reads as core would."""

    client: Client[Any]
    clock: StillClock

    async def pages(
        self,
        stream: str,
        purpose: Purpose = Purpose.HISTORY,
        found: list[Page] | None = None,
        **more: Any,
    ) -> list[Page]:
        """Return the pages of a query; *found* has them even if it fails."""
        pages: list[Page] = [] if found is None else found
        query = Query(stream, purpose, **{"since": SINCE, **more})
        async for page in mindbody.fetch_history(self.client, query):
            pages.append(page)  # noqa: PERF401  # what came before a failure counts
        return pages

    async def changes(self, stream: str, cursor: Json = None, **more: Any) -> list[Page]:
        overlap = MARGIN if stream == "clients" else timedelta(0)
        since = NOW - overlap
        return await self.pages(
            stream, Purpose.CHANGES, since=since, cursor=cursor, overlap=overlap, **more
        )

    async def named(self, stream: str, *ids: str, site: str | None = str(SITE)) -> list[Record]:
        found = await self.pages(stream, Purpose.IDS, ids=ids, site=site)
        return records(found)

    async def later(self, platform: Platform, **by: float) -> None:
        platform.advance(timedelta(**by))
        await self.clock.sleep((platform.now - self.clock.now()).total_seconds())


def records(pages: Iterable[Page], stream: str | None = None) -> list[Record]:
    found = [one for page in pages for one in page.records if isinstance(one, Record)]
    return [record for record in found if stream in {None, record.stream}]


@asynccontextmanager
async def reading(
    platform: Platform, transport: httpx.AsyncBaseTransport | None = None, **more: Any
) -> AsyncIterator[Reader]:
    with served(platform.app) as address:
        values = {**settings(platform), "base_url": address + PREFIX.lstrip("/"), **more}
        connection = connect(adopt("mindbody", mindbody), "x", values, transport=transport)
        clock = StillClock(platform.now)
        async with connection.client(clock=clock) as client:
            client.account = await mindbody.open_account(client)
            yield Reader(client, clock)


def standing(platform: Platform, site: int = SITE) -> list[Any]:
    """Return all clients that have not become part of another."""
    table = platform.world.studios[site].clients
    return [row for row in table.rows if table.find(row.id) is not None]


def known(platform: Platform, site: int = SITE) -> set[str]:
    """Return all clients that changed in two years."""
    return {str(row.id) for row in standing(platform, site) if row.modified >= SINCE}


# -- history ------------------------------------------------------------------------------------


@pytest.mark.parametrize("order", ["id", "modified", "-modified"])
async def test_every_client_of_two_years_is_read_though_rows_move(order: str) -> None:
    """Seen to fail with pages that do not overlap."""
    platform = studio(order=order, drift=3, clients=300)
    before = known(platform)
    with patch.object(asking, "MOST", 50):
        async with reading(platform) as reader:
            pages = await reader.pages("clients")
            pages += await reader.changes("clients")
    met = {record.id for record in records(pages, "clients")}
    assert before <= met
    assert len(pages) > 8


async def test_inactive_clients_are_read_too_and_older_ones_are_not() -> None:
    """Seen to fail without ``IncludeInactive``."""
    platform = studio(clients=300)
    rows = standing(platform)
    async with reading(platform) as reader:
        met = {record.id: record for record in records(await reader.pages("clients"), "clients")}
    inactive = {str(row.id) for row in rows if not row.active and row.modified >= SINCE}
    assert inactive
    assert inactive <= met.keys()
    assert all(r.version is None or r.version >= SINCE - MARGIN for r in met.values())
    assert all(r.site == str(SITE) and r.guests == (r.id,) for r in met.values())


async def test_each_client_can_be_found_by_the_sites_id() -> None:
    platform = studio()
    async with reading(platform) as reader:
        pages = await reader.pages("clients")
    index = {record.id: record.payload["UniqueId"] for record in records(pages, "client_ids")}
    rows = standing(platform)
    assert index == {row.number: row.id for row in rows if str(row.id) in known(platform)}


async def test_sites_are_read_one_after_the_other_and_never_mixed() -> None:
    platform = studio(sites=2)
    async with reading(platform) as reader:
        pages = await reader.pages("clients")
    met = Counter((record.site, record.id) for record in records(pages, "clients"))
    wanted = {(str(site), id) for site in (SITE, 5721) for id in known(platform, site)}
    assert met.keys() == wanted
    # Both sites have clients of the same ids.
    assert known(platform, SITE) & known(platform, 5721)


@pytest.mark.parametrize("zone", ["utc", "site"])
@pytest.mark.parametrize("marked", [True, False])
async def test_changes_are_found_whatever_zone_the_filter_means(zone: str, marked: bool) -> None:
    platform = studio(filter_zone=zone, modified_z=marked)
    async with reading(platform) as reader:
        first = await reader.changes("clients")
        row = next(r for r in standing(platform) if r.active)
        await reader.later(platform, hours=1)
        platform.move("modify_client", SITE, row.id, email="new@example.com")
        again = await reader.changes("clients", first[-1].cursor)
        changed = next(r for r in records(again, "clients") if r.id == str(row.id))
        assert changed.payload["Email"] == "new@example.com"
        assert changed.version == platform.now
        # Much later, nothing is left to tell.
        await reader.later(platform, days=3)
        quiet = await reader.changes("clients", again[-1].cursor)
        await reader.later(platform, days=3)
        assert records(await reader.changes("clients", quiet[-1].cursor)) == []


@pytest.mark.parametrize(
    "fault",
    [
        faults.Status(operation="client/clients", status=429, code="TooManyRequests"),
        faults.Status(operation="client/clients", status=400, code="TooManyRequests"),
        faults.Status(operation="client/clients", status=500, flat=True),
        faults.Maintenance(operation="client/clients"),
        faults.Html(operation="client/clients"),
        faults.Drop(operation="client/clients"),
        faults.Truncate(operation="client/clients"),
        faults.ExpiredToken(operation="client/clients"),
        faults.Shuffle(operation="client/clients", times=None),
        faults.Duplicate(operation="client/clients", rows=5, times=None),
        faults.ShortRead(operation="client/clients", keep=30),
    ],
    ids=lambda fault: f"{type(fault).__name__}{getattr(fault, 'status', '')}",
)
async def test_trouble_on_the_way_loses_nobody(fault: Any) -> None:
    platform = studio()
    async with reading(platform) as reader:
        with patch.object(asking, "MOST", 50):
            platform.faults.add(fault)
            met = {record.id for record in records(await reader.pages("clients"), "clients")}
    assert met == known(platform)


async def test_an_answer_without_rows_is_not_an_empty_one() -> None:
    """Seen to fail when a missing list was taken for an empty one."""
    platform = studio()
    async with reading(platform) as reader:
        platform.faults.add(faults.Malformed(operation="client/clients", times=None))
        with pytest.raises(UnexpectedResponseError):
            await reader.pages("clients")
    assert list(asking.rows_of({"Clients": []}, asking.CLIENTS)) == []
    for answer in ({}, {"Clients": None}, [], None):
        with pytest.raises(UnexpectedResponseError):
            asking.rows_of(answer, asking.CLIENTS)


@pytest.mark.parametrize("field", ["UniqueId", "LastModifiedDateTime"])
async def test_a_row_that_is_none_is_set_aside_and_holds_up_no_other(field: str) -> None:
    platform = studio()
    async with reading(platform) as reader:
        platform.faults.mutate("client/clients", 3, field, {"odd": "CANARY"})
        pages = await reader.pages("clients")
    (wrong,) = [one for page in pages for one in page.records if isinstance(one, Unreadable)]
    assert wrong.reason.startswith(field)
    assert "CANARY" not in wrong.reason
    assert len({r.id for r in records(pages, "clients")}) == len(known(platform)) - 1


async def test_a_row_without_an_id_of_the_sites_is_a_client_all_the_same() -> None:
    platform = studio()
    async with reading(platform) as reader:
        platform.faults.mutate("client/clients", 3, "Id", None)
        pages = await reader.pages("clients")
    assert len(records(pages, "clients")) == len(records(pages, "client_ids")) + 1


async def test_history_goes_on_where_it_was_stopped() -> None:
    platform = studio(sites=2)
    with patch.object(asking, "MOST", 30):
        async with reading(platform) as reader:
            pages = await reader.pages("clients")
            for number, page in enumerate(pages[:-1]):
                rest = await reader.pages("clients", cursor=page.cursor)
                assert len(rest) == len(pages) - number - 1
            assert await reader.pages("clients", cursor=pages[-1].cursor) == []


async def test_a_cursor_of_another_version_is_refused() -> None:
    platform = studio()
    async with reading(platform) as reader:
        with pytest.raises(ConfigurationError, match="frontdesk refetch"):
            await reader.pages("clients", cursor={"v": 2})


# -- several sites, not all of them open --------------------------------------------------------


async def test_a_site_that_joins_later_is_read_back_as_far_as_the_others() -> None:
    """Seen to fail when a site without a place in the cursor began with today."""
    platform = studio(sites=2, unactivated=1)
    async with reading(platform) as reader:
        history = await reader.pages("clients")
        changes = await reader.changes("clients")
        assert {record.site for record in records(history)} == {str(SITE)}
    platform.activate(5721)
    platform.advance(timedelta(hours=1))
    async with reading(platform) as reader:
        again = await reader.changes("clients", changes[-1].cursor)
        joined = {r.id for r in records(again, "clients") if r.site == "5721"}
        assert joined == known(platform, 5721)
        # And from then on, only what changes.
        await reader.later(platform, days=3)
        more = await reader.changes("clients", again[-1].cursor)
        await reader.later(platform, days=3)
        assert records(await reader.changes("clients", more[-1].cursor)) == []


class Refusing(httpx.AsyncHTTPTransport):
    """Refuses whatever is asked of one site with a token."""

    def __init__(self, site: str) -> None:
        super().__init__()
        self.site: str | None = None
        self._refused = site

    def begin(self) -> None:
        self.site = self._refused

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        if request.headers.get("siteid") == self.site and "/site/" not in request.url.path:
            return httpx.Response(401, json={"Error": {"Code": "DeniedAccess"}})
        return await super().handle_async_request(request)


async def test_one_sites_refusal_does_not_stop_the_others() -> None:
    """Seen to fail when the walk ended with the first refusal."""
    platform, transport = studio(sites=2), Refusing(str(SITE))
    async with reading(platform, transport) as reader:
        transport.begin()
        found: list[Page] = []
        with pytest.raises(AuthenticationError):
            await reader.pages("clients", found=found)
        assert {r.id for r in records(found, "clients")} == known(platform, 5721)
        # Opened anew, the site is known to be closed: its history waits, and nothing fails.
        reader.client.account = await mindbody.open_account(reader.client)
        assert len(reader.client.account.sites) == 2
        with pytest.raises(UnavailableError, match="site -99 does not let us in any more"):
            await reader.pages("clients", cursor=found[-1].cursor)
        assert {r.site for r in records(await reader.changes("clients"))} <= {"5721"}
        with pytest.raises(RefusedError, match=r"^site -99: "):
            await reader.named("clients", "100000001")


# -- by ids -------------------------------------------------------------------------------------


async def test_clients_are_read_by_mindbodys_ids_and_by_the_sites() -> None:
    platform = studio()
    rows = standing(platform)[:4]
    async with reading(platform) as reader:
        before = platform.asked["client/clients"]
        found = await reader.named("clients", *(str(row.id) for row in rows), "4", "x")
        assert {r.id for r in found if r.stream == "clients"} == {str(row.id) for row in rows}
        assert platform.asked["client/clients"] == before + 1
        found = await reader.named("client_ids", *(row.number for row in rows), "nobody")
        assert {r.id for r in found if r.stream == "client_ids"} == {row.number for row in rows}
        found = await reader.named("clients", f"id:{rows[0].number}", str(rows[1].id))
        assert {r.id for r in found if r.stream == "clients"} == {str(row.id) for row in rows[:2]}
    assert {stream.batch for stream in mindbody.manifest.streams[:2]} == {20}


async def test_all_names_of_a_site_come_with_the_first_of_them() -> None:
    platform = studio()
    async with reading(platform) as reader:
        locations = await reader.named("locations", "1")
        assert len(locations) == len(platform.world.studios[SITE].locations)
        before = platform.asked["staff/staff"]
        found = await reader.named("providers", "nobody-has-it")
        assert platform.asked["staff/staff"] == before + 1
        by_stream = {s: [r for r in found if r.stream == s] for s in ("staff", "providers")}
        assert len(by_stream["staff"]) == len(platform.world.studios[SITE].staff)
        nobody = next(r for r in by_stream["providers"] if r.id == "nobody-has-it")
        assert nobody.payload.keys() == {"Id"}
        assert any(r.payload.get("Name") for r in by_stream["providers"])
        (site,) = await reader.named("sites", str(SITE))
        assert site.payload["Name"] == "Harbor Yoga"
        assert await reader.named("contracts", "1") == []


async def test_a_token_without_rights_costs_names_and_nothing_else() -> None:
    platform = studio()
    async with reading(platform) as reader:
        platform.faults.add(faults.UnderPrivileged(operation="staff/staff"))
        found = await reader.named("providers", "688135485")
    assert [r.id for r in found if r.stream == "providers"] == ["688135485"]


# -- recent days again --------------------------------------------------------------------------


async def test_days_read_for_the_first_time_are_marked_and_new_appointments_are_not() -> None:
    """Seen to fail when nothing was marked: bookings older than we are came as new."""
    platform = studio()
    client = next(r for r in standing(platform) if r.active)
    async with reading(platform) as reader:
        first = await reader.changes("appointments")
        assert records(first)
        assert all("Baseline" in r.payload for r in records(first))
        made = platform.move("book_appointment", SITE, client.id)
        await reader.later(platform, hours=21)
        again = await reader.changes("appointments", first[-1].cursor)
        new = [r for r in records(again) if r.id == str(made.id)]
        assert [(r.payload.get("Found"), "Baseline" in r.payload) for r in new] == [(True, False)]


@pytest.mark.parametrize("stream", ["appointments", "visits", "sales"])
async def test_recent_days_are_read_once_a_day_and_not_before_we_began(stream: str) -> None:
    platform = studio(clients=300)
    async with reading(platform) as reader:
        first = await reader.changes(stream)
        before = sum(platform.asked.values())
        await reader.later(platform, hours=1)
        assert await reader.changes(stream, first[-1].cursor) == []
        assert sum(platform.asked.values()) == before
        await reader.later(platform, hours=20)
        assert await reader.changes(stream, first[-1].cursor)
    began = (NOW - timedelta(days=1, hours=7)).replace(tzinfo=None)
    field = "SaleDateTime" if stream == "sales" else "StartDateTime"
    times = [r.payload[field].removesuffix("Z") for r in records(first)]
    assert all(datetime.fromisoformat(time) >= began for time in times)


async def test_only_classes_that_changed_are_asked_for_their_bookings() -> None:
    """Seen to fail when every roster was read every day."""
    platform = studio(clients=300)
    rows = platform.world.studios[SITE]
    client = next(r for r in rows.clients.rows if r.active)
    async with reading(platform) as reader:
        first = await reader.changes("visits")
        asked = platform.asked["class/classvisits"]
        assert asked > 1
        course = next(
            c for c in rows.courses.rows if c.starts > NOW + timedelta(days=3) and not c.cancelled
        )
        made = platform.move("book_class", SITE, client.id, course.id)
        await reader.later(platform, hours=21)
        again = await reader.changes("visits", first[-1].cursor)
        assert str(made.id) in {r.id for r in records(again)}
        assert 0 < platform.asked["class/classvisits"] - asked < asked


async def test_what_was_cut_off_goes_on_at_the_class_it_was_at() -> None:
    platform = studio(clients=300)
    async with reading(platform) as reader:
        query = Query("visits", Purpose.CHANGES, since=NOW)
        pages = mindbody.fetch_history(reader.client, query)
        first = await anext(pages)
        await pages.aclose()
        done = platform.asked["class/classvisits"]
        await reader.changes("visits", first.cursor)
        total = platform.asked["class/classvisits"]
        fresh = studio(clients=300)
    async with reading(fresh) as reader:
        await reader.changes("visits")
    assert (done, total) == (1, fresh.asked["class/classvisits"])
