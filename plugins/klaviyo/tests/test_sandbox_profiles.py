"""The emulated Klaviyo's profiles: who is who, imports, reading, deletions."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import attrs
import httpx
import pytest

from frontdesk_klaviyo.sandbox import Options, Platform, Profile

pytestmark = pytest.mark.anyio

START = datetime(2026, 11, 21, 12, tzinfo=UTC)
ITEMS = "/data/attributes/profiles/data"
#: Valid, and nobody's.
PHONE = "+12015550123"
OTHER = "+420601123456"
Ask = Callable[..., Awaitable[httpx.Response]]


class Clock:
    """Stands still until it is moved."""

    def __init__(self) -> None:
        self.passed = 0.0

    def now(self) -> datetime:
        return START + timedelta(seconds=self.passed)

    def monotonic(self) -> float:
        return self.passed

    async def sleep(self, seconds: float) -> None:
        self.passed += seconds


@pytest.fixture
def anyio_backend() -> str:
    return "asyncio"


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def platform(clock: Clock) -> Platform:
    return made(clock)


@pytest.fixture
def ask(platform: Platform) -> Ask:
    return door(platform)


def made(clock: Clock, **switches: Any) -> Platform:
    return Platform(attrs.evolve(Options(rate_limits=False), **switches), clock=clock)


def door(platform: Platform, key: str | None = None) -> Ask:
    headers = {
        "authorization": f"Klaviyo-API-Key {key or platform.account.key.value}",
        "revision": "2026-07-15",
        "content-type": "application/vnd.api+json",
    }
    transport = httpx.ASGITransport(platform.app)
    client = httpx.AsyncClient(
        transport=transport, base_url="http://klaviyo.test/api/", headers=headers
    )
    return client.request


def profile(*, id: str | None = None, meta: Any = None, **attributes: Any) -> dict[str, Any]:
    named = {} if id is None else {"id": id}
    told = {} if meta is None else {"meta": meta}
    return {"type": "profile", **named, **told, "attributes": attributes}


def job(*profiles: dict[str, Any], lists: list[str] | None = None) -> dict[str, Any]:
    data: dict[str, Any] = {
        "type": "profile-bulk-import-job",
        "attributes": {"profiles": {"data": list(profiles)}},
    }
    if lists:
        data["relationships"] = {"lists": {"data": [{"type": "list", "id": one} for one in lists]}}
    return {"data": data}


async def upsert(ask: Ask, **attributes: Any) -> httpx.Response:
    return await ask("POST", "profile-import", json={"data": profile(**attributes)})


def who(platform: Platform, named: str) -> Profile:
    found = platform.account.profiles.get(named)
    assert found is not None
    return found


def pointers(answer: httpx.Response) -> list[str]:
    assert answer.status_code == 400, answer.text
    return [error["source"]["pointer"] for error in answer.json()["errors"]]


# --- upserts -------------------------------------------------------------------------------


async def test_an_upsert_makes_and_then_changes(platform: Platform, ask: Ask) -> None:
    first = await upsert(ask, email="Ada@Hotel.test", first_name="Ada", properties={"Nights": 0})
    assert first.status_code == 201
    row = first.json()["data"]
    assert row["attributes"]["email"] == "ada@hotel.test"
    assert row["attributes"]["properties"] == {"Nights": 0}

    second = await upsert(ask, email="ada@hotel.test", last_name="Lovelace")
    assert second.status_code == 200
    assert second.json()["data"]["id"] == row["id"]
    assert who(platform, "ada@hotel.test").fields == {"first_name": "Ada", "last_name": "Lovelace"}


async def test_null_clears_and_omission_does_not(platform: Platform, ask: Ask) -> None:
    """Seen to fail when null is passed over."""
    location = {"city": "Brno", "country": "Czechia"}
    properties = {"VIP": True, "Room": "12"}
    await upsert(ask, email="ada@hotel.test", title="Dr", location=location, properties=properties)
    await upsert(
        ask, email="ada@hotel.test", title=None, location={"city": None}, properties={"VIP": None}
    )

    ada = who(platform, "ada@hotel.test")
    assert (ada.fields, ada.location, ada.properties) == (
        {},
        {"country": "Czechia"},
        {"Room": "12"},
    )
    await upsert(ask, email="ada@hotel.test", properties=None)
    assert ada.properties == {}


async def test_nested_properties_are_replaced_or_merged(clock: Clock) -> None:
    for manner, left in (("shallow", {"b": 2}), ("deep", {"a": 1, "b": 2})):
        platform = made(clock, property_merge=manner)
        ask = door(platform)
        await upsert(ask, email="ada@hotel.test", properties={"nested": {"a": 1}})
        await upsert(ask, email="ada@hotel.test", properties={"nested": {"b": 2}})

        assert who(platform, "ada@hotel.test").properties == {"nested": left}


async def test_single_properties_are_patched(platform: Platform, ask: Ask) -> None:
    await upsert(ask, email="ada@hotel.test", properties={"Tags": ["a", "b"], "Old": 1, "Room": 2})
    patch = {"append": {"Tags": "c"}, "unappend": {"Room": 2}, "unset": ["Old"]}
    identifiers = {"append": {"email": "second@hotel.test"}}
    meta = {"patch_properties": patch, "patch_identifiers": identifiers}
    await upsert(ask, email="ada@hotel.test", meta=meta)

    ada = who(platform, "ada@hotel.test")
    assert ada.properties == {"Tags": ["a", "b", "c"], "Room": []}
    assert who(platform, "second@hotel.test") is ada


async def test_a_new_number_is_taken_over(platform: Platform, ask: Ask) -> None:
    await upsert(ask, email="ada@hotel.test", phone_number=PHONE)
    await upsert(ask, email="ada@hotel.test", phone_number=OTHER)

    assert who(platform, OTHER) is who(platform, "ada@hotel.test")
    assert platform.account.profiles.get(PHONE) is None


async def test_an_external_id_tells_nobody_apart(platform: Platform, ask: Ask) -> None:
    await upsert(ask, external_id="7", first_name="Ada")
    assert (await upsert(ask, external_id="7", last_name="Lovelace")).status_code == 200

    assert (await upsert(ask, external_id="7", email="ada@hotel.test")).status_code == 201
    assert len(platform.account.profiles) == 2


async def test_an_id_decides_whom_an_upsert_means(platform: Platform, ask: Ask) -> None:
    await upsert(ask, email="ada@hotel.test")
    await upsert(ask, email="bob@hotel.test")
    ada = who(platform, "ada@hotel.test")

    assert (await upsert(ask, id=ada.id, phone_number=PHONE)).status_code == 200
    assert who(platform, PHONE) is ada
    assert (await upsert(ask, id=ada.id, email="bob@hotel.test")).status_code == 409
    for nobody in ("nobody", ada.id[:-1] + "X", ada.id[:-1] + "7"):
        assert (await upsert(ask, id=nobody, email="ada@hotel.test")).status_code == 404


async def test_identifiers_of_two_people(clock: Clock) -> None:
    strict, lenient = made(clock), made(clock, identifier_conflict="email_wins")
    for platform in (strict, lenient):
        await upsert(door(platform), email="ada@hotel.test")
        await upsert(door(platform), email="bob@hotel.test", phone_number=PHONE)
    asked: list[dict[str, Any]] = [
        {"email": "ada@hotel.test", "phone_number": PHONE},
        {"email": "new@hotel.test", "phone_number": PHONE},
    ]

    for attributes in asked:
        refused = await upsert(door(strict), **attributes)
        assert refused.status_code == 409
        (error,) = refused.json()["errors"]
        assert error["code"] == "duplicate_profile"
        assert error["meta"]["duplicate_profile_id"] == who(strict, "bob@hotel.test").id
        assert (await upsert(door(lenient), **attributes)).is_success
    assert who(lenient, PHONE).email == "bob@hotel.test"
    assert len(lenient.account.profiles) == 3


@pytest.mark.parametrize(
    ("attributes", "where"),
    [
        ({"first_name": "Ada"}, "/data/attributes"),
        ({"email": "ada"}, "/data/attributes/email"),
        ({"phone_number": PHONE}, "/data/attributes"),
        ({"phone_number": "+420 601 123 456"}, "/data/attributes/phone_number"),
        ({"email": "a@b.test", "location": {"planet": "x"}}, "/data/attributes/location/planet"),
        (
            {"email": "a@b.test", "location": {"timezone": "X"}},
            "/data/attributes/location/timezone",
        ),
        ({"email": "a@b.test", "location": {"latitude": 91}}, "/data/attributes/location/latitude"),
        ({"email": "a@b.test", "image": "no address"}, "/data/attributes/image"),
        ({"email": "a@b.test", "properties": []}, "/data/attributes/properties"),
        ({"email": "a@b.test", "anonymous_id": "x"}, "/data/attributes/anonymous_id"),
    ],
)
async def test_bad_profiles_are_refused(ask: Ask, attributes: dict[str, Any], where: str) -> None:
    assert pointers(await upsert(ask, **attributes)) == [where]


async def test_a_number_alone_is_enough_where_sms_is_set_up(clock: Clock) -> None:
    platform = made(clock, sms_regions="US")

    assert (await upsert(door(platform), phone_number=PHONE)).status_code == 201
    assert who(platform, PHONE).email is None


async def test_a_bad_number_beside_an_address_is_left_out(platform: Platform, ask: Ask) -> None:
    answer = await upsert(ask, email="ada@hotel.test", phone_number="+1201555012")

    assert answer.status_code == 201
    assert answer.headers["x-klaviyo-partial-failure"] == "phone_number"
    assert who(platform, "ada@hotel.test").phone_number is None


async def test_a_large_profile_is_too_large(ask: Ask) -> None:
    answer = await upsert(ask, email="ada@hotel.test", properties={"text": "x" * 100_000})

    assert answer.status_code == 413


# --- created and updated -------------------------------------------------------------------


async def test_creating_somebody_twice_is_a_conflict(platform: Platform, ask: Ask) -> None:
    body = {"data": profile(email="ada@hotel.test", external_id="7")}
    first = await ask("POST", "profiles", json=body)
    again = await ask("POST", "profiles", json={"data": profile(external_id="7")})

    assert (first.status_code, again.status_code) == (201, 409)
    (error,) = again.json()["errors"]
    assert error["title"] == "Conflict."
    assert error["source"] == {"pointer": "/data/attributes"}
    assert error["meta"] == {"duplicate_profile_id": first.json()["data"]["id"]}


async def test_somebody_is_updated_by_id(platform: Platform, ask: Ask) -> None:
    await upsert(ask, email="ada@hotel.test")
    await upsert(ask, email="bob@hotel.test")
    ada = who(platform, "ada@hotel.test")
    path = f"profiles/{ada.id}"

    def patch(**attributes: Any) -> Awaitable[httpx.Response]:
        return ask("PATCH", path, json={"data": profile(id=ada.id, **attributes)})

    moved = await patch(email="ada@lovelace.test")
    assert moved.status_code == 200
    assert who(platform, "ada@lovelace.test") is ada
    assert platform.account.profiles.get("ada@hotel.test") is None
    assert (await patch(email="bob@hotel.test")).status_code == 409
    other = await ask("PATCH", path, json={"data": profile(id="other", title="Dr")})
    assert pointers(other) == ["/data/id"]
    assert (
        await ask("PATCH", "profiles/nobody", json={"data": profile(id="x")})
    ).status_code == 404


# --- imports -------------------------------------------------------------------------------


async def test_an_import_takes_its_time(platform: Platform, clock: Clock, ask: Ask) -> None:
    news = platform.account.lists.add("News", clock.now())
    body = job(profile(email="ada@hotel.test"), profile(email="bob@hotel.test"), lists=[news.id])
    answer = await ask("POST", "profile-bulk-import-jobs", json=body)
    assert answer.status_code == 202
    address = f"profile-bulk-import-jobs/{answer.json()['data']['id']}"

    seen = []
    for seconds in (0, 2, 4):
        clock.passed = seconds
        shown = (await ask("GET", address)).json()["data"]["attributes"]
        seen.append((shown["status"], shown["completed_count"], len(platform.account.profiles)))
    assert seen == [("queued", 0, 0), ("processing", 0, 0), ("complete", 2, 2)]
    assert len(news.members) == 2
    assert who(platform, "ada@hotel.test").consents is None

    listed = await ask(
        "GET", "profile-bulk-import-jobs", params={"filter": 'equals(status,"complete")'}
    )
    assert len(listed.json()["data"]) == 1
    assert (await ask("GET", address + "x")).status_code == 404


async def test_a_cancelled_import_does_nothing(platform: Platform, ask: Ask) -> None:
    body = job(profile(email="ada@hotel.test"))
    started = (await ask("POST", "profile-bulk-import-jobs", json=body)).json()["data"]
    platform.account.jobs.cancel(started["id"])
    platform.drain()

    shown = (await ask("GET", f"profile-bulk-import-jobs/{started['id']}")).json()["data"]
    assert shown["attributes"]["status"] == "cancelled"
    assert len(platform.account.profiles) == 0


async def test_an_import_is_refused_as_a_whole(platform: Platform, ask: Ask) -> None:
    body = job(
        profile(email="ada@hotel.test"),
        profile(email="nobody"),
        profile(email=7),
        profile(first_name="Eve"),
        profile(email="bob@hotel.test", phone_number="12"),
        profile(email="large@hotel.test", properties={"text": "x" * 100_000}),
    )

    answer = await ask("POST", "profile-bulk-import-jobs", json=body)

    assert sorted(pointers(answer)) == [
        f"{ITEMS}/1/attributes/email",
        f"{ITEMS}/2/attributes/email",
        f"{ITEMS}/3/attributes",
        f"{ITEMS}/4/attributes/phone_number",
        f"{ITEMS}/5",
    ]
    platform.drain()
    assert len(platform.account.profiles) == 0


async def test_an_import_has_1_to_10000_profiles(ask: Ask) -> None:
    people = [profile(email=f"guest{number}@hotel.test") for number in range(10_001)]

    assert pointers(await ask("POST", "profile-bulk-import-jobs", json=job(*people))) == [ITEMS]
    assert pointers(await ask("POST", "profile-bulk-import-jobs", json=job())) == [ITEMS]
    answer = await ask("POST", "profile-bulk-import-jobs", json=job(*people[1:]))
    assert answer.status_code == 202


async def test_rows_an_import_cannot_use_are_told_page_by_page(
    platform: Platform, ask: Ask
) -> None:
    """Seen to fail when a conflict cancels the whole job."""
    for number in range(30):
        await upsert(ask, email=f"guest{number}@hotel.test")
    await upsert(ask, email="taken@hotel.test", phone_number=PHONE)
    people = [profile(email=f"guest{n}@hotel.test", phone_number=PHONE) for n in range(30)]
    body = job(profile(email="new@hotel.test"), *people)
    started = (await ask("POST", "profile-bulk-import-jobs", json=body)).json()["data"]
    platform.drain()

    address = f"profile-bulk-import-jobs/{started['id']}"
    shown = (await ask("GET", address)).json()["data"]["attributes"]
    assert (shown["status"], shown["completed_count"], shown["failed_count"]) == ("complete", 1, 30)
    rows: list[Any] = []
    following = f"{address}/import-errors"
    while following:
        page = (await ask("GET", following)).json()
        rows += page["data"]
        following = page["links"]["next"]
    assert len(rows) == 30
    assert rows[0]["attributes"]["source"] == {"pointer": f"{ITEMS}/1/attributes"}
    payload = rows[0]["attributes"]["original_payload"]
    assert payload["attributes"]["email"] == "guest0@hotel.test"


async def test_an_import_onto_a_list_that_is_not_there(ask: Ask) -> None:
    body = job(profile(email="ada@hotel.test"), lists=["nosuch"])

    assert (await ask("POST", "profile-bulk-import-jobs", json=body)).status_code == 404


# --- reading -------------------------------------------------------------------------------


async def test_profiles_are_found(platform: Platform, ask: Ask) -> None:
    await upsert(ask, email="ada+test@hotel.test", phone_number=PHONE, external_id="7")
    await upsert(ask, email="bob@hotel.test")
    ada = who(platform, PHONE)

    async def found(text: str) -> list[str]:
        rows = (await ask("GET", "profiles", params={"filter": text})).json()["data"]
        return [row["attributes"]["email"] for row in rows]

    for text in (
        'equals(email,"ada+test@hotel.test")',
        f'equals(phone_number,"{PHONE}")',
        'any(external_id,["7","8"])',
        f'equals(id,"{ada.id}")',
    ):
        assert await found(text) == ["ada+test@hotel.test"]
    assert await found('any(email,["bob@hotel.test","ada+test@hotel.test","x@y.test"])') == [
        "ada+test@hotel.test",
        "bob@hotel.test",
    ]
    assert await found('equals(email,"x@y.test")') == []


async def test_all_profiles_are_read_page_by_page(ask: Ask) -> None:
    for number in range(45):
        await upsert(ask, email=f"guest{number:02}@hotel.test")

    for sort in ("created", "-email", "updated", "-id"):
        rows: list[str] = []
        following = f"profiles?sort={sort}&fields[profile]=email"
        while following:
            page = (await ask("GET", following)).json()
            assert len(page["data"]) <= 20
            rows += [row["attributes"]["email"] for row in page["data"]]
            following = page["links"]["next"]
        assert len(set(rows)) == len(rows) == 45
    assert (await ask("GET", "profiles", params={"page[size]": 101})).status_code == 400
    assert (await ask("GET", "profiles", params={"page[cursor]": "nonsense"})).status_code == 400


async def test_only_what_is_asked_for_is_shown(platform: Platform, ask: Ask) -> None:
    await upsert(ask, email="ada@hotel.test", location={"city": "Brno"})
    address = f"profiles/{who(platform, 'ada@hotel.test').id}"

    plain = (await ask("GET", address)).json()["data"]["attributes"]
    assert "subscriptions" not in plain
    fields = {"fields[profile]": "email,location.city"}
    few = (await ask("GET", address, params=fields)).json()["data"]["attributes"]
    assert few == {"email": "ada@hotel.test", "location": {"city": "Brno"}}
    extra = {"additional-fields[profile]": "subscriptions"}
    more = (await ask("GET", address, params=extra)).json()["data"]["attributes"]
    assert more["subscriptions"]["email"]["marketing"]["consent"] == "NEVER_SUBSCRIBED"
    assert (await ask("GET", address, params={"fields[profile]": "shoe"})).status_code == 400


# --- deletions -----------------------------------------------------------------------------


def deletion(*, id: str | None = None, **attributes: Any) -> dict[str, Any]:
    data = {
        "type": "data-privacy-deletion-job",
        "attributes": {"profile": {"data": profile(id=id, **attributes)}},
    }
    return {"data": data}


async def test_a_deletion_names_one_person_in_one_way(platform: Platform, ask: Ask) -> None:
    address = "data-privacy-deletion-jobs"
    erase = door(platform, platform.account.erasure_key.value)
    await upsert(ask, email="ada@hotel.test", phone_number=PHONE)
    platform.account.lists.add("News", START).members[0] = START
    await ask("POST", "events", json=event("ada@hotel.test"))
    platform.drain()

    assert (await ask("POST", address, json=deletion(email="ada@hotel.test"))).status_code == 403
    both = deletion(email="ada@hotel.test", phone_number=PHONE)
    assert (await erase("POST", address, json=both)).status_code == 400
    assert (await erase("POST", address, json=deletion())).status_code == 400
    assert (await erase("POST", address, json=deletion(email="ada"))).status_code == 400
    answer = await erase("POST", address, json=deletion(email="Ada@hotel.test"))
    assert (answer.status_code, answer.content) == (202, b"")
    assert len(platform.account.profiles) == 1

    platform.drain()
    assert platform.state() == made(Clock()).state() | {"lists": {"News": []}}
    again = await upsert(ask, email="ada@hotel.test")
    assert again.status_code == 201


async def test_what_is_said_later_makes_a_new_person(platform: Platform, ask: Ask) -> None:
    await upsert(ask, email="ada@hotel.test", properties={"VIP": True})
    first = who(platform, "ada@hotel.test")
    erase = door(platform, platform.account.erasure_key.value)
    await erase("POST", "data-privacy-deletion-jobs", json=deletion(id=first.id))
    platform.drain()
    await ask("POST", "events", json=event("ada@hotel.test"))
    platform.drain()

    second = who(platform, "ada@hotel.test")
    assert second.id != first.id
    assert second.properties == {}
    assert len(platform.account.events.of("ada@hotel.test")) == 1


def event(email: str) -> dict[str, Any]:
    attributes = {
        "properties": {},
        "metric": {"data": {"type": "metric", "attributes": {"name": "Confirmed"}}},
        "profile": {"data": profile(email=email)},
        "unique_id": "1",
    }
    return {"data": {"type": "event", "attributes": attributes}}
