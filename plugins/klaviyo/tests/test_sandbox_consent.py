"""The emulated Klaviyo's consents: who subscribes how, what takes it back, what suppresses."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import attrs
import httpx
import pytest

from frontdesk_klaviyo.sandbox import Options, Platform, State
from frontdesk_klaviyo.sandbox.consents import Consents
from frontdesk_klaviyo.sandbox.lists import List

pytestmark = pytest.mark.anyio

START = datetime(2026, 11, 21, 12, tzinfo=UTC)
ITEMS = "/data/attributes/profiles/data"
ADA = "ada@hotel.test"
PHONE = "+12015550123"
EMAIL = "email.marketing"
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


class Desk:
    """A platform and a client that works with it."""

    def __init__(self, **switches: Any) -> None:
        self.clock = Clock()
        options = attrs.evolve(Options(rate_limits=False), **switches)
        self.platform = Platform(options, clock=self.clock)
        self.account = self.platform.account
        self.news = self.account.lists.add("News", START, "single_opt_in")
        self.double = self.account.lists.add("Double", START, "double_opt_in")

    async def ask(
        self, method: str, path: str, *, revision: str = "2026-07-15", **more: Any
    ) -> httpx.Response:
        headers = {
            "authorization": f"Klaviyo-API-Key {self.account.key.value}",
            "revision": revision,
            "content-type": "application/vnd.api+json",
        }
        transport = httpx.ASGITransport(self.platform.app)
        async with httpx.AsyncClient(transport=transport) as client:
            address = f"http://klaviyo.test/api/{path}"
            return await client.request(method, address, headers=headers, **more)

    async def subscribe(
        self, *people: dict[str, Any], to: List | None = None, **attributes: Any
    ) -> httpx.Response:
        return await self._job("create", people, to, attributes)

    async def unsubscribe(self, *people: dict[str, Any], to: List | None = None) -> httpx.Response:
        return await self._job("delete", people, to, {})

    async def _job(
        self, what: str, people: tuple[Any, ...], to: List | None, attributes: dict[str, Any]
    ) -> httpx.Response:
        data: dict[str, Any] = {
            "type": f"profile-subscription-bulk-{what}-job",
            "attributes": {"profiles": {"data": list(people)}, **attributes},
        }
        if to is not None:
            data["relationships"] = {"list": {"data": {"type": "list", "id": to.id}}}
        address = f"profile-subscription-bulk-{what}-jobs"
        answer = await self.ask("POST", address, json={"data": data})
        self.clock.passed += 10
        self.platform.settle()
        return answer

    def of(self, who: str = ADA) -> Consents:
        found = self.account.profiles.get(who)
        assert found is not None
        return found.consents or Consents()

    def on(self, chosen: List, who: str = ADA) -> bool:
        found = self.account.profiles.get(who)
        return found is not None and found.number in chosen.members


@pytest.fixture
def anyio_backend() -> str:
    return "asyncio"


def person(
    *channels: str, at: str | None = None, said: str = "SUBSCRIBED", **attributes: Any
) -> dict[str, Any]:
    attributes = attributes or {"email": ADA}
    told = {"consent": said} if at is None else {"consent": said, "consented_at": at}
    subscriptions = {channel: {"marketing": told} for channel in channels or ("email",)}
    return {"type": "profile", "attributes": {**attributes, "subscriptions": subscriptions}}


def leaving(*channels: str, **attributes: Any) -> dict[str, Any]:
    return person(*channels, said="UNSUBSCRIBED", **attributes)


def pointers(answer: httpx.Response) -> list[str]:
    assert answer.status_code == 400, answer.text
    return [error["source"]["pointer"] for error in answer.json()["errors"]]


# --- subscribing ---------------------------------------------------------------------------


async def test_a_list_decides_how_one_subscribes() -> None:
    """Seen to fail when the account's default decides for lists as well."""
    desk = Desk()
    assert (await desk.subscribe(person(), to=desk.news, custom_source="Mews")).status_code == 202
    consent = desk.of().of(EMAIL)
    assert (consent.state, consent.source, consent.stated) == (State.SUBSCRIBED, "Mews", False)
    assert desk.on(desk.news)

    bob = {"email": "bob@hotel.test"}
    await desk.subscribe(person(**bob), to=desk.double)
    assert desk.of("bob@hotel.test").of(EMAIL).state is State.NEVER
    assert not desk.on(desk.double, "bob@hotel.test")
    assert desk.platform.confirm("bob@hotel.test") == 1
    assert desk.of("bob@hotel.test").of(EMAIL).state is State.SUBSCRIBED
    assert desk.on(desk.double, "bob@hotel.test")
    kinds = [change.kind for change in desk.of("bob@hotel.test").history]
    assert kinds == ["pending", "confirmed"]


async def test_without_a_list_the_account_decides() -> None:
    for process, state in (
        ("double_opt_in", State.NEVER),
        ("single_opt_in", State.SUBSCRIBED),
    ):
        desk = Desk(default_opt_in=process)
        await desk.subscribe(person())

        assert desk.of().of(EMAIL).state is state


async def test_history_needs_no_confirmation_but_a_time() -> None:
    desk = Desk()
    past = "2025-11-02T10:00:00+01:00"
    answer = await desk.subscribe(person(at=past), to=desk.double, historical_import=True)

    assert answer.status_code == 202
    consent = desk.of().of(EMAIL)
    assert consent.state is State.SUBSCRIBED
    assert consent.at == datetime(2025, 11, 2, 9, tzinfo=UTC)
    assert desk.on(desk.double)


@pytest.mark.parametrize(
    ("at", "historical"),
    [
        (None, True),
        ("2026-11-21T12:00:00Z", True),
        ("2026-11-21T12:30:00", True),
        ("last summer", True),
        ("2025-11-02T10:00:00Z", False),
    ],
)
async def test_a_time_is_for_history_and_in_the_past(at: str | None, historical: bool) -> None:
    desk = Desk()
    answer = await desk.subscribe(
        person(at=at), person("email", at=at, email="bob@hotel.test"), historical_import=historical
    )

    tail = "attributes/subscriptions/email/marketing/consented_at"
    assert pointers(answer) == [f"{ITEMS}/{index}/{tail}" for index in (0, 1)]
    assert len(desk.account.profiles) == 0


async def test_subscribing_takes_what_a_channel_needs() -> None:
    desk = Desk(sms_regions="US")
    czech = "+420601123456"

    for one, where in (
        (person("email", phone_number=PHONE), "attributes/email"),
        (person("sms", email=ADA), "attributes/phone_number"),
        (person("sms", email=ADA, phone_number=czech), "attributes/phone_number"),
        (person("sms", phone_number="123"), "attributes/phone_number"),
        (person("email", email="nobody"), "attributes/email"),
        (person("fax", email=ADA), "attributes/subscriptions/fax"),
        (
            person("email", said="YES", email=ADA),
            "attributes/subscriptions/email/marketing/consent",
        ),
        (person("email", email=ADA, first_name="Ada"), "attributes/first_name"),
    ):
        assert pointers(await desk.subscribe(one, to=desk.news)) == [f"{ITEMS}/0/{where}"]
    answer = await desk.subscribe(
        person("email", "sms", email=ADA, phone_number=PHONE), to=desk.news
    )
    assert answer.status_code == 202
    assert desk.of().of("sms.marketing").state is State.SUBSCRIBED


async def test_sms_takes_a_set_up_account() -> None:
    desk = Desk()
    alone = await desk.subscribe(person("sms", phone_number=PHONE), to=desk.news)
    both = await desk.subscribe(person("sms", email=ADA, phone_number=PHONE), to=desk.news)

    assert pointers(alone) == pointers(both) == [f"{ITEMS}/0/attributes/phone_number"]
    assert "SMS configuration is required" in alone.text


async def test_sms_may_take_a_date_of_birth() -> None:
    desk = Desk(sms_regions="US", age_gated_sms=True)
    where = [f"{ITEMS}/0/attributes/age_gated_date_of_birth"]
    asked = {"email": ADA, "phone_number": PHONE}

    assert pointers(await desk.subscribe(person("sms", **asked), to=desk.news)) == where
    old = {**asked, "age_gated_date_of_birth": "1990-01-01"}
    assert (await desk.subscribe(person("sms", **old), to=desk.news)).status_code == 202


async def test_requests_are_limited() -> None:
    desk = Desk()
    people = [person(email=f"guest{number}@hotel.test") for number in range(1_001)]
    gone = [leaving(email=f"guest{number}@hotel.test") for number in range(101)]

    assert pointers(await desk.subscribe(*people)) == [ITEMS]
    assert pointers(await desk.unsubscribe(*gone)) == [ITEMS]
    assert (await desk.subscribe(*people[1:])).status_code == 202
    assert (await desk.unsubscribe(*gone[1:])).status_code == 202
    assert (
        await desk.subscribe(person(), to=List("nosuch", "", "single_opt_in", START, START))
    ).status_code == 404


async def test_clicks_are_tracked_in_the_newest_revision_only() -> None:
    desk = Desk()
    one = person()
    one["attributes"]["subscriptions"]["email"]["click_tracking"] = {"consent": "SUBSCRIBED"}
    data = {
        "type": "profile-subscription-bulk-create-job",
        "attributes": {"profiles": {"data": [one]}},
    }
    address = "profile-subscription-bulk-create-jobs"

    old = await desk.ask("POST", address, json={"data": data})
    new = await desk.ask("POST", address, json={"data": data}, revision="2026-10-15")

    assert (old.status_code, new.status_code) == (400, 202)


# --- unsubscribing -------------------------------------------------------------------------


async def test_leaving_a_list_one_is_not_on_unsubscribes_from_everything() -> None:
    """Seen to fail when the list is looked at for nobody."""
    desk = Desk()
    await desk.subscribe(person(), to=desk.news)
    await desk.unsubscribe(leaving(), to=desk.news)
    consents = desk.of()
    assert consents.of(EMAIL).state is State.SUBSCRIBED
    assert list(consents.list_suppressions) == [desk.news.id]
    assert consents.suppressions == {}
    assert not desk.on(desk.news)

    await desk.unsubscribe(leaving(), to=desk.double)
    assert desk.of().of(EMAIL).state is State.UNSUBSCRIBED
    assert list(desk.of().suppressions) == ["UNSUBSCRIBE"]


async def test_strangers_are_made_and_unsubscribed() -> None:
    desk = Desk()
    assert (await desk.unsubscribe(leaving("email"))).status_code == 202

    assert desk.of().of(EMAIL).state is State.UNSUBSCRIBED
    assert not desk.of().can_receive_email


async def test_leaving_a_channel_takes_its_identifier() -> None:
    desk = Desk()

    for one, where in (
        (leaving("email", phone_number=PHONE), "attributes/email"),
        (leaving("sms", email=ADA), "attributes/phone_number"),
        (leaving("email", email=ADA, phone_number="12"), "attributes/phone_number"),
        (leaving("email", email="nobody"), "attributes/email"),
        (person("email", email=ADA), "attributes/subscriptions/email/marketing/consent"),
    ):
        assert pointers(await desk.unsubscribe(one)) == [f"{ITEMS}/0/{where}"]
    lenient = Desk(bulk_invalid_phone="partial")
    one = leaving("email", email=ADA, phone_number="12")
    assert (await lenient.unsubscribe(one)).status_code == 202


async def test_channels_are_left_one_by_one() -> None:
    desk = Desk(sms_regions="US")
    both = {"email": ADA, "phone_number": PHONE}
    await desk.subscribe(person("email", "sms", **both), to=desk.news)
    await desk.unsubscribe(leaving("sms", phone_number=PHONE))

    consents = desk.of()
    assert consents.of(EMAIL).state is State.SUBSCRIBED
    assert consents.of("sms.marketing").state is State.UNSUBSCRIBED


async def test_a_subscription_lifts_what_an_opt_out_did() -> None:
    """As published, and why nobody may be subscribed again lightly."""
    desk = Desk()
    await desk.unsubscribe(leaving())
    at = "2020-01-01T00:00:00Z"
    await desk.subscribe(person(at=at), to=desk.news, historical_import=True)

    assert desk.of().of(EMAIL).state is State.SUBSCRIBED
    assert desk.of().suppressions == {}
    kinds = [change.kind for change in desk.of().history]
    assert kinds == ["unsubscribed", "subscribed"]


async def test_an_older_consent_can_lose_against_an_opt_out() -> None:
    desk = Desk(consent_older_than_optout="ignore")
    await desk.unsubscribe(leaving())
    at = "2020-01-01T00:00:00Z"
    await desk.subscribe(person(at=at), to=desk.news, historical_import=True)

    assert desk.of().of(EMAIL).state is State.UNSUBSCRIBED
    assert not desk.on(desk.news)
    assert [change.kind for change in desk.of().history] == ["unsubscribed", "ignored"]


async def test_an_opt_out_ends_what_waits_for_a_confirmation() -> None:
    desk = Desk()
    await desk.subscribe(person(), to=desk.double)
    await desk.unsubscribe(leaving())

    assert desk.platform.confirm(ADA) == 0
    assert desk.of().of(EMAIL).state is State.UNSUBSCRIBED


# --- what people do themselves -------------------------------------------------------------


async def test_people_act_without_the_api() -> None:
    desk = Desk()
    platform = desk.platform
    platform.opt_in(ADA, desk.news.id)
    assert desk.on(desk.news)
    platform.opt_in("bob@hotel.test")
    platform.opt_out("bob@hotel.test")
    platform.opt_out(PHONE, "sms.marketing")
    platform.suppress(ADA, "HARD_BOUNCE")

    assert desk.account.standing() == {
        ADA: State.SUBSCRIBED,
        "bob@hotel.test": State.UNSUBSCRIBED,
        PHONE: State.NEVER,
    }
    assert desk.account.standing("sms.marketing")[PHONE] is State.UNSUBSCRIBED
    assert not desk.of().can_receive_email
    await desk.subscribe(person(), to=desk.news)
    assert list(desk.of().suppressions) == ["HARD_BOUNCE"]


# --- suppressing ---------------------------------------------------------------------------


def suppression(what: str, *emails: str, to: str | None = None) -> dict[str, Any]:
    people = [{"type": "profile", "attributes": {"email": email}} for email in emails]
    data: dict[str, Any] = {
        "type": f"profile-suppression-bulk-{what}-job",
        "attributes": {"profiles": {"data": people}} if people else {},
    }
    if to is not None:
        data["relationships"] = {"list": {"data": {"type": "list", "id": to}}}
    return {"data": data}


CREATE, DELETE = (f"profile-suppression-bulk-{what}-jobs" for what in ("create", "delete"))


async def test_addresses_are_suppressed_and_released() -> None:
    desk = Desk()
    await desk.subscribe(person(), to=desk.news)
    await desk.unsubscribe(leaving(email="bob@hotel.test"))
    body = suppression("create", ADA, "bob@hotel.test")
    started = await desk.ask("POST", CREATE, json=body)
    assert started.status_code == 202
    desk.platform.drain()
    assert desk.of().of(EMAIL).state is State.SUBSCRIBED
    assert not desk.of().can_receive_email

    shown = (await desk.ask("GET", f"{CREATE}/{started.json()['data']['id']}")).json()["data"]
    assert shown["attributes"]["status"] == "complete"
    assert shown["attributes"]["completed_count"] == 2

    ended = await desk.ask(
        "POST", DELETE, json=suppression("delete", ADA, "bob@hotel.test", "x@y.test")
    )
    desk.platform.drain()
    assert desk.of().can_receive_email
    assert list(desk.of("bob@hotel.test").suppressions) == ["UNSUBSCRIBE"]
    shown = (await desk.ask("GET", f"{DELETE}/{ended.json()['data']['id']}")).json()["data"]
    assert shown["attributes"]["skipped_count"] == 1


async def test_a_whole_list_is_suppressed() -> None:
    desk = Desk()
    await desk.subscribe(person(), person(email="bob@hotel.test"), to=desk.news)
    answer = await desk.ask("POST", CREATE, json=suppression("create", to=desk.news.id))
    desk.platform.drain()

    assert answer.status_code == 202
    assert not desk.of("bob@hotel.test").can_receive_email


async def test_bad_suppressions_are_refused() -> None:
    desk = Desk()
    many = [f"guest{number}@hotel.test" for number in range(101)]

    assert pointers(await desk.ask("POST", CREATE, json=suppression("create", *many))) == [ITEMS]
    bad = await desk.ask("POST", CREATE, json=suppression("create", ADA, "nobody"))
    assert pointers(bad) == [f"{ITEMS}/1/attributes/email"]
    both = await desk.ask("POST", CREATE, json=suppression("create", ADA, to=desk.news.id))
    assert pointers(both) == ["/data"]
    assert pointers(await desk.ask("POST", CREATE, json=suppression("create"))) == ["/data"]


# --- reading back --------------------------------------------------------------------------


async def test_opt_outs_are_read_by_their_time() -> None:
    desk = Desk()
    for number in range(5):
        desk.clock.passed = 3_600.0 * number
        await desk.unsubscribe(leaving(email=f"guest{number}@hotel.test"))
    await desk.subscribe(person(email="happy@hotel.test"), to=desk.news)
    since = (START + timedelta(hours=2)).isoformat()
    field = "subscriptions.email.marketing.suppression.timestamp"
    params = {
        "filter": f"greater-or-equal({field},{since})",
        "sort": f"-{field}",
        "additional-fields[profile]": "subscriptions",
        "page[size]": "2",
    }

    page = (await desk.ask("GET", "profiles", params=params)).json()
    rest = (await desk.ask("GET", page["links"]["next"].partition("/api/")[2])).json()

    emails = [row["attributes"]["email"] for row in (*page["data"], *rest["data"])]
    assert emails == [f"guest{number}@hotel.test" for number in (4, 3, 2)]
    marketing = page["data"][0]["attributes"]["subscriptions"]["email"]["marketing"]
    assert marketing["consent"] == "UNSUBSCRIBED"
    assert marketing["can_receive_email_marketing"] is False
    assert marketing["suppression"] == [
        {"reason": "UNSUBSCRIBE", "timestamp": "2026-11-21T16:00:02+00:00"}
    ]


async def test_leaving_a_list_is_read_by_the_list() -> None:
    desk = Desk()
    await desk.subscribe(person(), to=desk.news)
    await desk.unsubscribe(leaving(), to=desk.news)
    field = "subscriptions.email.marketing.list_suppressions"

    async def found(which: str) -> int:
        text = f'and(equals({field}.list_id,"{which}"),greater-than({field}.timestamp,2026-01-01))'
        answer = await desk.ask("GET", "profiles", params={"filter": text})
        return len(answer.json()["data"])

    assert (await found(desk.news.id), await found(desk.double.id)) == (1, 0)


# --- members -------------------------------------------------------------------------------


async def test_being_on_a_list_is_no_consent() -> None:
    desk = Desk()
    await desk.unsubscribe(leaving())
    ada = desk.account.profiles.get(ADA)
    assert ada is not None
    body = {"data": [{"type": "profile", "id": ada.id}]}
    address = f"lists/{desk.news.id}/relationships/profiles"

    assert (await desk.ask("POST", address, json=body)).status_code == 204
    assert desk.on(desk.news)
    assert desk.of().of(EMAIL).state is State.UNSUBSCRIBED
    assert (await desk.ask("DELETE", address, json=body)).status_code == 204
    assert not desk.on(desk.news)
    strangers = {"data": [{"type": "profile", "id": ada.id}, {"type": "profile", "id": "nobody"}]}
    assert pointers(await desk.ask("POST", address, json=strangers)) == ["/data/1/id"]
    assert (
        await desk.ask("POST", address.replace(desk.news.id, "nosuch"), json=body)
    ).status_code == 404
