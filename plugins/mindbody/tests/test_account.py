"""Who is let in: keys, staff logins and their tokens; and which sites there are."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from typing import Any

import httpx
import pytest
import respx

import frontdesk_mindbody as mindbody
from frontdesk.client import Answer, Client, State
from frontdesk.connection import connect
from frontdesk.errors import (
    AuthenticationError,
    ConfigurationError,
    RateLimitedError,
    RefusedError,
    SettingsError,
    UnavailableError,
    UnexpectedResponseError,
)
from frontdesk.model import Account, Json
from frontdesk.registry import adopt
from frontdesk.testing import StillClock
from frontdesk_mindbody.account import readable
from frontdesk_mindbody.judging import judge
from frontdesk_mindbody.sandbox import PREFIX, Options, Platform, faults, settings

NOW = datetime(2026, 6, 1, 12, tzinfo=UTC)
BASE = "http://mindbody.test/public/v6/"
LOGIN = {"AccessToken": "t0ken", "Expires": "2026-06-02T12:00:00Z"}
DENIED = {"Error": {"Code": "DeniedAccess", "Message": "Invalid or expired user token."}}

pytestmark = pytest.mark.anyio


@pytest.fixture
def anyio_backend() -> str:
    return "asyncio"


class Memory:
    """Keeps secrets where a test can see them."""

    def __init__(self) -> None:
        self.kept: dict[str, Json] = {}

    def refuse_without_key(self) -> None:
        return

    async def keep(self, name: str, value: Json, **more: Any) -> None:
        del more
        self.kept[name] = value


@asynccontextmanager
async def opened(
    transport: httpx.AsyncBaseTransport | None = None,
    state: State | None = None,
    **values: Any,
) -> AsyncIterator[Client[Any]]:
    given = {
        "api_key": "k3y",
        "site_ids": ["-99"],
        "username": "owner@example.com",
        "password": "s3cret",
        "base_url": BASE,
    }
    connection = connect(adopt("mindbody", mindbody), "x", {**given, **values}, transport=transport)
    async with connection.client(clock=StillClock(NOW), state=state) as client:
        yield client


async def clients(client: Client[Any], site: str = "-99") -> Json:
    return await client.get("client/clients", headers={"SiteId": site})


# -- tokens -----------------------------------------------------------------------------------


@respx.mock
async def test_it_logs_in_once_and_signs_with_key_site_and_token() -> None:
    login = respx.post(f"{BASE}usertoken/issue").respond(json=LOGIN)
    asked = respx.get(f"{BASE}client/clients").respond(json={"Clients": []})
    async with opened() as client:
        await clients(client)
        await clients(client)
    assert (login.call_count, asked.call_count) == (1, 2)
    for call in asked.calls:
        sent = call.request.headers
        assert (sent["api-key"], sent["siteid"]) == ("k3y", "-99")
        assert sent["authorization"] == "Bearer t0ken"
    assert login.calls[0].request.headers["siteid"] == "-99"
    assert b'"Username":"owner@example.com"' in login.calls[0].request.content


@respx.mock
async def test_what_anybody_may_ask_needs_no_login() -> None:
    login = respx.post(f"{BASE}usertoken/issue").respond(json=LOGIN)
    asked = respx.get(f"{BASE}site/sites").respond(json={"Sites": []})
    async with opened() as client:
        await client.get("site/sites", headers={"SiteId": "-99"})
    assert not login.called
    assert "authorization" not in asked.calls[0].request.headers


@respx.mock
@pytest.mark.parametrize("status", [401, 403, 400])
async def test_a_token_that_ended_is_renewed_once(status: int) -> None:
    """Seen to fail when a token was believed for ever."""
    tokens = iter(["first", "second"])
    respx.post(f"{BASE}usertoken/issue").mock(
        side_effect=lambda _: httpx.Response(200, json={"AccessToken": next(tokens)})
    )
    asked = respx.get(f"{BASE}client/clients").mock(
        side_effect=[
            httpx.Response(200, json={"Clients": []}),
            httpx.Response(status, json=DENIED),
            httpx.Response(200, json={"Clients": []}),
        ]
    )
    async with opened() as client:
        await clients(client)
        await clients(client)
    signed = [call.request.headers["authorization"] for call in asked.calls]
    assert signed == ["Bearer first", "Bearer first", "Bearer second"]


@respx.mock
async def test_a_fresh_token_that_is_refused_is_no_matter_of_the_token() -> None:
    login = respx.post(f"{BASE}usertoken/issue").respond(json=LOGIN)
    asked = respx.get(f"{BASE}client/clients").respond(403, json=DENIED)
    async with opened() as client:
        for _ in range(3):
            with pytest.raises(AuthenticationError):
                await clients(client)
    assert (login.call_count, asked.call_count) == (1, 3)


@respx.mock
@pytest.mark.parametrize("status", [400, 401, 403])
async def test_a_login_that_is_refused_is_not_tried_again(status: int) -> None:
    """Seen to fail when each request tried to log in: an account might be locked."""
    body = {"Error": {"Code": "InvalidStaffCredentials"}}
    login = respx.post(f"{BASE}usertoken/issue").respond(status, json=body)
    async with opened() as client:
        for _ in range(3):
            with pytest.raises(AuthenticationError) as caught:
                await clients(client)
            assert "s3cret" not in str(caught.value)
    assert login.call_count == 1


@respx.mock
async def test_a_login_that_fails_for_now_is_tried_again() -> None:
    respx.post(f"{BASE}usertoken/issue").mock(
        side_effect=[httpx.Response(503), httpx.Response(200, json=LOGIN)]
    )
    respx.get(f"{BASE}client/clients").respond(json={"Clients": []})
    async with opened() as client:
        assert await clients(client) == {"Clients": []}


@respx.mock
async def test_a_token_at_hand_is_used_until_it_ends() -> None:
    login = respx.post(f"{BASE}usertoken/issue").respond(json=LOGIN)
    asked = respx.get(f"{BASE}client/clients").mock(
        side_effect=[
            httpx.Response(200, json={"Clients": []}),
            httpx.Response(401, json=DENIED),
            httpx.Response(200, json={"Clients": []}),
        ]
    )
    async with opened(bearer_token="at-hand") as client:
        await clients(client)
        assert not login.called
        await clients(client)
    signed = [call.request.headers["authorization"] for call in asked.calls]
    assert signed == ["Bearer at-hand", "Bearer at-hand", "Bearer t0ken"]


@respx.mock
async def test_without_a_login_the_end_of_a_token_is_the_end() -> None:
    respx.get(f"{BASE}client/clients").respond(401, json=DENIED)
    async with opened(bearer_token="at-hand", username="", password="") as client:
        with pytest.raises(AuthenticationError):
            await clients(client)


@respx.mock
async def test_a_token_is_kept_for_the_next_process_by_site_and_login() -> None:
    login = respx.post(f"{BASE}usertoken/issue").respond(json=LOGIN)
    respx.get(f"{BASE}client/clients").respond(json={"Clients": []})
    memory = Memory()
    async with opened(state=State({}, memory)) as client:
        await clients(client)
    (kept,) = memory.kept.values()
    assert kept == {
        "token": "t0ken",
        "expires": "2026-06-02T12:00:00Z",
        "username": "owner@example.com",
    }
    async with opened(state=State(memory.kept, memory)) as client:
        await clients(client)
        assert login.call_count == 1
        await clients(client, "5721")
        assert login.call_count == 2
    async with opened(state=State(memory.kept, memory), username="other") as client:
        await clients(client)
    assert login.call_count == 3


@respx.mock
async def test_a_kept_token_whose_login_was_taken_away_is_kept_no_more() -> None:
    respx.post(f"{BASE}usertoken/issue").respond(401, json=DENIED)
    respx.get(f"{BASE}client/clients").respond(401, json=DENIED)
    memory = Memory()
    memory.kept = {"token of site -99": {"token": "old", "username": "owner@example.com"}}
    async with opened(state=State(memory.kept, memory)) as client:
        with pytest.raises(AuthenticationError):
            await clients(client)
    assert memory.kept["token of site -99"] is None


@respx.mock
async def test_a_login_that_answers_nonsense_is_no_login() -> None:
    respx.post(f"{BASE}usertoken/issue").respond(200, text="<html>")
    async with opened() as client:
        with pytest.raises(UnexpectedResponseError):
            await clients(client)


# -- what an answer really is -------------------------------------------------------------------


@pytest.mark.parametrize(
    ("status", "body", "error"),
    [
        (200, {"Clients": []}, None),
        (200, {"Error": {"Code": "TooManyRequests"}}, RateLimitedError),
        (400, {"Error": {"Code": "TooManyRequests"}}, RateLimitedError),
        (400, {"Error": {"Code": "SQLDBMaintenance"}}, UnavailableError),
        (200, {"Error": {"Code": "DeniedAccess"}}, AuthenticationError),
        (400, {"Error": {"Code": "InvalidUserCredentials"}}, AuthenticationError),
        (200, {"Error": {"Code": "InvalidParameter"}}, RefusedError),
        (200, {"Error": {}}, RefusedError),
        (400, {"Error": {"Code": "InvalidSiteId"}}, None),
        (404, {"Error": {"Code": ["odd"]}}, None),
        (500, {"Message": "An error has occurred."}, None),
        (401, {"errors": [{"errorType": "missingAPIKeyHeader"}]}, None),
        (200, [], None),
    ],
)
def test_the_code_of_an_error_says_more_than_its_status(
    status: int, body: Json, error: type[Exception] | None
) -> None:
    verdict = judge(Answer(status, {}, body))
    assert (verdict.error if verdict else None) is error


# -- sites --------------------------------------------------------------------------------------


@asynccontextmanager
async def sandboxed(platform: Platform, **more: Any) -> AsyncIterator[Client[Any]]:
    values: Mapping[str, Any] = {**settings(platform), "base_url": f"http://mindbody.test{PREFIX}"}
    async with opened(httpx.ASGITransport(platform.app), **{**values, **more}) as client:
        yield client


async def account_of(platform: Platform, **more: Any) -> Account:
    async with sandboxed(platform, **more) as client:
        return await mindbody.open_account(client)


async def test_each_site_has_its_zone_currency_and_country() -> None:
    account = await account_of(Platform(Options(now=NOW, clients=9)))
    assert [(s.id, s.time_zone, s.currency, s.country) for s in account.sites] == [
        ("-99", "America/Los_Angeles", "USD", "US"),
        ("5721", "Europe/Warsaw", "PLN", "PL"),
        ("31840", "Australia/Sydney", "AUD", "AU"),
    ]
    assert account.missing == ()
    assert readable(account) == ("-99", "5721", "31840")
    assert account.title == "Harbor Yoga and 2 more"


async def test_the_first_site_names_the_account_and_others_may_join() -> None:
    platform = Platform(Options(now=NOW, clients=9))
    alone = await account_of(platform, site_ids=["5721"])
    more = await account_of(platform, site_ids=["5721", "-99"])
    assert alone.id == more.id == "5721"
    assert alone.title == "Studio Wisła"


async def test_a_site_that_is_not_active_shows_its_link_and_stops_no_other() -> None:
    """Seen to fail when the first refusal was raised."""
    platform = Platform(Options(now=NOW, clients=9, unactivated=1))
    account = await account_of(platform)
    assert readable(account) == ("-99", "5721")
    (missing,) = account.missing
    assert "site 31840 (Southern Cross Pilates)" in missing
    assert "its owner must open https://" in missing
    platform.activate(31840)
    assert (await account_of(platform)).missing == ()


async def test_a_site_that_does_not_exist_is_named() -> None:
    account = await account_of(Platform(Options(now=NOW, clients=9)), site_ids=["-99", "4"])
    assert readable(account) == ("-99",)
    assert account.missing[0].startswith("site 4 ")


async def test_a_wrong_key_is_said_once() -> None:
    platform = Platform(Options(now=NOW, clients=9))
    with pytest.raises(AuthenticationError):
        await account_of(platform, api_key="wrong")


async def test_a_wrong_password_is_said_and_tried_once_for_each_site() -> None:
    platform = Platform(Options(now=NOW, clients=9))
    with pytest.raises(AuthenticationError) as caught:
        await account_of(platform, password="wr0ng")
    assert "wr0ng" not in str(caught.value)
    assert platform.asked["usertoken/issue"] == 3


async def test_windows_names_of_zones_will_do() -> None:
    account = await account_of(Platform(Options(now=NOW, clients=9, windows_zones=True)))
    zones = [site.time_zone for site in account.sites]
    assert zones[0] == "America/Los_Angeles"
    assert "Standard Time" not in " ".join(zones)


@pytest.mark.parametrize("zone", ["Middle-earth/Shire", None, faults.REMOVE])
async def test_an_unknown_zone_is_for_a_person_to_say(zone: Any) -> None:
    platform = Platform(Options(now=NOW, clients=9, sites=1))
    platform.faults.mutate("site/sites", 0, "TimeZone", zone, times=None)
    with pytest.raises(SettingsError, match="time_zones = "):
        await account_of(platform)
    account = await account_of(platform, time_zones={"-99": "Europe/Lisbon"})
    assert account.sites[0].time_zone == "Europe/Lisbon"


@pytest.mark.parametrize(
    ("values", "reason"),
    [
        ({"site_ids": []}, "site_ids is empty"),
        ({"site_ids": ["-99", "-99"]}, "names a site twice"),
        ({"site_ids": ["studio"]}, "'studio' is no number"),
        ({"username": ""}, "username and password are needed"),
        ({"password": ""}, "username and password are needed"),
    ],
)
async def test_settings_that_cannot_work_are_refused_before_anything_is_asked(
    values: dict[str, Any], reason: str
) -> None:
    async with opened(**values) as client:
        with pytest.raises(ConfigurationError, match=reason):
            await mindbody.open_account(client)
        assert client.requests == 0


async def test_opening_the_account_costs_little() -> None:
    platform = Platform(Options(now=NOW, clients=9))
    memory = Memory()
    async with sandboxed(platform, state=State({}, memory)) as client:
        await mindbody.open_account(client)
        first = client.requests
    async with sandboxed(platform, state=State(memory.kept, memory)) as client:
        await mindbody.open_account(client)
        assert (first, client.requests) == (9, 3)
