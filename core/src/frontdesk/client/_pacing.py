"""Pace: never more requests in any window than the platform allows, in order of asking."""

from __future__ import annotations

import math
from collections.abc import AsyncGenerator, Callable, Generator, Iterable, Mapping
from contextlib import ExitStack, asynccontextmanager, contextmanager
from contextvars import ContextVar
from functools import partial
from typing import Final, TypeAlias

import anyio
from pyrate_limiter import Decision, InMemoryBucket, RateItem
from pyrate_limiter import Rate as Window

from frontdesk.client._allowance import DRIFT, Allowance
from frontdesk.client._clock import Clock
from frontdesk.client._points import Bucket
from frontdesk.manifest import Lane, Points, Rate

# pyrate-limiter counts whole milliseconds. Less than a microsecond is rounding of floats.
_TICK: Final = 0.001
_GRAIN: Final = 1e-6
Heard: TypeAlias = Callable[[Mapping[str, str]], None]
"""What is told the headers of an answer."""

#: What part of every window may be used in the background.
SHARE: Final = 0.8

_in_background: ContextVar[bool] = ContextVar("frontdesk_background", default=False)


@contextmanager
def background() -> Generator[None]:
    """Let requests of this block and of the tasks it starts leave room for others.

    They use at most :data:`SHARE` of every window and never all connections, so that what
    is live need not wait for a history under way.
    """
    token = _in_background.set(True)
    try:
        yield
    finally:
        _in_background.reset(token)


def in_background() -> bool:
    """Tell whether the running task's requests are made in the background."""
    return _in_background.get()


class QuotaError(Exception):
    """The next request would have to wait longer than the client may."""

    def __init__(self, seconds: float) -> None:
        super().__init__(f"{seconds:.0f} s")
        self.seconds = seconds


class Lanes:
    """Pacers by part of the quota: one for all requests, and one for each lane.

    Args:
        lane: Tells a request's lane and its windows by method and path; None: there are none.
        points: The bucket that all requests draw on by what they cost; None: there is none.
    """

    def __init__(
        self,
        rates: Iterable[Rate],
        clock: Clock,
        max_wait: float,
        lane: Lane | None = None,
        points: Points | None = None,
    ) -> None:
        self._bucket = None if points is None else Bucket(points, clock, in_background)
        self._all = Pacer(
            rates, clock, max_wait, None if self._bucket is None else self._bucket.wait
        )
        self._clock, self._max_wait, self._lane = clock, max_wait, lane
        self._lanes: dict[str, tuple[Pacer, Allowance]] = {}

    def hold(self, method: str, path: str, seconds: float) -> None:
        """Let nobody through for *seconds* where this request was asked to wait."""
        pacer, allowance = self._of(method, path)
        pacer.hold(seconds)
        if allowance is not None:
            allowance.crowded()

    @asynccontextmanager
    async def turn(self, method: str, path: str) -> AsyncGenerator[Heard]:
        """Wait for the right to send one request; yield what must hear its answer's headers.

        Raises:
            QuotaError: It would take longer than ``max_wait``.
        """
        pacer, allowance = self._of(method, path)
        with ExitStack() as taken:
            heard: list[Heard] = []
            if allowance is not None:
                await pacer.turn()
                taken.enter_context(allowance.used())
                heard.append(allowance.heard)
            await self._all.turn()
            if self._bucket is not None:
                heard.append(taken.enter_context(self._bucket.taken()))
            yield partial(_tell, heard)

    def _of(self, method: str, path: str) -> tuple[Pacer, Allowance | None]:
        if self._lane is None:
            return self._all, None
        name, rates = self._lane(method, path)
        if name not in self._lanes:
            allowance = Allowance(self._clock, rates)
            wider = [Rate(rate.limit, rate.seconds + DRIFT) for rate in rates]
            pacer = Pacer(wider, self._clock, self._max_wait, allowance.wait)
            self._lanes[name] = (pacer, allowance)
        return self._lanes[name]


def _tell(heard: Iterable[Heard], headers: Mapping[str, str]) -> None:
    for each in heard:
        each(headers)


class Pacer:
    """Lets requests through one after the other, as fast as all windows allow.

    pyrate-limiter's bucket keeps the exact sliding windows and says how long to wait. Its
    ``Limiter`` is not used: that one sleeps by itself and starts a thread.

    Args:
        besides: Tells the seconds to wait for another reason than the windows.
    """

    def __init__(
        self,
        rates: Iterable[Rate],
        clock: Clock,
        max_wait: float,
        besides: Callable[[], float] | None = None,
    ) -> None:
        rates = tuple(rates)
        self._bucket = _bucket_of(rates)
        self._share = _bucket_of(Rate(max(int(r.limit * SHARE), 1), r.seconds) for r in rates)
        self._clock = clock
        self._max_wait = max_wait
        self._besides = besides
        self._held_until = -math.inf
        # anyio's lock is fair: who asks first is let through first; but nobody waits for
        # those in the background.
        self._queue = anyio.Lock()
        self._background_queue = anyio.Lock()

    def hold(self, seconds: float) -> None:
        """Let nobody through for *seconds*: the platform asked for quiet."""
        self._held_until = max(self._held_until, self._clock.monotonic() + seconds)

    async def turn(self) -> None:
        """Wait for the right to send one request.

        Raises:
            QuotaError: It would take longer than ``max_wait``.
        """
        if in_background():
            async with self._background_queue:
                await self._place(self._share)
                await self._place(self._bucket)
        else:
            async with self._queue:
                await self._place(self._bucket)

    async def _place(self, bucket: InMemoryBucket | None) -> None:
        while (wait := self._take(bucket)) > 0:
            if wait > self._max_wait:
                raise QuotaError(wait)
            before = self._clock.monotonic()
            await self._clock.sleep(wait)
            if self._clock.monotonic() == before:
                # A clock made for a test; without this, the test would never end.
                raise RuntimeError("the clock stands still although it slept")

    def _take(self, bucket: InMemoryBucket | None) -> float:
        """Take a place and return 0, or return the seconds until one may be free."""
        now = self._clock.monotonic()
        if self._held_until - now > _GRAIN:
            return self._held_until - now
        if self._besides is not None and (wait := self._besides()) > _GRAIN:
            return wait
        if bucket is None:
            return 0
        request = RateItem("request", math.floor(now / _TICK))
        bucket.leak(request.timestamp)
        decision = bucket.put_decision(request)
        if not isinstance(decision, Decision) or decision.allowed:
            return 0
        return max(decision.retry_after_ms or 0, 1) * _TICK


def _bucket_of(rates: Iterable[Rate]) -> InMemoryBucket | None:
    windows = _windows(rates)
    return InMemoryBucket(windows) if windows else None


def _windows(rates: Iterable[Rate]) -> list[Window]:
    """Return windows such that each tells something the shorter ones do not.

    The bucket takes no others. What is left is never more generous than *rates*.
    """
    kept: list[Window] = []
    for rate in sorted(rates, key=lambda rate: rate.seconds):
        if rate.limit < 1 or rate.seconds <= 0:
            raise ValueError(f"a rate needs a limit and seconds above zero, not {rate!r}")
        interval, limit = math.ceil(rate.seconds / _TICK), rate.limit
        if kept:
            limit = min(limit, kept[-1].limit * interval // kept[-1].interval)
        while kept and kept[-1].limit >= limit:
            kept.pop()
        kept.append(Window(limit, interval))
    return kept
