"""Sends webhooks to the URLs of those who subscribed, signed."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

import anyio
import httpx

from frontdesk.sandbox import sender
from frontdesk.sandbox.clock import ServerClock
from frontdesk_mindbody.sandbox.events import ARRIVAL, EVENTS
from frontdesk_mindbody.sandbox.journal import Action, Told
from frontdesk_mindbody.sandbox.messages import Message
from frontdesk_mindbody.sandbox.outbox import Outbox
from frontdesk_mindbody.sandbox.sending import here
from frontdesk_mindbody.sandbox.subscriptions import ACTIVE, BY_USER, Subscription

#: Mindbody waits so long for an answer, in seconds.
PATIENCE: Final = 10.0


class Sender(sender.Sender[Message, Outbox]):
    """Sends what an outbox holds to the URLs of its subscriptions."""

    def __init__(self, outbox: Outbox, clock: ServerClock, key: str) -> None:
        super().__init__(outbox, clock)
        self.patience = PATIENCE
        #: Let messages leave by themselves from the first one on.
        self.automatic = False
        self._key = key
        self._own: Subscription | None = None

    @property
    def to(self) -> str | None:
        """Where the sandbox's own subscription sends every event, with a key known beforehand."""
        own = self._own
        return None if own is None or own.status != ACTIVE else own.url

    @to.setter
    def to(self, url: str | None) -> None:
        """Send all events to a URL of this machine from now on, or nowhere."""
        now = self.clock.now
        if url is None:
            if self._own is not None and self._own.status == ACTIVE:
                self._own.turn(BY_USER, now)
            return
        address = str(here(url))
        if self._own is None:
            self._own = self.outbox.subscriptions.make(address, tuple(sorted({*EVENTS, ARRIVAL})))
            self._own.key = self._key
        self._own.url = address
        self._own.turn(ACTIVE, now)

    def hear(self, action: Action, told: Sequence[Told]) -> None:
        """Listen to the journal."""
        self.outbox.hear(action, told)
        self.notice()
        if self.automatic and len(self.outbox):
            self.start()

    def wanted(self, message: Message) -> bool:
        """Say whether its subscription is still active."""
        if message.subscription.status == ACTIVE:
            return True
        self.outbox.counts["unsubscribed"] += 1
        return False

    async def accepted(self, transport: httpx.AsyncHTTPTransport, message: Message) -> bool:
        """Send a message, and say whether it was accepted."""
        counts, one = self.outbox.counts, message.subscription
        if not message.stray and not message.attempts:
            one.attempted += 1
        counts["sent"] += 1
        prefixed = self.outbox.sending.webhook_prefix
        signature = message.signature if prefixed else message.signature.removeprefix("sha256=")
        headers = {
            "content-type": "application/json",
            "user-agent": "mindbody-sandbox",
            "x-mindbody-signature": signature,
        }
        request = httpx.Request("POST", here(one.url), content=message.body, headers=headers)
        try:
            with anyio.fail_after(self.patience):
                response = await transport.handle_async_request(request)
                await response.aread()
        except (httpx.TransportError, TimeoutError):
            counts["unanswered"] += 1
            return False
        good = response.is_success
        counts["accepted" if good else "refused"] += 1
        if good and not message.stray:
            one.delivered += 1
        return good

    def stop(self) -> None:
        """Let nothing leave any more."""
        self.to = None
        super().stop()
