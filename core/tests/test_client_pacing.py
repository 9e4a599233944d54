"""However many ask at once, no window is ever exceeded, and a 429 quiets everybody."""

from __future__ import annotations

import heapq
import random
from bisect import bisect_right
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

import anyio
import attrs
import httpx
import pytest

from frontdesk.client import Client, Limits, background
from frontdesk.client._pacing import Pacer, QuotaError, _windows
from frontdesk.errors import RateLimitedError
from frontdesk.manifest import Rate

pytestmark = pytest.mark.anyio


@pytest.fixture
def anyio_backend() -> str:
    return "asyncio"


@attrs.define
class FakeClock:
    """Time jumps to the next one who wakes, once all others wait."""

    time: float = 1000.0
    waking: list[float] = attrs.field(factory=list[float])

    def monotonic(self) -> float:
        return self.time

    def now(self) -> datetime:
        return datetime(2026, 5, 4, tzinfo=UTC) + timedelta(seconds=self.time)

    async def sleep(self, seconds: float) -> None:
        wake = self.time + seconds
        heapq.heappush(self.waking, wake)
        while self.time < wake:
            for _ in range(50):
                await anyio.lowlevel.checkpoint()
            if self.waking[0] == wake:
                self.time = max(self.time, wake)
        heapq.heappop(self.waking)


@pytest.fixture
def clock() -> FakeClock:
    return FakeClock()


def make(handler: Any, clock: FakeClock, rates: Sequence[Rate] = (), **limits: Any) -> Client[None]:
    return Client(
        settings=None,
        base_url="https://acorn.test",
        transport=httpx.MockTransport(handler),
        rates=rates,
        clock=clock,
        jitter=random.Random(7),
        limits=Limits(**limits),
    )


def most_in(times: Sequence[float], seconds: float) -> int:
    """Return the most requests in any window, both ends included."""
    return max(bisect_right(times, start + seconds) - at for at, start in enumerate(times))


async def test_keeps_within_two_windows_at_once(clock: FakeClock) -> None:
    async def stamp(_: httpx.Request) -> httpx.Response:
        times.append(clock.time)
        return httpx.Response(200, json=[])

    times: list[float] = []
    rates = [Rate(3, 1), Rate(10, 30)]
    async with (
        make(stamp, clock, rates, in_flight=20) as client,
        anyio.create_task_group() as group,
    ):
        for _ in range(20):
            group.start_soon(client.get, "stays")

    assert len(times) == 20
    assert most_in(times, 1) == 3
    assert most_in(times, 30) == 10
    # Nor slower than it must: ten in the first four seconds, ten after the half minute.
    assert times[9] == pytest.approx(1003, abs=0.1)
    assert times[19] == pytest.approx(1033, abs=0.1)


async def test_lets_through_in_order_of_asking(clock: FakeClock) -> None:
    async def note(request: httpx.Request) -> httpx.Response:
        order.append(request.url.path)
        return httpx.Response(200, json=[])

    order: list[str] = []
    async with make(note, clock, [Rate(2, 1)]) as client, anyio.create_task_group() as group:
        for number in range(10):
            group.start_soon(client.get, f"/{number}")
            await anyio.lowlevel.checkpoint()

    assert [f"/{number}" for number in range(10)] == order


@pytest.mark.parametrize("header", ["20", None], ids=["told", "not told"])
async def test_a_429_quiets_everybody(clock: FakeClock, header: str | None) -> None:
    async def refuse_the_third(_: httpx.Request) -> httpx.Response:
        times.append(clock.time)
        if len(times) == 3:
            return httpx.Response(429, headers={"Retry-After": header} if header else {})
        return httpx.Response(200, json=[])

    times: list[float] = []
    quiet = 20 if header else random.Random(7).uniform(0, 1)
    async with (
        make(refuse_the_third, clock, [Rate(1, 0.1)]) as client,
        anyio.create_task_group() as g,
    ):
        for _ in range(8):
            g.start_soon(client.get, "stays")

    assert len(times) == 9
    assert times[3] - times[2] == pytest.approx(quiet, abs=1e-3)


async def test_repetitions_are_paced_too(clock: FakeClock) -> None:
    async def fail(_: httpx.Request) -> httpx.Response:
        times.append(clock.time)
        status = 503 if len(times) < 6 else 200
        return httpx.Response(status, headers={"Retry-After": "0"}, json=[])

    times: list[float] = []
    async with make(fail, clock, [Rate(1, 10)]) as client:
        await client.get("stays")

    assert most_in(times, 10) == 1
    assert client.requests == 6


async def test_logins_and_redirects_are_paced_and_counted(clock: FakeClock) -> None:
    class Login(httpx.Auth):
        requires_response_body = True

        def auth_flow(self, request: httpx.Request) -> Any:
            token = yield httpx.Request("POST", "https://acorn.test/token")
            request.headers["Authorization"] = token.json()
            yield request

    async def answer(request: httpx.Request) -> httpx.Response:
        times.append(clock.time)
        if request.url.path == "/old":
            return httpx.Response(307, headers={"Location": "/new"})
        return httpx.Response(200, json=request.headers.get("Authorization", "key"))

    times: list[float] = []
    async with make(answer, clock, [Rate(1, 10)]) as client:
        client._exchange.http.auth = Login()
        assert await client.get("old") == "key"

    assert (client.requests, most_in(times, 10)) == (3, 1)


async def test_a_quota_for_the_day_is_the_callers_matter(clock: FakeClock) -> None:
    async def answer(_: httpx.Request) -> httpx.Response:
        return httpx.Response(200, json=[])

    async with make(answer, clock, [Rate(2, 86_400)]) as client:
        await client.get("stays")
        await client.get("stays")
        with pytest.raises(RateLimitedError, match="was not sent") as caught:
            await client.get("stays")

    assert caught.value.retry_after == pytest.approx(86_400, abs=0.01)
    assert client.requests == 2


async def test_who_gives_up_waiting_does_not_block_the_others(clock: FakeClock) -> None:
    pacer = Pacer([Rate(1, 10)], clock, max_wait=60)
    await pacer.turn()
    with anyio.CancelScope() as scope:
        scope.cancel()
        await pacer.turn()
    clock.waking.clear()

    await pacer.turn()

    assert clock.time == pytest.approx(1010, abs=0.01)


async def test_notices_a_clock_that_stands_still() -> None:
    class Still(FakeClock):
        async def sleep(self, seconds: float) -> None:
            del seconds

    pacer = Pacer([], Still(), max_wait=60)
    pacer.hold(1)

    with pytest.raises(RuntimeError, match="stands still"):
        await pacer.turn()


async def test_the_shorter_hold_does_not_shorten_the_longer(clock: FakeClock) -> None:
    pacer = Pacer([], clock, max_wait=60)
    pacer.hold(20)
    pacer.hold(1)

    await pacer.turn()

    assert clock.time == 1020


async def test_remembers_no_more_than_its_windows(clock: FakeClock) -> None:
    pacer = Pacer([Rate(5, 1)], clock, max_wait=60)
    for _ in range(100):
        await pacer.turn()

    assert pacer._bucket is not None
    assert pacer._bucket.count() <= 5


@pytest.mark.parametrize(
    ("rates", "kept"),
    [
        ([], []),
        ([Rate(10, 1)], [(10, 1000)]),
        ([Rate(1000, 3600), Rate(10, 1)], [(10, 1000), (1000, 3_600_000)]),
        ([Rate(10, 1), Rate(5, 1)], [(5, 1000)]),
        ([Rate(10, 1), Rate(10, 60)], [(10, 60_000)]),
        ([Rate(100, 1), Rate(50, 60)], [(50, 60_000)]),
        ([Rate(10, 1), Rate(1000, 60)], [(10, 1000), (600, 60_000)]),
        ([Rate(10, 1), Rate(12, 1.05)], [(10, 1050)]),
        ([Rate(1, 0.0005)], [(1, 1)]),
        ([Rate(2, 1), Rate(10, 1.0001), Rate(1, 3)], [(1, 3000)]),
    ],
)
def test_windows_are_never_more_generous_than_the_rates(
    rates: list[Rate], kept: list[tuple[int, int]]
) -> None:
    assert kept == [(window.limit, window.interval) for window in _windows(rates)]


async def test_what_is_live_need_not_wait_for_a_history_that_used_its_share() -> None:
    """Seen to fail when the background may use all of a window."""
    clock = FakeClock()
    pacer = Pacer([Rate(10, 100)], clock, max_wait=5)
    with background():
        for _ in range(8):
            await pacer.turn()
        with pytest.raises(QuotaError):
            await pacer.turn()

    await pacer.turn()
    await pacer.turn()

    assert clock.time == 1000.0
    with pytest.raises(QuotaError):
        await pacer.turn()


async def test_a_history_never_holds_every_connection(clock: FakeClock) -> None:
    """Seen to fail when background requests take the last slot as well."""
    waiting = anyio.Event()
    under_way: list[str] = []

    async def answer(request: httpx.Request) -> httpx.Response:
        under_way.append(request.url.path)
        if request.url.path == "/history":
            await waiting.wait()
        return httpx.Response(200, json={})

    async with make(answer, clock, in_flight=3) as client, anyio.create_task_group() as group:
        with background():
            for _ in range(5):
                group.start_soon(client.get, "history")
        await anyio.wait_all_tasks_blocked()
        group.start_soon(client.get, "live")
        await anyio.wait_all_tasks_blocked()
        seen = list(under_way)
        waiting.set()

    assert seen == ["/history", "/history", "/live"]
