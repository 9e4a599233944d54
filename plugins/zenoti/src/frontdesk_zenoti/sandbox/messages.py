"""Webhooks as they travel: the envelope, the signature, the message on its way."""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Mapping
from typing import Any, Final

import attrs
import msgspec

from frontdesk.sandbox import outbox
from frontdesk_zenoti.sandbox.journal import Action, Event
from frontdesk_zenoti.sandbox.sending import Sending

SIGNATURE: Final = "zenoti-webhook-signature"
#: Events that came late to Zenoti leave the resource null.
_NEWER: Final = ("AppointmentGroup.Created", "Guest.Membership.")
_DIGITS: Final = 10_000_000


@attrs.define(eq=False)
class Message(outbox.Message):
    """One webhook on its way."""

    signature: str = attrs.field(repr=False)


def signed(body: bytes, secret: str) -> str:
    """Sign a body: pairs of capital hexadecimal digits, with dashes between them."""
    digest = hmac.new(secret.encode(), body, hashlib.sha256).hexdigest().upper()
    pairs = "-".join(digest[place : place + 2] for place in range(0, len(digest), 2))
    return f"sha256 ={pairs}"


def envelope(action: Action, event: Event, sending: Sending, subscription: int = 0) -> bytes:
    """Write the body of a delivery."""
    if not sending.webhook_envelope:
        return msgspec.json.encode(event.data)
    told: Mapping[str, Any] = {
        "id": identity(action.event_id or "0", subscription + 1),
        "event_id": action.event_id,
        "event_schema": "v1",
        "event_resource": _resource(event, sending),
        "event_type": event.type,
        "event_timestamp": _timestamp(action, sending),
        "data": event.data,
    }
    return msgspec.json.encode(told)


def identity(event_id: str, more: int) -> str:
    """Give the id of a delivery: a number a little above its event's."""
    return f"{int(event_id, 16) + more:024x}"


def another(body: bytes, attempt: int) -> bytes:
    """Give a body the id of another delivery of the same event."""
    told = msgspec.json.decode(body)
    if "event_id" in told:
        told["id"] = identity(told["event_id"], 8 + attempt)
    return msgspec.json.encode(told)


def _resource(event: Event, sending: Sending) -> str | None:
    newer = event.type.startswith(_NEWER)
    null = sending.webhook_resource == "null" or (sending.webhook_resource == "mixed" and newer)
    return None if null else event.resource


def _timestamp(action: Action, sending: Sending) -> str:
    # Later actions of one second have later fractions.
    fraction = (action.number % 10_000) * 1_000 + 785
    seven = action.number % 4 != 0 if sending.webhook_digits == "mixed" else False
    digits = f"{fraction % _DIGITS:07d}"
    kept = digits if seven or sending.webhook_digits == "7" else digits[:6]
    return f"{action.time:%Y-%m-%dT%H:%M:%S}.{kept}Z"
