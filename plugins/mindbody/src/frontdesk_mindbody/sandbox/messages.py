"""Webhooks: the envelope of an event, how its times are written, and its signature."""

from __future__ import annotations

import base64
import hashlib
import hmac
from collections.abc import Mapping
from datetime import UTC, date, datetime, time
from typing import Any
from zoneinfo import ZoneInfo

import attrs
import msgspec

from frontdesk.sandbox import outbox
from frontdesk_mindbody.sandbox.subscriptions import Subscription


@attrs.define(eq=False)
class Message(outbox.Message):
    """One webhook on its way."""

    subscription: Subscription
    key: str = attrs.field(repr=False)

    @property
    def signature(self) -> str:
        """Sign the bytes as they are; the key is a text, though it looks like base64."""
        digest = hmac.new(self.key.encode(), self.body, hashlib.sha256).digest()
        return f"sha256={base64.b64encode(digest).decode()}"


@attrs.frozen(kw_only=True)
class Envelope:
    """What goes around an event's data."""

    id: str
    event: str
    version: int
    at: datetime
    data: dict[str, Any]
    #: The zone in which times are written without saying so; None writes UTC.
    naive: ZoneInfo | None = None
    origination: str = "eventInstanceOriginationDateTime"
    #: What stands beside the data and means nothing.
    extras: Mapping[str, str] = attrs.field(factory=dict[str, str])

    def body(self) -> bytes:
        """Write it."""
        return msgspec.json.encode(
            {
                "messageId": self.id,
                "eventId": self.event,
                "eventSchemaVersion": self.version,
                self.origination: self.at.astimezone(UTC),
                **self.extras,
                "eventData": {name: self._written(value) for name, value in self.data.items()},
            }
        )

    def _written(self, value: Any) -> Any:
        if isinstance(value, datetime):
            if self.naive is None:
                return value.astimezone(UTC)
            return value.astimezone(self.naive).replace(tzinfo=None)
        if isinstance(value, date):
            # A date is its midnight, in UTC by its looks.
            return datetime.combine(value, time(), None if self.naive else UTC)
        return value
