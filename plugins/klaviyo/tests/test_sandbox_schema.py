"""The emulated Klaviyo held against the published specification, where that is at hand."""

from __future__ import annotations

import copy
import json
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from functools import cache
from pathlib import Path
from random import Random
from typing import Any

import attrs
import httpx
import jsonschema
import pytest

from frontdesk_klaviyo.sandbox import ERASURE_SCOPES, SCOPES, Options, Platform
from frontdesk_klaviyo.sandbox.api_jobs import IMPORT_FILTERS, SUPPRESSION_FILTERS
from frontdesk_klaviyo.sandbox.api_profiles import PROFILE_FILTERS
from frontdesk_klaviyo.sandbox.api_reading import EVENT_FILTERS, LIST_FILTERS, METRIC_FILTERS
from frontdesk_klaviyo.sandbox.routes import ENDPOINTS, Endpoint

REFERENCE = Path(__file__).resolve().parents[4] / "shared" / "reference"
SPEC = REFERENCE / "klaviyo-openapi.json"
NEXT = REFERENCE / "klaviyo-schemas-2026-10-15.json"
pytestmark = [
    pytest.mark.anyio,
    pytest.mark.skipif(not SPEC.exists(), reason="the API's reference is not beside the checkout"),
]

START = datetime(2026, 11, 21, 12, tzinfo=UTC)
PHONE = "+12015550123"
ADA = "ada@hotel.test"


class Clock:
    """Stands still until it is moved."""

    passed = 0.0

    def now(self) -> datetime:
        return START + timedelta(seconds=self.passed)

    def monotonic(self) -> float:
        return self.passed

    async def sleep(self, seconds: float) -> None:
        self.passed += seconds


@pytest.fixture
def anyio_backend() -> str:
    return "asyncio"


@cache
def spec() -> dict[str, Any]:
    loaded: dict[str, Any] = json.loads(SPEC.read_text())
    return loaded


@cache
def components() -> dict[str, Any]:
    return {name: plain(shape) for name, shape in spec()["components"]["schemas"].items()}


def plain(shape: Any) -> Any:
    """Turn OpenAPI's way to say null into JSON Schema's."""
    if isinstance(shape, list):
        return [plain(one) for one in shape]
    if not isinstance(shape, dict):
        return shape
    made = {name: plain(value) for name, value in shape.items() if name != "nullable"}
    return {"anyOf": [made, {"type": "null"}]} if shape.get("nullable") is True else made


def judge(shape: dict[str, Any]) -> Any:
    whole = {**plain(shape), "components": {"schemas": components()}}
    return jsonschema.Draft202012Validator(whole)


def operation(endpoint: Endpoint) -> dict[str, Any]:
    found: dict[str, Any] = spec()["paths"][endpoint.path][endpoint.method.lower()]
    return found


# --- what each endpoint is -----------------------------------------------------------------


@pytest.mark.parametrize("endpoint", ENDPOINTS, ids=lambda endpoint: endpoint.name)
def test_endpoints_are_as_published(endpoint: Endpoint) -> None:
    """Seen to fail with another limit, another scope and a parameter that is not there."""
    published = operation(endpoint)
    assert published["operationId"] == endpoint.name
    limits = {"burst": f"{endpoint.rate.burst}/s", "steady": f"{endpoint.rate.steady}/m"}
    if endpoint.rate.daily is not None:
        limits["daily"] = f"{endpoint.rate.daily}/d"
    assert published["x-klaviyo-ratelimit"] == limits
    assert tuple(published["x-klaviyo-scopes"]) == endpoint.scopes
    params = {one["name"]: one for one in published["parameters"] if one["in"] == "query"}
    assert sorted(endpoint.params) == sorted(params)
    if "page[size]" in params:
        size = params["page[size]"]["schema"]
        assert (size["default"], size["maximum"]) == (endpoint.page.default, endpoint.page.most)


def test_keys_have_scopes_that_exist() -> None:
    published = {
        scope
        for methods in spec()["paths"].values()
        for name, one in methods.items()
        if name != "parameters"
        for scope in one.get("x-klaviyo-scopes", ())
    }
    assert {*SCOPES, *ERASURE_SCOPES} <= published


@pytest.mark.parametrize(
    ("path", "fields"),
    [
        ("/api/events", EVENT_FILTERS),
        ("/api/profiles", PROFILE_FILTERS),
        ("/api/metrics", METRIC_FILTERS),
        ("/api/lists", LIST_FILTERS),
        ("/api/profile-bulk-import-jobs", IMPORT_FILTERS),
        ("/api/profile-suppression-bulk-create-jobs", SUPPRESSION_FILTERS),
    ],
)
def test_filters_are_as_published(path: str, fields: dict[str, Any]) -> None:
    published = filters_of(spec()["paths"][path]["get"])
    assert published.keys() == fields.keys()
    for name, kind in fields.items():
        operators = published[name]["operators"]
        assert set(operators.get("single", operators.get("none", ()))) == kind.single
        assert set(operators.get("list", ())) == kind.many


def filters_of(node: Any) -> dict[str, Any]:
    """Find the table of filters, wherever it is in an operation."""
    if isinstance(node, dict):
        if "x-klaviyo-filters" in node:
            found: dict[str, Any] = node["x-klaviyo-filters"]
            return found
        for value in node.values():
            if inner := filters_of(value):
                return inner
    if isinstance(node, list):
        for value in node:
            if inner := filters_of(value):
                return inner
    return {}


# --- bodies --------------------------------------------------------------------------------


LOCATION = {
    "address1": "Main Street 1",
    "address2": "Floor 2",
    "city": "Brno",
    "country": "Czechia",
    "latitude": 49.2,
    "longitude": "16.6",
    "region": "South Moravia",
    "zip": "60200",
    "timezone": "Europe/Prague",
    "ip": "127.0.0.1",
}
META = {
    "patch_properties": {"append": {"Tags": "new"}, "unappend": {"Tags": "old"}, "unset": ["Old"]},
    "patch_identifiers": {"append": {"email": "b@hotel.test"}, "unappend": {"email": "c@d.test"}},
}
CREATED = {
    "email": ADA,
    "phone_number": PHONE,
    "external_id": "7",
    "first_name": "Ada",
    "last_name": "Lovelace",
    "organization": "Engines",
    "locale": "en-GB",
    "title": "Countess",
    "image": "https://hotel.test/ada.png",
    "location": LOCATION,
    "properties": {"VIP": True},
}
UPSERTED = {**CREATED, "_kx": "x"}
ENTRY = {
    "properties": {"Nights": 3},
    "time": "2026-03-01T09:30:00+00:00",
    "value": 412.5,
    "value_currency": "EUR",
    "unique_id": "1",
    "backfill": True,
    "metric": {"data": {"type": "metric", "attributes": {"name": "Stay", "service": "api"}}},
}
DEVICE = {
    "device_id": "1",
    "klaviyo_sdk": "swift",
    "sdk_version": "1",
    "device_model": "x",
    "os_name": "ios",
    "os_version": "1",
    "manufacturer": "x",
    "app_name": "x",
    "app_version": "1",
    "app_build": "1",
    "app_id": "x",
    "environment": "release",
}
TOKEN = {
    "token": "x",
    "platform": "ios",
    "vendor": "apns",
    "enablement_status": "AUTHORIZED",
    "background": "AVAILABLE",
    "device_metadata": DEVICE,
}


def wrapped(kind: str, attributes: dict[str, Any], **more: Any) -> dict[str, Any]:
    return {"type": kind, "attributes": attributes, **more}


def entry(n: int) -> dict[str, Any]:
    return wrapped("event", {**copy.deepcopy(ENTRY), "unique_id": str(n)})


def bodies(platform: Platform) -> dict[str, dict[str, Any]]:
    """Give each operation a body with every member it knows."""
    news = {"type": "list", "id": next(iter(platform.account.lists)).id}
    known = next(iter(platform.account.profiles)).id
    given = {"consent": "SUBSCRIBED", "consented_at": "2025-01-01T00:00:00Z"}
    taken = {"consent": "UNSUBSCRIBED"}
    phone = {"marketing": given, "transactional": given}
    subscriptions = {
        "email": {"marketing": given, "open_tracking": {"consent": "SUBSCRIBED"}},
        "sms": phone,
        "whatsapp": phone,
        "push": {"marketing": given, "tokens": [TOKEN], "anonymous_id": "x"},
    }
    gone = {
        "email": {"marketing": taken, "open_tracking": taken},
        "sms": {"marketing": taken, "transactional": taken},
        "whatsapp": {"marketing": taken, "transactional": taken, "conversational": taken},
        "push": {"marketing": taken, "tokens": [TOKEN]},
    }
    who = {"email": ADA, "phone_number": PHONE}
    subscriber = {**who, "age_gated_date_of_birth": "1990-01-01", "subscriptions": subscriptions}
    upsert = wrapped("profile", UPSERTED, id=None, meta=META)
    of_event = wrapped("profile", {**UPSERTED, "anonymous_id": "x"}, id=None, meta=META)
    once = wrapped("profile", {**UPSERTED, "anonymous_id": "x", "meta": META}, id=None)
    group = {
        "backfill": True,
        "profile": {"data": of_event},
        "events": {"data": [entry(1), entry(2)]},
    }
    address = wrapped("profile", {"email": ADA})
    to_list = {"list": {"data": news}}
    return {
        "create_event": {"data": wrapped("event", {**ENTRY, "profile": {"data": once}})},
        "bulk_create_events": {
            "data": wrapped(
                "event-bulk-create-job",
                {"events-bulk-create": {"data": [wrapped("event-bulk-create", group)]}},
            )
        },
        "create_or_update_profile": {"data": upsert},
        "create_profile": {"data": wrapped("profile", {**CREATED, "external_id": "8"})},
        "update_profile": {"data": wrapped("profile", CREATED, id=known, meta=META)},
        "bulk_import_profiles": {
            "data": wrapped(
                "profile-bulk-import-job",
                {"profiles": {"data": [upsert]}},
                relationships={"lists": {"data": [news]}},
            )
        },
        "bulk_subscribe_profiles": {
            "data": wrapped(
                "profile-subscription-bulk-create-job",
                {
                    "custom_source": "Mews",
                    "historical_import": True,
                    "profiles": {"data": [wrapped("profile", subscriber, id=None)]},
                },
                relationships=to_list,
            )
        },
        "bulk_unsubscribe_profiles": {
            "data": wrapped(
                "profile-subscription-bulk-delete-job",
                {"profiles": {"data": [wrapped("profile", {**who, "subscriptions": gone})]}},
                relationships=to_list,
            )
        },
        "bulk_suppress_profiles": {
            "data": wrapped(
                "profile-suppression-bulk-create-job", {"profiles": {"data": [address]}}
            )
        },
        "bulk_unsuppress_profiles": {
            "data": wrapped(
                "profile-suppression-bulk-delete-job", {}, relationships={"list": {"data": news}}
            )
        },
        "create_list": {
            "data": wrapped("list", {"name": "More", "opt_in_process": "double_opt_in"})
        },
        "add_profiles_to_list": {"data": [{"type": "profile", "id": known}]},
        "remove_profiles_from_list": {"data": [{"type": "profile", "id": known}]},
        "request_profile_deletion": {
            "data": wrapped(
                "data-privacy-deletion-job",
                {"profile": {"data": wrapped("profile", {"email": "x@hotel.test"}, id=None)}},
            )
        },
    }


def made() -> Platform:
    options = Options(rate_limits=False, sms_regions="US", bulk_repeated_unique_id="drop")
    platform = Platform(options, clock=Clock())
    platform.account.lists.add("News", START)
    row = platform.account.profiles.create(START)
    platform.account.profiles.change(row, {"email": "known@hotel.test"}, START)
    return platform


STRANGE = (None, True, 0, 1.5, "", "x", [], ["x"], [{}], {}, {"x": 1})
GONE = object()


def places(value: Any, path: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    """List every place in a body."""
    yield path
    inner: Any = (
        value.items()
        if isinstance(value, dict)
        else enumerate(value)
        if isinstance(value, list)
        else ()
    )
    for name, one in inner:
        yield from places(one, (*path, name))


def changed(body: Any, path: tuple[Any, ...], value: Any) -> Any:
    """Put another value into one place of a body."""
    if not path:
        return {} if value is GONE else value
    # Not a deep copy: that would change what is the same object in all its places.
    made = json.loads(json.dumps(body))
    place = made
    for step in path[:-1]:
        place = place[step]
    if value is GONE:
        del place[path[-1]]
    else:
        place[path[-1]] = value
    return made


def mutants(body: Any) -> Iterator[tuple[str, Any]]:
    """Spoil a body in each place once, and in several places by chance."""
    everywhere = list(places(body))
    for path in everywhere:
        for value in (*STRANGE, GONE):
            yield f"{path}={value!r}", changed(body, path, value)
    chance = Random(7)
    for number in range(300):
        spoiled = body
        for _ in range(chance.randint(2, 4)):
            path = chance.choice(list(places(spoiled)))
            spoiled = changed(spoiled, path, chance.choice((*STRANGE, GONE)))
        yield f"chance {number}", spoiled


WRITING = [endpoint for endpoint in ENDPOINTS if endpoint.method != "GET"]


def send(platform: Platform, endpoint: Endpoint, revision: str) -> Any:
    client = httpx.AsyncClient(
        transport=httpx.ASGITransport(platform.app), base_url="http://klaviyo.test"
    )
    account = platform.account
    key = account.erasure_key if endpoint.scopes[0].startswith("data-privacy") else account.key
    which = next(iter(account.lists if "/lists/" in endpoint.path else account.profiles)).id
    headers = {
        "authorization": f"Klaviyo-API-Key {key.value}",
        "revision": revision,
        "content-type": "application/vnd.api+json",
    }

    async def sent(body: Any) -> httpx.Response:
        address = endpoint.path.replace("{id}", which)
        return await client.request(endpoint.method, address, headers=headers, json=body)

    return sent


@pytest.mark.parametrize("endpoint", WRITING, ids=lambda endpoint: endpoint.name)
async def test_what_the_specification_refuses_is_refused(endpoint: Endpoint) -> None:
    """Seen to fail when a required member is made optional, a null allowed, a choice added."""
    content = operation(endpoint)["requestBody"]["content"]["application/vnd.api+json"]
    await holds(endpoint, judge(content["schema"]), "2026-07-15")


async def holds(endpoint: Endpoint, validator: Any, revision: str, body: Any = None) -> None:
    """Check that a body the schema refuses is refused, and so that what is taken validates."""
    first = made()
    body = body or bodies(first)[endpoint.name]
    answer = await send(first, endpoint, revision)(body)
    assert answer.is_success, answer.text
    assert validator.is_valid(body)
    platform = made()
    sent = send(platform, endpoint, revision)
    refused = 0
    for what, mutant in mutants(body):
        answer = await sent(mutant)
        assert answer.status_code < 500, what
        if not validator.is_valid(mutant):
            refused += 1
            assert answer.status_code == 400, (what, answer.status_code)
    assert refused > 50


#: What is in there is the client's own.
FREE = {"properties", "append", "unappend"}


@pytest.mark.parametrize("endpoint", WRITING, ids=lambda endpoint: endpoint.name)
async def test_members_nobody_knows_are_named_where_they_are(endpoint: Endpoint) -> None:
    body = bodies(made())[endpoint.name]
    strict = made()
    lenient = Platform(attrs.evolve(strict.options, unknown_members="ignore"), clock=Clock())
    lenient.account.lists.add("News", START)
    known = lenient.account.profiles.create(START)
    lenient.account.profiles.change(known, {"email": "known@hotel.test"}, START)
    for path in places(body):
        value = body
        for step in path:
            value = value[step]
        if not isinstance(value, dict) or FREE & set(path):
            continue
        spoiled = changed(body, (*path, "a/b"), 1)

        answer = await send(strict, endpoint, "2026-07-15")(spoiled)
        assert answer.status_code == 400
        (error,) = answer.json()["errors"]
        assert error["source"]["pointer"] == "/".join(["", *map(str, path), "a~1b"])
        taken = await send(lenient, endpoint, "2026-07-15")(spoiled)
        # Made by the body before, and so no longer to be made.
        assert taken.is_success or (endpoint.name, taken.status_code) == ("create_profile", 409)


@pytest.mark.skipif(not NEXT.exists(), reason="the reference is not beside the checkout")
@pytest.mark.parametrize(
    ("name", "shape"),
    [
        ("create_event", "EventCreateQueryV2"),
        ("bulk_create_events", "EventsBulkCreateJob"),
        ("create_or_update_profile", "ProfileUpsertQuery"),
        ("bulk_import_profiles", "ProfileImportJobCreateQuery"),
        ("bulk_subscribe_profiles", "SubscriptionCreateJobCreateQuery"),
        ("bulk_unsubscribe_profiles", "SubscriptionDeleteJobCreateQuery"),
        ("request_profile_deletion", "DataPrivacyCreateDeletionJobQuery"),
        ("create_profile", "ProfileCreateQuery"),
        ("update_profile", "ProfilePartialUpdateQuery"),
        ("bulk_suppress_profiles", "SuppressionCreateJobCreateQuery"),
        ("bulk_unsuppress_profiles", "SuppressionDeleteJobCreateQuery"),
        ("create_list", "ListCreateQuery"),
        ("add_profiles_to_list", "ListMembersAddQuery"),
        ("remove_profiles_from_list", "ListMembersDeleteQuery"),
    ],
)
async def test_the_next_revision_is_held_to_as_well(name: str, shape: str) -> None:
    shapes = json.loads(NEXT.read_text())["schemas"]
    endpoint = next(one for one in ENDPOINTS if one.name == name)
    body = bodies(made())[name]
    if name == "create_event":
        who = body["data"]["attributes"]["profile"]["data"]
        who["meta"] = who["attributes"].pop("meta")
    if name.endswith("subscribe_profiles"):
        (one,) = body["data"]["attributes"]["profiles"]["data"]
        email = one["attributes"]["subscriptions"]["email"]
        email["click_tracking"] = email["open_tracking"]
    await holds(endpoint, jsonschema.Draft202012Validator(shapes[shape]), "2026-10-15", body)


# --- answers -------------------------------------------------------------------------------


async def test_answers_are_as_published() -> None:
    """Every answer of every endpoint, and an error."""
    platform = made()
    account = platform.account
    found: dict[str, dict[str, Any]] = {}
    for endpoint in WRITING:
        if endpoint.name in {"request_profile_deletion", "create_profile"}:
            continue
        body = bodies(platform)[endpoint.name]
        if endpoint.name == "update_profile":
            body["data"]["attributes"] = {"title": "Dr"}
        answer = await send(platform, endpoint, "2026-07-15")(body)
        assert answer.is_success, answer.text
        check(endpoint, answer)
        found[endpoint.name] = answer.json() if answer.content else {}
    platform.drain()
    jobs = {
        "profile-bulk-import-jobs": found["bulk_import_profiles"]["data"]["id"],
        "profile-suppression-bulk-create-jobs": found["bulk_suppress_profiles"]["data"]["id"],
        "profile-suppression-bulk-delete-jobs": found["bulk_unsuppress_profiles"]["data"]["id"],
        "lists": next(iter(account.lists)).id,
        "profiles": next(iter(account.profiles)).id,
    }
    client = httpx.AsyncClient(
        transport=httpx.ASGITransport(platform.app),
        base_url="http://klaviyo.test",
        headers={"authorization": f"Klaviyo-API-Key {account.key.value}", "revision": "2026-07-15"},
    )
    for endpoint in ENDPOINTS:
        if endpoint.method != "GET":
            continue
        address = endpoint.path
        for name in ("{id}", "{job_id}"):
            address = address.replace(name, jobs.get(address.split("/")[2], ""))
        params = {}
        if "additional-fields[profile]" in endpoint.params:
            params = {"additional-fields[profile]": "subscriptions,predictive_analytics"}
        if endpoint.name == "get_events":
            params = {"include": "metric,profile"}
        answer = await client.get(address, params=params)
        assert answer.status_code == 200, (endpoint.name, answer.text)
        check(endpoint, answer)
    refused = await client.get("/api/lists", params={"sort": "size"})
    errors = spec()["paths"]["/api/lists"]["get"]["responses"]["4XX"]["$ref"].rsplit("/", 1)[1]
    (content,) = spec()["components"]["responses"][errors]["content"].values()
    judge(content["schema"]).validate(refused.json())


def check(endpoint: Endpoint, answer: httpx.Response) -> None:
    published = operation(endpoint)["responses"]
    assert str(answer.status_code) in published
    content = published[str(answer.status_code)].get("content")
    if content is None:
        assert answer.content == b""
        return
    body = answer.json()
    links = body.get("links", {})
    # Pages say that there are no more with null, which the specification does not show.
    body["links"] = {name: link for name, link in links.items() if link is not None}
    if not body["links"]:
        del body["links"]
    (one,) = content.values()
    problems = [f"{list(e.path)}: {e.message}" for e in judge(one["schema"]).iter_errors(body)]
    assert problems == [], endpoint.name
