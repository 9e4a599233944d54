"""Days are the property's own (law 8)."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import attrs
import pytest
from hypothesis import given
from hypothesis import strategies as st
from inn import Inn, acorn, altered, asked, guest, stay, sync

from frontdesk import Account, Event, Site
from frontdesk.columns import from_micros, to_micros
from frontdesk.times import day_of, zone_of

PRAGUE = zone_of(Account("a", "A", (Site("s", "S", "Europe/Prague"),)))


def day(text: str, zone: str = "Europe/Prague") -> str:
    number = day_of(
        datetime.fromisoformat(text), zone_of(Account("a", "A", (Site("s", "S", zone),)))
    )
    return (date(1970, 1, 1) + timedelta(days=number)).isoformat()


@pytest.mark.parametrize(
    ("time", "zone", "expected"),
    [
        # Winter: an hour ahead of UTC. Summer: two.
        ("2026-01-10T22:59:59Z", "Europe/Prague", "2026-01-10"),
        ("2026-01-10T23:00:00Z", "Europe/Prague", "2026-01-11"),
        ("2026-07-10T21:59:59Z", "Europe/Prague", "2026-07-10"),
        ("2026-07-10T22:00:00Z", "Europe/Prague", "2026-07-11"),
        # The days the clocks change have 23 and 25 hours.
        ("2026-03-28T23:00:00Z", "Europe/Prague", "2026-03-29"),
        ("2026-03-29T21:59:59Z", "Europe/Prague", "2026-03-29"),
        ("2026-03-29T22:00:00Z", "Europe/Prague", "2026-03-30"),
        ("2026-10-24T22:00:00Z", "Europe/Prague", "2026-10-25"),
        ("2026-10-25T22:59:59Z", "Europe/Prague", "2026-10-25"),
        ("2026-10-25T23:00:00Z", "Europe/Prague", "2026-10-26"),
        ("2026-01-01T11:30:00Z", "Pacific/Auckland", "2026-01-02"),
        ("2026-01-01T11:30:00Z", "Pacific/Pago_Pago", "2026-01-01"),
        ("2026-01-01T11:30:00Z", "No/Such_Place", "2026-01-01"),
        ("2026-01-01T11:30:00Z", "", "2026-01-01"),
        ("1969-12-31T22:00:00Z", "UTC", "1969-12-31"),
    ],
)
def test_a_day_begins_at_midnight_where_the_property_is(
    time: str, zone: str, expected: str
) -> None:
    """Seen to fail when days are counted in UTC."""
    assert expected == day(time, zone)


def test_an_account_without_a_site_counts_in_utc() -> None:
    assert zone_of(Account("a", "A")) == UTC


@given(st.datetimes(datetime(1900, 1, 1), datetime(2200, 1, 1), timezones=st.timezones()))  # noqa: DTZ001
def test_an_instant_survives_the_store_exactly(time: datetime) -> None:
    assert time.astimezone(UTC) == from_micros(to_micros(time))


@pytest.mark.anyio
async def test_a_metrics_days_are_the_propertys(store: Path) -> None:
    inn = Inn()
    inn.zone = "America/New_York"
    inn.rows["guests"] = [guest("ada")]
    inn.rows["stays"] = [
        stay("a", booked="2026-03-08T04:59:59Z"),  # the day before the clocks change
        stay("b", booked="2026-03-08T05:00:00Z"),
        stay("c", booked="2026-03-09T03:59:59Z"),
        stay("d", booked="2026-03-09T04:00:00Z"),
    ]
    await sync(store, inn)

    days = [
        ((date(1970, 1, 1) + timedelta(days=number)).isoformat(), total)
        for number, total in asked(store, "SELECT day, total FROM metric_days ORDER BY day")
    ]
    assert days == [("2026-03-07", 1), ("2026-03-08", 2), ("2026-03-09", 1)]


@pytest.mark.anyio
@pytest.mark.parametrize(
    ("said", "expected"),
    [("e", "2026-03-08"), ("w", "2026-03-07"), (None, "2026-03-08"), ("gone", "2026-03-08")],
)
async def test_a_day_is_that_of_the_site_it_happened_at(
    store: Path, said: str | None, expected: str
) -> None:
    """Of a group with sites in several zones. Seen to fail when the first site's is every
    event's zone.
    """
    sites = (Site("e", "East", "Europe/Prague"), Site("w", "West", "America/Los_Angeles"))

    async def open_account(client):
        return Account("oaks", "Oaks", sites)

    def parse_event(record):
        if record.stream == "stays":
            when = datetime(2026, 3, 8, 7, 59, 59, tzinfo=UTC)
            yield Event("Booked Stay", "ada", when, site=said)

    inn = Inn()
    inn.rows["stays"] = [stay("a")]
    await sync(store, inn, altered(open_account=open_account, parse_event=parse_event))

    ((number,),) = asked(store, "SELECT day FROM metric_days")
    assert (date(1970, 1, 1) + timedelta(days=number)).isoformat() == expected


@pytest.mark.anyio
async def test_a_record_with_a_site_has_its_days(store: Path) -> None:
    """Where ids are unique per site, each record names its own. Seen to fail when only the
    event's own word counts.
    """
    sites = (Site("e", "East", "Europe/Prague"), Site("w", "West", "America/Los_Angeles"))

    async def open_account(client):
        return Account("oaks", "Oaks", sites)

    async def fetch_history(client, query):
        async for page in acorn.fetch_history(client, query):
            yield attrs.evolve(page, records=[attrs.evolve(r, site="w") for r in page.records])

    inn = Inn()
    inn.rows["guests"] = [guest("ada")]
    inn.rows["stays"] = [stay("a", booked="2026-03-08T07:59:59Z")]
    await sync(store, inn, altered(open_account=open_account, fetch_history=fetch_history))

    ((number,),) = asked(store, "SELECT day FROM metric_days")
    assert (date(1970, 1, 1) + timedelta(days=number)).isoformat() == "2026-03-07"
