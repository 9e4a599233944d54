"""Sends webhooks over real HTTP: at once when a test asks, or by itself in the background."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable, Iterator
from datetime import datetime
from http import HTTPStatus
from itertools import chain
from typing import Final

import anyio
import anyio.to_thread
import httpx

from frontdesk.sandbox.options import here
from frontdesk_boulevard.sandbox import messages
from frontdesk_boulevard.sandbox.auth import Keys
from frontdesk_boulevard.sandbox.clock import Clock
from frontdesk_boulevard.sandbox.journal import Action
from frontdesk_boulevard.sandbox.messages import Message
from frontdesk_boulevard.sandbox.outbox import Outbox
from frontdesk_boulevard.sandbox.registrar import Registrar

_LONGEST: Final = 60.0


class Sender:
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
        self.outbox = outbox
        self.registrar = registrar
        #: Whether messages leave by themselves, as soon as there are any.
        self.automatic = False
        self._keys = keys
        self._clock = clock
        self._wall = wall
        self._application = application
        self._under_way = 0
        self._settled = threading.Condition()
        self._news = threading.Event()
        self._thread: threading.Thread | None = None

    @property
    def to(self) -> str | None:
        """Where all webhooks go, besides those that were created."""
        return None if self.registrar.standing is None else self.registrar.standing.url

    @to.setter
    def to(self, url: str | None) -> None:
        """Send them to a URL of this machine from now on, or nowhere."""
        if (before := self.registrar.standing) is not None:
            self.outbox.forget(before.id)
        self.registrar.stand(None if url is None else str(here(url)), self._clock.now)

    def hear(self, action: Action) -> None:
        """Listen to the journal."""
        if self.outbox.hear(action):
            self._news.set()
            if self.automatic:
                self.start()

    async def deliver_due(self) -> int:
        """Send what is due by the sandbox's clock; return how many were accepted."""
        return await self.send(self.outbox.take())

    async def flush(self) -> None:
        """Send all that waits, once, and wait for what is under way."""
        await self.send(self.outbox.take(everything=True))
        if self._under_way:
            await anyio.to_thread.run_sync(self.settle)

    async def send(self, messages: Iterable[Message], *, at_once: int = 16) -> int:
        """Send messages in their order, so many under way at once; return how many were accepted.

        They are drawn as they leave. What is not accepted goes into the outbox, to be sent
        again later.
        """
        source = iter(messages)
        first = next(source, None)
        if first is None:
            return 0
        source = chain((first,), source)
        accepted: list[Message] = []
        self._count(1)
        try:
            # It speaks plain HTTP to this machine: no need to load all certificates first.
            async with (
                httpx.AsyncHTTPTransport(verify=False) as transport,
                anyio.create_task_group() as group,
            ):
                for _ in range(at_once):
                    group.start_soon(self._work, transport, source, accepted)
        finally:
            if isinstance(messages, list):
                # Whoever was cut short leaves what it did not get to.
                for message in source:
                    self.outbox.again(message)
            self._count(-1)
        return len(accepted)

    def _count(self, more: int) -> None:
        with self._settled:
            self._under_way += more
            self._settled.notify_all()

    def settle(self) -> None:
        """Wait for what is under way."""
        with self._settled:
            self._settled.wait_for(lambda: not self._under_way)

    async def _work(
        self,
        transport: httpx.AsyncHTTPTransport,
        source: Iterator[Message],
        accepted: list[Message],
    ) -> None:
        for message in source:
            status = None
            try:
                status = await self._posted(transport, message)
            finally:
                good = self._settle_with(message, status)
            if good:
                accepted.append(message)

    async def _posted(self, transport: httpx.AsyncHTTPTransport, message: Message) -> int | None:
        """Send a message; None is no answer, 0 that there is nobody to send it to."""
        webhook = self.registrar.known(message.webhook)
        if webhook is None:
            return 0
        try:
            url = here(webhook.url)
        except ValueError:
            self.outbox.counts["elsewhere"] += 1
            return 0
        self.outbox.counts["sent"] += 1
        request = httpx.Request("POST", url, content=message.body, headers=self._headers(message))
        try:
            with anyio.fail_after(self.outbox.sending.webhook_patience):
                response = await transport.handle_async_request(request)
                await response.aread()
        except (httpx.TransportError, TimeoutError):
            return None
        return response.status_code

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

    def _settle_with(self, message: Message, status: int | None) -> bool:
        """Draw the consequences of an answer; say whether the message was accepted."""
        counts, now = self.outbox.counts, self._clock.now
        if status == 0:
            return False
        if status is not None and httpx.codes.is_success(status):
            counts["accepted"] += 1
            self.registrar.succeeded(message.webhook)
            return True
        counts["unanswered" if status is None else "refused"] += 1
        if message.stray:
            self.outbox.again(message)
        elif status == HTTPStatus.GONE:
            self._disable(message.webhook)
        elif status == HTTPStatus.TOO_MANY_REQUESTS:
            self.outbox.again(message, counted=False)
        elif self.registrar.failed(message.webhook, now):
            self._disable(message.webhook)
        else:
            self.outbox.again(message)
        return False

    def _disable(self, webhook: str) -> None:
        self.outbox.counts["disabled"] += 1
        self.registrar.disable(webhook)
        self.outbox.forget(webhook)

    def start(self) -> None:
        """Let webhooks leave by themselves from now on."""
        self.automatic = True
        if self._thread is None:
            self._thread = threading.Thread(target=self._run, name="webhooks", daemon=True)
            self._thread.start()

    def stop(self) -> None:
        """Let nothing leave by itself any more."""
        self.automatic = False
        thread, self._thread = self._thread, None
        self._news.set()
        if thread is not None:
            thread.join()

    def _run(self) -> None:
        while self._thread is threading.current_thread():
            self._news.clear()
            if messages := self.outbox.take():
                anyio.run(self.send, messages)
                continue
            due = self.outbox.next_due()
            wait = _LONGEST if due is None else due - self._clock.now.timestamp()
            self._news.wait(min(max(wait, 0.05), _LONGEST))
