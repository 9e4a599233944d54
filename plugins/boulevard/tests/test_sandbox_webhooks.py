"""The sandbox's webhooks, over real HTTP: what is told, when, and what goes wrong on the way."""

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

import attrs
import httpx
import pytest

from frontdesk.serving import served
from frontdesk_boulevard.sandbox import PREFIX, Options, Platform, authorization, create
from frontdesk_boulevard.sandbox.bodies import node

NOW = datetime(2026, 6, 1, 12, tzinfo=UTC)
HOUR = timedelta(hours=1)

pytestmark = pytest.mark.anyio


@pytest.fixture
def anyio_backend() -> str:
    return "asyncio"


@attrs.define
class Door:
    """A receiver of webhooks that remembers what came, and answers as it is told."""

    came: list[tuple[dict[str, str], bytes]] = attrs.field(factory=list)
    #: The next answers; without any, *usual*.
    answers: list[int] = attrs.field(factory=list)
    usual: int = 204
    arrived: threading.Event = attrs.field(factory=threading.Event)
    url: str = ""

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        body = b""
        while (message := await receive())["type"] == "http.request":
            body += message.get("body", b"")
            if not message.get("more_body"):
                break
        headers = {name.decode(): value.decode() for name, value in scope["headers"]}
        self.came.append((headers, body))
        self.arrived.set()
        status = self.answers.pop(0) if self.answers else self.usual
        await send({"type": "http.response.start", "status": status, "headers": []})
        await send({"type": "http.response.body", "body": b""})

    @property
    def bodies(self) -> list[dict[str, Any]]:
        return [json.loads(body) for _, body in self.came]

    @property
    def told(self) -> list[tuple[str, str]]:
        return [(body["eventType"], body["data"]["node"]["id"]) for body in self.bodies]


@pytest.fixture(name="door")
def _door() -> Iterator[Door]:
    door = Door()
    with served(door) as address:
        door.url = address + "hooks/boulevard"
        yield door


def spa(door: Door | None = None, **options: Any) -> Platform:
    """Make a world that sends webhooks to *door*."""
    platform = Platform(
        Options(now=NOW, **{"appointments": 150, "points": 0, "webhook_http": True, **options}),
        wall=lambda: NOW,
    )
    if door is not None:
        platform.webhooks.to = door.url
    return platform


def find(platform: Platform, state: str) -> Any:
    return next(row for row in platform.world.appointments if row.state == state)


async def changed(platform: Platform, name: str, given: str, wanted: str = "") -> Any:
    """Change a webhook through the API."""
    fields = f"id name url locationId subscriptions {{ id eventType enabled maxRetries }} {wanted}"
    transport = httpx.ASGITransport(platform.app)
    async with httpx.AsyncClient(transport=transport, base_url="http://boulevard.test") as client:
        answer = await client.post(
            PREFIX,
            json={
                "query": f"mutation {{ {name}(input: {{ {given} }}) {{ webhook {{ {fields} }} }} }}"
            },
            headers={"authorization": authorization(platform.keys, int(NOW.timestamp()))},
        )
    told = answer.json()
    return told["errors"][0]["message"] if "errors" in told else told["data"][name]["webhook"]


def created(door: Door, *kinds: str, more: str = "") -> str:
    listed = ", ".join(f"{{ eventType: {kind} {more} }}" for kind in kinds)
    return f'url: "{door.url}", name: "ours", subscriptions: [{listed}]'


async def in_turn(platform: Platform) -> None:
    """Send all that waits, each after the one before was answered."""
    await platform.webhooks.send(platform.webhooks.outbox.take(everything=True), at_once=1)


# --- what is told --------------------------------------------------------------------------


async def test_a_delivery_is_signed_over_its_salt_and_raw_body(door: Door) -> None:
    """Seen to fail when the colon was left out."""
    platform = spa(door)
    platform.move(find(platform, "BOOKED").id, "confirm")
    await platform.webhooks.flush()

    ((headers, body),) = door.came
    salt = headers["x-blvd-hmac-salt"]
    secret = base64.b64decode(platform.keys.api_secret)
    expected = hmac.new(secret, salt.encode() + b":" + body, hashlib.sha256).digest()
    assert headers["x-blvd-hmac-sha256"] == base64.b64encode(expected).decode()
    application = platform.world.application_id
    assert salt == f"blvd-webhook-v1:{application}:{int(NOW.timestamp())}"


async def test_webhooks_may_have_a_secret_of_their_own(door: Door) -> None:
    platform = spa(door, webhook_secret_apart=True)
    platform.move(find(platform, "BOOKED").id, "confirm")
    await platform.webhooks.flush()

    ((headers, body),) = door.came
    signed = headers["x-blvd-hmac-salt"].encode() + b":" + body
    secret = base64.b64decode(platform.keys.webhook_secret)
    expected = hmac.new(secret, signed, hashlib.sha256).digest()
    assert headers["x-blvd-hmac-sha256"] == base64.b64encode(expected).decode()
    assert platform.keys.webhook_secret != platform.keys.api_secret


async def test_the_envelope_tells_what_when_and_for_whom(door: Door) -> None:
    platform = spa(door)
    row = find(platform, "ACTIVE")
    platform.move(row.id, "finalise")
    await in_turn(platform)

    visit, order = door.bodies
    assert (visit["eventType"], visit["event"]) == (
        "APPOINTMENT_COMPLETED",
        "appointment.completed",
    )
    assert (order["eventType"], order["event"]) == ("ORDER_COMPLETED", "order.completed")
    assert visit["timestamp"] == "2026-06-01T12:00:00Z"
    assert visit["businessId"] == platform.world.business.id
    assert visit["webhookId"] == order["webhookId"]
    assert visit["idempotencyKey"] != order["idempotencyKey"]
    assert visit["idempotencyKey"][14] == "7"
    assert order["data"]["node"] == {"__typename": "Order", "id": row.order_id}


async def test_an_appointment_does_not_show_its_state(door: Door) -> None:
    platform = spa(door)
    row = find(platform, "BOOKED")
    platform.move(row.id, "cancel", reason="NO_SHOW")
    await platform.webhooks.flush()

    shown = door.bodies[0]["data"]["node"]
    assert shown["cancellation"]["reason"] == "NO_SHOW"
    assert shown["client"]["id"] == row.client_id
    assert not shown.keys() & {"state", "createdAt", "cancelled"}
    assert "displayName" not in shown["appointmentServices"][0]["staff"]


async def test_a_client_does_not_show_what_they_consent_to(door: Door) -> None:
    platform = spa(door)
    row = next(row for row in platform.world.clients if row.active)
    platform.move(row.id, "toggle_marketing")
    platform.play(60)
    await platform.webhooks.flush()

    preferences = [body for body in door.bodies if "PREFERENCES" in body["eventType"]]
    shown = next(body for body in door.bodies if body["eventType"] == "CLIENT_CREATED")
    assert preferences[0]["data"]["node"] == {"__typename": "Client", "id": row.id}
    assert "email" in shown["data"]["node"]
    assert "marketingSettings" not in shown["data"]["node"]


async def test_a_body_shows_what_was_so_at_the_time(door: Door) -> None:
    platform = spa(door)
    row = find(platform, "BOOKED")
    before = row.start_at
    platform.move(row.id, "reschedule", days=1)
    platform.move(row.id, "reschedule", days=1)
    await in_turn(platform)

    starts = [
        datetime.fromisoformat(body["data"]["node"]["startAt"])
        for body in door.bodies
        if body["eventType"] == "APPOINTMENT_RESCHEDULED"
    ]
    assert starts == [before + timedelta(days=1), before + timedelta(days=2)]


async def test_what_is_unconfirmed_about_bodies_can_be_chosen(door: Door) -> None:
    platform = spa(
        door,
        webhook_nodes="full",
        webhook_offsets=True,
        webhook_bare=True,
        webhook_headers=True,
        webhook_merged="target",
        webhook_odd=True,
    )
    place = next(row for row in platform.world.locations if row.tz == "America/New_York").id
    visit = next(
        row
        for row in platform.world.appointments
        if row.state == "BOOKED" and row.location_id == place
    )
    platform.move(visit.id, "confirm")
    club = next(row for row in platform.world.memberships if row.status == "ACTIVE")
    platform.move(club.id, "pause")
    one, other = [row for row in platform.world.clients if row.active][:2]
    platform.move(one.id, "merge", into=other.id)
    order = next(row for row in platform.world.orders if not row.closed_at)
    platform.move(order.id, "close")
    webhook = await changed(platform, "createWebhook", created(door, "PING"))
    await in_turn(platform)

    by_event = {body["eventType"]: body for body in door.bodies}
    start = by_event["APPOINTMENT_CONFIRMED"]["data"]["node"]["startAt"]
    assert start.endswith(("-04:00", "-05:00"))
    assert datetime.fromisoformat(start) == visit.start_at
    assert by_event["MEMBERSHIP_PAUSED"]["data"]["node"]["status"] == "PAUSED"
    assert by_event["CLIENT_MERGED"]["data"]["node"]["id"] == other.id
    assert by_event["ORDER_COMPLETED"]["resource"] == f"Order{order.number}"
    assert by_event["PING"]["data"]["node"]["url"] == webhook["url"]
    assert not by_event["CLIENT_MERGED"].keys() & {"timestamp", "idempotencyKey"}
    assert door.came[0][0]["x-blvd-event-type"] == "APPOINTMENT_CONFIRMED"


async def test_everything_that_is_told_is_told_once(door: Door) -> None:
    platform = spa(door)
    platform.play(300)
    await platform.webhooks.flush()

    keys = Counter(body["idempotencyKey"] for body in door.bodies)
    assert set(keys.values()) == {1}
    created_ = {action.id for action in platform.journal if action.kind == "appointment.created"}
    assert {one for kind, one in door.told if kind == "APPOINTMENT_CREATED"} == created_


def test_nodes_of_rows_that_are_gone_are_thin() -> None:
    platform = spa()
    row = next(iter(platform.world.clients))
    platform.move(row.id, "erase")

    thin = {"__typename": "Client", "id": row.id}
    assert node(platform.world, "CLIENT_UPDATED", "Client", row.id) == thin


# --- through the API -----------------------------------------------------------------------


async def test_a_new_webhook_is_pinged_and_told_only_what_it_asked_for(door: Door) -> None:
    """Seen to fail when every webhook was told everything."""
    platform = spa()
    webhook = await changed(
        platform, "createWebhook", created(door, "APPOINTMENT_CONFIRMED", more="maxRetries: 3")
    )
    row, other = [row for row in platform.world.appointments if row.state == "BOOKED"][:2]
    platform.move(row.id, "confirm")
    platform.move(other.id, "cancel")
    await in_turn(platform)

    assert door.told == [("PING", webhook["id"]), ("APPOINTMENT_CONFIRMED", row.id)]
    assert {body["webhookId"] for body in door.bodies} == {webhook["id"]}
    (subscription,) = webhook["subscriptions"]
    assert subscription["maxRetries"] == 3
    assert ":" not in subscription["id"]


async def test_only_https_is_taken_unless_an_option_says_otherwise(door: Door) -> None:
    strict = spa(webhook_http=False)
    assert await changed(strict, "createWebhook", created(door, "PING")) == "url must be https"
    for url in ("http://hooks.example.com/", "ftp://127.0.0.1/", "not a url"):
        given = f'url: "{url}", subscriptions: []'
        assert await changed(spa(), "createWebhook", given) == "url must be https"
    given = 'url: "https://hooks.example.com/blvd", subscriptions: [{ eventType: PING }]'
    assert (await changed(strict, "createWebhook", given))[
        "url"
    ] == "https://hooks.example.com/blvd"


async def test_nothing_leaves_this_machine() -> None:
    platform = spa()
    given = 'url: "https://hooks.example.com/", subscriptions: [{ eventType: APPOINTMENT_CREATED }]'
    await changed(platform, "createWebhook", given)
    platform.play(20)
    await platform.webhooks.flush()

    counts = platform.webhooks.outbox.counts
    assert counts["elsewhere"] == counts["made"] > 1
    assert not counts["sent"]
    with pytest.raises(ValueError, match="this machine only"):
        platform.webhooks.to = "https://hooks.example.com/"


async def test_a_webhook_is_edited_by_its_subscriptions_and_keeps_its_url(door: Door) -> None:
    platform = spa()
    webhook = await changed(platform, "createWebhook", created(door, "CLIENT_CREATED", "PING"))
    first = webhook["subscriptions"][0]
    given = (
        f'id: "{webhook["id"]}", name: "new", subscriptions: [{{ id: "{first["id"]}", maxRetries: 0 }},'
        " { eventType: ORDER_COMPLETED }, { eventType: PING, delete: true }]"
    )
    after = await changed(platform, "updateWebhook", given)

    assert (after["name"], after["url"]) == ("new", door.url)
    assert [(one["eventType"], one["maxRetries"]) for one in after["subscriptions"]] == [
        ("CLIENT_CREATED", 0),
        ("ORDER_COMPLETED", 10),
    ]
    wrong = f'id: "{webhook["id"]}", subscriptions: [{{ eventType: PING, maxRetries: 101 }}]'
    assert "maxRetries" in await changed(platform, "updateWebhook", wrong)


async def test_a_deleted_webhook_is_told_nothing_more(door: Door) -> None:
    """Seen to fail when deleting left what was waiting."""
    platform = spa()
    webhook = await changed(platform, "createWebhook", created(door, "APPOINTMENT_CONFIRMED"))
    platform.move(find(platform, "BOOKED").id, "confirm")
    await changed(platform, "deleteWebhook", f'id: "{webhook["id"]}"')
    assert len(platform.webhooks.outbox) == 0
    platform.move(find(platform, "BOOKED").id, "confirm")
    await platform.webhooks.flush()

    assert door.came == []
    assert platform.registrar.rows == []


async def test_a_webhook_of_a_location_is_told_of_that_location(door: Door) -> None:
    platform = spa()
    place = platform.world.locations.rows[0].id
    given = f'{created(door, "APPOINTMENT_CONFIRMED")}, locationId: "{place}"'
    webhook = await changed(platform, "createWebhook", given)
    booked = [row for row in platform.world.appointments if row.state == "BOOKED"]
    for row in booked:
        platform.move(row.id, "confirm")
    await platform.webhooks.flush()

    assert webhook["locationId"] == place
    told = {one for kind, one in door.told if kind == "APPOINTMENT_CONFIRMED"}
    assert told == {row.id for row in booked if row.location_id == place}
    assert len(told) < len(booked)


async def test_a_ping_can_be_asked_for(door: Door) -> None:
    platform = spa()
    webhook = await changed(platform, "createWebhook", created(door, "ORDER_COMPLETED"))
    await changed(platform, "pingWebhook", f'id: "{webhook["id"]}"')
    await platform.webhooks.flush()

    assert door.told == [("PING", webhook["id"])] * 2


# --- what goes wrong -----------------------------------------------------------------------


async def test_what_is_refused_comes_again_more_and_more_slowly(door: Door) -> None:
    """Seen to fail when it came again after the same time each time."""
    platform = spa(door, webhook_retry=60)
    door.usual = 500
    platform.move(find(platform, "BOOKED").id, "confirm")
    tried: list[float] = []
    for _ in range(100):
        seen = len(door.came)
        await platform.webhooks.deliver_due()
        if len(door.came) > seen:
            tried.append((platform.now - NOW).total_seconds())
        platform.advance(timedelta(seconds=30))

    assert tried[:6] == [0, 60, 180, 420, 900, 1860]
    bodies = {body for _, body in door.came}
    assert len(bodies) == 1


async def test_a_message_is_given_up_after_its_retries(door: Door) -> None:
    platform = spa()
    await changed(
        platform, "createWebhook", created(door, "APPOINTMENT_CONFIRMED", more="maxRetries: 2")
    )
    await platform.webhooks.flush()
    door.usual = 503
    platform.move(find(platform, "BOOKED").id, "confirm")
    for _ in range(10):
        await platform.webhooks.flush()

    assert len(door.came) == 1 + 3
    assert platform.webhooks.outbox.counts["given up"] == 1


async def test_too_many_requests_are_not_counted(door: Door) -> None:
    """Seen to fail when a 429 was counted like any other refusal."""
    platform = spa(door, webhook_retries=1)
    door.answers = [429] * 30
    platform.move(find(platform, "BOOKED").id, "confirm")
    for _ in range(40):
        await platform.webhooks.flush()

    assert len(door.came) == 31
    assert platform.webhooks.outbox.counts["accepted"] == 1


async def test_gone_ends_a_webhook(door: Door) -> None:
    platform = spa()
    webhook = await changed(platform, "createWebhook", created(door, "APPOINTMENT_CONFIRMED"))
    await platform.webhooks.flush()
    door.answers = [410]
    booked = [row for row in platform.world.appointments if row.state == "BOOKED"][:3]
    for row in booked:
        platform.move(row.id, "confirm")
    await in_turn(platform)
    await platform.webhooks.flush()

    (row,) = platform.registrar.rows
    assert row.id == webhook["id"]
    assert [one.enabled for one in row.subscriptions] == [False]
    seen = len(door.came)
    platform.move(find(platform, "BOOKED").id, "confirm")
    await platform.webhooks.flush()
    assert len(door.came) == seen


async def failing(platform: Platform, door: Door, *, times: int, over: timedelta) -> bool:
    """Let deliveries fail so often, over a time; tell whether the webhook still listens."""
    webhook = await changed(platform, "createWebhook", created(door, "APPOINTMENT_CREATED"))
    await platform.webhooks.flush()
    door.usual = 500
    row = platform.registrar.find(webhook["id"])
    for number in range(times):
        if number:
            platform.advance(over / (times - 1))
        # What waits to be sent again would be a failure of its own.
        platform.webhooks.outbox.take(everything=True)
        await changed(platform, "pingWebhook", f'id: "{webhook["id"]}"')
        await platform.webhooks.flush()
    return row.subscriptions[0].enabled


@pytest.mark.parametrize(
    ("times", "over", "listens"),
    [(15, HOUR * 9, False), (14, HOUR * 9, True), (15, HOUR * 7, True)],
)
async def test_fifteen_failures_over_eight_hours_disable_a_webhook(
    door: Door, times: int, over: timedelta, listens: bool
) -> None:
    """Seen to fail when the time did not matter."""
    assert await failing(spa(), door, times=times, over=over) is listens


async def test_one_success_forgets_the_failures(door: Door) -> None:
    platform = spa()
    webhook = await changed(platform, "createWebhook", created(door, "APPOINTMENT_CREATED"))
    await platform.webhooks.flush()
    row = platform.registrar.find(webhook["id"])
    for number in range(28):
        door.answers = [204 if number == 14 else 500]
        platform.webhooks.outbox.take(everything=True)
        await changed(platform, "pingWebhook", f'id: "{webhook["id"]}"')
        await platform.webhooks.flush()
        platform.advance(HOUR)
    assert row.subscriptions[0].enabled


async def test_nobody_there_is_a_failure(door: Door) -> None:
    platform = spa(door)
    platform.webhooks.to = "http://127.0.0.1:9/hook"
    platform.move(find(platform, "BOOKED").id, "confirm")
    await platform.webhooks.flush()

    assert platform.webhooks.outbox.counts["unanswered"] == 1
    assert len(platform.webhooks.outbox) == 1


SWITCHES = ["doubled", "dropped", "malformed", "missigned", "disordered"]


@pytest.mark.parametrize("switch", SWITCHES)
async def test_exactly_a_share_goes_wrong(door: Door, switch: str) -> None:
    """Seen to fail when each message was left to chance."""
    platform = spa(door, **{f"webhook_{switch}": 0.2})
    row = find(platform, "BOOKED")
    for _ in range(200):
        platform.advance(timedelta(seconds=1))
        platform.move(row.id, "touch")
    await in_turn(platform)

    counts = platform.webhooks.outbox.counts
    assert counts[switch] == 40
    assert counts["made"] == {"dropped": 160, "disordered": 200}.get(switch, 240)
    if switch == "disordered":
        times = [body["timestamp"] for body in door.bodies]
        assert times != sorted(times)
    if switch == "doubled":
        repeated = Counter(body["idempotencyKey"] for body in door.bodies)
        assert Counter(repeated.values()) == {1: 160, 2: 40}
    if switch == "missigned":
        secret = base64.b64decode(platform.keys.webhook_secret)
        good = [
            base64.b64encode(
                hmac.digest(secret, h["x-blvd-hmac-salt"].encode() + b":" + body, hashlib.sha256)
            ).decode()
            == h["x-blvd-hmac-sha256"]
            for h, body in door.came
        ]
        assert (good.count(True), good.count(False)) == (200, 40)


async def test_messages_may_be_late(door: Door) -> None:
    platform = spa(door, webhook_late=3_600.0)
    for row in [row for row in platform.world.appointments if row.state == "BOOKED"]:
        platform.move(row.id, "touch")
    made = len(platform.webhooks.outbox)
    await platform.webhooks.deliver_due()
    early = len(door.came)
    platform.advance(HOUR)
    await platform.webhooks.deliver_due()

    assert early < made == len(door.came)


async def test_webhooks_leave_by_themselves(door: Door) -> None:
    sandbox = create(Options(appointments=50))
    assert sandbox.send_to is not None
    assert sandbox.play is not None
    assert sandbox.flush is not None
    sandbox.send_to(door.url)
    sandbox.play(5)
    assert door.arrived.wait(10)
    await sandbox.flush()
    sandbox.send_to(None)
    seen = len(door.came)
    sandbox.play(5)
    await sandbox.flush()

    assert len(door.came) == seen >= 5
