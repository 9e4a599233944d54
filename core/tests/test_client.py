"""The client answers, tries again, or raises the error a person can act on."""

from __future__ import annotations

import logging
import random
from collections.abc import AsyncIterator, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from email.utils import format_datetime
from typing import Any

import anyio
import attrs
import httpx
import pytest
import respx

from frontdesk.client import Client, Limits
from frontdesk.errors import (
    AuthenticationError,
    ConfigurationError,
    PlatformError,
    RateLimitedError,
    RefusedError,
    SettingsError,
    UnavailableError,
    UnexpectedResponseError,
)
from frontdesk.manifest import Rate, secret
from frontdesk.model import Record

pytestmark = pytest.mark.anyio

NOW = datetime(2026, 5, 4, 12, 0, tzinfo=UTC)
BASE = "https://acorn.test/api/v1"


@pytest.fixture
def anyio_backend() -> str:
    return "asyncio"


@attrs.define
class FakeClock:
    """Time passes only when somebody sleeps."""

    time: float = 1000.0
    sleeps: list[float] = attrs.field(factory=list[float])

    def monotonic(self) -> float:
        return self.time

    def now(self) -> datetime:
        return NOW + timedelta(seconds=self.time - 1000)

    async def sleep(self, seconds: float) -> None:
        self.sleeps.append(seconds)
        self.time += seconds
        await anyio.lowlevel.checkpoint()


@attrs.frozen
class Settings:
    token: str = secret()


@pytest.fixture
def clock() -> FakeClock:
    return FakeClock()


@pytest.fixture
def acorn() -> respx.Router:
    """The platform."""
    return respx.Router(base_url=BASE, assert_all_called=False)


def make(acorn: respx.Router, clock: FakeClock, **options: Any) -> Client[Settings]:
    options.setdefault("settings", Settings(token="t0p-secret-token"))
    options.setdefault("jitter", random.Random(7))
    options.setdefault("base_url", BASE)
    return Client(
        transport=httpx.MockTransport(acorn.async_handler),
        connector="acorn",
        request_id="Request-Id",
        clock=clock,
        **options,
    )


@pytest.fixture
async def client(acorn: respx.Router, clock: FakeClock) -> AsyncIterator[Client[Settings]]:
    async with make(acorn, clock) as client:
        yield client


async def test_reads_and_sends_json(client: Client[Settings], acorn: respx.Router) -> None:
    stays = acorn.post("/stays").respond(text='{"Total": 12.30}', headers={"Request-Id": "r1"})

    answer = await client.request(
        "POST", "/stays", json={"Since": NOW, "Amount": Decimal("1.10")}, headers={"X-Lang": "en"}
    )

    assert {"Total": Decimal("12.30")} == answer.json
    assert (answer.status, answer.headers["request-id"]) == (200, "r1")
    sent = stays.calls.last.request
    assert sent.content == b'{"Since":"2026-05-04T12:00:00Z","Amount":1.10}'
    assert sent.headers["content-type"] == "application/json"
    assert sent.headers["x-lang"] == "en"
    assert client.requests == 1
    assert "t0p" not in repr(client)
    assert "12.30" not in repr(answer)


async def test_joins_paths_and_queries(client: Client[Settings], acorn: respx.Router) -> None:
    guests = acorn.get("/guests").respond(json=[])

    await client.get("guests?page=2", params={"size": 5, "id": ["a", "b"], "none": None})
    await client.get(f"{BASE}/guests?page=3")

    assert f"{BASE}/guests?page=2&size=5&id=a&id=b" == str(guests.calls[0].request.url)
    assert f"{BASE}/guests?page=3" == str(guests.calls[1].request.url)


async def test_never_takes_credentials_to_another_host(client: Client[Settings]) -> None:
    with pytest.raises(UnexpectedResponseError, match="another host"):
        await client.get("https://elsewhere.test/guests")

    assert client.requests == 0


@pytest.mark.parametrize(
    ("method", "status"), [("POST", 204), ("GET", 204), ("POST", 202), ("DELETE", 200)]
)
async def test_an_answer_without_a_body_is_none(
    client: Client[Settings], acorn: respx.Router, method: str, status: int
) -> None:
    acorn.request(method, "/hooks").respond(status)

    assert (await client.request(method, "hooks")).json is None


@pytest.mark.parametrize("text", ["", "<html>", '{"a":', "[1e999999999]"])
async def test_refuses_an_answer_that_is_no_json(
    client: Client[Settings], acorn: respx.Router, text: str
) -> None:
    acorn.get("/stays").respond(text=text, headers={"Request-Id": "r1"})

    with pytest.raises(UnexpectedResponseError, match="GET stays answered 200") as caught:
        await client.get("stays")

    assert (
        caught.value.status,
        caught.value.request_id,
        caught.value.connector,
    ) == (200, "r1", "acorn")
    assert client.requests == 1


REFUSALS = {
    400: RefusedError,
    401: AuthenticationError,
    403: AuthenticationError,
    404: RefusedError,
    409: RefusedError,
    413: RefusedError,
    422: RefusedError,
    501: UnavailableError,
}


@pytest.mark.parametrize(("status", "error"), REFUSALS.items())
async def test_does_not_repeat_what_was_refused(
    client: Client[Settings],
    acorn: respx.Router,
    clock: FakeClock,
    status: int,
    error: type[PlatformError],
) -> None:
    acorn.post("/stays").respond(status, headers={"Request-Id": "r1", "Retry-After": "1"})

    with pytest.raises(error, match=rf"POST stays answered {status} \(request id r1\)") as caught:
        await client.post("stays", json={})

    assert (status, "r1", "acorn") == (
        caught.value.status,
        caught.value.request_id,
        caught.value.connector,
    )
    assert clock.sleeps == []
    assert caught.value.__context__ is None


PASSING = {
    408: UnavailableError,
    429: RateLimitedError,
    500: UnavailableError,
    502: UnavailableError,
    503: UnavailableError,
    504: UnavailableError,
}


@pytest.mark.parametrize("status", PASSING)
async def test_repeats_what_may_pass(
    client: Client[Settings], acorn: respx.Router, clock: FakeClock, status: int
) -> None:
    acorn.get("/stays").side_effect = [httpx.Response(status)] * 2 + [httpx.Response(200, json=[1])]

    assert await client.get("stays") == [1]
    assert client.requests == 3
    assert len(clock.sleeps) == 2


@pytest.mark.parametrize(("status", "error"), PASSING.items())
async def test_raises_the_last_error(
    client: Client[Settings],
    acorn: respx.Router,
    clock: FakeClock,
    status: int,
    error: type[PlatformError],
) -> None:
    acorn.get("/stays").respond(status, headers={"Request-Id": "r9"})

    with pytest.raises(error, match=f"GET stays answered {status}") as caught:
        await client.get("stays")

    assert (status, "r9") == (caught.value.status, caught.value.request_id)
    assert client.requests == 6
    assert len(clock.sleeps) == 5


FAULTS = [
    httpx.ConnectError,
    httpx.ConnectTimeout,
    httpx.ReadError,
    httpx.ReadTimeout,
    httpx.WriteError,
    httpx.WriteTimeout,
    httpx.PoolTimeout,
    httpx.RemoteProtocolError,
    httpx.ProxyError,
    httpx.CloseError,
]


@pytest.mark.parametrize("fault", FAULTS)
async def test_repeats_after_a_broken_connection(
    client: Client[Settings], acorn: respx.Router, fault: type[httpx.TransportError]
) -> None:
    acorn.get("/stays").side_effect = [fault, httpx.Response(200, json=[])]

    assert await client.get("stays") == []


@pytest.mark.parametrize("fault", FAULTS)
async def test_tells_a_broken_connection(
    client: Client[Settings], acorn: respx.Router, fault: type[httpx.TransportError]
) -> None:
    acorn.get("/stays").side_effect = fault

    with pytest.raises(UnavailableError, match=f"GET stays failed: .*{fault.__name__}") as caught:
        await client.get("stays")

    assert caught.value.status is None
    assert caught.value.connector == "acorn"
    assert caught.value.__context__ is None


@pytest.mark.parametrize("fault", [httpx.LocalProtocolError, httpx.UnsupportedProtocol])
async def test_does_not_repeat_what_cannot_be_sent(
    client: Client[Settings], acorn: respx.Router, fault: type[httpx.TransportError]
) -> None:
    acorn.get("/stays").side_effect = fault

    with pytest.raises(RefusedError, match="cannot be sent"):
        await client.get("stays")

    assert client.requests == 1


async def test_a_header_that_cannot_be_written_is_refused(client: Client[Settings]) -> None:
    with pytest.raises(RefusedError, match="UnicodeEncodeError"):
        await client.get("stays", headers={"Authorization": "Bearer \u010d"})


async def test_a_caller_may_do_without_repetition(
    client: Client[Settings], acorn: respx.Router, clock: FakeClock
) -> None:
    acorn.post("/mails").respond(503)

    with pytest.raises(UnavailableError):
        await client.post("mails", retry=False)

    assert (client.requests, clock.sleeps) == (1, [])


HTTP_DATE = format_datetime(NOW + timedelta(seconds=42), usegmt=True)


@pytest.mark.parametrize(
    ("status", "header", "seconds"),
    [
        (429, "7", 7),
        (503, "7", 7),
        (429, " 0 ", 0),
        (503, "1.5", 1.5),
        (429, HTTP_DATE, 42),
        (503, HTTP_DATE, 42),
        (503, HTTP_DATE.replace("GMT", "-0000"), 42),
        (429, format_datetime(NOW - timedelta(days=1), usegmt=True), 0),
    ],
)
async def test_waits_exactly_as_long_as_asked(
    acorn: respx.Router, clock: FakeClock, status: int, header: str, seconds: float
) -> None:
    acorn.get("/stays").side_effect = [
        httpx.Response(status, headers={"Retry-After": header}),
        httpx.Response(200, json=[]),
    ]

    async with make(acorn, clock) as client:
        await client.get("stays")

    assert [seconds] == clock.sleeps


@pytest.mark.parametrize("header", [None, "", "soon", "-1", "nan", "inf", "1e9", "\u0661"])
async def test_waits_by_itself_when_not_told(
    client: Client[Settings], acorn: respx.Router, clock: FakeClock, header: str | None
) -> None:
    headers = {} if header is None else {b"Retry-After": header.encode()}
    acorn.get("/stays").side_effect = lambda _: httpx.Response(503, headers=headers)

    with pytest.raises(UnavailableError):
        await client.get("stays")

    chance = random.Random(7)
    assert [chance.uniform(0, 2**n) for n in range(5)] == clock.sleeps


@pytest.mark.parametrize("header", ["301", "86400", "9" * 12])
async def test_a_wait_beyond_the_limit_is_the_callers_matter(
    client: Client[Settings], acorn: respx.Router, clock: FakeClock, header: str
) -> None:
    stays = acorn.get("/stays").respond(429, headers={"Retry-After": header})

    with pytest.raises(RateLimitedError) as caught:
        await client.get("stays")
    with pytest.raises(RateLimitedError) as again:
        await client.get("stays")

    longest = 366 * 86_400
    assert min(float(header), longest) == caught.value.retry_after
    assert again.value.retry_after == pytest.approx(caught.value.retry_after)
    assert "was not sent" in str(again.value)
    assert (stays.call_count, clock.sleeps) == (1, [])


async def test_a_long_outage_is_raised_at_once(
    client: Client[Settings], acorn: respx.Router, clock: FakeClock
) -> None:
    acorn.get("/stays").respond(503, headers={"Retry-After": "3600"})

    with pytest.raises(UnavailableError, match="in 3600 s"):
        await client.get("stays")

    assert clock.sleeps == []


async def test_the_last_refusal_still_tells_when_to_come_back(
    client: Client[Settings], acorn: respx.Router
) -> None:
    acorn.get("/stays").respond(429, headers={"Retry-After": "5"})

    with pytest.raises(RateLimitedError) as caught:
        await client.get("stays")

    assert caught.value.retry_after == 5
    assert client.requests == 6


async def test_logs_each_repetition(
    client: Client[Settings], acorn: respx.Router, caplog: pytest.LogCaptureFixture
) -> None:
    acorn.get("/stays").side_effect = [
        httpx.Response(503, headers={"Retry-After": "2", "Request-Id": "r1"}),
        httpx.Response(200, json=[]),
    ]

    with caplog.at_level(logging.INFO):
        await client.get("stays", params={"page": 2})

    (line,) = caplog.records
    assert line.name == "frontdesk"
    assert line.getMessage() == (
        "retry of stays after attempt 1 of 6 in 2 s (status 503, request id r1)"
    )
    assert {
        "connector": "acorn",
        "method": "GET",
        "path": "stays",
        "attempt": 1,
        "wait": 2.0,
        "status": 503,
        "request_id": "r1",
    }.items() <= line.__dict__.items()


async def test_follows_a_redirect_within_the_origin(
    client: Client[Settings], acorn: respx.Router
) -> None:
    acorn.get("/old").respond(302, headers={"Location": "/api/v1/new"})
    acorn.get("/new").respond(json=[1])
    acorn.post("/old").respond(307, headers={"Location": f"{BASE}/new"})
    new = acorn.post("/new").respond(json=[2])

    assert await client.get("old") == [1]
    assert await client.post("old", json={"a": 1}) == [2]
    assert new.calls.last.request.content == b'{"a":1}'
    assert client.requests == 4


@pytest.mark.parametrize(
    ("method", "status", "target", "why"),
    [
        ("GET", 302, "https://elsewhere.test/new", "another host"),
        ("GET", 302, "http://acorn.test/api/v1/new", "another host"),
        ("GET", 308, "https://acorn.test:8443/api/v1/new", "another host"),
        ("GET", 301, "//elsewhere.test/", "another host"),
        ("GET", 301, "https://[::", "another host"),
        ("POST", 302, "/api/v1/new", "lose the request's body"),
        ("GET", 301, None, "redirects to nowhere"),
        ("GET", 304, None, "redirects to nowhere"),
        ("GET", 302, "/api/v1/old", "redirected more than 3 times"),
    ],
)
async def test_follows_no_redirect_that_leads_astray(
    acorn: respx.Router, method: str, status: int, target: str | None, why: str
) -> None:
    headers = {"Location": target} if target else {}
    old = acorn.request(method, "/old").respond(status, headers=headers | {"Request-Id": "r1"})

    async with make(acorn, FakeClock()) as client:
        with pytest.raises(UnexpectedResponseError, match=why):
            await client.request(method, "old")

    # A request to another host would be one that nobody mocked.
    assert (4 if "more than" in why else 1) == client.requests == old.call_count


@pytest.mark.parametrize(("packing", "why"), [("br", "not asked for"), ("gzip", "be unpacked")])
async def test_refuses_a_body_that_it_cannot_unpack(packing: str, why: str) -> None:
    def answer(request: httpx.Request) -> httpx.Response:
        headers = {"Content-Encoding": packing, "X-Request-Id": "r1"}
        return httpx.Response(200, headers=headers, stream=httpx.ByteStream(b"no such thing"))

    transport = httpx.MockTransport(answer)
    async with Client(settings=None, base_url=BASE, transport=transport) as client:
        with pytest.raises(UnexpectedResponseError, match=f"200 .request id r1., but .*{why}"):
            await client.get("stays")

    assert client.requests == 1


async def test_who_is_cancelled_leaves_room_for_others() -> None:
    async def stall(request: httpx.Request) -> httpx.Response:
        if request.url.path.endswith("/slow"):
            await anyio.sleep_forever()
        return httpx.Response(200, json=[])

    transport, limits = httpx.MockTransport(stall), Limits(in_flight=1)
    async with Client(settings=None, base_url=BASE, transport=transport, limits=limits) as client:
        with anyio.move_on_after(0.01) as scope:
            await client.get("slow")
        assert scope.cancelled_caught

        assert await client.get("stays") == []


async def test_keeps_few_requests_in_flight(acorn: respx.Router, clock: FakeClock) -> None:
    async def count(request: httpx.Request) -> httpx.Response:
        nonlocal flying, most
        del request
        flying += 1
        most = max(most, flying)
        for _ in range(9):
            await anyio.lowlevel.checkpoint()
        flying -= 1
        return httpx.Response(200, json=[])

    flying = most = 0
    acorn.get("/stays").side_effect = count
    async with (
        make(acorn, clock, limits=Limits(in_flight=3)) as client,
        anyio.create_task_group() as g,
    ):
        for _ in range(20):
            g.start_soon(client.get, "stays")

    assert (client.requests, most) == (20, 3)


async def test_looks_records_up(acorn: respx.Router, clock: FakeClock) -> None:
    async def lookup(
        stream: str, ids: Sequence[str], *, max_age: timedelta | None
    ) -> Mapping[str, Record | None]:
        asked.append((stream, ids, max_age))
        return dict.fromkeys(ids)

    asked: list[Any] = []
    async with make(acorn, clock, lookup=lookup) as client:
        assert await client.lookup("services", ["a", "b", "a"]) == {"a": None, "b": None}
        await client.lookup("services", ["a"], max_age=timedelta(hours=1))

    assert [
        ("services", ("a", "b"), None),
        ("services", ("a",), timedelta(hours=1)),
    ] == asked


async def test_says_that_nothing_answers_a_lookup(client: Client[Settings]) -> None:
    with pytest.raises(ConfigurationError, match=r"lookup\('services'\)"):
        await client.lookup("services", ["a"])


@pytest.mark.parametrize(
    "base_url", ["", "acorn.test", "ftp://acorn.test", "https://", "https://[::"]
)
def test_refuses_a_base_url_that_is_none(base_url: str) -> None:
    with pytest.raises(SettingsError, match="base_url"):
        Client(settings=None, base_url=base_url)


@pytest.mark.parametrize("rate", [Rate(0, 1), Rate(1, 0)])
def test_refuses_a_rate_that_allows_nothing(rate: Rate) -> None:
    with pytest.raises(ValueError, match="above zero"):
        Client(settings=None, base_url=BASE, rates=[rate])


async def test_warns_when_it_is_left_open(acorn: respx.Router, clock: FakeClock) -> None:
    acorn.get("/stays").respond(json=[])
    client = make(acorn, clock)
    await client.get("stays")

    with pytest.warns(ResourceWarning, match="was not closed"):
        client.__del__()

    await client.aclose()
