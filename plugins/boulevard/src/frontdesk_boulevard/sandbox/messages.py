"""Webhooks as they are written, and which change of the world leads to which."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import datetime
from random import Random
from typing import Any, Final

import attrs
import msgspec

from frontdesk.sandbox import outbox
from frontdesk_boulevard.sandbox.auth import sign
from frontdesk_boulevard.sandbox.journal import Action
from frontdesk_boulevard.sandbox.sending import Sending

PING: Final = "PING"
_MARKETING: Final = "CLIENT_MARKETING_PREFERENCES_UPDATED"
_REMINDERS: Final = "CLIENT_APPOINTMENT_REMINDER_PREFERENCES_UPDATED"
_UPDATED: Final = "APPOINTMENT_UPDATED"
_CANCELLED: Final = "MEMBERSHIP_CANCELLED"
#: What an action always leads to; what it leads to perhaps is for *events* to say.
_TOLD: Final[Mapping[str, str]] = {
    "appointment.created": "APPOINTMENT_CREATED",
    "appointment.confirmed": "APPOINTMENT_CONFIRMED",
    "appointment.arrived": "APPOINTMENT_ARRIVED",
    "appointment.active": "APPOINTMENT_ACTIVE",
    "appointment.completed": "APPOINTMENT_COMPLETED",
    "appointment.cancelled": "APPOINTMENT_CANCELLED",
    "appointment.rescheduled": "APPOINTMENT_RESCHEDULED",
    "appointment.updated": _UPDATED,
    "appointment.tagged": "ENTITY_TAGS_ADDED",
    "appointment.untagged": "ENTITY_TAGS_REMOVED",
    "client.created": "CLIENT_CREATED",
    "client.updated": "CLIENT_UPDATED",
    "client.absorbed": "CLIENT_UPDATED",
    "client.merged": "CLIENT_MERGED",
    "client.marketing": _MARKETING,
    "client.reminders": _REMINDERS,
    "client.tagged": "ENTITY_TAGS_ADDED",
    "client.untagged": "ENTITY_TAGS_REMOVED",
    "location.deleted": "LOCATION_DELETED",
    "membership.created": "MEMBERSHIP_CREATED",
    "membership.cancelled": _CANCELLED,
    "membership.reactivated": "MEMBERSHIP_REACTIVATED",
    "membership.paused": "MEMBERSHIP_PAUSED",
    "membership.unpaused": "MEMBERSHIP_UNPAUSED",
    "membership.renewed": "MEMBERSHIP_RENEWAL_SUCCEEDED",
    "membership.renewal_failed": "MEMBERSHIP_RENEWAL_FAILED",
    "order.completed": "ORDER_COMPLETED",
    "order_refund.closed": "ORDER_REFUND_CLOSED",
    "api_application.uninstalled": "API_APPLICATION_UNINSTALLED",
}
_KINDS: Final = {
    "appointment": "Appointment",
    "client": "Client",
    "location": "Location",
    "membership": "Membership",
    "order": "Order",
    "order_refund": "OrderRefund",
    "api_application": "ApiApplication",
    "webhook": "Webhook",
}


@attrs.define(eq=False)
class Message(outbox.Message):
    """One webhook on its way.

    Args:
        webhook: The id of the webhook it is for.
        retries: How often it is sent again if it is refused.
        forged: It is signed with a wrong secret.
        status: What its last attempt was answered; None is no answer.
    """

    event: str
    webhook: str
    key: str = attrs.field(default="", kw_only=True)
    retries: int = attrs.field(default=0, kw_only=True)
    forged: bool = attrs.field(default=False, kw_only=True)
    status: int | None = attrs.field(default=None, kw_only=True)


def events(action: Action, sending: Sending) -> Iterator[str]:
    """Tell which events an action leads to."""
    if (always := _TOLD.get(action.kind)) is not None:
        yield always
    preferences = action.kind.startswith(("client.marketing", "client.reminders"))
    if preferences and action.kind.endswith("_by_staff") and sending.staff_preferences:
        yield _MARKETING if "marketing" in action.kind else _REMINDERS
    if preferences and sending.preferences_update:
        yield "CLIENT_UPDATED"
    if action.kind == "appointment.rescheduled" and sending.reschedule_updates:
        yield _UPDATED
    if action.kind == "appointment.restored":
        yield "APPOINTMENT_CREATED" if sending.restore_creates else _UPDATED
    told = sending.cancellation_told
    if action.kind == "membership.cancellation_scheduled" and told in {"scheduling", "both"}:
        yield _CANCELLED
    if action.kind == "membership.cancellation_effected" and told in {"effect", "both"}:
        yield _CANCELLED


def resource(action: Action) -> str:
    """Name the type of what an action happened to."""
    return _KINDS[action.kind.partition(".")[0]]


def word(event: str) -> str:
    """Spell an event in its other way: ``order.completed``."""
    for kind in sorted(_KINDS, key=len, reverse=True):
        if event.startswith(f"{kind.upper()}_"):
            return f"{kind}.{event[len(kind) + 1 :].lower()}"
    first, _, rest = event.lower().partition("_")
    return f"{first}.{rest}" if rest else first


def key(rng: Random, at: datetime) -> str:
    """Draw a UUID of version 7, of which the first part is a time."""
    bits = f"{int(at.timestamp() * 1_000):012x}7{rng.getrandbits(76):019x}"
    return f"{bits[:8]}-{bits[8:12]}-{bits[12:16]}-a{bits[17:20]}-{bits[20:32]}"


def envelope(event: str, node: Mapping[str, Any], at: str, about: Mapping[str, str]) -> bytes:
    """Write a body; what it is *about* may say more of the resource than its type."""
    content: dict[str, Any] = {
        "data": {"node": node},
        "timestamp": at,
        "resource": node["__typename"],
        "event": word(event),
        "eventType": event,
        **about,
    }
    if "idempotencyKey" not in about:
        # Bodies of 2022 had neither.
        del content["timestamp"]
    return msgspec.json.encode(content)


def headers(body: bytes, secret: str, application: str, at: int) -> dict[str, str]:
    """Sign a body, with a salt that belongs to the moment of sending."""
    salt = f"blvd-webhook-v1:{application}:{at}"
    return {
        "content-type": "application/json",
        "x-blvd-hmac-salt": salt,
        "x-blvd-hmac-sha256": sign(secret, salt.encode() + b":" + body),
    }
