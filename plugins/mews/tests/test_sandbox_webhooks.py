"""The sandbox's webhooks, over real HTTP: what is told, when, and what goes wrong on the way."""

from __future__ import annotations

import json
import logging
import threading
from collections import Counter
from collections.abc import AsyncIterator, Iterator
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import parse_qs

import anyio
import attrs
import httpx
import pytest

import frontdesk_mews as mews
from frontdesk.model import Delivery, Ref
from frontdesk.notices import Notice
from frontdesk.serving import served
from frontdesk_mews.sandbox import PREFIX, Options, Platform, Storm, create, sender
from frontdesk_mews.sandbox.messages import MOST

NOW = datetime(2026, 6, 1, 12, tzinfo=UTC)
RESERVATIONS = "reservations/getAll/2023-06-06"

pytestmark = pytest.mark.anyio


@pytest.fixture(scope="module")
def anyio_backend() -> str:
    return "asyncio"


@attrs.define
class Door:
    """A receiver of webhooks that remembers what came, and answers as it is told."""

    came: list[tuple[str, bytes]] = attrs.field(factory=list)
    headers: list[dict[bytes, bytes]] = attrs.field(factory=list)
    #: The next answers; without any, 204.
    answers: list[tuple[int, dict[str, str]]] = attrs.field(factory=list)
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
        query = scope["query_string"].decode()
        self.came.append((scope["path"] + (f"?{query}" if query else ""), body))
        self.headers.append(dict(scope["headers"]))
        status, headers = self.answers.pop(0) if self.answers else (204, {})
        self.arrived.set()
        raw = [(name.encode(), value.encode()) for name, value in headers.items()]
        await send({"type": "http.response.start", "status": status, "headers": raw})
        await send({"type": "http.response.body", "body": b""})

    @property
    def bodies(self) -> list[dict[str, Any]]:
        return [json.loads(body) for _, body in self.came]

    @property
    def told(self) -> list[tuple[str, str]]:
        return [
            (event["Discriminator"], event["Value"]["Id"])
            for body in self.bodies
            for event in body["Events"]
        ]


@pytest.fixture(name="door")
def _door() -> Iterator[Door]:
    door = Door()
    with served(door) as address:
        door.url = address + "hooks/mews"
        yield door


def hotel(door: Door, **options: Any) -> Platform:
    """Make a world that sends webhooks to *door*."""
    platform = Platform(Options(now=NOW, reservations=300, rate_window=0, **options))
    platform.webhooks.to = door.url
    return platform


@pytest.fixture(name="client")
async def _client(door: Door) -> AsyncIterator[httpx.AsyncClient]:
    async with httpx.AsyncClient() as client:
        yield client


async def asked(platform: Platform, operation: str, access: str) -> int:
    transport = httpx.ASGITransport(platform.app)
    body = {"ClientToken": platform.tokens.client, "AccessToken": access, "Client": "test"}
    async with httpx.AsyncClient(transport=transport, base_url="http://mews.test") as client:
        return (await client.post(PREFIX + operation, json=body)).status_code


async def in_turn(platform: Platform) -> None:
    """Send all that waits, each after the one before was answered."""
    await platform.webhooks.send(platform.webhooks.outbox.take(everything=True), at_once=1)


def find(platform: Platform, state: str) -> str:
    return next(row.id for row in platform.world.reservations if row.state == state)


async def test_a_move_is_told_to_its_property_with_the_token_in_the_url(door: Door) -> None:
    platform = hotel(door)
    stay = find(platform, "Confirmed")
    platform.move(stay, "start")
    platform.advance(timedelta(seconds=1))

    assert await platform.webhooks.deliver_due() == 1
    assert await platform.webhooks.deliver_due() == 0

    ((path, _),) = door.came
    assert path == f"/hooks/mews?Token={platform.tokens.webhook}"
    service = next(row.service_id for row in platform.world.reservations if row.id == stay)
    assert door.bodies == [
        {
            "EnterpriseId": platform.world.sellers[service].enterprise.id,
            "IntegrationId": platform.tokens.integration,
            "Events": [{"Discriminator": "ServiceOrderUpdated", "Value": {"Id": stay}}],
        }
    ]
    assert b"content-type" not in door.headers[0]


async def test_a_url_with_a_query_keeps_it(door: Door) -> None:
    platform = hotel(door)
    platform.webhooks.to = f"{door.url}?site=3"
    platform.move(find(platform, "Confirmed"), "start")
    await platform.webhooks.flush()

    ((path, _),) = door.came
    assert parse_qs(path.partition("?")[2]) == {
        "site": ["3"],
        "Token": [platform.tokens.webhook],
    }


async def test_a_new_guest_is_added_and_updated_in_one_message(door: Door) -> None:
    platform = hotel(door)
    platform.play(60)
    await platform.webhooks.flush()

    added = {one for kind, one in door.told if kind == "CustomerAdded"}
    made = {action.id for action in platform.journal if action.kind == "customer.created"}
    assert added == made
    assert added
    for body in door.bodies:
        events = [(event["Discriminator"], event["Value"]["Id"]) for event in body["Events"]]
        assert all(
            ("CustomerUpdated", one) in events for kind, one in events if kind.endswith("Added")
        )


async def test_whoever_sees_a_guest_is_told_of_the_guest_and_nobody_else(door: Door) -> None:
    platform = hotel(door)
    platform.play(150)
    await platform.webhooks.flush()

    masks = {house.enterprise.id: house.mask for house in platform.world.houses}
    told = {
        (event["Value"]["Id"], body["EnterpriseId"])
        for body in door.bodies
        for event in body["Events"]
    }
    silent = {"address.updated", "address.deleted"}
    assert told == {
        (action.id, enterprise)
        for action in platform.journal
        for enterprise, mask in masks.items()
        if action.mask & mask and action.kind not in silent
    }


async def test_what_happens_within_the_lag_shares_messages_of_no_more_than_300(door: Door) -> None:
    """Seen to fail when messages were not cut."""
    platform = Platform(Options(now=NOW, reservations=5000, properties=1, webhook_lag=2.0))
    platform.webhooks.to = door.url
    stays = [row.id for row in platform.world.reservations if row.state == "Canceled"]
    for stay in stays:
        platform.move(stay, "restore")
    platform.advance(timedelta(seconds=1))
    assert await platform.webhooks.deliver_due() == 0
    platform.advance(timedelta(seconds=1))
    assert await platform.webhooks.deliver_due() == -(len(stays) // -MOST)

    assert max(len(body["Events"]) for body in door.bodies) <= 300
    assert sorted(door.told) == sorted(("ServiceOrderUpdated", stay) for stay in stays)


async def test_what_is_not_accepted_is_sent_again_later_and_given_up_in_the_end(door: Door) -> None:
    """Seen to fail when a refused message did not wait for its retry."""
    platform = hotel(door, webhook_retry=60.0, webhook_attempts=3)
    platform.move(find(platform, "Confirmed"), "start")
    door.answers = [(503, {}), (302, {"location": door.url}), (500, {})]
    platform.advance(timedelta(seconds=1))
    for _ in range(4):
        assert await platform.webhooks.deliver_due() == 0
        assert await platform.webhooks.deliver_due() == 0
        platform.advance(timedelta(seconds=60))

    assert len(door.came) == 3
    assert len({body for _, body in door.came}) == 1
    assert platform.webhooks.outbox.counts["given up"] == 1
    assert not len(platform.webhooks.outbox)


async def test_a_redirect_is_followed_with_the_body(door: Door) -> None:
    platform = hotel(door)
    platform.move(find(platform, "Confirmed"), "start")
    door.answers = [(307, {"location": "/elsewhere"}), (308, {"location": "/at/last?Token=x"})]
    await platform.webhooks.flush()

    assert [path.partition("?")[0] for path, _ in door.came] == [
        "/hooks/mews",
        "/elsewhere",
        "/at/last",
    ]
    assert len({body for _, body in door.came}) == 1
    assert not len(platform.webhooks.outbox)


async def test_who_does_not_answer_in_time_is_asked_again(
    door: Door, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sender, "PATIENCE", 0.1)
    platform = hotel(door)
    platform.move(find(platform, "Confirmed"), "start")
    door.silent = True
    await platform.webhooks.flush()
    door.silent = False
    assert (door.came, len(platform.webhooks.outbox)) == ([], 1)
    await platform.webhooks.flush()

    assert len(door.came) == 1


async def test_who_is_not_there_is_told_later() -> None:
    platform = Platform(Options(now=NOW, reservations=50))
    with served(Door()) as address:
        platform.webhooks.to = address
    platform.move(find(platform, "Confirmed"), "start")
    await platform.webhooks.flush()

    assert platform.webhooks.outbox.counts["unanswered"] == 1
    assert len(platform.webhooks.outbox) == 1


def kinds(door: Door, platform: Platform) -> Counter[str]:
    """Sort what came by what is wrong with it."""
    found: Counter[str] = Counter()
    known = {house.enterprise.id for house in platform.world.houses}
    for path, body in door.came:
        if not path.endswith(f"?Token={platform.tokens.webhook}"):
            found["mistoken"] += 1
            continue
        try:
            enterprise = json.loads(body)["EnterpriseId"]
        except ValueError:
            found["malformed"] += 1
        else:
            found["good" if enterprise in known else "foreign"] += 1
    return found


async def test_shares_are_kept_exactly_and_the_same_seed_gives_the_same_messages(
    door: Door,
) -> None:
    """Seen to fail when each message was left to chance."""
    shares = {
        "webhook_doubled": 0.2,
        "webhook_disordered": 0.2,
        "webhook_dropped": 0.1,
        "webhook_malformed": 0.02,
        "webhook_mistoken": 0.01,
        "webhook_foreign": 0.05,
    }
    took: list[list[bytes]] = []
    for _ in range(2):
        platform = hotel(door, **shares)
        outbox = platform.webhooks.outbox
        sent: list[Any] = []
        while outbox.counts["made"] - outbox.counts["doubled"] < 600:
            platform.play(1)
            platform.advance(timedelta(seconds=1))
            sent += outbox.take()
        took.append([message.body for message in sent + outbox.take(everything=True)])
        counts = outbox.counts
    assert took[0] == took[1]
    made = counts["made"] - sum(counts[k] for k in ("doubled", "malformed", "mistoken", "foreign"))
    for kind, share in shares.items():
        # Of each hundred exactly so many, so no more than one hundred's share is left open.
        whole = made + (counts["dropped"] if kind == "webhook_dropped" else 0)
        assert abs(counts[kind.removeprefix("webhook_")] - share * whole) <= 100 * share


async def test_what_is_sent_out_of_order_arrives_behind_later_ones(door: Door) -> None:
    """Seen to fail when the place of a message did not count."""
    platform = hotel(door, webhook_disordered=0.2)
    outbox = platform.webhooks.outbox
    numbers: list[int] = []
    for _ in range(300):
        platform.play(1)
        platform.advance(timedelta(seconds=1))
        numbers += [message.number for message in outbox.take()]
    numbers += [message.number for message in outbox.take(everything=True)]
    behind = [one for place, one in enumerate(numbers) if any(b > one for b in numbers[:place])]

    # The last ones have nobody to fall behind.
    assert 0 <= outbox.counts["disordered"] - len(behind) <= 6
    assert outbox.counts["disordered"] > 50


async def test_a_late_message_leaves_when_its_time_has_come(door: Door) -> None:
    platform = hotel(door, webhook_late=3600.0)
    for stay in [row.id for row in platform.world.reservations if row.state == "Canceled"]:
        platform.move(stay, "restore")
        platform.webhooks.outbox.take()
        platform.advance(timedelta(seconds=1))
    early = await platform.webhooks.deliver_due()
    platform.advance(timedelta(hours=1))
    late = await platform.webhooks.deliver_due()

    assert early < late
    assert not len(platform.webhooks.outbox)


async def test_a_burst_is_held_until_it_is_large_enough(door: Door) -> None:
    platform = hotel(door, webhook_burst=20)
    sizes: set[int] = set()
    for _ in range(60):
        platform.play(1)
        platform.advance(timedelta(seconds=1))
        sizes.add(await platform.webhooks.deliver_due())

    assert min(sizes - {0}) >= 20
    assert 0 in sizes


async def test_a_disabled_integration_is_told_and_lets_nobody_in(door: Door) -> None:
    platform = hotel(door)
    token = platform.tokens.properties[0]
    platform.integration.announce("IntegrationDisabled", token.enterprise_id)
    assert await asked(platform, "configuration/get", token.value) == 401
    assert await asked(platform, "configuration/get", platform.tokens.portfolio.value) == 200
    platform.integration.announce("IntegrationEnabled", token.enterprise_id)
    assert await asked(platform, "configuration/get", token.value) == 200
    await in_turn(platform)

    assert [body["Action"] for body in door.bodies] == [
        "IntegrationDisabled",
        "IntegrationEnabled",
    ]
    assert door.bodies[0]["Data"] == {
        "Integration": {"Id": platform.tokens.integration, "Name": "frontdesk"}
    }


async def test_a_new_key_opens_the_door_and_stands_in_no_log(
    door: Door, caplog: pytest.LogCaptureFixture
) -> None:
    """Seen to fail when an ``httpx.AsyncClient`` sent the messages."""
    caplog.set_level(logging.DEBUG)
    platform = hotel(door)
    key = platform.integration.announce("IntegrationApiKeyCreated")
    platform.integration.announce("IntegrationCreated")
    await in_turn(platform)

    assert key
    assert await asked(platform, "reservations/getAll/2023-06-06", key) == 400
    assert [body["Data"].get("ApiKey") for body in door.bodies] == [key, None]
    assert door.bodies[1]["Data"]["AccessToken"] == platform.tokens.portfolio.value
    for secret in (key, platform.tokens.portfolio.value, platform.tokens.webhook):
        assert secret not in caplog.text


async def test_the_connector_knows_its_own_and_can_read_what_comes(door: Door) -> None:
    platform = hotel(door, webhook_mistoken=0.1, webhook_foreign=0.1)
    platform.play(200)
    platform.integration.announce("IntegrationDisabled")
    await platform.webhooks.flush()
    settings = mews.Settings(
        client_token="", access_token="", webhook_token=platform.tokens.webhook
    )
    sites = {house.enterprise.id for house in platform.world.houses}
    named: set[Ref] = set()
    notices = 0
    for path, body in door.came:
        query = {key: value for key, (value,) in parse_qs(path.partition("?")[2]).items()}
        delivery = Delivery(body, query=query)
        if not mews.verify_webhook(delivery, settings):
            continue
        found = list(mews.read_webhook(delivery))
        if set(mews.route_webhook(delivery)) <= sites:
            named |= {one for one in found if isinstance(one, Ref)}
            notices += sum(isinstance(one, Notice) for one in found)

    silent = {"address.updated", "address.deleted"}
    told = {action.id: action.kind for action in platform.journal if action.kind not in silent}
    assert {ref.id for ref in named} == set(told)
    assert all(ref.stream.startswith(told[ref.id].partition(".")[0]) for ref in named)
    assert notices == 1


async def test_the_admin_door_makes_moves_and_news(door: Door) -> None:
    platform = hotel(door)
    stay = find(platform, "Started")
    transport = httpx.ASGITransport(platform.app)
    async with httpx.AsyncClient(transport=transport, base_url="http://mews.test") as client:
        wanted = {"ReservationIds": [stay], "Move": "undo_start"}
        assert (await client.post("/sandbox/move", json=wanted)).status_code == 200
        assert (await client.post("/sandbox/move", json=wanted)).status_code == 403
        odd = {"ReservationIds": [stay], "Move": "sing"}
        assert (await client.post("/sandbox/move", json=odd)).status_code == 400
        action = {"Action": "IntegrationApiKeyCreated"}
        key = (await client.post("/sandbox/integration", json=action)).json()["ApiKey"]
        for bad in ({"Action": "Sing"}, {**action, "EnterpriseId": "nobody"}):
            assert (await client.post("/sandbox/integration", json=bad)).status_code == 400
    await platform.webhooks.flush()

    assert await asked(platform, "configuration/get", key) == 200
    assert {"Events", "Action"} <= {key for body in door.bodies for key in body}


async def test_a_storm_has_exactly_what_was_asked_for_and_tells_all_that_happened(
    door: Door,
) -> None:
    """Seen to fail when what was out of order was not made up for."""
    platform = hotel(door)
    storm = Storm(deliveries=2_000)
    assert await platform.webhooks.send(platform.storm(storm)) == 2_000

    assert kinds(door, platform) == {"good": 1_940, "malformed": 40, "mistoken": 20}
    good = [body for path, body in door.came if path.endswith(platform.tokens.webhook)]
    assert Counter(good).total() - len(set(good)) >= 400
    silent = {"address.updated", "address.deleted"}
    assert {action.id for action in platform.journal if action.kind not in silent} == {
        event["Value"]["Id"]
        for body in good
        if body.endswith(b"}")
        for event in _parsed(body).get("Events", ())
    }


def _parsed(body: bytes) -> dict[str, Any]:
    try:
        found: dict[str, Any] = json.loads(body)
    except ValueError:
        return {}
    return found


def test_a_storm_that_would_hold_nothing_right_is_refused() -> None:
    platform = Platform(Options(now=NOW, reservations=20))
    with pytest.raises(ValueError, match="as it should be"):
        next(platform.storm(Storm(deliveries=10, repeated=0.9, malformed=0.1)))


@pytest.mark.parametrize(
    "url", ["https://127.0.0.1/x", "http://mews.test/x", "ftp://localhost", ":"]
)
def test_webhooks_stay_on_this_machine(url: str) -> None:
    platform = Platform(Options(now=NOW, reservations=20))
    with pytest.raises(ValueError, match="this machine only"):
        platform.webhooks.to = url
    with pytest.raises(ValueError, match="this machine only"):
        Options(webhooks=url)


def test_without_a_url_nothing_is_collected() -> None:
    platform = Platform(Options(now=NOW, reservations=50))
    platform.play(50)
    assert not len(platform.webhooks.outbox)


@pytest.mark.parametrize("now", [NOW, None], ids=["still", "running"])
def test_a_served_sandbox_sends_by_itself_until_it_is_told_to_stop(
    door: Door, now: datetime | None
) -> None:
    """Seen to fail when no thread was started."""
    others = set(threading.enumerate())
    made = create(Options(now=now, reservations=50, webhooks=door.url, webhook_lag=0.0))
    assert made.play
    assert made.send_to
    assert made.flush
    made.play(20)
    assert door.arrived.wait(20)
    made.play(20)
    anyio.run(made.flush)
    made.send_to(None)
    came = len(door.came)
    made.play(20)

    assert came == len(door.came) > 10
    assert not any(one.name == "webhooks" for one in {*threading.enumerate()} - others)
