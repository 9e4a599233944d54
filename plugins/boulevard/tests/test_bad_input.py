"""What becomes of bad input, each over HTTP and into a store: the table of the README."""

from __future__ import annotations

import logging
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import attrs
import pytest

import frontdesk
from frontdesk.errors import AuthenticationError, RefusedError, UnexpectedResponseError
from frontdesk.serving import served
from frontdesk_boulevard.sandbox import PREFIX, Options, Platform, faults

NOW = datetime(2026, 6, 1, 12, tzinfo=UTC)

pytestmark = pytest.mark.anyio


@pytest.fixture
def anyio_backend() -> str:
    return "asyncio"


@attrs.define
class Spa:
    """A small spa that is served, and a store that it is synced into."""

    platform: Platform
    desk: frontdesk.Desk
    address: str

    def connect(self, **settings: Any) -> None:
        keys = self.platform.keys
        self.desk.connect(
            "boulevard",
            name="spa",
            **{
                "api_key": keys.api_key,
                "api_secret": keys.api_secret,
                "business_id": keys.business_id,
                "base_url": self.address.rstrip("/") + PREFIX,
            }
            | settings,
        )

    async def outcomes(self) -> dict[str, int]:
        report = await self.desk.sync("spa")
        return {f"{stream}: {how}": n for (stream, how), n in report.outcomes.items()}

    async def reasons(self) -> list[str]:
        return [entry.reason for entry in await self.desk.quarantine()]


@contextmanager
def spas(**options: Any) -> Iterator[tuple[Platform, str]]:
    options = {"appointments": 40, "points": 0, "now": NOW} | options
    platform = Platform(Options(**options))
    with served(platform.app) as address:
        yield platform, address


@asynccontextmanager
async def spa(
    folder: Path, settings: dict[str, Any] | None = None, **options: Any
) -> AsyncIterator[Spa]:
    with spas(**options) as (platform, address):
        async with frontdesk.Desk(folder / "spa.db") as desk:
            found = Spa(platform, desk, address)
            found.connect(**(settings or {}))
            yield found


async def test_nothing_is_wrong_with_what_is_good(tmp_path: Path) -> None:
    async with spa(tmp_path) as one:
        found = await one.outcomes()
        assert not [how for how in found if how.endswith("quarantined")]
        assert found["appointments: mapped"] == 40
        assert await one.reasons() == []


async def test_an_unknown_state_is_quarantined_and_its_booking_is_told(tmp_path: Path) -> None:
    async with spa(tmp_path) as one:
        one.platform.faults.mutate("appointments", 0, "state", "WAITLISTED", times=None)
        await one.outcomes()
        assert await one.reasons() == [
            "map_reservation: state is none frontdesk-boulevard knows"
        ] * len(await one.reasons())
        assert await one.reasons()
        counts = {metric.name: metric.count for metric in await one.desk.metrics()}
        assert counts["Booked Appointments"] == 40


@pytest.mark.parametrize(
    ("stream", "field"),
    [
        ("appointments", "bookedByType"),
        ("memberships", "status"),
    ],
)
async def test_other_unknown_words_are_passed_on(tmp_path: Path, stream: str, field: str) -> None:
    async with spa(tmp_path) as one:
        one.platform.faults.mutate(stream, 0, field, "SOMETHING_NEW", times=None)
        await one.outcomes()
        assert await one.reasons() == []
        shown = str([row.event["properties"] for row in await one.desk.events(limit=10_000)])
        assert "SOMETHING_NEW" in shown


async def test_null_edges_and_nodes_are_quarantined_once_and_stop_nothing(tmp_path: Path) -> None:
    async with spa(tmp_path) as one:
        one.platform.faults.add(
            faults.NullEdge(operation="orders", times=None),
            faults.NullNode(operation="orders", row=1, times=None),
        )
        found = await one.outcomes()
        assert found["orders: quarantined"] >= 2
        assert await one.reasons() == ["the row is no JSON object but null"]


async def test_no_edges_at_all_are_an_empty_page(tmp_path: Path) -> None:
    async with spa(tmp_path) as one:
        one.platform.faults.add(faults.NullEdges(operation="memberships", times=None))
        found = await one.outcomes()
        assert not [how for how in found if how.startswith("memberships")]


async def test_more_without_a_cursor_stops_the_sync_with_a_reason(tmp_path: Path) -> None:
    async with spa(tmp_path) as one:
        one.platform.faults.add(faults.EmptyPage(operation="clients", times=None))
        with pytest.raises(UnexpectedResponseError, match="does not say where"):
            await one.outcomes()


async def test_a_cursor_that_leads_nowhere_else_stops_the_sync_with_a_reason(
    tmp_path: Path,
) -> None:
    async with spa(tmp_path) as one:
        one.platform.faults.add(faults.StuckCursor(operation="memberships", times=None))
        with pytest.raises(RefusedError, match="at memberships"):
            await one.outcomes()


async def test_rows_that_come_twice_or_in_another_order_are_one_each(tmp_path: Path) -> None:
    async with spa(tmp_path) as one:
        one.platform.faults.add(faults.Duplicate(rows=2, times=None), faults.Shuffle(times=None))
        found = await one.outcomes()
        assert found["appointments: mapped"] == 40
        assert await one.reasons() == []


async def test_a_client_deleted_between_page_and_fetch_is_gone(tmp_path: Path) -> None:
    """Seen to fail when whoever is not there was passed over."""
    async with spa(tmp_path) as one:
        guest = one.platform.world.appointments.rows[0].client_id
        one.platform.move(guest, "erase")
        found = await one.outcomes()
        # The others, and that one is gone.
        assert found["clients: mapped"] == len(one.platform.world.clients.rows)
        assert guest not in {row.profile["guest"] for row in await one.desk.profiles(limit=1000)}
        assert await one.reasons() == []
        events = [row.event for row in await one.desk.events(limit=1000)]
        assert any(event["guest"] == guest for event in events)


async def test_a_location_without_a_zone_lives_by_the_business(tmp_path: Path) -> None:
    async with spa(tmp_path, zoneless=True) as one:
        check = await one.desk.check("spa")
        assert check.account is not None
        zones = {site.time_zone for site in check.account.sites}
        assert "" not in zones
        await one.outcomes()
        assert await one.reasons() == []
        empty = [place for place in one.platform.world.locations.rows if not place.tz]
        assert empty


async def test_an_expired_cursor_is_read_again_from_the_beginning(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    async with spa(tmp_path, most_rows=15) as one:
        one.platform.faults.add(
            faults.ExpiredCursor(operation="clients"), faults.ExpiredCursor(operation="memberships")
        )
        with caplog.at_level(logging.WARNING, "frontdesk"):
            found = await one.outcomes()
        assert "no longer knows a cursor of clients" in caplog.text
        clients = len(one.platform.world.clients.rows)
        assert found["clients: mapped"] == clients
        assert found["memberships: mapped"] == len(one.platform.world.memberships.rows)


async def test_a_cursor_that_always_expires_stops_the_sync(tmp_path: Path) -> None:
    async with spa(tmp_path, most_rows=15) as one:
        one.platform.faults.add(faults.ExpiredCursor(operation="clients", times=None))
        with pytest.raises(RefusedError):
            await one.outcomes()


@pytest.mark.parametrize("status", [401, 200, 403])
async def test_a_wrong_secret_is_said_to_be_wrong(tmp_path: Path, status: int) -> None:
    wrong = {"api_secret": "d3Jvbmc="}
    async with spa(tmp_path, wrong, auth_status=status) as one:
        with pytest.raises(AuthenticationError) as caught:
            await one.outcomes()
        assert "d3Jvbmc=" not in f"{caught.value!r}"


async def test_another_business_is_not_let_in(tmp_path: Path) -> None:
    other = {"business_id": "00000000-0000-4000-8000-000000000000"}
    async with spa(tmp_path, other) as one:
        with pytest.raises(AuthenticationError):
            await one.outcomes()


@pytest.mark.parametrize("seconds", [3_600.0, -3_600.0])
async def test_a_clock_that_is_wrong_is_put_right(tmp_path: Path, seconds: float) -> None:
    """Seen to fail when the time of a refused token was not the platform's."""
    async with spa(tmp_path, clock_skew=seconds, now=None) as one:
        assert (await one.outcomes())["appointments: mapped"] == 40
        check = await one.desk.check("spa")
        assert any("clock" in problem for problem in check.problems)


async def test_a_missing_permission_is_named_and_the_rest_is_read(tmp_path: Path) -> None:
    async with spa(tmp_path) as one:
        one.platform.withhold("client_contact_read")
        found = await one.outcomes()
        assert found["clients: mapped"] == len(one.platform.world.clients.rows)
        profiles = await one.desk.profiles(limit=1000)
        assert {row.profile["email"] for row in profiles} == {None}
        check = await one.desk.check("spa")
        assert any("client_contact_read" in problem for problem in check.problems)


async def test_a_stream_that_may_not_be_read_is_named(tmp_path: Path) -> None:
    async with spa(tmp_path) as one:
        one.platform.withhold("membership_read")
        check = await one.desk.check("spa")
        assert {"reading memberships", "membership_read"} <= set(check.account.missing)  # type: ignore[union-attr]
        with pytest.raises(AuthenticationError, match="memberships"):
            await one.outcomes()


async def test_points_that_are_used_up_are_waited_for(tmp_path: Path) -> None:
    async with spa(tmp_path, points=10_000, points_per_second=100_000.0) as one:
        one.platform.faults.add(faults.Limited(operation="clients", times=2))
        assert (await one.outcomes())["appointments: mapped"] == 40


async def test_a_deleted_location_stops_nothing(tmp_path: Path) -> None:
    async with spa(tmp_path) as one:
        await one.outcomes()
        one.platform.move(one.platform.world.locations.rows[0].id, "delete")
        found = await one.outcomes()
        assert not [how for how in found if how.endswith("quarantined")]
