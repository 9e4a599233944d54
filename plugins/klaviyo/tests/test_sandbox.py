"""The emulated Klaviyo: who is let in, how often, and what can be read."""

from __future__ import annotations

import gzip
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
import pytest

from frontdesk.sandbox import Sandbox
from frontdesk_klaviyo.sandbox import Options, Platform, create
from frontdesk_klaviyo.sandbox.routes import ENDPOINTS

pytestmark = pytest.mark.anyio

START = datetime(2026, 11, 21, 12, tzinfo=UTC)
JSON = "application/vnd.api+json"
Ask = Callable[..., Awaitable[httpx.Response]]


class Clock:
    """Stands still until it is moved."""

    def __init__(self) -> None:
        self.passed = 0.0

    def now(self) -> datetime:
        return START + timedelta(seconds=self.passed)

    def monotonic(self) -> float:
        return 100 + self.passed

    async def sleep(self, seconds: float) -> None:
        self.passed += seconds


@pytest.fixture
def anyio_backend() -> str:
    return "asyncio"


@pytest.fixture
def clock() -> Clock:
    return Clock()


def door(platform: Platform, key: str | None = None) -> Ask:
    """Ask with a key and all that belongs to a good request; a header that is None is left out."""
    transport = httpx.ASGITransport(platform.app)
    client = httpx.AsyncClient(transport=transport, base_url="http://klaviyo.test")
    usual = {
        "authorization": f"Klaviyo-API-Key {key or platform.account.key.value}",
        "revision": "2026-07-15",
        "content-type": JSON,
    }

    async def ask(
        method: str, path: str, *, headers: dict[str, str | None] | None = None, **more: Any
    ) -> httpx.Response:
        merged = {**usual, **(headers or {})}
        kept = {name: value for name, value in merged.items() if value is not None}
        return await client.request(method, f"/api/{path}", headers=kept, **more)

    return ask


def event(email: str = "ada@hotel.test", **more: Any) -> dict[str, Any]:
    return {
        "data": {
            "type": "event",
            "attributes": {
                "properties": {},
                "metric": {"data": {"type": "metric", "attributes": {"name": "Confirmed"}}},
                "profile": {"data": {"type": "profile", "attributes": {"email": email}}},
                **more,
            },
        }
    }


def detail(answer: httpx.Response) -> str:
    return str(answer.json()["errors"][0]["detail"])


# --- who is let in -------------------------------------------------------------------------


async def test_a_key_opens_its_account(clock: Clock) -> None:
    platform = Platform(clock=clock)

    for path in ("accounts", "accounts/"):
        clock.passed += 1
        answer = await door(platform)("GET", path)

        assert answer.status_code == 200
        assert answer.headers["content-type"] == JSON
        (row,) = answer.json()["data"]
        assert row["id"] == platform.account.id
        assert row["attributes"]["test_account"] is True


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({"authorization": None}, 401),
        ({"authorization": "Klaviyo-API-Key pk_wrong"}, 401),
        ({"authorization": "Bearer pk_wrong"}, 401),
        ({"revision": None}, 400),
        ({"revision": "yesterday"}, 400),
        ({"revision": "2019-01-01"}, 202),
        ({"revision": "2019-01-01", "x-klaviyo-revision-fall-forward-opt-out": "1"}, 410),
        ({"revision": "2026-10-15.pre"}, 202),
        ({"content-type": "application/json"}, 415),
        ({"content-type": None}, 415),
        ({"content-encoding": "br"}, 415),
    ],
)
async def test_a_request_must_be_well_formed(
    clock: Clock, headers: dict[str, str | None], status: int
) -> None:
    platform = Platform(clock=clock)

    answer = await door(platform)("POST", "events", headers=headers, json=event())

    assert answer.status_code == status
    assert platform.journal.of("create_event")[-1].status == status
    if status != 202:
        (error,) = answer.json()["errors"]
        assert {"id", "status", "code", "title", "detail", "source"} <= set(error)


async def test_switches_are_more_lenient(clock: Clock) -> None:
    options = Options(missing_revision="fall_forward", content_types="any_json", gzip="accept")
    ask = door(Platform(options, clock=clock))

    assert (await ask("POST", "events", headers={"revision": None}, json=event())).is_success
    plain: dict[str, str | None] = {"content-type": "application/json"}
    assert (await ask("POST", "events", headers=plain, json=event())).is_success
    packed = gzip.compress(httpx.Request("POST", "http://x.test", json=event()).content)
    zipped: dict[str, str | None] = {"content-encoding": "gzip"}
    assert (await ask("POST", "events", headers=zipped, content=packed)).is_success
    bomb = gzip.compress(b" " * 6_000_000)
    assert (await ask("POST", "events", headers=zipped, content=bomb)).status_code == 413


async def test_a_missing_scope_is_named(clock: Clock) -> None:
    platform = Platform(clock=clock)
    reader = platform.account.add_key("reader", ["events:read"])

    answer = await door(platform, reader.value)("POST", "profile-bulk-import-jobs", json={})

    assert answer.status_code == 403
    assert "lists:write, profiles:write" in detail(answer)
    assert reader.value not in answer.text


async def test_addresses_and_methods_that_are_not_there(clock: Clock) -> None:
    ask = door(Platform(clock=clock))

    assert (await ask("GET", "nothing")).status_code == 404
    wrong = await ask("PUT", "events")
    assert (wrong.status_code, wrong.headers["allow"]) == (405, "GET, POST")


async def test_a_large_body_is_too_large(clock: Clock) -> None:
    answer = await door(Platform(clock=clock))("POST", "events", content=b" " * 5_000_001)

    assert answer.status_code == 413


async def test_a_revoked_key_opens_nothing(clock: Clock) -> None:
    platform = Platform(clock=clock)
    platform.account.key.revoked = True

    assert (await door(platform)("GET", "accounts")).status_code == 401


async def test_two_accounts_stay_apart(clock: Clock) -> None:
    platform = Platform(Options(accounts=2, event_delay=0), clock=clock)
    one, two = platform.accounts.values()

    await door(platform, one.key.value)("POST", "events", json=event())

    assert (len(one.events), len(two.events)) == (1, 0)
    assert (await door(platform, two.key.value)("GET", "events")).json()["data"] == []
    assert platform.state(one.id) != platform.state(two.id)


# --- how often -----------------------------------------------------------------------------


async def test_windows_are_counted_for_an_account_and_an_endpoint(clock: Clock) -> None:
    """Seen to fail when keys have windows of their own."""
    platform = Platform(Options(accounts=2), clock=clock)
    one, two = platform.accounts.values()
    second = door(platform, one.add_key("another integration").value)

    first = await door(platform)("GET", "accounts")
    assert first.headers["ratelimit-limit"] == "15"
    assert first.headers["ratelimit-remaining"] == "14"
    assert first.headers["ratelimit-reset"] == "60"

    refused = await second("GET", "accounts")
    assert refused.status_code == 429
    assert refused.headers["retry-after"] == "1"
    assert not any(name.startswith("ratelimit") for name in refused.headers)
    (error,) = refused.json()["errors"]
    assert error["code"] == "throttled"
    assert error["detail"] == "Request was throttled. Expected available in 1 second."

    assert (await second("GET", "metrics")).status_code == 200
    assert (await door(platform, two.key.value)("GET", "accounts")).status_code == 200
    app = one.add_key("token", app="Mews")
    bearer: dict[str, str | None] = {"authorization": f"Bearer {app.value}"}
    assert (await second("GET", "accounts", headers=bearer)).status_code == 200
    assert platform.counts["throttled"] == 1


async def test_whoever_comes_back_too_early_is_refused_again(clock: Clock) -> None:
    """Seen to fail when only the windows are looked at."""
    ask = door(Platform(clock=clock))
    await ask("GET", "accounts")
    clock.passed = 0.8
    assert (await ask("GET", "accounts")).headers["retry-after"] == "1"

    clock.passed = 1.5  # another second, but not yet the time that was told
    assert (await ask("GET", "accounts")).status_code == 429
    clock.passed = 1.8
    assert (await ask("GET", "accounts")).status_code == 200


async def test_the_steady_window_is_a_fixed_minute(clock: Clock) -> None:
    ask = door(Platform(clock=clock))
    for second in range(15):
        clock.passed = 30.0 + second
        assert (await ask("GET", "accounts")).status_code == 200
    clock.passed = 50.0
    assert (await ask("GET", "accounts")).headers["retry-after"] == "10"
    clock.passed = 60.0
    last = await ask("GET", "accounts")
    assert (last.status_code, last.headers["ratelimit-remaining"]) == (200, "14")


async def test_predictions_have_stricter_windows(clock: Clock) -> None:
    ask = door(Platform(clock=clock))
    params = {"additional-fields[profile]": "predictive_analytics"}

    answers = [(await ask("GET", "profiles", params=params)).status_code for _ in range(11)]

    assert answers == [200] * 10 + [429]


async def test_lists_are_made_at_most_150_times_a_day(clock: Clock) -> None:
    ask = door(Platform(clock=clock))
    statuses = []
    for number in range(151):
        clock.passed = number * 0.5 if number < 150 else 3_600
        body = {"data": {"type": "list", "attributes": {"name": f"List {number}"}}}
        statuses.append((await ask("POST", "lists", json=body)).status_code)

    assert statuses == [201] * 150 + [429]


def test_each_endpoint_has_a_name_of_its_own() -> None:
    names = [endpoint.name for endpoint in ENDPOINTS]

    assert len(set(names)) == len(names)


# --- reading -------------------------------------------------------------------------------


async def everything(ask: Ask, path: str, **params: Any) -> list[dict[str, Any]]:
    """Follow the links to the end."""
    rows: list[dict[str, Any]] = []
    answer = (await ask("GET", path, params=params)).json()
    while True:
        rows += answer["data"]
        following = answer["links"]["next"]
        if following is None:
            return rows
        answer = (await ask("GET", following.partition("/api/")[2])).json()


async def test_metrics_come_in_pages_whose_size_nobody_chooses(clock: Clock) -> None:
    platform = Platform(clock=clock)
    for number in range(401):
        platform.account.add_metric(f"Metric {number}")
    ask = door(platform)

    assert len(platform.account.metrics) == 401
    assert len((await ask("GET", "metrics")).json()["data"]) == 200
    rows = await everything(ask, "metrics")
    assert {row["attributes"]["name"] for row in rows} == {f"Metric {n}" for n in range(401)}
    sized = await ask("GET", "metrics", params={"page[size]": 10})
    assert sized.status_code == 400
    assert sized.json()["errors"][0]["source"] == {"parameter": "page[size]"}


async def test_metrics_belong_to_who_sends_them(clock: Clock) -> None:
    platform = Platform(Options(event_delay=0), clock=clock)
    account = platform.account
    theirs = account.add_metric("Confirmed", "Mews", category="Hospitality")
    ask = door(platform)

    await ask("POST", "events", json=event())

    async def named(integration: str) -> list[str]:
        params = {"filter": f'equals(integration.name,"{integration}")'}
        return [row["id"] for row in (await ask("GET", "metrics", params=params)).json()["data"]]

    assert await named("Mews") == [theirs.id]
    (ours,) = await named("API")
    assert ours != theirs.id
    bearer = f"Bearer {account.add_key('token', app='Mews').value}"
    await ask("POST", "events", headers={"authorization": bearer}, json=event())
    assert [one.metric.id for one in account.events] == [ours, theirs.id]


async def test_metrics_may_be_there_from_the_start(clock: Clock) -> None:
    platform = Platform(Options(metrics="Mews:Confirmed Reservation, Stay"), clock=clock)

    rows = (await door(platform)("GET", "metrics")).json()["data"]

    assert {(r["attributes"]["integration"]["name"], r["attributes"]["name"]) for r in rows} == {
        ("Mews", "Confirmed Reservation"),
        ("API", "Stay"),
    }


async def test_the_newest_revision_answers_with_more(clock: Clock) -> None:
    ask = door(Platform(clock=clock))

    assert "meta" not in (await ask("GET", "metrics")).json()
    newest = await ask("GET", "metrics", headers={"revision": "2026-10-15"})
    assert newest.json()["meta"] == {"agent_hints": {"next_steps": []}}


@pytest.mark.parametrize(
    "text",
    [
        "equals(email,ada@hotel.test)",
        'equals(email,"ada@hotel.test"',
        'contains(email,"ada")',
        'equals(shoe_size,"40")',
        'greater-than(created,"yesterday")',
        'equals(email,"a@b.test") equals(email,"c@b.test")',
        "greater-than(subscriptions.email.marketing.list_suppressions.timestamp,2026-01-01)",
    ],
)
async def test_filters_have_a_grammar(clock: Clock, text: str) -> None:
    answer = await door(Platform(clock=clock))("GET", "profiles", params={"filter": text})

    assert answer.status_code == 400
    assert answer.json()["errors"][0]["source"] == {"parameter": "filter"}


async def test_filters_take_quotes_spaces_and_signs(clock: Clock) -> None:
    platform = Platform(clock=clock)
    platform.account.add_metric("Stay", 'Guest "List" + more, (all)')
    params = {"filter": r'equals(integration.name,"Guest \"List\" + more, (all)")'}

    answer = await door(platform)("GET", "metrics", params=params)

    assert len(answer.json()["data"]) == 1


async def test_lists_are_made_and_read(clock: Clock) -> None:
    platform = Platform(clock=clock)
    ask = door(platform)
    attributes = {"name": "News", "opt_in_process": "single_opt_in"}
    body = {"data": {"type": "list", "attributes": attributes}}
    made = (await ask("POST", "lists", json=body)).json()["data"]
    clock.passed = 5
    for number in range(12):
        platform.account.lists.add(f"More {number}", clock.now())

    assert (await ask("GET", f"lists/{made['id']}")).json()["data"] == made
    assert made["attributes"]["opt_in_process"] == "single_opt_in"
    rows = await everything(ask, "lists")
    assert len(rows) == len(platform.account.lists) == 13
    news = platform.account.lists.get("News")
    assert news is not None
    assert news.id == made["id"]
    found = await ask("GET", "lists", params={"filter": 'any(name,["News","Nothing"])'})
    assert [row["id"] for row in found.json()["data"]] == [made["id"]]
    assert (await ask("GET", "lists/nosuch")).status_code == 404
    assert (await ask("GET", "lists", params={"page[size]": 11})).status_code == 400


# --- the whole -----------------------------------------------------------------------------


def test_it_says_what_is_inside() -> None:
    made = create(Options())

    assert isinstance(made, Sandbox)
    assert str(made.settings["api_key"]).startswith("pk_")
    assert made.settings["erasure_key"] != made.settings["api_key"]
    assert "(single opt-in)" in made.title
    assert create(Options()).settings == made.settings
    assert create(Options(seed=8)).settings != made.settings


def test_no_repr_shows_a_key(clock: Clock) -> None:
    platform = Platform(clock=clock)

    assert platform.account.key.value not in repr(platform.account.keys)
