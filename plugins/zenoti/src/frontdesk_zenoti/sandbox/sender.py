"""Sends webhooks over real HTTP: at once when a test asks, or by itself in the background."""

from __future__ import annotations

import threading
from collections.abc import Iterable, Iterator
from http import HTTPStatus
from itertools import chain
from typing import Final

import anyio
import anyio.to_thread
import httpx

from frontdesk.sandbox.options import here
from frontdesk_zenoti.sandbox.clock import Clock
from frontdesk_zenoti.sandbox.journal import Action, Event
from frontdesk_zenoti.sandbox.messages import SIGNATURE, Message
from frontdesk_zenoti.sandbox.outbox import Outbox

#: Zenoti waits so long for an answer, in seconds.
PATIENCE: Final = 10.0
_REDIRECTS: Final = (HTTPStatus.TEMPORARY_REDIRECT, HTTPStatus.PERMANENT_REDIRECT)
_HOPS: Final = 5
_LONGEST: Final = 60.0


class Sender:
    """Sends what an outbox holds to one URL.

    httpx would log each URL, which may hold a secret; its transport alone logs none.
    """

    def __init__(self, outbox: Outbox, clock: Clock) -> None:
        self.outbox = outbox
        self._clock = clock
        self._to: httpx.URL | None = None
        self._under_way = 0
        self._settled = threading.Condition()
        self._news = threading.Event()
        self._thread: threading.Thread | None = None

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
            self._news.set()

    async def deliver_due(self) -> int:
        """Send what is due by the sandbox's clock; return how many were accepted."""
        return await self.send(self.outbox.take())

    async def flush(self) -> None:
        """Send all that waits, once, and wait for what is under way."""
        await self.send(self.outbox.take(everything=True))
        if self._under_way:
            await anyio.to_thread.run_sync(self._settle)

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

    def _settle(self) -> None:
        with self._settled:
            self._settled.wait_for(lambda: not self._under_way)

    async def _work(
        self,
        transport: httpx.AsyncHTTPTransport,
        source: Iterator[Message],
        accepted: list[Message],
    ) -> None:
        for message in source:
            good = False
            try:
                good = await self._accepted(transport, message)
            finally:
                if not good:
                    self.outbox.again(message)
            if good:
                accepted.append(message)

    async def ping(self) -> bool:
        """Press the button that tests a webhook: an empty body, without a signature."""
        async with httpx.AsyncHTTPTransport(verify=False) as transport:
            return await self._accepted(transport, Message(b"", ""))

    async def _accepted(self, transport: httpx.AsyncHTTPTransport, message: Message) -> bool:
        if self._to is None:
            return False
        self.outbox.counts["sent"] += 1
        try:
            with anyio.fail_after(PATIENCE):
                good = await self._told(transport, self._to, message)
        # A ValueError is a redirect to another machine.
        except (httpx.TransportError, TimeoutError, ValueError):
            self.outbox.counts["unanswered"] += 1
            return False
        self.outbox.counts["accepted" if good else "refused"] += 1
        if good and not message.stray:
            self.outbox.succeeded()
        return good

    async def _told(
        self, transport: httpx.AsyncHTTPTransport, url: httpx.URL, message: Message
    ) -> bool:
        verb = self.outbox.sending.webhook_verb
        signature = {SIGNATURE: message.signature} if message.signature else {}
        headers = {"content-type": "application/json", **signature}
        for _ in range(_HOPS):
            # A redirect may lead anywhere, but webhooks stay on this machine.
            request = httpx.Request(verb, here(str(url)), headers=headers, content=message.body)
            response = await transport.handle_async_request(request)
            await response.aread()
            if response.status_code not in _REDIRECTS or "location" not in response.headers:
                return response.is_success
            url = url.join(response.headers["location"])
        return False

    def start(self) -> None:
        """Let webhooks leave by themselves from now on."""
        if self._thread is None:
            self._thread = threading.Thread(target=self._run, name="webhooks", daemon=True)
            self._thread.start()

    def stop(self) -> None:
        """Let nothing leave any more."""
        thread, self._thread, self.to = self._thread, None, None
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
            # The clock tells whole seconds, so what is due "now" may take another moment.
            self._news.wait(min(max(wait, 0.05), _LONGEST))
