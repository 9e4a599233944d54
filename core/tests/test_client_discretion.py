"""Neither a secret nor a guest shows up in an error, a repr or a log."""

from __future__ import annotations

import logging
import time
import traceback
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

import attrs
import httpx
import pytest
import respx

from frontdesk.client import Client
from frontdesk.client._redaction import Redactor
from frontdesk.errors import PlatformError
from frontdesk.manifest import secret, setting

pytestmark = pytest.mark.anyio

BASE = "https://acorn.test/api"
TOKEN = "CANARY/token+1=="
GUEST = "canary.guest@example.com"


@pytest.fixture
def anyio_backend() -> str:
    return "asyncio"


class Clock:
    """Never waits."""

    time = 0.0

    def monotonic(self) -> float:
        return self.time

    def now(self) -> datetime:
        return datetime(2026, 5, 4, tzinfo=UTC)

    async def sleep(self, seconds: float) -> None:
        self.time += seconds


@attrs.frozen
class Settings:
    token: str = secret()
    property: str = setting("grand-hotel")


class Keyed(httpx.Auth):
    """Puts the key wherever platforms want it."""

    def auth_flow(self, request: httpx.Request) -> Any:
        request.headers["Authorization"] = f"Bearer {TOKEN}"
        request.url = request.url.copy_merge_params({"key": TOKEN})
        yield request


@pytest.fixture
def acorn() -> Iterator[respx.Router]:
    with respx.mock(base_url=BASE, assert_all_called=False) as acorn:
        yield acorn


def shown(error: BaseException) -> str:
    """Return everything of *error* that could end up before somebody's eyes."""
    chain: list[BaseException] = [error]
    for each in chain:
        chain += [e for e in (each.__cause__, each.__context__) if e is not None]
    texts = ["".join(traceback.format_exception(e)) + repr(e) + str(vars(e)) for e in chain]
    return "".join(texts)


def leaky(request: httpx.Request) -> str:
    return f"{request.url} {request.headers} {GUEST}"


def refuse(status: int, body: Any = None) -> Any:
    def respond(request: httpx.Request) -> httpx.Response:
        headers = {"X-Request-Id": TOKEN, "Set-Cookie": "canary=1", "Location": f"/x?{TOKEN}"}
        content = {"Message": leaky(request)} if body is None else body
        return httpx.Response(status, headers=headers, json=content)

    return respond


def fail(fault: type[httpx.TransportError]) -> Any:
    def respond(request: httpx.Request) -> httpx.Response:
        raise fault(leaky(request), request=request)

    return respond


OUTCOMES = {
    **{
        str(status): refuse(status) for status in (302, 400, 401, 403, 404, 408, 422, 429, 500, 503)
    },
    "reason in an object": refuse(400, {"error": {"message": "canary"}}),
    "reason in an array": refuse(400, ["canary"]),
    **{
        fault.__name__: fail(fault)
        for fault in (
            httpx.ConnectError,
            httpx.ReadTimeout,
            httpx.RemoteProtocolError,
            httpx.LocalProtocolError,
            httpx.UnsupportedProtocol,
        )
    },
    "no JSON": lambda _: httpx.Response(200, text=f"<p>canary {GUEST}"),
    "not UTF-8": lambda _: httpx.Response(200, content=b'{"Email": "canary\xff"}'),
    "elsewhere": lambda _: httpx.Response(302, headers={"Location": "https://canary.test/"}),
    "not gzip": lambda _: httpx.Response(
        200, headers={"Content-Encoding": "gzip"}, stream=httpx.ByteStream(b"canary")
    ),
}


@pytest.mark.parametrize("outcome", OUTCOMES.values(), ids=OUTCOMES)
async def test_shows_no_canary(
    acorn: respx.Router, caplog: pytest.LogCaptureFixture, outcome: Any
) -> None:
    acorn.post(url__startswith=f"{BASE}/guests").side_effect = outcome
    caplog.set_level(logging.DEBUG)

    async with Client(
        settings=Settings(token=TOKEN), base_url=BASE, auth=Keyed(), clock=Clock()
    ) as client:
        with pytest.raises(PlatformError) as caught:
            await client.post(
                f"guests/{GUEST}/{TOKEN}?email={GUEST}",
                params={"search": "canary"},
                json={"AccessToken": TOKEN, "Email": GUEST},
                headers={"X-Key": TOKEN},
            )
        everything = shown(caught.value) + repr(client) + repr(client._exchange)

    everything += caplog.text + "".join(str(vars(record)) for record in caplog.records)
    ours = everything.replace("canary.test/", "").replace("test_shows_no_canary", "")
    for line in ours.splitlines():
        # Tracebacks show lines of this file, which hold the words it looks for.
        assert "canary" not in line.lower() or "await client.post" in line, line


async def test_success_shows_no_canary(
    acorn: respx.Router, caplog: pytest.LogCaptureFixture
) -> None:
    acorn.post(url__startswith=f"{BASE}/guests").respond(json={"Email": GUEST})
    caplog.set_level(logging.DEBUG)

    async with Client(settings=Settings(token=TOKEN), base_url=BASE, auth=Keyed()) as client:
        await client.post("guests", params={"q": GUEST}, json={"AccessToken": TOKEN})

    assert "canary" not in caplog.text.lower()
    assert TOKEN not in caplog.text


async def test_leaves_the_applications_own_requests_in_the_log(
    acorn: respx.Router, caplog: pytest.LogCaptureFixture
) -> None:
    acorn.get("/mine").respond(200)
    acorn.get("/guests").respond(json=[])
    caplog.set_level(logging.INFO)

    async with Client(settings=None, base_url=BASE) as client, httpx.AsyncClient() as mine:
        await client.get("guests")
        await mine.get(f"{BASE}/mine")

    assert [record.name for record in caplog.records] == ["httpx"]
    assert f"{BASE}/mine" in caplog.text


@pytest.mark.parametrize("field", ["Message", "message", "error"])
@pytest.mark.parametrize("status", [400, 401, 403])
async def test_shows_the_platforms_reason(acorn: respx.Router, field: str, status: int) -> None:
    acorn.get("/guests").respond(status, json={field: "Invalid ServiceIds."})

    async with Client(settings=None, base_url=BASE) as client:
        with pytest.raises(PlatformError, match=r'It says: "Invalid ServiceIds\."'):
            await client.get("guests")


async def test_shows_no_reason_of_other_refusals(acorn: respx.Router) -> None:
    acorn.get("/guests").respond(404, json={"message": "no guest Ada Canary"})

    async with Client(settings=None, base_url=BASE) as client:
        with pytest.raises(PlatformError) as caught:
            await client.get("guests")

    assert "Ada" not in str(caught.value)


@pytest.mark.parametrize(
    ("text", "masked"),
    [
        ("Invalid AccessToken", "Invalid AccessToken"),
        (f"Token {TOKEN} is unknown", "Token *** is unknown"),
        (f"Token {TOKEN.lower()} is unknown", "Token *** is unknown"),
        ("Token CANARY%2Ftoken%2B1%3D%3D is unknown", "Token *** is unknown"),
        ("Token 9E5E84E9974D4F169662AB2200F27CB1-A1B2 is unknown", "Token *** is unknown"),
        (f"Guest <{GUEST}>", "Guest <***>"),
        ("Guest \u00e5da@ex\u00e4mple.com!", "Guest ***"),
        ("Call +44 (0)20 7946-0958 now", "Call *** now"),
        ("Call 2079460958", "Call ***"),
        ("line\nbreak\x1b[31m red\t", "line break [31m red"),
        ("x " * 300, "x " * 100),
        ("See https://acorn.test/api?q=ada for more", "See *** for more"),
        ("No guest Ada%20Lovelace, ada%40example.com", "No guest ***, ***"),
        ("Size 100 is above 99", "Size 100 is above 99"),
    ],
)
def test_masks_a_reason(text: str, masked: str) -> None:
    redactor = Redactor(Settings(token=TOKEN))

    shown = redactor.reason(
        httpx.Response(200, json={"Message": text}).content, ["Ada Lovelace", "100", "9"]
    )

    assert masked == shown


@pytest.mark.parametrize("body", [b"", b"[]", b"{}", b'{"Message": 7}', b'{"Message": null}'])
def test_finds_no_reason_where_there_is_none(body: bytes) -> None:
    assert Redactor(None).reason(body) is None


def test_leaves_out_a_reason_that_is_a_novel() -> None:
    assert Redactor(None).reason(b'{"Message": "' + b"a" * 100_000 + b'"}') is None


@pytest.mark.parametrize(
    ("path", "masked"),
    [
        ("guests/100200300?email=a", "guests/100200300"),
        ("guests#top", "guests"),
        (f"guests/{GUEST}/stays", "guests/***/stays"),
        ("guests/canary%40example.com", "guests/***"),
        ("keys/CANARY%2Ftoken%2B1%3D%3D/x", "keys/***/x"),
        ("a\nb", "a b"),
    ],
)
def test_masks_a_path(path: str, masked: str) -> None:
    assert masked == Redactor(Settings(token=TOKEN)).path(path)


@pytest.mark.parametrize(
    ("value", "shown"),
    [
        (None, None),
        ("0HN7-ab.c:1", "0HN7-ab.c:1"),
        ("a b", None),
        (GUEST, None),
        ("a" * 121, None),
        (TOKEN, None),
        ("x-" + TOKEN, None),
    ],
)
def test_shows_a_request_id_only_if_it_looks_like_one(value: str | None, shown: str | None) -> None:
    assert shown == Redactor(Settings(token=TOKEN)).request_id(value)


def test_masks_the_longer_of_two_secrets() -> None:
    @attrs.frozen
    class Two:
        short: str = secret()
        long: str = secret()

    redactor = Redactor(Two(short="key-of", long="key-of-the-house"))

    assert redactor.path("key-of-the-house/key-of") == "***/***"


async def test_masks_what_a_login_obtained(acorn: respx.Router) -> None:
    class Login(httpx.Auth):
        def auth_flow(self, request: httpx.Request) -> Any:
            request.headers["Authorization"] = "Bearer short-1"
            yield request

    acorn.get("/guests").respond(401, json={"error": "short-1: application/json wanted"})

    async with Client(settings=None, base_url=BASE, auth=Login()) as client:
        with pytest.raises(PlatformError, match=r'It says: "\*\*\*: application/json wanted"'):
            await client.get("guests")


@pytest.mark.parametrize("text", ["1" * 2000, "a" * 1999 + "@", "+ (" * 600, "a1-" * 600 + "\x00"])
def test_masks_any_reason_in_no_time(text: str) -> None:
    started = time.perf_counter()

    Redactor(Settings(token=TOKEN)).reason(httpx.Response(200, json={"error": text}).content)

    assert time.perf_counter() - started < 0.5


def test_a_secret_of_blanks_masks_no_more_than_blanks() -> None:
    assert Redactor(Settings(token="  ")).path("guests") == "guests"


def test_an_empty_secret_masks_nothing() -> None:
    assert Redactor(Settings(token="")).path("guests") == "guests"
