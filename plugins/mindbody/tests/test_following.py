"""The service follows a studio: by its webhooks, by polling, and by reading days again."""

from __future__ import annotations

from collections import Counter
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import attrs
import pytest
from mindbody_year import TOLD, Months, expected, followed, logged

from frontdesk.model import Account
from frontdesk_mindbody import tables
from frontdesk_mindbody.sandbox import CANARY, Options, Platform, faults

NOW = datetime(2026, 6, 1, 12, tzinfo=UTC)
HOUR = timedelta(hours=1)
SITE = -99

pytestmark = pytest.mark.anyio


@pytest.fixture
def anyio_backend() -> str:
    return "asyncio"


@pytest.fixture
def store(tmp_path: Path) -> Path:
    return tmp_path / "studio.db"


def studio(**more: Any) -> Platform:
    return Platform(Options(**{"now": NOW, "clients": 80, "sites": 1, **more}))


async def told(months: Months) -> dict[str, str]:
    """Return the events whose ids the journal can tell."""
    known = {metric for _, metric in TOLD.values()}
    return {id: m for id, m in (await logged(months.desk)).items() if m in known}


def proven(platform: Platform, first: int = SITE) -> set[str]:
    return expected(platform, "mindbody", Account(str(first), ""), NOW)


async def outcomes(months: Months) -> Counter[str]:
    (status,) = await months.desk.status()
    assert not status.pending
    return Counter(status.records)


def kinds(platform: Platform) -> Counter[str]:
    return Counter(action.kind for action in platform.journal if action.time >= NOW)


async def test_whatever_happens_is_told_once_and_nothing_else(store: Path) -> None:
    """Seen to fail when a booking's id was made of its ``messageId``."""
    platform = studio(sites=2)
    async with followed(platform, store) as months:
        await months.days(1, 240)
        await months.days(1, 0)
        found, happened = await told(months), kinds(platform)
        assert found.keys() == proven(platform)
        counts = Counter((await logged(months.desk)).values())
        assert set(counts) == {metric.name for metric in tables.METRICS}
        assert counts[tables.MEMBERSHIP] == happened["membership.assigned"]
        sold = [a.facts for a in platform.journal if a.kind == "sale.made" and a.time >= NOW]
        assert len(sold) == counts[tables.ORDER]
        assert (await outcomes(months))["skipped: return"] > 0
        (status,) = await months.desk.status()
        assert (status.state, status.quarantined) == ("running", 0)


async def test_sums_of_orders_and_their_items_agree(store: Path) -> None:
    platform = studio()
    async with followed(platform, store) as months:
        await months.days(1, 200)
        await months.days(1, 0)
        rows = await months.desk.events(limit=100_000)
    orders = [r.event for r in rows if r.event["metric"] == tables.ORDER]
    products = sum(r.event["value"] for r in rows if r.event["metric"] == tables.PRODUCT)
    assert len(orders) > 5
    assert sum(order["value"] for order in orders) == products
    for order in orders:
        items = order["properties"]["Items"]
        assert order["value"] == sum(item["amountPaid"] for item in items)
        assert order["currency"] == "USD"


async def test_late_doubled_disordered_and_false_webhooks_change_nothing(store: Path) -> None:
    """Seen to fail when naive times were taken for UTC: a time then is another."""
    platform = studio(
        webhook_doubled=0.2,
        webhook_disordered=0.3,
        webhook_naive=0.3,
        webhook_foreign=0.1,
        webhook_unknown=0.1,
        webhook_missigned=0.1,
        webhook_malformed=0.1,
        webhook_early_cancel="both",
        webhook_appointment_cancel="both",
        webhook_origination="eventInstanceOriginationDate",
    )
    async with followed(platform, store) as months:
        await months.days(1, 240)
        await months.days(1, 0)
        assert (await told(months)).keys() == proven(platform)
        counts, found = platform.webhooks.outbox.counts, await outcomes(months)
        assert found["skipped: unknown_event"] == counts["unknown"] > 0
        strays = await months.desk.strays()
        assert strays["mindbody"][0] == counts["foreign"] > 0
        entries = await months.desk.quarantine(limit=1000)
        assert len(entries) == counts["malformed"] > 0
        times = {
            row.event["properties"].get("Start Time", "Z")[-1]
            for row in await months.desk.events(limit=100_000)
        }
        assert times == {"Z"}


async def test_what_webhooks_did_not_bring_is_found_by_reading_days_again(store: Path) -> None:
    """Seen to fail when recent days were not read again."""
    platform = studio(webhook_dropped=1.0)
    async with followed(platform, store) as months:
        visits = platform.world.studios[SITE].visits
        for _ in range(20):
            for visit in visits.between("starts", platform.now, platform.now + HOUR):
                if not visit.signed_in and not visit.late_cancelled:
                    platform.move("sign_in", SITE, visit.id)
            await months.hour(12)
        assert not await told(months)
        await months.days(2, 0)
        found, all_of_it = await told(months), proven(platform)
        # The very ids that webhooks would have given, and nothing that did not happen.
        assert found.keys() <= all_of_it
        counts, happened = Counter(found.values()), kinds(platform)
    assert counts[tables.ORDER] == happened["sale.made"]
    row = platform.world.studios[SITE]
    booked = {a.id for a in platform.journal if a.kind == "appointment.booked" and a.time >= NOW}
    standing = [a for a in row.appointments.rows if a.id in booked and not a.cancelled]
    assert 0 < len(standing) == counts[tables.SCHEDULED]
    assert counts[tables.ARRIVED] > 0
    assert counts[tables.BOOKED] > 0
    assert counts[tables.SIGNED_IN] > 0
    assert counts[tables.CANCELLED] > 0


async def test_a_cancellation_of_ids_alone_shows_what_is_stored_of_the_booking(
    store: Path,
) -> None:
    platform = studio(webhook_early_cancel="cancelled")
    client = next(r for r in platform.world.studios[SITE].clients.rows if r.active)
    async with followed(platform, store) as months:
        course = next(
            c for c in platform.world.studios[SITE].courses.rows
            if c.starts > platform.now and not c.cancelled
        )  # fmt: skip
        visit = platform.move("book_class", SITE, client.id, course.id)
        await months.hour(0)
        platform.move("early_cancel", SITE, visit.id)
        await months.hour(0)
        rows = await months.desk.events(limit=100)
    (booked,) = [r.event for r in rows if r.event["metric"] == tables.BOOKED]
    (cancelled,) = [r.event for r in rows if r.event["metric"] == tables.CANCELLED]
    assert cancelled["properties"]["Cancel Type"] == "Cancelled"
    for name in ("Staff ID", "Item ID", "Item Name"):
        assert cancelled["properties"][name] == booked["properties"][name]
    assert cancelled["guest"] == booked["guest"]


async def test_a_client_nobody_knew_takes_over_what_was_told_before(store: Path) -> None:
    """Seen to fail when nobody was merged: the event stayed with a guest without an address."""
    platform = studio()
    async with followed(platform, store) as months:
        client = platform.move("create_client", SITE, email="ada@example.com")
        created = platform.webhooks.outbox.take(everything=True)
        platform.move("book_appointment", SITE, client.id)
        # The API knows nobody yet, and the news of the client comes last.
        platform.faults.add(faults.ShortRead(operation="client/clients", honest=True, times=None))
        await months.deliver()
        await months.clock.advance(10)
        (scheduled,) = await months.desk.events()
        assert scheduled.event["guest"] == f"id:{client.number}"
        platform.faults.clear()
        for message in created:
            platform.webhooks.outbox.put_back(message)
        await months.hour(0)
        report = await months.desk.export_guest("ada@example.com")
        assert tables.SCHEDULED in str(report)


async def test_merged_inactive_and_consenting_clients(store: Path) -> None:
    platform = studio()
    rows = [r for r in platform.world.studios[SITE].clients.rows if r.active and r.email]
    kept, removed, left, said_yes = rows[:4]
    async with followed(platform, store) as months:
        platform.move("merge_clients", SITE, kept.id, removed.id)
        platform.move("deactivate_client", SITE, left.id)
        platform.move("modify_client", SITE, said_yes.id, promotional_emails=True)
        await months.hour(0)
        platform.move("modify_client", SITE, said_yes.id, promotional_emails=False)
        await months.hour(0)
        profiles = {p.guest: p.profile for p in await months.desk.profiles(limit=1000)}
        assert f"{SITE}:{removed.id}" not in profiles
        assert f"{SITE}:{kept.id}" in profiles
        assert profiles[f"{SITE}:{left.id}"]["properties"]["Mindbody Active"] is False
        report = await months.desk.export_guest(said_yes.email)
        assert "unsubscribed" in str(report)
        assert CANARY not in str(report)


@pytest.mark.parametrize(
    ("fault", "outcome"),
    [
        (faults.UnknownEvent(operation="appointmentBooking.created"), "skipped: unknown_event"),
        (faults.Drift(operation="appointmentBooking.created"), "quarantined delivery"),
        (
            faults.Blank(operation="appointmentBooking.created", field="appointmentId"),
            "quarantined",
        ),
        (faults.Blank(operation="appointmentBooking.created", field="clientId"), "quarantined"),
        (
            faults.Blank(operation="appointmentBooking.created", field="staffId", value={"a": 1}),
            "quarantined record",
        ),
        (faults.Blank(operation="appointmentBooking.created", field="staffFirstName"), "event"),
        (
            faults.Blank(
                operation="appointmentBooking.created", field="staffId", value=faults.REMOVE
            ),
            "event",
        ),
        (faults.Blank(operation="appointmentBooking.created", field="resources"), "event"),
    ],
)
async def test_each_bad_webhook_has_a_clear_end(store: Path, fault: Any, outcome: str) -> None:
    platform = studio()
    client = next(r for r in platform.world.studios[SITE].clients.rows if r.active)
    async with followed(platform, store) as months:
        platform.faults.add(fault)
        platform.move("book_appointment", SITE, client.id)
        await months.hour(0)
        counts, entries = await outcomes(months), await months.desk.quarantine()
        events = await months.desk.events()
        (inbox,) = await months.desk.inboxes()
    assert (len(events) == 1) is (outcome == "event")
    assert bool(entries) is outcome.startswith("quarantined")
    if outcome.startswith("skipped"):
        assert counts[outcome] == 1
    for entry in entries:
        assert CANARY not in entry.reason
    assert inbox is not None


@attrs.frozen
class Small:
    """A few weeks of a small studio with a small quota."""

    quota: int
    clients: int
    days: int
    changes: int


async def test_weeks_with_a_small_quota_never_exceed_it_and_end_complete(store: Path) -> None:
    """The year is a command: ``python benchmarks/mindbody_year.py``."""
    small = Small(quota=60, clients=2_000, days=5, changes=24)
    platform = studio(clients=small.clients, calls_a_day=small.quota, hard_cap=True)
    async with followed(platform, store, calls_a_day=small.quota) as months:
        # History and bookings of a week ahead do not fit into the first day.
        await months.days(small.days, small.changes)
        await months.days(1, 0)
        (status,) = await months.desk.status()
        assert platform.quota.busiest(SITE) <= small.quota
        assert not platform.quota.refused
        assert status.history["clients"].finished
        assert (status.pending, status.quarantined) == (0, 0)
        assert (await told(months)).keys() == proven(platform)
        profiles = await months.desk.profiles(limit=100_000)
        assert len(profiles) > small.clients * 0.9
