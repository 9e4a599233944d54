"""The push API and the sandbox's webhooks, over real HTTP: who is told, when, and signed by what."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import threading
from collections import Counter
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import anyio
import attrs
import httpx
import pytest

from frontdesk.serving import served
from frontdesk_mindbody.sandbox import FOREIGN_SITE, PUSH_PREFIX, Options, Platform, create, faults
from frontdesk_mindbody.sandbox.events import EVENTS
from frontdesk_mindbody.sandbox.sender import PATIENCE

pytestmark = pytest.mark.anyio

NOW = datetime(2026, 6, 1, 12, tzinfo=UTC)
HOME = -99
WARSAW = 5721
QUARTER = timedelta(minutes=15)


@pytest.fixture(scope="module", name="anyio_backend")
def _anyio_backend() -> str:
    return "asyncio"


@attrs.define
class Hook:
    """A receiver of webhooks that remembers what came, and answers as it is told."""

    came: list[bytes] = attrs.field(factory=list)
    headers: list[dict[str, str]] = attrs.field(factory=list)
    probes: int = 0
    status: int = 204
    silent: bool = False
    arrived: threading.Event = attrs.field(factory=threading.Event)
    url: str = ""

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        body = b""
        while (message := await receive())["type"] == "http.request":
            body += message.get("body", b"")
            if not message.get("more_body"):
                break
        if self.silent:
            assert (await receive())["type"] == "http.disconnect"
            return
        if scope["method"] == "HEAD":
            self.probes += 1
        else:
            self.came.append(body)
            self.headers.append({k.decode(): v.decode() for k, v in scope["headers"]})
            self.arrived.set()
        await send({"type": "http.response.start", "status": self.status, "headers": []})
        await send({"type": "http.response.body", "body": b""})

    @property
    def bodies(self) -> list[dict[str, Any]]:
        return [json.loads(body) for body in self.came]

    @property
    def events(self) -> list[str]:
        return [body["eventId"] for body in self.bodies]


@pytest.fixture(name="hook")
def _hook() -> Iterator[Hook]:
    hook = Hook()
    with served(hook) as address:
        hook.url = address + "hooks/mindbody"
        yield hook


def studio(hook: Hook | None = None, **options: Any) -> Platform:
    """Make a world; with a hook, one whose own subscription sends every event there."""
    platform = Platform(Options(now=NOW, clients=90, **options))
    if hook is not None:
        platform.webhooks.to = hook.url
    return platform


def somebody(platform: Platform, site: int = HOME) -> Any:
    return next(row for row in platform.world.studio(site).clients if row.active and row.email)


@attrs.define
class Push:
    """Calls the push API."""

    platform: Platform
    key: str | None = ""

    async def __call__(self, method: str, path: str, body: Any = None) -> httpx.Response:
        key = self.platform.tokens.keys.webhooks if self.key == "" else self.key
        transport = httpx.ASGITransport(self.platform.app)
        async with httpx.AsyncClient(
            transport=transport, base_url="http://mindbody.test"
        ) as client:
            headers = {} if key is None else {"API-Key": key}
            content = None if body is None else json.dumps(body)
            return await client.request(
                method, PUSH_PREFIX + path, headers=headers, content=content
            )

    async def made(self, hook: Hook, *events: str, **more: Any) -> dict[str, Any]:
        """Make a subscription and activate it."""
        answer = await self("POST", "subscriptions", wanted(hook, *events, **more))
        assert answer.status_code == 200, answer.text
        found: dict[str, Any] = answer.json()
        on = await self("PATCH", f"subscriptions/{found['subscriptionId']}", {"status": "Active"})
        assert on.json()["status"] == "Active", on.text
        return found

    async def metric(self) -> dict[str, int]:
        (found,) = (await self("GET", "metrics")).json()["items"]
        return {k.removeprefix("messages"): v for k, v in found.items() if k[:8] == "messages"}


def wanted(hook: Hook, *events: str, **more: Any) -> dict[str, Any]:
    return {
        "eventIds": list(events) or ["client.created", "client.updated"],
        "eventSchemaVersion": 1,
        "referenceId": "ours",
        "webhookUrl": hook.url,
        **more,
    }


def signed(body: bytes, key: str) -> str:
    digest = hmac.new(key.encode(), body, hashlib.sha256).digest()
    return f"sha256={base64.b64encode(digest).decode()}"


# --- subscriptions ---------------------------------------------------------------------------


async def test_a_subscription_is_made_activated_listed_and_only_deactivated(hook: Hook) -> None:
    platform = studio()
    push = Push(platform)

    made = (await push("POST", "subscriptions", wanted(hook))).json()
    assert made["status"] == "PendingActivation"
    assert made["messageSignatureKey"]
    one = f"subscriptions/{made['subscriptionId']}"
    assert (await push("GET", one)).json()["status"] == "PendingActivation"
    active = (await push("PATCH", one, {"status": "Active"})).json()
    assert active["status"] == "Active"
    assert "messageSignatureKey" not in active
    listed = (await push("GET", "subscriptions")).json()["items"]
    assert listed == [active]
    platform.advance(timedelta(hours=1))
    gone = (await push("DELETE", one)).json()
    assert gone["deactivationDateTime"] == "2026-06-01T13:00:00Z"
    ((left),) = (await push("GET", "subscriptions")).json()["items"]
    assert left["status"] == "DeactivatedByUser"
    again = (await push("PATCH", one, {"status": "Active"})).json()
    assert again["status"] == "Active"


async def test_the_key_is_shown_once_and_signs(hook: Hook) -> None:
    """Seen to fail when the key is decoded from base64 before it signs."""
    platform = studio()
    push = Push(platform)
    made = await push.made(hook, "client.created")
    platform.move("create_client", HOME)
    await platform.webhooks.flush()

    (body,), (headers,) = hook.came, hook.headers
    assert headers["x-mindbody-signature"] == signed(body, made["messageSignatureKey"])
    assert headers["content-type"] == "application/json"
    (envelope,) = hook.bodies
    assert set(envelope) == {
        "messageId", "eventId", "eventSchemaVersion", "eventInstanceOriginationDateTime",
        "eventData",
    }  # fmt: skip
    assert envelope["eventInstanceOriginationDateTime"] == "2026-06-01T12:00:00Z"
    assert envelope["eventData"]["siteId"] == HOME


@pytest.mark.parametrize(
    ("key", "status", "kind"),
    [(None, 401, "missingAPIKeyHeader"), ("wrong", 403, "forbidden")],
)
async def test_the_push_api_has_a_key_of_its_own(key: str | None, status: int, kind: str) -> None:
    answer = await Push(studio(), key)("GET", "subscriptions")

    assert answer.status_code == status
    (error,) = answer.json()["errors"]
    assert error["errorType"] == kind
    assert (error["errorCode"] == "14010001") is (key is None)


async def test_the_public_apis_key_opens_no_subscriptions() -> None:
    platform = studio()
    answer = await Push(platform, platform.tokens.keys.api)("GET", "metrics")

    assert answer.status_code == 403


@pytest.mark.parametrize(
    ("change", "kind"),
    [
        ({"webhookUrl": None}, "invalidValueWebhookURLRequired"),
        ({"webhookUrl": " "}, "invalidValueWebhookURLCannotBeBlank"),
        ({"webhookUrl": "https://127.0.0.1/" + "x" * 2050}, "invalidValueWebhookURLTooLong"),
        ({"webhookUrl": "http://hooks.example.com/"}, "invalidWebhookURLMissingHTTPS"),
        ({"webhookUrl": "ftp://127.0.0.1/"}, "invalidWebhookURLMissingHTTPS"),
        ({"webhookUrl": "https://hooks.example.com/"}, "invalidWebhookURLNoResponse"),
        ({"webhookUrl": "http://127.0.0.1:9/"}, "invalidWebhookURLNoResponse"),
        ({"webhookUrl": "hooks/mindbody"}, "invalidWebhookUrlBadFormat"),
        ({"eventIds": None}, "invalidValueEventIdsRequired"),
        ({"eventIds": []}, "invalidValueEventIdsCannotBeBlank"),
        ({"eventIds": ["client.reincarnated"]}, "invalidValueEventIds"),
        ({"eventSchemaVersion": None}, "invalidEventSchemaVersionRequired"),
        ({"eventSchemaVersion": 2}, "invalidEventSchemaVersion"),
        ({"referenceId": "x" * 3000}, "invalidValueReferenceIdTooLong"),
    ],
)
async def test_a_subscription_is_refused(hook: Hook, change: dict[str, Any], kind: str) -> None:
    platform = studio()
    answer = await Push(platform)("POST", "subscriptions", wanted(hook, **change))

    assert answer.status_code == 400
    assert answer.json()["errors"][0]["errorType"] == kind
    assert len(platform.subscriptions) == 0


async def test_plain_http_is_taken_on_this_machine_only_if_allowed(hook: Hook) -> None:
    push = Push(studio(webhook_http=False))
    answer = await push("POST", "subscriptions", wanted(hook))

    assert answer.json()["errors"][0]["errorType"] == "invalidWebhookURLMissingHTTPS"
    assert hook.probes == 0


@pytest.mark.parametrize(
    ("probe", "heads"), [("both", 2), ("create", 1), ("activate", 1), ("never", 0)]
)
async def test_the_url_is_tried_with_head(hook: Hook, probe: str, heads: int) -> None:
    await Push(studio(webhook_probe=probe)).made(hook)

    assert hook.probes == heads
    assert hook.came == []


async def test_a_url_that_refuses_head_is_not_activated(hook: Hook) -> None:
    platform = studio(webhook_probe="activate")
    push = Push(platform)
    made = (await push("POST", "subscriptions", wanted(hook))).json()
    hook.status = 401

    answer = await push("PATCH", f"subscriptions/{made['subscriptionId']}", {"status": "Active"})
    assert answer.json()["errors"][0]["errorType"] == "invalidWebhookUrlError"
    (one,) = platform.subscriptions
    assert one.status == "PendingActivation"


async def test_a_subscription_is_changed(hook: Hook) -> None:
    platform = studio()
    push = Push(platform)
    made = await push.made(hook, "client.created")
    one = f"subscriptions/{made['subscriptionId']}"

    changed = (
        await push(
            "PATCH",
            one,
            {"eventIds": ["client.updated"], "eventSchemaVersion": 1, "referenceId": "other"},
        )
    ).json()
    assert (changed["eventIds"], changed["referenceId"]) == (["client.updated"], "other")
    assert hook.probes == 2
    platform.move("create_client", HOME)
    assert len(platform.webhooks.outbox) == 0
    wrong = await push("PATCH", one, {"status": "Excited"})
    assert wrong.json()["errors"][0]["errorType"] == "subscriptionStatusNotValid"
    (kept,) = platform.subscriptions
    kept.turn("DeactivatedByEventDeactivation", NOW)
    dead = await push("PATCH", one, {"status": "Active"})
    assert dead.json()["errors"][0]["errorType"] == "subscriptionStatusNotValid"
    unknown = await push("GET", "subscriptions/nobody")
    assert (unknown.status_code, unknown.json()["errors"][0]["errorType"]) == (
        404,
        "invalidSubscriptionId",
    )
    assert (await push("PUT", "subscriptions")).status_code == 404
    assert (await push("POST", "subscriptions")).status_code == 400


async def test_bodies_may_be_wrapped_as_the_official_sdk_has_them(hook: Hook) -> None:
    platform = studio(webhook_wrapped=True)
    answer = (await Push(platform)("POST", "subscriptions", wanted(hook))).json()

    assert answer["isSuccess"] is True
    assert answer["value"]["messageSignatureKey"]


# --- who is told ---------------------------------------------------------------------------------


async def test_only_active_subscriptions_to_an_event_are_told_of_it(hook: Hook) -> None:
    """Every site of the developer arrives at the same URL.

    Seen to fail when messages are made for a subscription that waits to be activated.
    """
    platform = studio()
    push = Push(platform)
    await push("POST", "subscriptions", wanted(hook, "client.created"))
    await push.made(hook, "client.created")
    await push.made(hook, "clientSale.created")
    for site in (HOME, WARSAW):
        platform.move("create_client", site)
    platform.move("modify_client", HOME, somebody(platform).id)

    assert len(platform.webhooks.outbox) == 2
    await platform.webhooks.flush()

    assert hook.events == ["client.created", "client.created"]
    assert {body["eventData"]["siteId"] for body in hook.bodies} == {HOME, WARSAW}  # sent at once


async def test_a_site_that_is_not_activated_tells_nothing(hook: Hook) -> None:
    platform = studio(hook, unactivated=1, webhook_own_site=False)
    for site in platform.world.studios:
        platform.move("create_client", site)
    await platform.webhooks.flush()

    assert [body["eventData"]["siteId"] for body in hook.bodies] == [WARSAW]


async def test_every_subscription_is_told_under_a_message_id_of_its_own(hook: Hook) -> None:
    platform = studio(hook)
    await Push(platform).made(hook, "client.created")
    platform.move("create_client", HOME)
    await platform.webhooks.flush()

    one, two = hook.bodies
    assert one["eventData"] == two["eventData"]
    assert one["messageId"] != two["messageId"]


async def test_everything_that_is_played_is_told(hook: Hook) -> None:
    platform = studio(hook)
    platform.play(150)
    await platform.webhooks.flush()

    expected = Counter(event for action in platform.journal for event in action.told)
    assert Counter(hook.events) == expected
    assert len({body["messageId"] for body in hook.bodies}) == len(hook.bodies)
    assert set(hook.events) <= EVENTS


async def test_an_old_address_is_told_with_the_new_one(hook: Hook) -> None:
    """Seen to fail when the old address is not kept, or not forgotten by the next change."""
    platform = studio(hook)
    who = somebody(platform)
    before = who.email
    platform.move("modify_client", HOME, who.id, email="new@example.com")
    platform.move("modify_client", HOME, who.id, mobile_phone=None)
    await platform.webhooks.flush()

    first, second = (body["eventData"] for body in sorted(hook.bodies, key=_previous, reverse=True))
    assert (first["email"], first["previousEmail"]) == ("new@example.com", before)
    assert (second["email"], second["previousEmail"]) == ("new@example.com", None)


def _previous(body: dict[str, Any]) -> bool:
    return body["eventData"]["previousEmail"] is not None


async def test_times_are_utc_and_dates_are_midnights(hook: Hook) -> None:
    platform = studio(hook)
    who = somebody(platform, WARSAW)
    at = datetime(2026, 10, 25, 0, 30, tzinfo=UTC)
    platform.move("book_appointment", WARSAW, who.id, starts=at)
    contract = platform.move("sell_contract", WARSAW, who.id)
    await platform.webhooks.flush()

    data = {body["eventId"]: body["eventData"] for body in hook.bodies}
    assert data["appointmentBooking.created"]["startDateTime"] == "2026-10-25T00:30:00Z"
    starts = data["clientContract.created"]["contractStartDateTime"]
    assert starts == f"{contract.starts}T00:00:00Z"


async def test_amounts_follow_the_options(hook: Hook) -> None:
    """Seen to fail when a unit's amount is the line's."""
    totals: dict[str, tuple[float, list[float]]] = {}
    for name, options in {
        "line": {}, "unit": {"webhook_unit_amounts": True}, "net": {"webhook_tax": False},
    }.items():  # fmt: skip
        platform = studio(hook, webhook_gift_barcodes=name != "net", **options)
        platform.move("sell", HOME, somebody(platform).id, [(79, 2), (90, 1)])
        await platform.webhooks.flush()
        data = hook.bodies[-1]["eventData"]
        assert data["totalAmountPaid"] == pytest.approx(
            sum(i["amountPaid"] * (i["quantity"] if name == "unit" else 1) for i in data["items"]),
            # A piece's share of a discount or a tax is rounded.
            abs=0.02,
        )
        assert ("giftCardBarcodeId" in data["items"][0]) is (name != "net")
        totals[name] = (data["totalAmountPaid"], [i["amountPaid"] for i in data["items"]])
    assert totals["line"][0] == totals["unit"][0] > totals["net"][0]
    assert totals["line"][1][0] == pytest.approx(2 * totals["unit"][1][0], abs=0.02)


# --- when, and what goes wrong on the way --------------------------------------------------------


async def test_what_was_refused_is_sent_again_each_quarter_for_three_hours(hook: Hook) -> None:
    """Seen to fail with one attempt more or less."""
    platform = studio()
    push = Push(platform)
    await push.made(hook, "client.created")
    hook.status = 500
    platform.move("create_client", HOME)
    platform.advance(timedelta(seconds=1))
    assert await platform.webhooks.deliver_due() == 0
    assert await push.metric() == {
        "Attempted": 1, "Delivered": 0, "Undelivered": 1, "Failed": 0,
    }  # fmt: skip
    platform.advance(QUARTER - timedelta(seconds=1))
    await platform.webhooks.deliver_due()
    assert len(hook.came) == 1
    platform.advance(timedelta(seconds=1))
    for _ in range(20):
        await platform.webhooks.deliver_due()
        platform.advance(QUARTER)

    assert len(hook.came) == 13
    assert len(set(hook.came)) == 1
    assert len({one["x-mindbody-signature"] for one in hook.headers}) == 1
    assert await push.metric() == {
        "Attempted": 1, "Delivered": 0, "Undelivered": 0, "Failed": 1,
    }  # fmt: skip


async def test_what_is_accepted_later_is_delivered(hook: Hook) -> None:
    platform = studio()
    push = Push(platform)
    await push.made(hook, "client.created")
    hook.status = 503
    for _ in range(3):
        platform.move("create_client", HOME)
    await platform.webhooks.flush()
    hook.status = 200
    platform.advance(QUARTER)

    assert await platform.webhooks.deliver_due() == 3
    assert await push.metric() == {
        "Attempted": 3, "Delivered": 3, "Undelivered": 0, "Failed": 0,
    }  # fmt: skip


async def test_too_many_failures_deactivate_until_it_is_activated_again(hook: Hook) -> None:
    """Seen to fail when what failed before counts again afterwards."""
    platform = studio(webhook_attempts=1, webhook_failures=2)
    push = Push(platform)
    made = await push.made(hook, "client.created")
    hook.status = 500
    for _ in range(4):
        platform.move("create_client", HOME)
    await platform.webhooks.send(platform.webhooks.outbox.take(everything=True), at_once=1)

    (listed,) = (await push("GET", "subscriptions")).json()["items"]
    assert listed["status"] == "DeactivatedTooManyFailedMessageDeliveryAttempts"
    assert len(hook.came) == 2
    platform.move("create_client", HOME)
    assert len(platform.webhooks.outbox) == 0
    hook.status = 204
    await push("PATCH", f"subscriptions/{made['subscriptionId']}", {"status": "Active"})
    platform.move("create_client", HOME)
    await platform.webhooks.flush()
    assert (await push.metric())["Delivered"] == 1
    hook.status = 500
    platform.move("create_client", HOME)
    await platform.webhooks.flush()
    (listed,) = (await push("GET", "subscriptions")).json()["items"]
    assert listed["status"] == "Active"


async def test_a_silent_receiver_is_given_ten_seconds(hook: Hook) -> None:
    platform = studio(hook)
    assert platform.webhooks.patience == PATIENCE == 10.0
    platform.webhooks.patience = 0.05
    hook.silent = True
    platform.move("create_client", HOME)
    await platform.webhooks.flush()

    assert platform.webhooks.outbox.counts["unanswered"] == 1
    assert len(platform.webhooks.outbox) == 1


async def test_shares_of_messages_go_astray(hook: Hook) -> None:
    """Of each hundred exactly so many, so that a test can count on them."""
    platform = studio(
        hook,
        webhook_doubled=0.2,
        webhook_dropped=0.1,
        webhook_malformed=0.1,
        webhook_missigned=0.1,
        webhook_foreign=0.1,
        webhook_unknown=0.1,
    )
    for _ in range(100):
        platform.move("create_client", HOME)
    await platform.webhooks.flush()

    counts = platform.webhooks.outbox.counts
    assert counts["dropped"] == 10
    assert 15 <= counts["doubled"] <= 20
    key = platform.tokens.keys.signature
    good = [
        signed(body, key) == headers["x-mindbody-signature"]
        for body, headers in zip(hook.came, hook.headers, strict=True)
    ]
    assert good.count(False) == counts["missigned"] >= 5
    known = [body for body in hook.came if body.endswith(b"}}")]
    assert len(hook.came) - len(known) == counts["malformed"] >= 5
    bodies = [json.loads(body) for body in known]
    assert sum(body["eventData"]["siteId"] == FOREIGN_SITE for body in bodies) == counts["foreign"]
    assert sum(body["eventId"].endswith("reincarnated") for body in bodies) == counts["unknown"]
    ids = Counter(body["messageId"] for body in bodies)
    assert sum(ids.values()) - len(ids) >= counts["doubled"]


async def test_messages_leave_out_of_order_and_late(hook: Hook) -> None:
    platform = studio(hook, webhook_disordered=0.5, webhook_late=600.0)
    for _ in range(60):
        platform.move("create_client", HOME)
    made = [action.id for action in platform.journal]
    platform.advance(timedelta(seconds=1))
    assert len(platform.webhooks.outbox.take()) < 60

    platform = studio(hook, webhook_disordered=0.5)
    for _ in range(60):
        platform.move("create_client", HOME)
    await platform.webhooks.send(platform.webhooks.outbox.take(everything=True), at_once=1)
    came = [body["eventData"]["clientUniqueId"] for body in hook.bodies]
    assert sorted(came) == made
    assert came != made


async def test_times_may_be_naive(hook: Hook) -> None:
    platform = studio(hook, webhook_naive=1.0, webhook_origination="eventInstanceOriginationDate")
    who = somebody(platform)
    platform.move("book_appointment", HOME, who.id, starts=datetime(2026, 6, 2, 17, tzinfo=UTC))
    await platform.webhooks.flush()

    (body,) = hook.bodies
    assert body["eventData"]["startDateTime"] == "2026-06-02T10:00:00"
    assert body["eventInstanceOriginationDate"] == "2026-06-01T12:00:00Z"


async def test_what_only_third_parties_have_seen_can_be_switched_on(hook: Hook) -> None:
    platform = studio(
        hook,
        webhook_extras=True,
        webhook_arrivals=True,
        webhook_gift_type="Gift",
        webhook_prefix=False,
    )
    who = somebody(platform)
    booked = platform.move("book_appointment", HOME, who.id)
    platform.move("arrive_appointment", HOME, booked.id)
    platform.move("sell", HOME, who.id, [(90, 1)])
    await platform.webhooks.send(platform.webhooks.outbox.take(everything=True), at_once=1)

    one, two, three, four = hook.bodies
    assert one["transactionKey"] == "T1"
    bare = signed(hook.came[0], platform.tokens.keys.signature).removeprefix("sha256=")
    assert hook.headers[0]["x-mindbody-signature"] == bare
    assert one["eventData"]["clientUniqueId"] == who.id
    assert (two["eventId"], three["eventId"]) == (
        "appointmentBooking.updated",
        "clientArrival.created",
    )
    assert [item["type"] for item in four["eventData"]["items"]] == ["Gift"]
    numbers = Push(studio(webhook_numbers=True), key=None)
    assert (await numbers("GET", "metrics")).json()["errors"][0]["errorCode"] == 14010001


async def test_one_message_can_be_made_to_differ(hook: Hook) -> None:
    platform = studio(hook)
    platform.faults.add(
        faults.UnknownEvent(operation="client.created"),
        faults.Drift(operation="client.updated"),
        faults.Blank(operation="clientSale.created", field="purchasingClientId"),
        faults.Blank(operation="clientSale.created", field="soldByName", value=faults.REMOVE),
    )
    who = somebody(platform)
    for _ in range(2):
        platform.move("create_client", HOME)
        platform.move("modify_client", HOME, who.id)
        platform.move("sell", HOME, who.id)
    await platform.webhooks.send(platform.webhooks.outbox.take(everything=True), at_once=1)

    assert hook.events[::3] == ["client.reincarnated", "client.created"]
    versions = [body["eventSchemaVersion"] for body in hook.bodies[1::3]]
    assert versions == [2, 1]
    spoiled, good = (body["eventData"] for body in hook.bodies[2::3])
    assert spoiled["purchasingClientId"] is None
    assert "soldByName" not in spoiled
    assert good["purchasingClientId"] == who.number


# --- by itself, in the demo ------------------------------------------------------------------


def test_messages_leave_by_themselves_until_told_not_to(hook: Hook) -> None:
    made = create(Options(clients=60, webhook_lag=0.0))
    assert made.play is not None
    assert made.send_to is not None
    assert made.flush is not None
    made.play(1)
    assert hook.came == []
    made.send_to(hook.url)
    made.play(1)
    assert hook.arrived.wait(10)
    anyio.run(made.flush)
    (body, *_), (headers, *_) = hook.came, hook.headers
    key = str(made.settings["webhook_signature_key"])
    assert headers["x-mindbody-signature"] == signed(body, key)
    made.send_to(None)
    before = len(hook.came)
    made.play(1)
    anyio.run(made.flush)
    assert len(hook.came) == before


def test_only_addresses_of_this_machine_are_taken() -> None:
    made = create(Options(clients=30))
    assert made.send_to is not None
    with pytest.raises(ValueError, match="this machine"):
        made.send_to("http://hooks.example.com/")
    with pytest.raises(ValueError, match="this machine"):
        Options(webhooks="http://hooks.example.com/")


async def test_a_subscription_made_over_http_is_told_without_anybody_flushing(hook: Hook) -> None:
    made = create(Options(clients=60, webhook_lag=0.0))
    assert made.play is not None
    with served(made.app) as address:
        headers = {"API-Key": str(made.settings["webhooks_key"])}
        async with httpx.AsyncClient(base_url=address + PUSH_PREFIX[1:], headers=headers) as push:
            new = (await push.post("subscriptions", json=wanted(hook, *EVENTS))).json()
            one = f"subscriptions/{new['subscriptionId']}"
            assert (await push.patch(one, json={"status": "Active"})).status_code == 200
            await anyio.to_thread.run_sync(made.play, 1)
            assert await anyio.to_thread.run_sync(hook.arrived.wait, 10)
    assert hook.headers[0]["x-mindbody-signature"] == signed(
        hook.came[0], new["messageSignatureKey"]
    )
