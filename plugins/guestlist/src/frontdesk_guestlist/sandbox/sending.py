"""Webhooks of the channel manager: signed as they leave."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Final

import anyio
import attrs
import httpx

from frontdesk.sandbox import outbox, sender
from frontdesk.sandbox.clock import ServerClock
from frontdesk.sandbox.options import here
from frontdesk.sandbox.outbox import Message, malformed
from frontdesk_guestlist import channels
from frontdesk_guestlist.sandbox.options import Options

#: How many seconds an answer is waited for.
PATIENCE: Final = 10.0
#: How often, and after how many seconds, a message is sent that was not accepted.
ATTEMPTS: Final = 20
PAUSE: Final = 30.0


@attrs.define(eq=False)
class Signed(Message):
    """A message, and whether it gets the right signature."""

    genuine: bool = attrs.field(default=True, kw_only=True)


class Outbox(outbox.Outbox[Signed, Options]):
    """What is still to be sent."""

    def post(self, body: bytes) -> None:
        """Send a message on its way, or lose it, with what comes along."""
        with self.lock:
            if self.deals("dropped", self.sending.webhook_dropped):
                return
            message = self.numbered(Signed(body))
            self.dispatch(message)
            if self.deals("malformed", self.sending.webhook_malformed):
                self.queue(attrs.evolve(message, body=malformed(body), stray=True))
            if self.deals("missigned", self.sending.webhook_missigned):
                self.queue(attrs.evolve(message, genuine=False, stray=True))

    def again(self, message: Signed) -> None:
        """Let a message that was not accepted wait for another time, or give it up."""
        message.attempts += 1
        with self.lock:
            if message.stray or message.attempts >= ATTEMPTS:
                self.counts["refused strays" if message.stray else "given up"] += 1
            else:
                self.postpone(message, PAUSE)


class Sender(sender.Sender[Signed, Outbox]):
    """Sends what the outbox holds to one URL.

    Args:
        running: Whether signatures bear the real time, and not that of a clock that stands.
    """

    def __init__(self, outbox: Outbox, clock: ServerClock, secret: str, *, running: bool) -> None:
        super().__init__(outbox, clock)
        self.to: str | None = None
        self._secret = secret
        self._running = running

    async def accepted(self, transport: httpx.AsyncHTTPTransport, message: Signed) -> bool:
        """Send a message, and say whether it was accepted."""
        if self.to is None:
            return False
        counts = self.outbox.counts
        counts["sent"] += 1
        try:
            with anyio.fail_after(PATIENCE):
                good = await sender.told(
                    transport, here(self.to), message.body, headers=self._headers(message)
                )
        # A ValueError is a redirect to another machine.
        except (httpx.TransportError, TimeoutError, ValueError):
            counts["unanswered"] += 1
            return False
        counts["accepted" if good else "refused"] += 1
        return good

    def stop(self) -> None:
        """Let nothing leave any more."""
        self.to = None
        super().stop()

    def _headers(self, message: Signed) -> dict[str, str]:
        now = datetime.now(UTC) if self._running else self.clock.now
        secret = self._secret if message.genuine else self._secret[::-1]
        signature = channels.signature(secret, message.body, int(now.timestamp()))
        return {"content-type": "application/json", channels.HEADER: signature}
