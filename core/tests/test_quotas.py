"""A day's quota: counted in the store, shared by processes, never exceeded, and gone on with."""

from __future__ import annotations

from datetime import datetime, timedelta
from pathlib import Path
from types import ModuleType

import acorn
import attrs
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from inn import NOW, FixedClock, Inn, altered, busy, connected, prepare
from sqlalchemy import create_engine

from frontdesk import Desk
from frontdesk.client import Counted
from frontdesk.errors import RateLimitedError
from frontdesk.manifest import Quota
from frontdesk.store import quotas
from frontdesk.store.schema import metadata

pytestmark = pytest.mark.anyio

DAY = timedelta(hours=24)


def counting(limit: int, **more: object) -> ModuleType:
    """Return Acorn with a quota of requests a day."""
    quota = Quota(limit=limit, counted_by=("authorization",), **more)  # type: ignore[arg-type]
    return altered(manifest=attrs.evolve(acorn.manifest, quota=quota))


async def sync(store: Path, inn: Inn, clock: FixedClock, connector: ModuleType) -> bool:
    """Sync; tell whether it came to its end."""
    prepare(store)
    async with Desk(store, clock=clock) as desk:
        connection = connected(desk, inn, connector, page_size=2)
        try:
            await desk.sync(connection)
        except RateLimitedError:
            return False
        return True


async def test_history_stops_at_its_part_and_goes_on_the_next_day(store: Path) -> None:
    """Seen to fail when history may use all of it, and when what is old counts for ever."""
    inn, clock, connector = busy(25), FixedClock(), counting(10)

    days: list[int] = []
    for _ in range(6):
        inn.forget_requests()
        done = await sync(store, inn, clock, connector)
        days.append(len(inn.requests))
        if done:
            break
        clock.at += timedelta(hours=25)

    assert done
    # History leaves a fifth; what changed may use it.
    assert days[:2] == [8, 8]
    assert max(days) <= 10


async def test_a_restart_forgets_nothing_and_status_tells(store: Path) -> None:
    """Seen to fail when requests are counted in memory."""
    inn, clock, connector = busy(25), FixedClock(), counting(10)

    await sync(store, inn, clock, connector)
    inn.forget_requests()
    assert not await sync(store, inn, clock, connector)

    assert len(inn.requests) == 1  # opening the account is not history
    async with Desk(store, clock=clock) as desk:
        (row,) = await desk.status()
    assert row.quota[""] == quotas.Used(9, 10)
    assert row.state == "waiting"
    assert "quota" in row.reason


async def test_other_credentials_have_a_count_of_their_own(store: Path) -> None:
    """Seen to fail when the headers are not looked at."""
    first, second, connector = busy(3), Inn("elm-1"), counting(10)
    second.token = "another-s3cret"
    prepare(store)
    async with Desk(store, clock=FixedClock()) as desk:
        for inn, token in ((first, first.token), (second, second.token)):
            connection = connected(desk, inn, connector, name=inn.id, token=token)
            await desk.check(connection)
            await desk.check(connection)
        rows = await desk.store.read(
            lambda db: db.exec_driver_sql("SELECT used FROM requests").all()
        )

    assert sorted(row[0] for row in rows) == [2, 2]


def test_a_setting_may_name_the_limit() -> None:
    connector = altered(
        manifest=attrs.evolve(
            acorn.manifest, quota=Quota(limit=1000, setting="page_size", counted_by=())
        )
    )
    desk = Desk("unused.db")
    connection = connected(desk, busy(1), connector, page_size=3)

    async def never(counted: Counted) -> float:
        raise AssertionError(counted)

    client = connection.client(counter=type("C", (), {"take": staticmethod(never)})())
    assert client._gate._count.__self__.limit == 3


async def test_a_platform_is_not_even_asked_once_the_quota_is_used_up(store: Path) -> None:
    inn, clock, connector = busy(1), FixedClock(), counting(2)
    prepare(store)
    async with Desk(store, clock=clock) as desk:
        connection = connected(desk, inn, connector)
        checks = [await desk.check(connection) for _ in range(3)]

    assert [check.ok for check in checks] == [True, True, False]
    assert len(inn.requests) == 2
    assert "may be asked again in" in checks[2].problems[0]


@settings(deadline=None)
@example(steps=[(3500, False), (82_901, False)], limit=1)
@given(
    steps=st.lists(st.tuples(st.integers(0, 9_000), st.booleans()), min_size=5, max_size=120),
    limit=st.integers(1, 12),
)
def test_never_more_than_allowed_in_any_24_hours(steps: list[tuple[int, bool]], limit: int) -> None:
    """Seen to fail when hours are counted for 24 hours from their beginning."""
    engine = create_engine("sqlite://")
    metadata.create_all(engine)
    now, sent, waits = NOW, list[datetime](), list[timedelta]()
    for seconds, behind in steps:
        now += timedelta(seconds=seconds)
        counted = Counted(b"k", "", max(limit * 4 // 5, 1) if behind else limit)
        try:
            with engine.begin() as db:
                quotas.take(db, "acorn", counted, now)
        except quotas.Full as full:
            waits.append(full.until - now)
        else:
            sent.append(now)
    for first in sent:
        assert sum(first <= one < first + DAY for one in sent) <= limit
    assert all(timedelta(0) < wait <= DAY + timedelta(hours=1) for wait in waits)
    engine.dispose()


def test_what_is_told_to_wait_for_is_enough() -> None:
    """Seen to fail when the oldest hour alone is waited for, however much must go."""
    engine = create_engine("sqlite://")
    metadata.create_all(engine)
    counted, now = Counted(b"k", "", 5), NOW

    def attempt(at: datetime) -> datetime | None:
        try:
            with engine.begin() as db:
                quotas.take(db, "acorn", counted, at)
        except quotas.Full as full:
            return full.until
        return None

    for hours in (0, 1, 1, 2, 2):
        assert attempt(now + timedelta(hours=hours)) is None
    until = attempt(now + timedelta(hours=3))

    assert until == now + timedelta(hours=25)
    assert attempt(until - timedelta(seconds=1)) == until
    assert attempt(until) is None
    with engine.begin() as db:
        small = Counted(b"k", "", 2)
        with pytest.raises(quotas.Full) as full:
            quotas.take(db, "acorn", small, until)
    assert full.value.until == until + timedelta(hours=2)
    engine.dispose()
