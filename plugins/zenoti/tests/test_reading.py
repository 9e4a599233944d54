"""Reading the emulated Zenoti over HTTP: all of it, whatever it looks like, whatever goes wrong."""

from __future__ import annotations

from collections import Counter
from collections.abc import AsyncIterator, Iterator, Mapping
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from pathlib import Path
from typing import Any

import attrs
import httpx
import pytest

import frontdesk_zenoti as zenoti
from frontdesk import Desk
from frontdesk.errors import AuthenticationError, UnexpectedResponseError
from frontdesk.model import Page, Purpose, Query, Record
from frontdesk.serving import served
from frontdesk.testing import ConnectorSuite
from frontdesk.testing import Platform as Reached
from frontdesk.testing._clock import StillClock
from frontdesk_zenoti import statuses
from frontdesk_zenoti.sandbox import PREFIX, Options, Platform, faults

NOW = datetime(2026, 6, 1, 12, tzinfo=UTC)
YEAR = timedelta(days=365)

pytestmark = pytest.mark.anyio


@pytest.fixture
def anyio_backend() -> str:
    return "asyncio"


@pytest.fixture
def whole_year() -> None:
    """Read a whole year."""


@pytest.fixture(autouse=True)
def _short_history(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """Read two months instead of a year, except where a year is what a test is about."""
    if "whole_year" not in request.fixturenames:
        streams = tuple(
            attrs.evolve(s, history=timedelta(days=60)) if s.history != "none" else s
            for s in zenoti.manifest.streams
        )
        monkeypatch.setattr(zenoti, "manifest", attrs.evolve(zenoti.manifest, streams=streams))


def emulated(**options: Any) -> Platform:
    """Make a small organization whose clock stands still."""
    sizes = {"groups": 200, "guests": 40, "centers": 2, "now": NOW, "rate_window": 0.0}
    return Platform(Options(**{**sizes, **options}))


@asynccontextmanager
async def connected(platform: Platform, folder: Path, **settings: Any) -> AsyncIterator[Desk]:
    """Connect a desk to the organization, over real HTTP and on a clock nobody waits by."""
    values = {"api_key": platform.keys.current, **settings}
    with served(platform.app) as address:
        desk = Desk(str(folder / "spa.db"), clock=StillClock(NOW))
        desk.connect("zenoti", name="spa", base_url=address + PREFIX[1:], **values)
        async with desk:
            yield desk


async def synced(
    platform: Platform, folder: Path, **settings: Any
) -> tuple[set[str], Counter[str]]:
    """Sync once; return the ids of all events, and how many there are of each metric."""
    async with connected(platform, folder, **settings) as desk:
        await desk.sync("spa")
        return await told(desk)


_PLAIN: list[tuple[set[str], Counter[str]]] = []


async def plain(folder: Path) -> tuple[set[str], Counter[str]]:
    """Return what is told where nothing is out of the ordinary; read once for all tests."""
    if not _PLAIN:
        (folder / "plain").mkdir()
        _PLAIN.append(await synced(emulated(), folder / "plain"))
    return _PLAIN[0]


async def told(desk: Desk) -> tuple[set[str], Counter[str]]:
    """Return what was logged."""
    rows = [row.event async for row in pages(desk)]
    return {row["id"] for row in rows}, Counter(row["metric"] for row in rows)


async def pages(desk: Desk) -> AsyncIterator[Any]:
    """Yield all events of a desk."""
    for row in await desk.events(limit=100_000):
        yield row


class Suite(ConnectorSuite):
    connector = zenoti
    now = NOW


@asynccontextmanager
async def reading(platform: Platform) -> AsyncIterator[Any]:
    """Read as core does, into memory."""
    settings = {"api_key": platform.keys.current, "base_url": f"http://zenoti.test{PREFIX}"}
    async with Suite().reading(Reached(settings, httpx.ASGITransport(platform.app))) as reader:
        yield reader


# -- all of it ----------------------------------------------------------------------------------


@pytest.mark.usefixtures("whole_year")
async def test_history_tells_of_every_group_what_became_of_it(tmp_path: Path) -> None:
    """Seen to fail when cancelled appointments are not asked for."""
    platform = emulated()
    async with connected(platform, tmp_path) as desk:
        await desk.sync("spa")
        rows = [row.event async for row in pages(desk)]
    found: dict[str, set[str]] = {}
    for row in rows:
        group = row["properties"].get("Appointment Group ID")
        if group:
            found.setdefault(group, set()).add(row["metric"])
    since, until = (NOW - YEAR).timestamp(), (NOW + timedelta(days=90)).timestamp()
    for group in platform.world.groups:
        if group.deleted or group.ungrouped:
            continue
        if not since + 86_400 < group.visits[0].start < until:
            continue
        due = {"Booked Appointments"} if group.created >= since else set()
        if group.status in statuses.TOLD and group.visits[0].start < NOW.timestamp():
            due.add(statuses.TOLD[group.status][0])
        assert due <= found.get(group.id, set()), group.status
    assert sum(1 for row in rows if row["metric"] == "Booked Appointments") > 40


async def test_syncing_again_finds_nothing_new(tmp_path: Path) -> None:
    platform = emulated()
    async with connected(platform, tmp_path) as desk:
        await desk.sync("spa")
        before = await told(desk)
        report = await desk.sync("spa")
        assert report.events == 0
        assert await told(desk) == before


async def test_values_of_the_past_take_no_request_a_visit(tmp_path: Path) -> None:
    """Seen to fail when history asks for invoices."""
    platform = emulated()
    async with connected(platform, tmp_path) as desk:
        await desk.sync("spa")
        rows = [row.event async for row in pages(desk)]
    assert platform.calls["invoices/{invoice}"] == 0
    closed = {group_of(row) for row in rows if row["metric"] == "Closed Appointments"}
    booked = [row for row in rows if row["metric"] == "Booked Appointments"]
    worth = {group_of(row) for row in booked if row.get("value")}
    assert closed
    assert {group_of(row) for row in booked} & closed <= worth


def group_of(row: Mapping[str, Any]) -> str:
    return str(row["properties"]["Appointment Group ID"])


async def test_guests_services_centres_and_invoices_are_the_same_by_their_ids() -> None:
    platform = emulated()
    async with reading(platform) as reader:
        for stream in ("guests", "services"):
            query = Query(stream, Purpose.HISTORY, since=NOW - YEAR)
            listed = [r for r in await reader.records(query) if r.stream == stream]
            read = {r.id: r for r in await reader.by_ids(stream, [r.id for r in listed])}
            differing = [r.id for r in listed if core(read[r.id]) != core(r)]
            assert listed
            assert differing == []
        ids = [center.id for center in platform.world.centers]
        assert [r.id for r in await reader.by_ids("centers", ids)] == ids
        invoice = next(iter(platform.world.invoices))
        (found,) = await reader.by_ids("invoices", [invoice.id])
        assert found.payload["invoice"]["invoice_items"]
        assert await reader.by_ids("invoices", ["not-there"]) == []
        assert await reader.by_ids("guests", ["not-there"]) == []
        assert await reader.by_ids("sales", [invoice.id]) == []


def core(record: Record) -> Mapping[str, Any]:
    """Return a payload without the null error that single answers carry."""
    return {k: v for k, v in record.payload.items() if k not in {"error", "additional_info"}}


async def test_windows_are_weeks_and_pages_are_full() -> None:
    """Seen to fail when a window is eight days."""
    platform = emulated()
    async with reading(platform) as reader:
        pages_ = await reader.pages(
            Query("appointment_groups", Purpose.HISTORY, since=NOW - timedelta(days=30))
        )
    # 30 days back and 90 ahead, and tomorrow, in weeks, for two centres; and one to try.
    assert platform.calls["appointments"] == 2 * 18 + 1
    assert sum(len(page.records) for page in pages_) > 0


@pytest.mark.parametrize(
    "stream", ["services", "guests", "sales", "appointment_groups", "memberships"]
)
async def test_every_cursor_leads_on_through_all_centres(stream: str) -> None:
    async with reading(emulated(centers=3, groups=90, guests=250)) as reader:
        query = Query(stream, Purpose.HISTORY, since=NOW - timedelta(days=14))
        found = await reader.pages(query)
        whole = named(found)
        cursors = [(n, page.cursor) for n, page in enumerate(found, 1) if page.cursor is not None]
        assert len(cursors) > 2
        for number, cursor in cursors:
            rest = await reader.pages(attrs.evolve(query, cursor=cursor))
            assert named(found[:number]) | named(rest) == whole


def named(pages_: list[Page]) -> set[tuple[str, str]]:
    rows = [row for page in pages_ for row in page.records if isinstance(row, Record)]
    return {(row.stream, row.id) for row in rows}


async def test_changes_never_reach_before_the_connection() -> None:
    platform = emulated()
    async with reading(platform) as reader:
        since = NOW - timedelta(days=2)
        for stream in ("appointment_groups", "sales"):
            found = await reader.records(Query(stream, Purpose.CHANGES, since=since))
            starts = [starts_of(record) for record in found if record.stream == stream]
            assert all(start >= (since - timedelta(days=1)).isoformat()[:10] for start in starts)


def starts_of(record: Record) -> str:
    rows = record.payload.get("appointments") or record.payload["sales"]
    return str(rows[0].get("start_time") or rows[0]["sale_date"])


async def test_who_was_away_for_a_month_looks_back_a_month() -> None:
    platform = emulated()
    async with reading(platform) as reader:
        away = {"v": 1, "done": (NOW - timedelta(days=30)).date().isoformat()}
        query = Query("sales", Purpose.CHANGES, since=NOW - YEAR, cursor=away)
        found = [r for r in await reader.records(query) if r.stream == "sales"]
        assert min(map(starts_of, found)) < (NOW - timedelta(days=20)).isoformat()


async def test_a_cursor_of_another_version_is_refused() -> None:
    from frontdesk.errors import ConfigurationError

    async with reading(emulated()) as reader:
        for stream in ("guests", "sales"):
            with pytest.raises(ConfigurationError, match="refetch"):
                await reader.records(Query(stream, Purpose.CHANGES, since=NOW, cursor={"v": 9}))


# -- whatever nobody has confirmed --------------------------------------------------------------


@pytest.mark.parametrize(
    "options",
    [
        {"members_key": "memberships", "packages_key": "guest_packages"},
        {"first_page": 0},
        {"cards_flat": True},
        {"center_keys": "address1"},
        {"zone_names": "iana"},
        {"times": "utc"},
        {"phone_code": "never"},
        {"business_status": "200"},
        {"business_status": "400", "error_shape": "wrapped"},
        {"error_shape": "pascal"},
        {"error_shape": "prepaid"},
        {"appointment_answer": "array"},
    ],
    ids=str,
)
async def test_the_same_events_come_whatever_zenoti_looks_like(
    options: dict[str, Any], tmp_path: Path
) -> None:
    """Seen to fail when packages are asked for from page 1 only."""
    assert await synced(emulated(**options), tmp_path) == await plain(tmp_path)


# -- whatever goes wrong ------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("operation", "words", "lost"),
    [
        ("guests", "guests", set()),
        ("centers/{center}/members", "memberships", {"Activated Membership"}),
        ("reports/sales/accrual_basis/flat_file", "values", {"Closed Invoice"}),
        ("appointments", "appointments", {"Booked Appointments"}),
        ("guests/{guest}/gift_cards", "", {"Ordered Giftcard"}),
        ("guests/{guest}/packages", "", {"Created Package"}),
        ("centers/{center}/services", "", set()),
        ("guests/merge_history", "", set()),
    ],
)
async def test_what_is_not_permitted_is_left_out_and_the_sync_goes_on(
    operation: str, words: str, lost: set[str], tmp_path: Path
) -> None:
    """Seen to fail when a missing permission is an error of the whole sync."""
    platform = emulated()
    # Nobody has confirmed what a missing permission looks like.
    status = {"guests": 401, "appointments": 502}.get(operation, 403)
    platform.faults.add(faults.Forbidden(operation=operation, status=status, code=status))
    async with connected(platform, tmp_path) as desk:
        await desk.sync("spa")
        _, counts = await told(desk)
        found = await desk.check("spa")
    usual = {"Booked Appointments", "Closed Invoice", "Activated Membership", "Ordered Giftcard"}
    if operation.startswith("reports"):
        # Cards and packages are known by the report alone.
        lost = {*lost, "Ordered Giftcard", "Created Package"}
    assert not lost & counts.keys()
    assert usual - lost <= counts.keys()
    assert words in " ".join(found.account.missing if found.account else ())


async def test_a_key_revoked_in_the_middle_stops_and_the_next_one_goes_on(tmp_path: Path) -> None:
    """Seen to fail when a refused key is taken for a missing permission."""
    platform = emulated()
    platform.faults.add(faults.RevokedKey(after=60))
    async with connected(platform, tmp_path) as desk:
        with pytest.raises(AuthenticationError):
            await desk.sync("spa")
        platform.faults.clear()
        await desk.sync("spa")
        assert await told(desk) == await plain(tmp_path)


async def test_while_keys_are_changed_either_will_do(tmp_path: Path) -> None:
    platform = emulated()
    old, new = platform.keys.current, platform.rotate()
    platform.keys.revoke(old)
    _, counts = await synced(platform, tmp_path, api_key=old, next_api_key=new)
    assert counts["Booked Appointments"]


@pytest.mark.parametrize(
    "fault",
    [
        faults.Status(status=429, retry_after=3),
        faults.Status(status=503, code=503, message="Try again."),
        faults.SoftError(),
        faults.Drop(),
        faults.Truncate(),
        faults.Slow(seconds=0.01),
        faults.Shuffle(times=None),
        faults.Duplicate(times=None),
    ],
    ids=str,
)
async def test_what_passes_costs_nothing(fault: faults.AnyFault, tmp_path: Path) -> None:
    platform = emulated()
    platform.faults.add(fault)
    assert await synced(platform, tmp_path) == await plain(tmp_path)


@pytest.mark.parametrize(
    "fault",
    [
        faults.Malformed(operation="guests"),
        faults.SoftError(operation="guests", times=None),
    ],
    ids=lambda fault: type(fault).__name__,
)
async def test_what_does_not_pass_stops_with_an_error_of_ours(
    fault: faults.AnyFault, tmp_path: Path
) -> None:
    from frontdesk.errors import PlatformError

    platform = emulated()
    async with connected(platform, tmp_path) as desk:
        await desk.sync("spa")
        platform.faults.add(fault)
        with pytest.raises(PlatformError):
            await desk.sync("spa")


async def test_pages_that_never_end_are_noticed(tmp_path: Path) -> None:
    platform = emulated(groups=2, guests=260)
    platform.faults.add(faults.StuckPage(operation="guests", times=None))
    async with connected(platform, tmp_path) as desk:
        with pytest.raises(UnexpectedResponseError, match="does not end"):
            await desk.sync("spa")


async def test_a_centre_zenoti_does_not_know_is_passed_over(tmp_path: Path) -> None:
    """Seen to fail when one centre's refusal ends the walk through all."""
    platform = emulated()
    refusal = faults.Status(
        operation="appointments", status=502, code=502, message="invalid center_id.", after=1
    )
    platform.faults.add(refusal)
    _, counts = await synced(platform, tmp_path)
    assert counts["Booked Appointments"]


@pytest.mark.parametrize(
    ("operation", "field", "value"),
    [
        ("appointments", "status", "soon"),
        ("appointments", "status", 77),
        ("appointments", "guest", None),
        ("appointments", "guest.id", "00000000-0000-0000-0000-000000000000"),
        ("appointments", "appointment_id", None),
        ("appointments", "service", None),
        ("guests", "id", None),
        ("guests", "personal_info", "Ana"),
        ("centers/{center}/members", "sold_date", "some day"),
        ("reports/sales/accrual_basis/flat_file", "invoice_id", None),
        ("reports/sales/accrual_basis/flat_file", "guest_id", None),
    ],
)
async def test_an_odd_row_is_accounted_for_and_stops_nothing(
    operation: str, field: str, value: Any, tmp_path: Path
) -> None:
    platform = emulated()
    platform.faults.add(faults.Mutate(operation=operation, field=field, value=value, after=1))
    async with connected(platform, tmp_path) as desk:
        report = await desk.sync("spa")
        assert report.events > 50
        (status,) = await desk.status()
        assert sum(status.records.values()) == report.records


def test_calls_are_counted_for_the_whole_organization() -> None:
    lane = zenoti.manifest.lane
    assert lane is not None
    settings = zenoti.Settings(api_key="key")
    granted = zenoti.Settings(api_key="key", calls_a_minute=90)
    assert lane("GET", "/v1/guests", settings) == lane("POST", "/v1/reports/x", settings)
    assert [(rate.limit, rate.seconds) for rate in lane("GET", "/", settings)[1]] == [(60, 60)]
    assert [rate.limit for rate in lane("GET", "/", granted)[1]] == [90]


def weeks() -> Iterator[tuple[int, int]]:
    yield from ((7, 1), (8, 2), (60, 9))


@pytest.mark.parametrize(("days", "windows"), list(weeks()))
def test_weeks_cover_all_days_once_latest_first(days: int, windows: int) -> None:
    from frontdesk_zenoti.calendars import Span

    today = NOW.date()
    cut = Span(today - timedelta(days=days), today).weeks()
    assert len(cut) == windows
    assert cut[0][1] == today
    assert cut[-1][0] == today - timedelta(days=days)
    assert all(later[0] == earlier[1] for later, earlier in pairwise(cut))
    assert all(timedelta(0) < end - start <= timedelta(days=7) for start, end in cut)
