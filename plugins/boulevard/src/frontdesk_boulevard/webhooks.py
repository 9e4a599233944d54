"""Webhooks of Boulevard: signed, thin, and each with a fact of its own beside an id."""

from __future__ import annotations

import base64
import hashlib
import hmac
from typing import Any, Final

from frontdesk.errors import SettingsError
from frontdesk.model import Delivery, Payload, Record, Ref
from frontdesk.notices import Notice, Standing
from frontdesk.rows import delivered
from frontdesk_boulevard import appointments, memberships
from frontdesk_boulevard.rows import (
    DELIVERED,
    TYPES,
    instant,
    named,
    part,
    required,
    spelt,
    text,
    urn,
)
from frontdesk_boulevard.signing import decoded

#: What an event's name begins with: the stream it is news of.
_STREAMS: Final = {
    "APPOINTMENT": "appointments",
    "MEMBERSHIP": "memberships",
    "ORDER": "orders",
    "CLIENT": "clients",
}
_KINDS: Final = {kind: stream for stream, kind in TYPES.items()}
#: Events of which the delivery itself is the proof.
FACTS: Final = appointments.FACTS | memberships.FACTS
_REFUNDED: Final = "ORDER_REFUND_CLOSED"
_UNINSTALLED: Final = "API_APPLICATION_UNINSTALLED"
#: What Boulevard is asked to send. APPOINTMENT_UPDATED is not among it: it is said to come
#: with each of the others.
EVENTS: Final = (
    "APPOINTMENT_CREATED",
    "APPOINTMENT_CANCELLED",
    "APPOINTMENT_ARRIVED",
    "APPOINTMENT_COMPLETED",
    "APPOINTMENT_CONFIRMED",
    "APPOINTMENT_RESCHEDULED",
    "MEMBERSHIP_CREATED",
    "MEMBERSHIP_CANCELLED",
    "MEMBERSHIP_REACTIVATED",
    "MEMBERSHIP_PAUSED",
    "MEMBERSHIP_UNPAUSED",
    "ORDER_COMPLETED",
    _REFUNDED,
    "CLIENT_CREATED",
    "CLIENT_UPDATED",
    "CLIENT_MERGED",
    "CLIENT_MARKETING_PREFERENCES_UPDATED",
    "CLIENT_APPOINTMENT_REMINDER_PREFERENCES_UPDATED",
    "ENTITY_TAGS_ADDED",
    "ENTITY_TAGS_REMOVED",
    _UNINSTALLED,
)
#: What of a delivery is not stored: it is fetched anew, and only ids and times are used.
DISCARDED: Final = tuple(
    f"data.node.{field}"
    for field in (
        "client",
        "notes",
        "clientMessage",
        "appointmentServices",
        "name",
        "firstName",
        "lastName",
        "email",
        "mobilePhone",
        "dob",
        "pronoun",
        "tags",
        "cancellation.notes",
    )
)


def news(delivery: Delivery) -> list[Record | Ref | Notice]:
    """Return the fact a delivery brings, name what must be looked at, or tell of the app.

    Raises:
        RecordError: It is no webhook of Boulevard's.
    """
    body = delivered(delivery)
    kind = _kind(body)
    if kind == _UNINSTALLED:
        reason = "Boulevard says the app was uninstalled; install it again in Manage Business"
        return [Notice(Standing.CLOSED, reason)]
    node = part(part(body, "data") or {}, "node") or {}
    stream = _stream(kind, node)
    if stream is None:
        # PING, and events Boulevard has or will have for others.
        return []
    if kind == _REFUNDED:
        return _refunded(node)
    id = urn(TYPES[stream], required(node, "id"))
    if kind in FACTS:
        return [_fact(delivery, body, stream, id, node)]
    found = [Ref(stream, id, max_age=0)]
    into = named(node, "mergedIntoClientId", "Client") if stream == "clients" else None
    if into is not None and into != id:
        found.append(Ref("clients", into, max_age=0))
    return [*found]


def _kind(body: Payload) -> str:
    """Return the type of an event; older deliveries have only the dotted word for it."""
    kind = text(body, "eventType") or required(body, "event")
    return kind.replace(".", "_").upper()


def _stream(kind: str, node: Payload) -> str | None:
    if kind.startswith("ENTITY_TAGS_"):
        # Tags are given to clients and to appointments.
        urned = (text(node, "id") or "").removeprefix("urn:blvd:").partition(":")[0]
        return _KINDS.get(text(node, "__typename") or urned)
    return _STREAMS.get(kind.partition("_")[0])


def _refunded(node: Payload) -> list[Record | Ref | Notice]:
    """Name the order of a refund; a refund that does not tell its order is nothing to us."""
    order = text(node, "orderId") or text(part(node, "order") or {}, "id")
    if order is None and text(node, "__typename") == TYPES["orders"]:
        order = text(node, "id")
    return [Ref("orders", urn("Order", order, "orderId"), max_age=0)] if order else []


def _fact(delivery: Delivery, body: Payload, stream: str, id: str, node: Payload) -> Record:
    """Return the part of a record that only this delivery tells, under a key of its own."""
    at = instant(body, "timestamp") or delivery.received
    cancellation = part(node, "cancellation") or {}
    told = {
        "eventType": _kind(body),
        "timestamp": spelt(at),
        "startAt": spelt(instant(node, "startAt")),
        "cancelledAt": spelt(instant(cancellation, "cancelledAt")),
        "reason": text(cancellation, "reason"),
        "unpauseOn": text(node, "unpauseOn"),
        "cancelOn": text(node, "cancelOn"),
    }
    guest = named(node, "clientId", "Client")
    return Record(
        stream,
        id,
        {"id": id, DELIVERED: told},
        guests=(guest,) if guest else (),
        partial=True,
    )


def verified(delivery: Delivery, settings: Any) -> bool:
    """Compare the signature of the salt and the raw body."""
    secret = settings.webhook_secret or settings.api_secret
    salt = delivery.headers.get("x-blvd-hmac-salt", "")
    shown = delivery.headers.get("x-blvd-hmac-sha256", "")
    try:
        key = decoded(secret, "webhook_secret")
    except SettingsError:
        return False
    signed = salt.encode("utf-8", "surrogateescape") + b":" + delivery.body
    expected = base64.b64encode(hmac.digest(key, signed, hashlib.sha256))
    genuine = hmac.compare_digest(shown.encode("utf-8", "surrogateescape"), expected)
    return genuine and bool(salt)


def businesses(delivery: Delivery) -> list[str]:
    """Name the business a delivery is meant for: one app serves many."""
    own = text(delivered(delivery), "businessId")
    return [urn("Business", own, "businessId")] if own else []
