"""Webhooks: who signed them, whose they are, and what becomes of those that are odd."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
from datetime import timedelta
from typing import Any

import attrs
import pytest
from mindbody_making import (
    APPOINTMENT,
    BOOKED,
    CLIENT,
    CONTEXT,
    NOW,
    SALE,
    SETTINGS,
    Unknown,
    delivery,
    one,
    told,
)

import frontdesk_mindbody as mindbody
from frontdesk.errors import RecordError, SkipRecord
from frontdesk.ingest.discarding import DeliveryDiscard
from frontdesk.ingest.receiving import delivery_id
from frontdesk.model import Delivery
from frontdesk_mindbody.webhooks import KEYS


def signed(key: str, body: bytes, prefix: str = "sha256=") -> Delivery:
    digest = hmac.new(key.encode(), body, hashlib.sha256).digest()
    signature = prefix + base64.b64encode(digest).decode()
    return Delivery(body, headers={"x-mindbody-signature": signature})


BODY = b'{"eventId": "client.created",  "eventData": {}}'


@pytest.mark.parametrize(
    ("configured", "kept", "key", "welcome"),
    [
        ("one", {}, "one", True),
        ("", {KEYS: {"a": "two"}}, "two", True),
        # Several subscriptions have several keys.
        ("one", {KEYS: {"a": "two", "b": "three"}}, "three", True),
        ("one", {KEYS: {"a": "two"}}, "four", False),
        ("", {}, "", False),
        ("", {KEYS: {"a": ""}}, "", False),
        ("", {KEYS: "two"}, "two", False),
    ],
)
def test_whoever_knows_a_key_is_welcome(
    configured: str, kept: dict[str, Any], key: str, welcome: bool
) -> None:
    """Seen to fail when only the first key was tried."""
    settings = attrs.evolve(SETTINGS, webhook_signature_key=configured)
    assert mindbody.verify_webhook(signed(key, BODY), settings, kept) is welcome


def test_the_key_is_a_text_and_the_body_is_raw() -> None:
    settings = attrs.evolve(SETTINGS, webhook_signature_key="bm90IGJhc2U2NA==")
    assert mindbody.verify_webhook(signed("bm90IGJhc2U2NA==", BODY), settings, {})
    decoded = base64.b64decode("bm90IGJhc2U2NA==").decode()
    assert not mindbody.verify_webhook(signed(decoded, BODY), settings, {})
    again = json.dumps(json.loads(BODY)).encode()
    forged = attrs.evolve(signed("bm90IGJhc2U2NA==", BODY), body=again)
    assert not mindbody.verify_webhook(forged, settings, {})


def test_the_prefix_may_be_missing_and_the_signature_may_not() -> None:
    settings = attrs.evolve(SETTINGS, webhook_signature_key="key")
    assert mindbody.verify_webhook(signed("key", BODY, prefix=""), settings, {})
    digest = hmac.new(b"key", BODY, hashlib.sha256).hexdigest()
    for header in ({}, {"x-mindbody-signature": f"sha256={digest}"}):
        assert not mindbody.verify_webhook(Delivery(BODY, headers=header), settings, {})


def test_it_names_the_site_it_is_of_and_a_repeat_is_known_by_its_message() -> None:
    found = delivery("client.created", CLIENT)
    assert list(mindbody.route_webhook(found)) == ["-99"]
    where = mindbody.manifest.delivery_id
    assert delivery_id(where, found) == json.loads(found.body)["messageId"]


@pytest.mark.parametrize(
    ("event", "data", "streams"),
    [
        ("client.created", CLIENT, ["clients", "client_ids"]),
        ("appointmentBooking.created", APPOINTMENT, ["appointments"]),
        ("classRosterBooking.created", BOOKED, ["visits"]),
        ("clientSale.created", SALE, ["sales"]),
        ("location.updated", {"locationId": 1, "name": "Pier"}, ["locations"]),
        ("staff.updated", {"staffId": 5, "staffFirstName": "Jo"}, ["staff"]),
        ("class.updated", {"classId": 201}, []),
        ("site.deactivated", {}, []),
    ],
)
def test_each_kind_is_read_into_its_stream(
    event: str, data: dict[str, Any], streams: list[str]
) -> None:
    found = told(event, data)
    assert [record.stream for record in found] == streams
    assert all(r.site == "-99" and r.version == NOW and r.partial for r in found)


def test_the_time_of_the_envelope_may_be_called_otherwise_or_be_missing() -> None:
    earlier = NOW - timedelta(hours=1)
    body = json.loads(delivery("client.created", CLIENT, earlier).body)
    body["eventInstanceOriginationDate"] = body.pop("eventInstanceOriginationDateTime")
    other = Delivery(json.dumps(body).encode(), received=NOW)
    assert next(iter(mindbody.read_webhook(other, CONTEXT))).version == earlier
    del body["eventInstanceOriginationDate"]
    bare = Delivery(json.dumps(body).encode(), received=NOW)
    assert next(iter(mindbody.read_webhook(bare, CONTEXT))).version == NOW


def test_an_unknown_kind_is_kept_and_counted() -> None:
    """Seen to fail when an unknown event id was passed over."""
    found = one("clientArrival.created", {"clientId": "7X", "arrived": True})
    assert (found.stream, found.payload["EventId"]) == ("other_events", "clientArrival.created")
    assert found.payload["EventData"]["arrived"] is True
    with pytest.raises(SkipRecord) as skipped:
        list(mindbody.parse_event(found, Unknown(), CONTEXT))
    assert skipped.value.rule == "unknown_event"


def test_of_a_foreign_site_nothing_is_kept_but_that_it_came() -> None:
    found = one("client.created", {**CLIENT, "siteId": 777})
    assert found.payload.keys() == {"EventId", "Foreign", "MessageId"}
    with pytest.raises(SkipRecord) as skipped:
        list(mindbody.parse_event(found, Unknown(), CONTEXT))
    assert skipped.value.rule == "foreign_site"


def test_another_schema_is_set_aside_whole() -> None:
    drifted = delivery("client.created", CLIENT, eventSchemaVersion=2)
    with pytest.raises(RecordError, match="eventSchemaVersion is none frontdesk-mindbody reads"):
        list(mindbody.read_webhook(drifted, CONTEXT))


@pytest.mark.parametrize(
    ("event", "data", "reason"),
    [
        ("client.created", {"clientId": "7X"}, "UniqueId is missing"),
        ("appointmentBooking.created", {"clientId": "7X"}, "Id is missing"),
        ("classRosterBooking.cancelled", {"classId": 3}, "Id is missing"),
        ("clientMembershipAssignment.created", {"clientId": "7X"}, "membershipId is missing"),
        ("clientProfileMerger.created", {"keptClientUniqueId": 7}, "removedClientUniqueId is"),
        ("clientSale.created", {"saleId": [1]}, "Id is no id"),
        ("clientSale.created", {"saleId": 1, "payments": 3}, "payments is not a list"),
        ("client.created", {"clientUniqueId": 7, "siteId": None}, "siteId is missing"),
    ],
)
def test_what_lacks_its_ids_is_set_aside_with_a_reason(
    event: str, data: dict[str, Any], reason: str
) -> None:
    with pytest.raises(RecordError, match=reason):
        told(event, data)


@pytest.mark.parametrize("body", [b"", b"{", b"[]", b"{}", b'{"eventId": 3}', b"\xff\xfe"])
def test_what_cannot_be_read_is_refused(body: bytes) -> None:
    with pytest.raises(RecordError):
        list(mindbody.read_webhook(Delivery(body), CONTEXT))


def test_cards_and_diagnoses_are_dropped_before_anything_is_stored() -> None:
    discard = DeliveryDiscard(mindbody.manifest.webhook_discard)
    secret = {
        "creditCardLastFour": "hush",
        "directDebitLastFour": "hush",
        "icdCodes": [{"code": "hush"}],
        "formulaNotes": "hush",
        "payments": [{"paymentId": 1, "paymentLastFour": "hush", "paymentNotes": "hush"}],
    }
    left = discard(delivery("client.created", {**CLIENT, **secret}))
    assert b"hush" not in left.body
    assert list(mindbody.read_webhook(left, CONTEXT))
