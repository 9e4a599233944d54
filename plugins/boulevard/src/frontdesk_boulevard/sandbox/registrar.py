"""The webhooks that were created through the API, and what each is told of."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from random import Random
from typing import Any, Final
from urllib.parse import urlsplit

import attrs
import msgspec

from frontdesk.sandbox.chance import uuid
from frontdesk.sandbox.options import here
from frontdesk_boulevard.sandbox import ids
from frontdesk_boulevard.sandbox.options import Options
from frontdesk_boulevard.sandbox.refusal import Refusal

_MOST_RETRIES: Final = 100
#: What a webhook that was not created is told of.
EVENTS: Final = (
    "API_APPLICATION_UNINSTALLED",
    "APPOINTMENT_ACTIVE",
    "APPOINTMENT_ARRIVED",
    "APPOINTMENT_CANCELLED",
    "APPOINTMENT_COMPLETED",
    "APPOINTMENT_CONFIRMED",
    "APPOINTMENT_CREATED",
    "APPOINTMENT_RESCHEDULED",
    "APPOINTMENT_UPDATED",
    "CLIENT_APPOINTMENT_REMINDER_PREFERENCES_UPDATED",
    "CLIENT_CREATED",
    "CLIENT_MARKETING_PREFERENCES_UPDATED",
    "CLIENT_MERGED",
    "CLIENT_UPDATED",
    "ENTITY_TAGS_ADDED",
    "ENTITY_TAGS_REMOVED",
    "LOCATION_DELETED",
    "MEMBERSHIP_CANCELLED",
    "MEMBERSHIP_CREATED",
    "MEMBERSHIP_PAUSED",
    "MEMBERSHIP_REACTIVATED",
    "MEMBERSHIP_RENEWAL_FAILED",
    "MEMBERSHIP_RENEWAL_SUCCEEDED",
    "MEMBERSHIP_UNPAUSED",
    "ORDER_COMPLETED",
    "ORDER_REFUND_CLOSED",
)


class WebhookSubscription(msgspec.Struct, kw_only=True):
    """One kind of event that is told."""

    id: str
    event_type: str
    max_retries: int
    enabled: bool = True
    #: Only Boulevard itself can set one.
    custom_query: None = None


class Webhook(msgspec.Struct, kw_only=True):
    """A receiver; its URL never changes."""

    id: str
    name: str
    url: str
    location_id: str | None
    created_at: datetime
    updated_at: datetime
    subscriptions: list[WebhookSubscription]

    def subscription(self, event_type: str) -> WebhookSubscription | None:
        """Find what it is told of an event, if it is."""
        for one in self.subscriptions:
            if one.event_type == event_type and one.enabled:
                return one
        return None


@attrs.define
class _Failures:
    """How often in a row, and since when."""

    since: datetime
    count: int = 0


class Registrar:
    """Keeps the webhooks of the application."""

    def __init__(self, options: Options) -> None:
        self._options = options
        # A generator of its own: the world does not depend on who listens.
        self._rng = Random(f"webhooks of {options.seed}")
        self.rows: list[Webhook] = []
        #: One that was not created through the API, and is told of everything.
        self.standing: Webhook | None = None
        self._failures: dict[str, _Failures] = {}

    @property
    def everybody(self) -> list[Webhook]:
        """List all that are told of events."""
        return self.rows if self.standing is None else [*self.rows, self.standing]

    def known(self, identity: str) -> Webhook | None:
        """Find whom a message is for, unless it was deleted meanwhile."""
        return next((one for one in self.everybody if one.id == identity), None)

    def stand(self, url: str | None, now: datetime) -> None:
        """Tell a URL of everything, without its having been created."""
        self.standing = None
        if url is not None:
            self.standing = self._made(url, "Standing", None, now)
            self._subscribe(self.standing, [{"eventType": event} for event in EVENTS])

    def succeeded(self, identity: str) -> None:
        """Forget the failures of a webhook."""
        self._failures.pop(identity, None)

    def failed(self, identity: str, now: datetime) -> bool:
        """Count a failure; say whether there were too many for too long."""
        found = self._failures.setdefault(identity, _Failures(now))
        found.count += 1
        options = self._options
        long = (now - found.since).total_seconds() > options.webhook_failing
        return found.count >= options.webhook_failures and long

    def disable(self, identity: str) -> None:
        """Tell a webhook nothing any more."""
        if (found := self.known(identity)) is not None:
            for one in found.subscriptions:
                one.enabled = False

    def find(self, identity: str) -> Webhook:
        """Find a webhook.

        Raises:
            Refusal: There is none with this id.
        """
        for one in self.rows:
            if ids.bare(one.id) == ids.bare(identity):
                return one
        raise Refusal(200, "Webhook not found")

    def create(self, given: Mapping[str, Any], now: datetime, location: str | None) -> Webhook:
        """Create a webhook for a URL that must be safe.

        Raises:
            Refusal: It is not.
        """
        url: str = given["url"]
        if urlsplit(url).scheme != "https" and not (self._options.webhook_http and _local(url)):
            raise Refusal(200, "url must be https")
        made = self._made(url, given.get("name") or "Webhook", location, now)
        self._subscribe(made, given["subscriptions"])
        self.rows.append(made)
        return made

    def _made(self, url: str, name: str, location: str | None, now: datetime) -> Webhook:
        return Webhook(
            id=ids.new(self._rng, "Webhook"),
            name=name,
            url=url,
            location_id=location,
            created_at=now,
            updated_at=now,
            subscriptions=[],
        )

    def update(self, given: Mapping[str, Any], now: datetime) -> Webhook:
        """Change a webhook's name, and what it is told of; what is not named stays."""
        found = self.find(given["id"])
        found.name = given.get("name") or found.name
        self._subscribe(found, given.get("subscriptions") or [])
        found.updated_at = now
        return found

    def delete(self, identity: str) -> Webhook:
        """Forget a webhook."""
        found = self.find(identity)
        self.rows.remove(found)
        return found

    def _subscribe(self, webhook: Webhook, wanted: Sequence[Mapping[str, Any]]) -> None:
        for given in wanted:
            retries = given.get("maxRetries")
            if retries is not None and not 0 <= retries <= _MOST_RETRIES:
                raise Refusal(200, "maxRetries must be between 0 and 100")
            found = self._meant(webhook, given)
            if found is None:
                webhook.subscriptions.append(self._subscription(given))
            elif given.get("delete"):
                webhook.subscriptions.remove(found)
            else:
                found.event_type = given.get("eventType") or found.event_type
                found.max_retries = found.max_retries if retries is None else retries

    def _meant(self, webhook: Webhook, given: Mapping[str, Any]) -> WebhookSubscription | None:
        for one in webhook.subscriptions:
            if given.get("id") == one.id or (
                given.get("id") is None and given.get("eventType") == one.event_type
            ):
                return one
        if given.get("id") is not None or given.get("delete"):
            raise Refusal(200, "Subscription not found")
        return None

    def _subscription(self, given: Mapping[str, Any]) -> WebhookSubscription:
        if given.get("eventType") is None:
            raise Refusal(200, "eventType is required")
        retries = given.get("maxRetries")
        return WebhookSubscription(
            # The one kind of id that is no URN.
            id=uuid(self._rng),
            event_type=given["eventType"],
            max_retries=self._options.webhook_retries if retries is None else retries,
        )


def _local(url: str) -> bool:
    try:
        here(url)
    except ValueError:
        return False
    return True
