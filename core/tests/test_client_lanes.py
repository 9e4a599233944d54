"""A quota for each endpoint is kept, and what the platform says is left of it is heeded."""

from __future__ import annotations

import logging
import pickle
from datetime import UTC, datetime
from typing import Any

import anyio
import attrs
import httpx
import pytest
import respx

from frontdesk.client import Client, Limits
from frontdesk.errors import RateLimitedError, RefusedError
from frontdesk.manifest import Rate, secret

pytestmark = pytest.mark.anyio

BASE = "https://acorn.test"


@attrs.define
class Clock:
    """Time passes only when somebody sleeps."""

    time: float = 1000.0
    sleeps: list[float] = attrs.field(factory=list[float])

    def monotonic(self) -> float:
        return self.time

    def now(self) -> datetime:
        return datetime(2026, 5, 4, tzinfo=UTC)

    async def sleep(self, seconds: float) -> None:
        self.sleeps.append(seconds)
        self.time += seconds
        await anyio.lowlevel.checkpoint()


@pytest.fixture(name="clock")
def _clock() -> Clock:
    return Clock()


@pytest.fixture(name="acorn")
def _acorn() -> Any:
    with respx.mock(base_url=BASE, assert_all_called=False) as acorn:
        yield acorn


def lane(method: str, path: str) -> tuple[str, tuple[Rate, ...]]:
    """Bookings have a quota of their own."""
    own = path.startswith("/bookings")
    return (f"{method} bookings", (Rate(2, 10),)) if own else ("others", ())


def make(clock: Clock, **options: Any) -> Client[Any]:
    options.setdefault("settings", None)
    return Client(base_url=BASE, clock=clock, lane=lane, **options)


async def test_each_lane_waits_for_itself(acorn: respx.Router, clock: Clock) -> None:
    """Seen to fail when all lanes share one pacer."""
    acorn.route().respond(json=[])
    async with make(clock) as client:
        for _ in range(2):
            await client.get("bookings")
        for _ in range(9):
            await client.get("stays")
        await client.post("bookings", json={})
        assert clock.time == 1000.0

        await client.get("bookings")

    assert clock.time == pytest.approx(1010.25, abs=0.01)


async def test_all_lanes_together_keep_the_rates_of_all(acorn: respx.Router, clock: Clock) -> None:
    acorn.route().respond(json=[])
    async with make(clock, rates=[Rate(3, 100)]) as client:
        for path in ("bookings", "stays", "guests", "rooms"):
            await client.get(path)

    assert clock.time == pytest.approx(1100, abs=0.01)


async def test_a_429_quiets_its_lane_only(acorn: respx.Router, clock: Clock) -> None:
    acorn.get("/bookings").respond(429, headers={"Retry-After": "30"})
    acorn.get("/stays").respond(json=[])
    async with make(clock, limits=Limits(attempts=1)) as client:
        with pytest.raises(RateLimitedError):
            await client.get("bookings")
        await client.get("stays")
        assert clock.time == 1000.0

        with pytest.raises(RateLimitedError):
            await client.get("bookings")

    assert clock.time == pytest.approx(1030, abs=0.01)


@pytest.mark.parametrize(
    ("remaining", "reset", "waited"),
    [
        ("0", "40", 40.25),
        ("1", "40", 0),
        ("-1", "40", 0),
        ("0", None, 0),
        (None, "40", 0),
        ("0", "soon", 0),
        ("0", "9999999", 0),
        ("²", "40", 0),
        ("", "", 0),
    ],
)
async def test_heeds_what_is_left(
    acorn: respx.Router, clock: Clock, remaining: str | None, reset: str | None, waited: float
) -> None:
    """Seen to fail when the headers are not read. What makes no sense is passed over."""
    told = {"RateLimit-Remaining": remaining, "RateLimit-Reset": reset}
    headers = {name: text.encode() for name, text in told.items() if text is not None}
    acorn.get("/stays").respond(json=[], headers=headers)
    async with make(clock) as client:
        await client.get("stays")
        await client.get("stays")

    assert clock.time - 1000 == pytest.approx(waited, abs=0.01)


async def test_what_is_left_counts_down_until_the_window_ends(
    acorn: respx.Router, clock: Clock
) -> None:
    answers = [("2", "40"), ("5", "39"), (None, None), ("9", "60"), ("8", "60")]

    def answer(_: httpx.Request) -> httpx.Response:
        remaining, reset = answers.pop(0)
        headers = {"RateLimit-Remaining": remaining, "RateLimit-Reset": reset}
        return httpx.Response(
            200, json=[], headers={name: text for name, text in headers.items() if text}
        )

    acorn.get("/stays").mock(side_effect=answer)
    async with make(clock) as client:
        for _ in range(3):
            await client.get("stays")
        # Two were left, whatever a later answer, which may be older, says.
        assert clock.time == 1000.0
        await client.get("stays")
        assert clock.time == pytest.approx(1040.25, abs=0.01)
        await client.get("stays")
        assert clock.time == pytest.approx(1040.25, abs=0.01)


async def test_after_a_429_there_are_no_bursts_for_a_while(
    acorn: respx.Router, clock: Clock
) -> None:
    """Seen to fail when a 429 is waited out and forgotten."""
    answers = iter([429])
    acorn.get("/bookings").mock(
        side_effect=lambda _: httpx.Response(
            next(answers, 200), json=[], headers={"Retry-After": "1"}
        )
    )
    async with make(clock) as client:
        await client.get("bookings")
        for pause in (5.0, 0.0):
            # Two minutes later all is as before.
            await clock.sleep(70)
            before = clock.time
            for _ in range(2):
                await client.get("bookings")
            assert clock.time - before == pytest.approx(pause, abs=0.01)


async def test_sends_a_body_as_it_is_written(acorn: respx.Router, clock: Clock) -> None:
    route = acorn.post("/stays").respond(202)
    async with make(clock) as client:
        answer = await client.request("POST", "stays", content=b'{"a": 1.50}')

    assert answer.json is None
    assert route.calls[0].request.content == b'{"a": 1.50}'
    assert route.calls[0].request.headers["content-type"] == "application/json"


@attrs.frozen
class Settings:
    key: str = secret()


async def test_a_refusal_can_be_read_and_is_not_shown(
    acorn: respx.Router, clock: Clock, caplog: pytest.LogCaptureFixture
) -> None:
    """Seen to fail when the body is an attribute of its own."""
    caplog.set_level(logging.DEBUG)
    body = b'{"errors": [{"detail": "canary", "meta": {"id": "c4nary"}}]}'
    acorn.get("/stays").respond(409, content=body)
    async with make(clock) as client:
        with pytest.raises(RefusedError) as caught:
            await client.get("stays")

    error = caught.value
    assert error.content == body
    assert pickle.loads(pickle.dumps(error)).content == body
    assert "c4nary" not in repr(error) + str(error) + str(vars(error)) + caplog.text
    assert all("c4nary" not in str(part) for part in error.args)
    assert RefusedError("no answer").content == b""


@pytest.mark.parametrize(("size", "kept"), [(1024 * 1024, True), (1024 * 1024 + 1, False)])
async def test_a_refusal_of_any_size_does_no_harm(
    acorn: respx.Router, clock: Clock, size: int, kept: bool
) -> None:
    acorn.get("/stays").respond(400, content=b"x" * size)
    async with make(clock) as client:
        with pytest.raises(RefusedError) as caught:
            await client.get("stays")

    assert len(caught.value.content) == (size if kept else 0)


@pytest.mark.parametrize(
    ("errors", "said"),
    [
        ([{"detail": "Invalid input."}], 'It says: "Invalid input."'),
        ([{"detail": "'Ada' <ada@hotel.cz> is wrong"}], 'It says: "*** <***> is wrong"'),
        ([{"detail": "Guest's name isn't right"}], "Guest's name isn't right"),
        ([{"detail": 7}], "refuses this request. Repeating"),
        ([], "refuses this request. Repeating"),
        (["?"], "refuses this request. Repeating"),
        ("?", "refuses this request. Repeating"),
    ],
)
async def test_reads_the_reason_of_json_api(
    acorn: respx.Router, clock: Clock, errors: Any, said: str
) -> None:
    acorn.get("/stays").respond(400, json={"errors": errors})
    async with make(clock) as client:
        with pytest.raises(RefusedError) as caught:
            await client.get("stays")

    assert said in str(caught.value)
    assert "Ada" not in str(caught.value)


async def test_shows_a_text_without_what_must_not_be_seen(clock: Clock) -> None:
    async with make(clock, settings=Settings(key="t0p-secret")) as client:
        assert client.shown("key t0p-secret of ada@hotel.cz") == "key *** of ***"
        assert client.shown("x" * 5000) == ""
        assert client.clock is clock
