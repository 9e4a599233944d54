"""From Mews's sandbox to the emulated Klaviyo: the whole way, through bad weather and death."""

from __future__ import annotations

import os
import random
import shutil
import signal
import subprocess
import sys
import threading
from collections import Counter
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import anyio
import attrs
import httpx
import pytest
from inn import asked
from jumping import JumpingClock

from frontdesk import Desk
from frontdesk.errors import PlatformError
from frontdesk.registry import load
from frontdesk.sandbox import ASGI
from frontdesk.serving import make_sandbox, served
from frontdesk_klaviyo.sandbox import Options, Platform, faults

NOW = datetime(2026, 11, 1, 12, tzinfo=UTC)
LISTS = "news"
pytestmark = pytest.mark.anyio


@attrs.frozen
class Hotel:
    """A hotel whose history was read once; each test gets a copy of the store."""

    settings: dict[str, Any]
    store: Path

    def copy(self, to: Path) -> Path:
        return Path(shutil.copyfile(self.store, to))


@pytest.fixture(name="hotel", scope="module")
def _hotel(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Hotel]:
    made = make_sandbox(load("mews"), {"reservations": 300, "now": NOW, "rate_window": 0.0})
    store = tmp_path_factory.mktemp("hotel") / "hotel.db"
    with served(made.app) as address:
        settings = {"base_url": address + made.path, **made.settings}

        async def sync() -> None:
            # Before any delivery: what was seen then is of the past.
            async with Desk(store, clock=JumpingClock(NOW - timedelta(hours=1))) as desk:
                await desk.sync(desk.connect("mews", name="hotel", **settings))

        anyio.run(sync)
        yield Hotel(settings, store)


def klaviyo(clock: Any = None, **options: Any) -> Platform:
    """An account in which guests of test domains are not thrown away."""
    made = Platform(
        Options(**{"dropped_domains": "", "sms_regions": "CZ,GB,DE,AT,FR,US", **options}),
        clock=clock,
    )
    for account in made.accounts.values():
        account.lists.add(LISTS, made.clock.now(), "single_opt_in")
    return made


def added(desk: Desk, platform: Platform, number: int = 0, **options: Any) -> None:
    """Add an account as a destination."""
    account = list(platform.accounts.values())[number]
    named = next(one for one in account.lists if one.name == LISTS)
    given = {
        "api_key": account.key.value,
        "erasure_key": account.erasure_key.value,
        "live": True,
        "consent_without_time": "first_seen",
        "subscribers": {"email": named.id},
        "test_domains": [],
    }
    desk.add_destination("klaviyo", **{**given, **options})


@asynccontextmanager
async def delivering(
    store: Path, platform: Platform, hotel: Hotel, *, app: ASGI | None = None, **options: Any
) -> AsyncIterator[Desk]:
    """Open a desk on a store, with Klaviyo within reach, all on Klaviyo's clock."""
    transport = httpx.ASGITransport(app or platform.app)
    async with Desk(store, clock=platform.clock) as desk:
        desk.connect("mews", name="hotel", **hotel.settings)
        added(desk, platform, base_url="http://klaviyo.test/", transport=transport, **options)
        yield desk


async def deliver(store: Path, platform: Platform, hotel: Hotel, **options: Any) -> Any:
    async with delivering(store, platform, hotel, **options) as desk:
        return await desk.deliver("klaviyo")


def logged(store: Path) -> Counter[str]:
    """Return how many events of each metric can be sent."""
    question = (
        "SELECT m.name, count(*) FROM log l JOIN metrics m ON m.id = l.metric_id"
        " JOIN sent_events s USING (connection_id, seq) GROUP BY m.name"
    )
    return Counter(dict(asked(store, question)))


async def test_the_whole_history_arrives_over_real_http(hotel: Hotel, tmp_path: Path) -> None:
    """Checks 16, 19, 21, 22, 33: every event once, as history, with where it came from, its
    facts where they can be filtered by; and no guest a portal stands in for.
    """
    store = hotel.copy(tmp_path / "a.db")
    platform = klaviyo(job_delay=0.1, event_delay=0.0)
    with served(platform.app) as url:
        async with Desk(store) as desk:
            desk.connect("mews", name="hotel", **hotel.settings)
            added(desk, platform, base_url=url)
            preview = await desk.deliver("klaviyo", dry_run=True)
            report = await desk.deliver("klaviyo")
            again = await desk.deliver("klaviyo")

    platform.drain()
    account = platform.account
    stored = list(account.events)
    assert not again.sent
    assert preview.sent == report.sent
    assert Counter(e.metric.name for e in stored) == logged(store)
    assert {e.backfill for e in stored} == {True}
    sites = {e.properties["Property"] for e in stored}
    assert {e.properties["Integration"] for e in stored} == {"Mews"}
    assert sites
    assert not sites & {"", None}
    assert not any("$extra" in e.properties for e in stored)
    plain = {
        p.name for m in load("mews").manifest.metrics for p in m.properties if "list" not in p.type
    }
    nested = {
        n
        for e in stored
        for n in plain & e.properties.keys()
        if isinstance(e.properties[n], dict | list)
    }
    assert not nested
    assert report.left["history events", "held: excluded: ota"] > 50
    assert not [p.email for p in account.profiles if "booking.com" in (p.email or "")]
    asked_for = ("bulk_create_events", "bulk_import_profiles", "bulk_subscribe_profiles")
    assert not [one for name in asked_for for one in platform.journal.of(name) if one.status == 429]
    assert report.sent["hotel", "opt-ins: email"] == len(account.standing("email"))


async def test_the_same_history_twice_leaves_the_same_state(hotel: Hotel, tmp_path: Path) -> None:
    """Checks 15 and 16: read anew and delivered anew, by a store that knows of neither."""
    platform = klaviyo(JumpingClock())
    await deliver(hotel.copy(tmp_path / "a.db"), platform, hotel)
    first = platform.state()
    async with Desk(tmp_path / "b.db", clock=JumpingClock(NOW - timedelta(hours=1))) as desk:
        await desk.sync(desk.connect("mews", name="hotel", **hotel.settings))
    async with delivering(tmp_path / "b.db", platform, hotel) as desk:
        await desk.deliver("klaviyo")

    assert platform.state() == first
    assert platform.counts["duplicates"] > 200


_EMAILS = (
    "SELECT p.email FROM profiles p JOIN guests g ON g.id = p.guest_id"
    " JOIN connections c ON c.id = g.connection_id"
    " JOIN brands b ON b.id = c.brand_id WHERE b.name = ? AND p.email IS NOT NULL"
)


async def test_two_accounts_never_see_each_others_guests(hotel: Hotel, tmp_path: Path) -> None:
    other = make_sandbox(
        load("mews"), {"reservations": 40, "seed": 5, "now": NOW, "rate_window": 0.0}
    )
    platform = klaviyo(JumpingClock(), accounts=2)
    transport = httpx.ASGITransport(platform.app)
    with served(other.app) as address:
        async with Desk(hotel.copy(tmp_path / "a.db"), clock=platform.clock) as desk:
            desk.connect("mews", name="hotel", **hotel.settings)
            desk.connect(
                "mews", name="inn", brand="inns", base_url=address + other.path, **other.settings
            )
            for number, (name, brand) in enumerate([("k1", "default"), ("k2", "inns")]):
                reach = {"base_url": "http://klaviyo.test/", "transport": transport}
                added(desk, platform, number, name=name, brand=brand, **reach)
            await desk.sync("inn")
            await desk.deliver_all()
            mine = [
                {row[0] for row in asked(Path(desk.store.where), _EMAILS, brand)}
                for brand in ("default", "inns")
            ]

    platform.drain()
    known = [
        {p.email for p in account.profiles if p.email} for account in platform.accounts.values()
    ]
    assert all(known)
    assert [there - here for there, here in zip(known, mine, strict=True)] == [set(), set()]


async def test_an_outage_and_resets_end_in_the_same_state(hotel: Hotel, tmp_path: Path) -> None:
    """Check 45: ten minutes of 503, then every twentieth connection cut, answered or not."""
    quiet = klaviyo(JumpingClock())
    await deliver(hotel.copy(tmp_path / "quiet.db"), quiet, hotel)

    clock = JumpingClock()
    stormy = klaviyo(clock)
    stormy.faults.add(
        faults.Reset(probability=0.05, times=None, skip=3),
        faults.Reset(probability=0.05, times=None, processed=True),
        faults.Slow(probability=0.05, times=None, seconds=30),
    )
    began = clock.monotonic()
    away = faults.Status(status=503, times=None, skip=6)
    stormy.faults.add(away)
    store = hotel.copy(tmp_path / "stormy.db")
    stopped = 0
    while True:
        if clock.monotonic() - began > 600 and away in stormy.faults.pending:
            stormy.faults.clear()
            stormy.faults.add(
                faults.Reset(probability=0.05, times=None),
                faults.Reset(probability=0.05, times=None, processed=True),
            )
        try:
            await deliver(store, stormy, hotel)
        except PlatformError:
            stopped += 1
            await clock.sleep(60)
        else:
            break

    assert stopped >= 2
    assert stormy.state() == quiet.state()


_WORK = """
import sys, anyio
from frontdesk import Desk
from frontdesk.deliver import consents, events, profiles

# Small pages: more moments to die at.
events.BATCH, profiles.BATCH, consents.BATCH = 25, 30, 30

async def work(store, mews, klaviyo):
    async with Desk(store) as desk:
        desk.connect("mews", name="hotel", **mews)
        desk.add_destination("klaviyo", **klaviyo)
        await desk.deliver("klaviyo")

anyio.run(work, sys.argv[1], eval(sys.argv[2]), eval(sys.argv[3]))
"""


@pytest.mark.skipif(os.name != "posix", reason="kills processes")
@pytest.mark.parametrize("seed", [1, 2])
def test_a_killed_delivery_ends_in_the_same_state(hotel: Hotel, tmp_path: Path, seed: int) -> None:
    """Check 44: SIGKILL at requests drawn by chance, before and after they were answered."""
    quiet = klaviyo(JumpingClock())
    anyio.run(deliver, hotel.copy(tmp_path / "quiet.db"), quiet, hotel)

    store = hotel.copy(tmp_path / "killed.db")
    platform = klaviyo(job_delay=0.05, event_delay=0.0, consent_delay=0.0, rate_limits=False)
    chance = random.Random(seed)
    killed = 0
    with served(_Deadly(platform.app, chance).app) as url:
        desk = Desk(tmp_path / "unused.db")
        added(desk, platform, base_url=url)
        settings = desk.destinations["klaviyo"]
        given = {
            "api_key": platform.account.key.value, "base_url": url, "live": True,
            "consent_without_time": "first_seen", "test_domains": [],
            "subscribers": {"email": settings.rules.subscribers["*"]["email"]},
        }  # fmt: skip
        for _ in range(12):
            command = [sys.executable, "-c", _WORK, str(store), repr(hotel.settings), repr(given)]
            with subprocess.Popen(command) as life:
                _Deadly.victim = life
                life.wait(60)
            if life.returncode == 0:
                break
            assert life.returncode == -signal.SIGKILL
            killed += 1

    assert killed >= 3
    assert platform.state() == quiet.state()


class _Deadly:
    """Kills whoever delivers, at some of its requests, before or after they are dealt with."""

    victim: subprocess.Popen[bytes] | None = None

    def __init__(self, app: ASGI, chance: random.Random) -> None:
        self._inner, self._chance = app, chance
        self._left, self._lock = 6, threading.Lock()

    @property
    def app(self) -> Callable[..., Any]:
        async def serve(scope: Any, receive: Any, send: Any) -> None:
            if scope["type"] == "http" and scope["method"] == "POST" and self._draw():
                if self._chance.random() < 0.5:
                    self._kill()
                    return
                await self._inner(scope, receive, _into_nothing)
                self._kill()
                return
            await self._inner(scope, receive, send)

        return serve

    def _draw(self) -> bool:
        with self._lock:
            if self._left and self._chance.random() < 0.35:
                self._left -= 1
                return True
            return False

    def _kill(self) -> None:
        assert self.victim is not None
        self.victim.kill()


async def _into_nothing(_: Any) -> None:
    """Answer nobody."""


def test_the_benchmark_runs() -> None:
    file = Path(__file__).parents[1] / "benchmarks" / "delivery.py"
    sizes = ["--events", "3000", "--guests", "300", "--runs", "1"]
    ran = subprocess.run(
        [sys.executable, str(file), *sizes], check=True, capture_output=True, text=True
    )

    assert "events 3,000, profiles 300" in ran.stdout
    assert "requests answered 429: 0" in ran.stdout
    assert "CPU / floor" in ran.stdout
