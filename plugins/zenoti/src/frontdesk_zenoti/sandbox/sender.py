"""Sends webhooks to the one URL that an administrator chose, signed."""

from __future__ import annotations

from typing import Final

import anyio
import httpx

from frontdesk.sandbox import sender
from frontdesk.sandbox.options import here
from frontdesk_zenoti.sandbox.clock import Clock
from frontdesk_zenoti.sandbox.journal import Action, Event
from frontdesk_zenoti.sandbox.messages import SIGNATURE, Message
from frontdesk_zenoti.sandbox.outbox import Outbox

#: Zenoti waits so long for an answer, in seconds.
PATIENCE: Final = 10.0


class Sender(sender.Sender[Message, Outbox]):
    """Sends what an outbox holds to one URL."""

    def __init__(self, outbox: Outbox, clock: Clock) -> None:
        super().__init__(outbox, clock)
        self._to: httpx.URL | None = None

    @property
    def to(self) -> str | None:
        """Where webhooks go; while None, events are not even collected."""
        return None if self._to is None else str(self._to)

    @to.setter
    def to(self, url: str | None) -> None:
        """Send them to a URL of this machine from now on, or nowhere."""
        self._to = None if url is None else here(url)

    def hear(self, action: Action, event: Event) -> None:
        """Listen to the journal."""
        if self._to is not None:
            self.outbox.hear(action, event)
            self.notice()

    async def ping(self) -> bool:
        """Press the button that tests a webhook: an empty body, without a signature."""
        async with httpx.AsyncHTTPTransport(verify=False) as transport:
            return await self.accepted(transport, Message(b"", ""))

    async def accepted(self, transport: httpx.AsyncHTTPTransport, message: Message) -> bool:
        """Send a message, and say whether it was accepted."""
        if self._to is None:
            return False
        self.outbox.counts["sent"] += 1
        headers = {"content-type": "application/json"}
        if message.signature:
            headers[SIGNATURE] = message.signature
        verb = self.outbox.sending.webhook_verb
        try:
            with anyio.fail_after(PATIENCE):
                good = await sender.told(
                    transport, self._to, message.body, method=verb, headers=headers
                )
        # A ValueError is a redirect to another machine.
        except (httpx.TransportError, TimeoutError, ValueError):
            self.outbox.counts["unanswered"] += 1
            return False
        self.outbox.counts["accepted" if good else "refused"] += 1
        if good and not message.stray:
            self.outbox.succeeded()
        return good

    def stop(self) -> None:
        """Let nothing leave any more."""
        self.to = None
        super().stop()
