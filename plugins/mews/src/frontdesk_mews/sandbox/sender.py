"""Sends webhooks to the one URL that Mews was told, with its token."""

from __future__ import annotations

from typing import Final
from urllib.parse import quote

import anyio
import httpx

from frontdesk.sandbox import sender
from frontdesk.sandbox.clock import ServerClock
from frontdesk.sandbox.options import here
from frontdesk_mews.sandbox.journal import Action
from frontdesk_mews.sandbox.messages import Message
from frontdesk_mews.sandbox.outbox import Outbox

#: Mews waits so long for an answer, in seconds.
PATIENCE: Final = 5.0


class Sender(sender.Sender[Message, Outbox]):
    """Sends what an outbox holds to one URL."""

    def __init__(self, outbox: Outbox, clock: ServerClock) -> None:
        super().__init__(outbox, clock)
        self._to: httpx.URL | None = None

    @property
    def to(self) -> str | None:
        """Where webhooks go, without the token; while None, events are not even collected."""
        return None if self._to is None else str(self._to)

    @to.setter
    def to(self, url: str | None) -> None:
        """Send them to a URL of this machine from now on, or nowhere."""
        self._to = None if url is None else here(url)

    def hear(self, action: Action) -> None:
        """Listen to the journal."""
        if self._to is not None:
            self.outbox.hear(action)
            self.notice()

    async def accepted(self, transport: httpx.AsyncHTTPTransport, message: Message) -> bool:
        """Send a message, and say whether it was accepted."""
        if self._to is None:
            return False
        url = httpx.URL(_addressed(str(self._to), message.token))
        self.outbox.counts["sent"] += 1
        try:
            with anyio.fail_after(PATIENCE):
                good = await sender.told(transport, url, message.body)
        # A ValueError is a redirect to another machine.
        except (httpx.TransportError, TimeoutError, ValueError):
            self.outbox.counts["unanswered"] += 1
            return False
        self.outbox.counts["accepted" if good else "refused"] += 1
        return good

    def stop(self) -> None:
        """Let nothing leave any more."""
        self.to = None
        super().stop()


def _addressed(url: str, token: str) -> str:
    return f"{url}{'&' if '?' in url else '?'}Token={quote(token, safe='')}"
