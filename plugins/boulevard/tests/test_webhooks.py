"""Webhooks: signed, thin, a fact beside an id; installed, listed and removed."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import httpx
import pytest

import frontdesk_boulevard as boulevard
from frontdesk.client import Client
from frontdesk.connection import connect
from frontdesk.errors import ConfigurationError, RecordError
from frontdesk.ingest.discarding import DeliveryDiscard
from frontdesk.model import Delivery, Record, Ref
from frontdesk.notices import Notice, Standing
from frontdesk.registry import adopt
from frontdesk_boulevard.rows import DELIVERED
from frontdesk_boulevard.sandbox import PREFIX, Options, Platform
from frontdesk_boulevard.webhooks import EVENTS

from .made import urn

AT = "2026-06-01T11:59:59.5Z"
SECRET = base64.b64encode(b"\x00\xffsecret").decode()
OTHER = base64.b64encode(b"another").decode()
VECTORS = (
    Path(__file__).parents[3].parent / "shared" / "samples" / "boulevard" / "auth-vectors.json"
)


def delivery(kind: str, node: dict[str, Any] | None = None, **fields: Any) -> Delivery:
    body = {
        "data": {"node": node},
        "timestamp": AT,
        "resource": "Whatever",
        "eventType": kind,
        "businessId": urn("Business"),
        "idempotencyKey": "01972d00-0000-7000-8000-000000000010",
    } | fields
    return Delivery(json.dumps({k: v for k, v in body.items() if v is not None}).encode())


def news(kind: str, node: dict[str, Any] | None = None, **fields: Any) -> list[Any]:
    return list(boulevard.read_webhook(delivery(kind, node, **fields)))


@pytest.mark.parametrize(
    ("kind", "name", "stream"),
    [
        ("APPOINTMENT_CREATED", "Appointment", "appointments"),
        ("APPOINTMENT_UPDATED", "Appointment", "appointments"),
        ("APPOINTMENT_ACTIVE", "Appointment", "appointments"),
        ("MEMBERSHIP_CREATED", "Membership", "memberships"),
        ("MEMBERSHIP_RENEWAL_FAILED", "Membership", "memberships"),
        ("ORDER_COMPLETED", "Order", "orders"),
        ("CLIENT_CREATED", "Client", "clients"),
        ("CLIENT_MARKETING_PREFERENCES_UPDATED", "Client", "clients"),
        ("CLIENT_APPOINTMENT_REMINDER_PREFERENCES_UPDATED", "Client", "clients"),
    ],
)
def test_what_the_node_tells_is_looked_up(kind: str, name: str, stream: str) -> None:
    (found,) = news(kind, {"__typename": name, "id": urn(name)})
    assert found == Ref(stream, urn(name))
    # What is stored is older than the news.
    assert found.max_age == 0
    assert news(kind, {"id": urn(name).rpartition(":")[2]}) == [found]


@pytest.mark.parametrize(
    ("kind", "name", "stream"),
    [
        ("APPOINTMENT_ARRIVED", "Appointment", "appointments"),
        ("APPOINTMENT_CANCELLED", "Appointment", "appointments"),
        ("APPOINTMENT_COMPLETED", "Appointment", "appointments"),
        ("APPOINTMENT_CONFIRMED", "Appointment", "appointments"),
        ("APPOINTMENT_RESCHEDULED", "Appointment", "appointments"),
        ("MEMBERSHIP_CANCELLED", "Membership", "memberships"),
        ("MEMBERSHIP_PAUSED", "Membership", "memberships"),
        ("MEMBERSHIP_UNPAUSED", "Membership", "memberships"),
        ("MEMBERSHIP_REACTIVATED", "Membership", "memberships"),
    ],
)
def test_what_only_the_delivery_tells_is_a_part_of_a_record(
    kind: str, name: str, stream: str
) -> None:
    """Seen to fail when the fact lay among the node's own fields."""
    node = {
        "id": urn(name),
        "clientId": urn("Client"),
        "startAt": "2026-06-02T09:00:00-07:00",
        "cancellation": {"cancelledAt": AT, "reason": "MISTAKE", "notes": "hush"},
        "unpauseOn": "2026-07-01",
    }
    (found,) = news(kind, node)
    assert isinstance(found, Record)
    assert (found.stream, found.id, found.partial) == (stream, urn(name), True)
    assert found.guests == (urn("Client"),)
    assert found.payload == {
        "id": urn(name),
        DELIVERED: {
            "eventType": kind,
            "timestamp": "2026-06-01T11:59:59.500000Z",
            "startAt": "2026-06-02T16:00:00Z",
            "cancelledAt": "2026-06-01T11:59:59.500000Z",
            "reason": "MISTAKE",
            "unpauseOn": "2026-07-01",
            "cancelOn": None,
        },
    }


def test_a_delivery_without_a_time_happened_when_it_came() -> None:
    """Bodies of 2022 had neither timestamp nor idempotencyKey, and named the event in dots."""
    came = datetime(2026, 6, 1, 12, tzinfo=UTC)
    node = {"id": urn("Appointment")}
    old = {"data": {"node": node}, "event": "appointment.arrived"}
    (found,) = boulevard.read_webhook(Delivery(json.dumps(old).encode(), received=came))
    assert isinstance(found, Record)
    told = found.payload[DELIVERED]
    assert (told["eventType"], told["timestamp"]) == (
        "APPOINTMENT_ARRIVED",
        "2026-06-01T12:00:00Z",
    )


def test_whoever_a_client_was_merged_into_is_looked_up_too() -> None:
    node = {"id": urn("Client"), "mergedIntoClientId": urn("Client", 2)}
    assert news("CLIENT_MERGED", node) == [
        Ref("clients", urn("Client")),
        Ref("clients", urn("Client", 2)),
    ]
    assert news("CLIENT_MERGED", {"id": urn("Client")}) == [Ref("clients", urn("Client"))]


@pytest.mark.parametrize(
    ("node", "expected"),
    [
        ({"id": urn("OrderRefund"), "orderId": urn("Order")}, [Ref("orders", urn("Order"))]),
        ({"id": urn("OrderRefund"), "order": {"id": urn("Order")}}, [Ref("orders", urn("Order"))]),
        ({"__typename": "Order", "id": urn("Order")}, [Ref("orders", urn("Order"))]),
        ({"__typename": "OrderRefund", "id": urn("OrderRefund")}, []),
    ],
)
def test_a_refund_leads_to_its_order(node: dict[str, Any], expected: list[Ref]) -> None:
    assert news("ORDER_REFUND_CLOSED", node) == expected


@pytest.mark.parametrize("kind", ["ENTITY_TAGS_ADDED", "ENTITY_TAGS_REMOVED"])
def test_tags_belong_to_whatever_the_node_is(kind: str) -> None:
    client = {"__typename": "Client", "id": urn("Client")}
    assert news(kind, client) == [Ref("clients", urn("Client"))]
    visit = {"id": urn("Appointment")}
    assert news(kind, visit) == [Ref("appointments", urn("Appointment"))]
    assert news(kind, {"__typename": "Staff", "id": urn("Staff")}) == []


@pytest.mark.parametrize("kind", ["PING", "STAFF_CREATED", "SOMETHING_NEW", "LOCATION_DELETED"])
def test_what_is_none_of_ours_is_passed_over(kind: str) -> None:
    assert news(kind, {"id": urn("Webhook")}) == []
    assert news(kind) == []


def test_an_app_that_was_uninstalled_is_news_for_the_operator() -> None:
    (notice,) = news("API_APPLICATION_UNINSTALLED")
    assert isinstance(notice, Notice)
    assert notice.standing is Standing.CLOSED
    assert "install it again" in notice.reason


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"{",
        b"[]",
        b"{}",
        b'{"eventType": 3}',
        b'{"eventType": "CLIENT_UPDATED"}',
        b'{"eventType": "CLIENT_UPDATED", "data": []}',
        b'{"eventType": "CLIENT_UPDATED", "data": {"node": {"id": "ines@example.com"}}}',
        b'{"eventType": "APPOINTMENT_ARRIVED", "data": {"node": {"id": "urn:blvd:Appointment:"}}}',
        json.dumps(
            {
                "eventType": "APPOINTMENT_ARRIVED",
                "timestamp": "soon",
                "data": {"node": {"id": urn("Appointment")}},
            }
        ).encode(),
        b"\xff\xfe",
    ],
)
def test_what_cannot_be_read_is_refused_without_being_quoted(body: bytes) -> None:
    with pytest.raises(RecordError) as caught:
        list(boulevard.read_webhook(Delivery(body)))
    assert "ines" not in str(caught.value)


def test_the_business_it_is_meant_for_is_named() -> None:
    assert list(boulevard.route_webhook(delivery("PING"))) == [urn("Business")]
    bare = urn("Business").rpartition(":")[2]
    assert list(boulevard.route_webhook(delivery("PING", businessId=bare))) == [urn("Business")]
    assert list(boulevard.route_webhook(delivery("PING", businessId=None))) == []


def test_what_a_delivery_shows_of_the_guest_is_not_stored() -> None:
    """Seen to fail when the manifest named no ``data.node.client``."""
    node = {
        "__typename": "Appointment",
        "id": urn("Appointment"),
        "clientId": urn("Client"),
        "startAt": AT,
        "notes": "hush",
        "client": {"firstName": "hush", "email": "hush@example.com"},
        "email": "hush@example.com",
        "dob": "hush",
        "cancellation": {"cancelledAt": AT, "notes": "hush"},
    }
    whole = delivery("APPOINTMENT_ARRIVED", node)
    left = DeliveryDiscard(boulevard.manifest.webhook_discard)(whole)
    assert b"hush" not in left.body
    assert list(boulevard.read_webhook(left)) == list(boulevard.read_webhook(whole))
    assert list(boulevard.route_webhook(left)) == [urn("Business")]


def signed(body: bytes, secret: str, salt: str = "blvd-webhook-v1:app:1780315200") -> Delivery:
    key = base64.b64decode(secret)
    signature = base64.b64encode(hmac.digest(key, f"{salt}:".encode() + body, hashlib.sha256))
    headers = {"x-blvd-hmac-salt": salt, "x-blvd-hmac-sha256": signature.decode()}
    return Delivery(body, headers=headers)


def settings(**fields: Any) -> boulevard.Settings:
    return boulevard.Settings(api_key="k", api_secret=SECRET, business_id="b", **fields)


@pytest.mark.parametrize(
    ("own", "with_secret", "welcome"),
    [("", SECRET, True), ("", OTHER, False), (OTHER, OTHER, True), (OTHER, SECRET, False)],
)
def test_the_secret_is_the_apps_unless_there_is_another(
    own: str, with_secret: str, welcome: bool
) -> None:
    found = boulevard.verify_webhook(signed(b"{}", with_secret), settings(webhook_secret=own))
    assert found is welcome


@pytest.mark.parametrize(
    "headers",
    [
        {},
        {"x-blvd-hmac-salt": "", "x-blvd-hmac-sha256": ""},
        {"x-blvd-hmac-salt": "s\u00e4lt", "x-blvd-hmac-sha256": "\u00fc"},
        {"x-blvd-hmac-sha256": signed(b"{}", SECRET, "").headers["x-blvd-hmac-sha256"]},
    ],
)
def test_what_is_not_signed_is_not_believed(headers: dict[str, str]) -> None:
    assert boulevard.verify_webhook(Delivery(b"{}", headers=headers), settings()) is False


def test_a_secret_that_is_none_believes_nobody() -> None:
    wrong = settings(webhook_secret="not base64!")
    assert boulevard.verify_webhook(signed(b"{}", SECRET), wrong) is False


@pytest.mark.skipif(not VECTORS.exists(), reason="the vectors are not part of the repository")
def test_the_vector_is_met() -> None:
    vector = json.loads(VECTORS.read_text("utf-8"))["webhook_signature"]
    given = boulevard.Settings(api_key="k", api_secret=vector["app_secret_base64"], business_id="b")
    whole = Delivery(vector["raw_body"].encode(), headers=vector["headers"])
    assert boulevard.verify_webhook(whole, given) is True
    again = json.dumps(json.loads(vector["raw_body"])).encode()
    assert boulevard.verify_webhook(Delivery(again, headers=vector["headers"]), given) is False


# -- installing ----------------------------------------------------------------------------

HERE = "http://127.0.0.1:9/webhooks/at/boulevard"
ELSEWHERE = "http://127.0.0.1:9/elsewhere"


@asynccontextmanager
async def managing() -> AsyncIterator[tuple[Platform, Client[Any]]]:
    platform = Platform(Options(appointments=5, points=0, webhook_http=True))
    values = {
        "api_key": platform.keys.api_key,
        "api_secret": platform.keys.api_secret,
        "business_id": platform.keys.business_id,
        "base_url": f"http://boulevard.test{PREFIX}",
    }
    transport = httpx.ASGITransport(platform.app)
    connection = connect(adopt("boulevard", boulevard), "spa", values, transport=transport)
    async with connection.client() as client:
        yield platform, client


@pytest.fixture
def anyio_backend() -> str:
    return "asyncio"


@pytest.mark.anyio
async def test_a_webhook_is_installed_once_for_the_whole_business() -> None:
    async with managing() as (platform, client):
        assert await boulevard.manage_webhooks(client, "list", HERE) == []
        (made,) = await boulevard.manage_webhooks(client, "install", HERE)
        assert (made.url, made.events, made.working) == (HERE, EVENTS, True)
        (row,) = platform.registrar.rows
        assert row.location_id is None
        assert {one.max_retries for one in row.subscriptions} == {10}
        assert await boulevard.manage_webhooks(client, "install", HERE) == [made]
        assert await boulevard.manage_webhooks(client, "list", HERE) == [made]


@pytest.mark.anyio
async def test_one_that_does_not_tell_all_is_replaced_the_new_one_first() -> None:
    """Seen to fail when the old one was deleted before the new one was made."""
    async with managing() as (platform, client):
        await boulevard.manage_webhooks(client, "install", HERE)
        (old,) = platform.registrar.rows
        old.subscriptions[0].enabled = False
        (ill,) = await boulevard.manage_webhooks(client, "list", HERE)
        assert not ill.working
        assert EVENTS[0] in ill.note
        # Two exist for a moment: what is sent meanwhile comes twice and is known again.
        numbers: list[int] = []
        delete = platform.registrar.delete

        def deleted(identity: str) -> Any:
            numbers.append(len(platform.registrar.rows))
            return delete(identity)

        platform.registrar.delete = deleted  # type: ignore[method-assign]
        (new,) = await boulevard.manage_webhooks(client, "install", HERE)
        assert new.working
        assert numbers == [2]
        assert [row.id for row in platform.registrar.rows] == [new.id] != [old.id]


@pytest.mark.anyio
async def test_one_for_a_single_location_is_not_enough() -> None:
    async with managing() as (platform, client):
        await boulevard.manage_webhooks(client, "install", HERE)
        platform.registrar.rows[0].location_id = platform.world.locations.rows[0].id
        (ill,) = await boulevard.manage_webhooks(client, "list", HERE)
        assert not ill.working
        assert "one location only" in ill.note
        (new,) = await boulevard.manage_webhooks(client, "install", HERE)
        assert new.working


@pytest.mark.anyio
async def test_only_what_leads_here_is_removed() -> None:
    async with managing() as (platform, client):
        await boulevard.manage_webhooks(client, "install", ELSEWHERE)
        assert len(await boulevard.manage_webhooks(client, "install", HERE)) == 2
        (left,) = await boulevard.manage_webhooks(client, "remove", HERE)
        assert left.url == ELSEWHERE
        assert [row.url for row in platform.registrar.rows] == [ELSEWHERE]


@pytest.mark.anyio
async def test_a_url_that_is_not_safe_is_refused_before_boulevard_is_asked() -> None:
    async with managing() as (platform, client):
        with pytest.raises(ConfigurationError, match="https"):
            await boulevard.manage_webhooks(client, "install", "http://hooks.example.com/x")
        assert platform.calls["createWebhook"] == 0
