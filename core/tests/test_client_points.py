"""Where requests are weighed, nobody sends what there are no points for."""

from __future__ import annotations

from datetime import UTC, datetime

import anyio
import attrs
import httpx
import pytest

from frontdesk.client import Answer, Client, Limits, background
from frontdesk.errors import (
    AuthenticationError,
    PlatformError,
    RateLimitedError,
    RefusedError,
    UnavailableError,
)
from frontdesk.manifest import Points, Verdict

pytestmark = pytest.mark.anyio

POINTS = Points(capacity=1_000, per_second=10, cost_header="x-cost")


@attrs.define
class Clock:
    """Time passes only when somebody sleeps."""

    time: float = 1000.0

    def monotonic(self) -> float:
        return self.time

    def now(self) -> datetime:
        return datetime(2026, 5, 4, tzinfo=UTC)

    async def sleep(self, seconds: float) -> None:
        self.time += seconds
        await anyio.lowlevel.checkpoint()


class Weighing:
    """A platform with a leaky bucket, which tells what each request cost."""

    def __init__(self, clock: Clock, cost: float) -> None:
        self.clock, self.cost = clock, cost
        self.level, self.since = POINTS.capacity, clock.time
        self.refused = 0
        self.times: list[float] = []

    def __call__(self, request: httpx.Request) -> httpx.Response:
        gained = (self.clock.time - self.since) * POINTS.per_second
        self.level, self.since = min(self.level + gained, POINTS.capacity), self.clock.time
        if self.cost > self.level + 1e-6:
            self.refused += 1
            return httpx.Response(200, json={"errors": ["too much"]})
        self.level -= self.cost
        self.times.append(self.clock.time)
        return httpx.Response(200, json={}, headers={"x-cost": str(self.cost)})


def client(clock: Clock, answers: httpx.MockTransport, **options: object) -> Client[None]:
    return Client(
        settings=None,
        base_url="https://acorn.test",
        transport=answers,
        clock=clock,
        **options,  # type: ignore[arg-type]
    )


async def test_nothing_is_sent_that_there_are_no_points_for() -> None:
    """Seen to fail when the bucket does not fill, and when costs are not taken from it."""
    clock = Clock()
    platform = Weighing(clock, cost=300)

    async with client(clock, httpx.MockTransport(platform), points=POINTS) as acorn:
        for _ in range(8):
            await acorn.get("guests")

    assert platform.refused == 0
    assert platform.times[:3] == [1000.0] * 3
    # 300 points flow in within 30 seconds; the first of them were left over.
    assert platform.times[-1] - 1000.0 == pytest.approx((8 * 300 - 1000) / 10)


async def test_a_dear_request_is_reckoned_with_and_forgotten() -> None:
    """Seen to fail when what was dear once is expected for ever."""
    clock = Clock()
    platform = Weighing(clock, cost=900)

    async with client(clock, httpx.MockTransport(platform), points=POINTS) as acorn:
        await acorn.get("guests")
        platform.cost = 1
        await acorn.get("guests")
        waited = clock.time - 1000.0
        for _ in range(60):
            await acorn.get("guests")
        before = clock.time
        for _ in range(20):
            await acorn.get("guests")

    assert waited == pytest.approx(80.0)
    assert (platform.refused, clock.time - before) == (0, 0.0)


async def test_those_in_the_background_leave_a_fifth() -> None:
    """Seen to fail when nothing is kept for others."""
    clock = Clock()
    platform = Weighing(clock, cost=100)

    async with client(clock, httpx.MockTransport(platform), points=POINTS) as acorn:
        with background():
            for _ in range(9):
                await acorn.get("guests")
        waited = clock.time - 1000.0
        await acorn.get("guests")

    assert waited == pytest.approx(10.0)
    assert clock.time - 1000.0 == waited


# -- what an answer really is --------------------------------------------------------------


def judge(answer: Answer) -> Verdict | None:
    """Read an error out of a body."""
    kinds: dict[str, type[PlatformError]] = {
        "limited": RateLimitedError,
        "denied": AuthenticationError,
        "wrong": RefusedError,
        "down": UnavailableError,
    }
    body = answer.json
    if not isinstance(body, dict) or body.get("error") is None:
        return None
    return Verdict(kinds[body["error"]], body.get("said", ""), body.get("wait"))


def answering(*bodies: tuple[int, object]) -> httpx.MockTransport:
    left = list(bodies)
    return httpx.MockTransport(lambda _: httpx.Response(left[0][0], json=left.pop(0)[1]))


async def test_an_error_in_an_answer_of_200_is_raised() -> None:
    """Seen to fail when answers are not judged."""
    answers = answering(
        (200, {"error": "wrong", "said": "no such page, ada@example.com"}),
        (200, {"error": "denied"}),
        (200, {"fine": 1}),
    )

    async with client(Clock(), answers, judge=judge) as acorn:
        with pytest.raises(RefusedError, match=r"no such page, \*\*\*") as refused:
            await acorn.get("guests")
        with pytest.raises(AuthenticationError, match="Check them"):
            await acorn.get("guests")
        fine = await acorn.get("guests")

    assert (refused.value.status, fine) == (200, {"fine": 1})


async def test_a_limit_told_in_the_body_is_waited_out() -> None:
    """Seen to fail when the wait is not taken from the verdict."""
    clock = Clock()
    answers = answering((200, {"error": "limited", "wait": 7}), (200, {"fine": 1}))

    async with client(clock, answers, judge=judge) as acorn:
        assert await acorn.get("guests") == {"fine": 1}

    assert clock.time - 1000.0 == pytest.approx(7.0)


async def test_a_wait_longer_than_anybody_waits_is_raised() -> None:
    answers = answering((200, {"error": "limited", "wait": 4000}))

    async with client(Clock(), answers, judge=judge, limits=Limits(max_wait=60)) as acorn:
        with pytest.raises(RateLimitedError) as limited:
            await acorn.get("guests")

    assert limited.value.retry_after == 4000


async def test_a_refusal_that_looks_like_trouble_is_not_tried_again() -> None:
    """502 is what one platform calls an unknown id. Seen to fail when only 2xx are judged."""
    answers = answering((502, {"error": "wrong", "said": "invalid id"}), (502, {}), (200, {}))

    async with client(Clock(), answers, judge=judge) as acorn:
        with pytest.raises(RefusedError, match="invalid id") as refused:
            await acorn.get("guests")
        assert refused.value.content == b'{"error":"wrong","said":"invalid id"}'
        # What is no verdict is what its status says: in trouble, and tried again.
        assert await acorn.get("guests") == {}


async def test_elsewhere_neither_credentials_nor_counts_go_along() -> None:
    """Seen to fail when the other client is made with the first one's credentials."""
    seen: list[tuple[str, str | None]] = []

    def answer(request: httpx.Request) -> httpx.Response:
        seen.append((request.url.host, request.headers.get("authorization")))
        return httpx.Response(200, json={})

    auth = httpx.BasicAuth("ada", "s3cret")
    async with client(Clock(), httpx.MockTransport(answer), auth=auth) as acorn:
        async with acorn.elsewhere("https://push.test") as push:
            await push.get("subscriptions")
        await acorn.get("guests")
        assert acorn.requests == 1

    assert seen[0] == ("push.test", None)
    assert seen[1][0] == "acorn.test"
    assert seen[1][1] is not None
