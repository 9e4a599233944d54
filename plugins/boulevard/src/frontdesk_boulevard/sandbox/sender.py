"""Sends webhooks to those who created them through the API, and to one URL besides, signed."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from http import HTTPStatus

import anyio
import httpx

from frontdesk.sandbox import sender
from frontdesk.sandbox.options import here
from frontdesk_boulevard.sandbox import messages
from frontdesk_boulevard.sandbox.auth import Keys
from frontdesk_boulevard.sandbox.clock import Clock
from frontdesk_boulevard.sandbox.journal import Action
from frontdesk_boulevard.sandbox.messages import Message
from frontdesk_boulevard.sandbox.outbox import Outbox
from frontdesk_boulevard.sandbox.registrar import Registrar


class Sender(sender.Sender[Message, Outbox]):
    """Sends what an outbox holds to the webhooks it is for.

    Those that were created through the API stay on this machine, too: what is for another one
    is counted and never sent.
    """

    def __init__(
        self,
        outbox: Outbox,
        registrar: Registrar,
        keys: Keys,
        *,
        clock: Clock,
        wall: Callable[[], datetime],
        application: str,
    ) -> None:
        super().__init__(outbox, clock)
        self.registrar = registrar
        #: Whether messages leave by themselves, as soon as there are any.
        self.automatic = False
        self._keys = keys
        self._wall = wall
        self._application = application

    @property
    def to(self) -> str | None:
        """Where all webhooks go, besides those that were created."""
        return None if self.registrar.standing is None else self.registrar.standing.url

    @to.setter
    def to(self, url: str | None) -> None:
        """Send them to a URL of this machine from now on, or nowhere."""
        if (before := self.registrar.standing) is not None:
            self.outbox.forget(before.id)
        self.registrar.stand(None if url is None else str(here(url)), self.clock.now)

    def hear(self, action: Action) -> None:
        """Listen to the journal."""
        if self.outbox.hear(action):
            self.notice()
            if self.automatic:
                self.start()

    def wanted(self, message: Message) -> bool:
        """Say whether its webhook is still there, and on this machine."""
        webhook = self.registrar.known(message.webhook)
        if webhook is None:
            return False
        try:
            here(webhook.url)
        except ValueError:
            self.outbox.counts["elsewhere"] += 1
            return False
        return True

    async def accepted(self, transport: httpx.AsyncHTTPTransport, message: Message) -> bool:
        """Send a message, and say whether it was accepted."""
        message.status = None
        webhook = self.registrar.known(message.webhook)
        if webhook is None:
            return False
        self.outbox.counts["sent"] += 1
        headers = self._headers(message)
        request = httpx.Request("POST", here(webhook.url), content=message.body, headers=headers)
        try:
            with anyio.fail_after(self.outbox.sending.webhook_patience):
                response = await transport.handle_async_request(request)
                await response.aread()
        except (httpx.TransportError, TimeoutError):
            return False
        message.status = response.status_code
        if response.is_success:
            self.outbox.counts["accepted"] += 1
            self.registrar.succeeded(message.webhook)
        return response.is_success

    def _headers(self, message: Message) -> dict[str, str]:
        secret = self._keys.webhook_secret
        # By the caller's clock: the sandbox's may stand still, or run ahead while it plays.
        at = int(self._wall().timestamp())
        signed = messages.headers(
            message.body, secret[::-1] if message.forged else secret, self._application, at
        )
        if self.outbox.sending.webhook_headers:
            signed |= {
                "x-blvd-event-type": message.event,
                "x-blvd-idempotency-key": message.key,
            }
        return signed

    def missed(self, message: Message) -> None:
        """Draw the consequences for a message that was not accepted."""
        self.outbox.counts["unanswered" if message.status is None else "refused"] += 1
        if message.stray:
            self.outbox.again(message)
        elif message.status == HTTPStatus.GONE:
            self._disable(message.webhook)
        elif message.status == HTTPStatus.TOO_MANY_REQUESTS:
            self.outbox.again(message, counted=False)
        elif self.registrar.failed(message.webhook, self.clock.now):
            self._disable(message.webhook)
        else:
            self.outbox.again(message)

    def _disable(self, webhook: str) -> None:
        self.outbox.counts["disabled"] += 1
        self.registrar.disable(webhook)
        self.outbox.forget(webhook)

    def start(self) -> None:
        """Let webhooks leave by themselves from now on."""
        self.automatic = True
        super().start()

    def stop(self) -> None:
        """Let nothing leave by itself any more."""
        self.automatic = False
        super().stop()
