"""Tokens: made anew for each request, and made anew once if one is refused."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
from pathlib import Path
from typing import Any

import httpx
import pytest
import respx
from hypothesis import given
from hypothesis import strategies as st

import frontdesk_boulevard as boulevard
from frontdesk.client import Client
from frontdesk.errors import AuthenticationError, SettingsError
from frontdesk_boulevard.signing import Token, decoded

URL = "https://boulevard.example/api/2020-01/admin"
SECRET = base64.b64encode(b"\xfb\xff secret").decode()
BUSINESS = "2f1c7a1e-5b1d-4c55-9d0a-3f0f5a2b9c01"
VECTORS = (
    Path(__file__).parents[3].parent / "shared" / "samples" / "boulevard" / "auth-vectors.json"
)

pytestmark = pytest.mark.anyio


@pytest.fixture
def anyio_backend() -> str:
    return "asyncio"


class Clock:
    """Seconds that go by as somebody says."""

    def __init__(self, now: float = 1_700_000_000.7) -> None:
        self.now = now

    def __call__(self) -> float:
        return self.now


def token(clock: Clock, **fields: Any) -> Token:
    given = {"api_key": "key", "api_secret": SECRET, "business_id": BUSINESS} | fields
    return Token(**given, clock=clock)


def opened(header: str) -> tuple[str, str, int]:
    """Take a header apart: the key, the business, and the second it was made in."""
    key, _, signed = base64.b64decode(header.removeprefix("Basic ")).decode().partition(":")
    signature, _, payload = signed.partition("blvd-admin-v1")
    expected = hmac.digest(
        base64.b64decode(SECRET), f"blvd-admin-v1{payload}".encode(), hashlib.sha256
    )
    assert base64.b64decode(signature) == expected
    return key, payload[:36], int(payload[36:])


def test_a_token_is_signed_as_boulevard_reads_it() -> None:
    found = opened(token(Clock()).header(1_700_000_000.7))
    assert found == ("key", BUSINESS, 1_700_000_000)


@pytest.mark.parametrize("business", [f"urn:blvd:Business:{BUSINESS}", f" {BUSINESS.upper()} "])
def test_the_business_is_signed_as_a_bare_uuid(business: str) -> None:
    assert opened(token(Clock(), business_id=business).header(1))[1] == BUSINESS


@pytest.mark.skipif(not VECTORS.exists(), reason="the vectors are not part of the repository")
def test_the_vector_is_met() -> None:
    vector = json.loads(VECTORS.read_text("utf-8"))["admin_auth"]
    made = Token(
        api_key=vector["api_key"],
        api_secret=vector["api_secret_base64"],
        business_id=vector["business_id"],
    )
    assert made.header(vector["timestamp"]) == vector["authorization_header"]


@given(st.binary(min_size=1, max_size=60))
def test_a_secret_is_read_in_either_alphabet(key: bytes) -> None:
    assert decoded(base64.b64encode(key).decode()) == key
    safe = base64.urlsafe_b64encode(key).decode().replace("=", ".")
    assert decoded(f" {safe}\n") == key


@pytest.mark.parametrize("secret", ["", "not base64!", "abc", "ümlaut=="])
def test_what_is_no_secret_is_refused_without_being_shown(secret: str) -> None:
    with pytest.raises(SettingsError, match="api_secret is not base64") as caught:
        decoded(secret)
    assert not secret or secret not in f"{caught.value!r} {caught.value.__cause__!r}"


def client(auth: httpx.Auth, router: respx.Router) -> Client[Any]:
    transport = httpx.MockTransport(router.async_handler)
    return Client(
        settings=None,
        base_url=URL,
        auth=auth,
        transport=transport,
        judge=boulevard.manifest.judge,
    )


async def test_each_request_has_a_token_of_its_own_at_the_address_without_a_slash() -> None:
    """Seen to fail when the token was made once, and when the URL was left as it was."""
    clock = Clock()
    with respx.mock(base_url=URL, assert_all_called=False) as router:
        route = router.post(url=URL).respond(json={"data": {}})
        async with client(token(clock), router) as reached:
            await reached.post("", json={})
            clock.now += 61
            await reached.post("", json={})
    stamps = [opened(call.request.headers["authorization"])[2] for call in route.calls]
    assert stamps == [1_700_000_000, 1_700_000_061]


async def test_a_refused_token_is_made_anew_once() -> None:
    clock = Clock()

    def answer(request: httpx.Request) -> httpx.Response:
        # The first one waited for its turn for too long.
        fresh = opened(request.headers["authorization"])[2] > 1_700_000_060
        clock.now += 61
        return httpx.Response(200 if fresh else 401, json={"data": {}})

    with respx.mock() as router:
        route = router.post(url=URL).mock(side_effect=answer)
        async with client(token(clock), router) as reached:
            await reached.post("", json={})
    assert route.call_count == 2


@pytest.mark.parametrize("body", [{"errors": [{"code": "UNAUTHENTICATED"}]}, {}])
async def test_a_wrong_secret_is_tried_twice_and_no_oftener(body: Any) -> None:
    with respx.mock() as router:
        route = router.post(url=URL).respond(401, json=body)
        async with client(token(Clock()), router) as reached:
            with pytest.raises(AuthenticationError):
                await reached.post("", json={})
    assert route.call_count == 2


async def test_a_clock_that_is_wrong_is_put_right_by_the_platforms() -> None:
    """Seen to fail when the ``Date`` of the refusal was passed over."""
    clock = Clock()

    def answer(request: httpx.Request) -> httpx.Response:
        # The platform's clock is an hour ahead, and it takes no token older than a minute.
        age = 1_700_003_600 - opened(request.headers["authorization"])[2]
        date = {"date": "Tue, 14 Nov 2023 23:13:20 GMT"}
        return httpx.Response(200 if 0 <= age < 60 else 401, headers=date, json={"data": {}})

    with respx.mock() as router:
        route = router.post(url=URL).mock(side_effect=answer)
        async with client(token(clock), router) as reached:
            await reached.post("", json={})
            await reached.post("", json={})
    # It is remembered: the second request goes through at once.
    assert route.call_count == 3


@pytest.mark.parametrize("date", ["", "yesterday", "Tue, 14 Nov 2023 22:13:21 GMT"])
async def test_a_clock_that_is_right_is_left_alone(date: str) -> None:
    with respx.mock() as router:
        route = router.post(url=URL).respond(401, headers={"date": date}, json={})
        async with client(token(Clock()), router) as reached:
            with pytest.raises(AuthenticationError):
                await reached.post("", json={})
    stamps = {opened(call.request.headers["authorization"])[2] for call in route.calls}
    assert stamps == {1_700_000_000}


def test_the_strategy_is_chosen_by_the_settings() -> None:
    settings = boulevard.Settings(api_key="k", api_secret=SECRET, business_id=BUSINESS)
    assert isinstance(boulevard.manifest.authenticate(settings), Token)
