"""Subscriptions to events, and what became of their messages."""

from __future__ import annotations

import base64
from collections.abc import Iterator
from datetime import datetime
from random import Random
from typing import Any, Final

import attrs

from frontdesk.sandbox.chance import uuid
from frontdesk.sandbox.clock import ServerClock

PENDING: Final = "PendingActivation"
ACTIVE: Final = "Active"
BY_USER: Final = "DeactivatedByUser"
TOO_MANY: Final = "DeactivatedTooManyFailedMessageDeliveryAttempts"
RETIRED: Final = "DeactivatedByEventDeactivation"


@attrs.define(kw_only=True, eq=False)
class Subscription:
    """One URL that some events are told to."""

    id: str
    key: str = attrs.field(repr=False)
    url: str
    events: tuple[str, ...]
    version: int
    reference: str | None
    created: datetime
    changed: datetime
    status: str = PENDING
    message: str | None = None
    #: How many messages were sent at least once, arrived, and will never arrive.
    attempted: int = 0
    delivered: int = 0
    failed: int = 0
    #: Of those that never arrived, the ones since it was activated.
    failed_lately: int = 0

    def turn(self, status: str, now: datetime, message: str | None = None) -> None:
        """Change the status."""
        self.status, self.changed, self.message, self.failed_lately = status, now, message, 0


class Subscriptions:
    """All subscriptions of the developer account; one that was deactivated is still there."""

    def __init__(self, seed: int, clock: ServerClock, most_failed: int) -> None:
        self._rng = Random(f"subscriptions of {seed}")
        self._clock = clock
        self._most_failed = most_failed
        self._all: dict[str, Subscription] = {}

    def __iter__(self) -> Iterator[Subscription]:
        return iter(tuple(self._all.values()))

    def __len__(self) -> int:
        return len(self._all)

    @property
    def now(self) -> datetime:
        """Tell the server's time."""
        return self._clock.now

    def find(self, identity: str) -> Subscription | None:
        """Find a subscription by its id."""
        return self._all.get(identity)

    def make(
        self, url: str, events: tuple[str, ...], version: int = 1, reference: str | None = None
    ) -> Subscription:
        """Make a subscription, which waits to be activated."""
        now = self._clock.now
        made = Subscription(
            id=uuid(self._rng),
            key=base64.b64encode(self._rng.randbytes(32)).decode(),
            url=url,
            events=events,
            version=version,
            reference=reference,
            created=now,
            changed=now,
        )
        self._all[made.id] = made
        return made

    def give_up(self, subscription: Subscription) -> None:
        """Count a message that will never arrive; too many of them end a subscription."""
        subscription.failed += 1
        subscription.failed_lately += 1
        if subscription.status == ACTIVE and 0 < self._most_failed <= subscription.failed_lately:
            subscription.turn(TOO_MANY, self._clock.now, "Too many messages failed.")


def shown(one: Subscription) -> dict[str, Any]:
    """Show a subscription, without its key."""
    return {
        "subscriptionId": one.id,
        "status": one.status,
        "subscriptionCreationDateTime": one.created,
        "statusChangeDate": one.changed,
        "statusChangeMessage": one.message,
        "statusChangeUser": "ACMEDeveloper",
        "eventIds": list(one.events),
        "eventSchemaVersion": one.version,
        "referenceId": one.reference,
        "webhookUrl": one.url,
    }


def metric(one: Subscription) -> dict[str, Any]:
    """Show what became of a subscription's messages."""
    return {
        "subscriptionId": one.id,
        "status": one.status,
        "statusChangeDate": one.changed,
        "creationDateTime": one.created,
        "messagesAttempted": one.attempted,
        "messagesDelivered": one.delivered,
        "messagesUndelivered": one.attempted - one.delivered - one.failed,
        "messagesFailed": one.failed,
    }
