"""Sends webhooks over real HTTP: at once when a test asks, or by itself in the background."""

from __future__ import annotations

import threading
from collections.abc import Iterable, Iterator, Sequence
from itertools import chain
from typing import Final

import anyio
import anyio.to_thread
import httpx

from frontdesk.sandbox.clock import Clock
from frontdesk_mindbody.sandbox.events import ARRIVAL, EVENTS
from frontdesk_mindbody.sandbox.journal import Action, Told
from frontdesk_mindbody.sandbox.messages import Message
from frontdesk_mindbody.sandbox.outbox import Outbox
from frontdesk_mindbody.sandbox.sending import here
from frontdesk_mindbody.sandbox.subscriptions import ACTIVE, BY_USER, Subscription

#: Mindbody waits so long for an answer, in seconds.
PATIENCE: Final = 10.0
_LONGEST: Final = 60.0


class Sender:
    """Sends what an outbox holds to the URLs of its subscriptions.

    httpx would log each URL; its transport alone logs none.
    """

    def __init__(self, outbox: Outbox, clock: Clock, key: str) -> None:
        self.outbox = outbox
        self.patience = PATIENCE
        #: Let messages leave by themselves from the first one on.
        self.automatic = False
        self._clock = clock
        self._key = key
        self._own: Subscription | None = None
        self._under_way = 0
        self._settled = threading.Condition()
        self._news = threading.Event()
        self._thread: threading.Thread | None = None

    @property
    def to(self) -> str | None:
        """Where the sandbox's own subscription sends every event, with a key known beforehand."""
        own = self._own
        return None if own is None or own.status != ACTIVE else own.url

    @to.setter
    def to(self, url: str | None) -> None:
        """Send all events to a URL of this machine from now on, or nowhere."""
        now = self._clock.now
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
        self._news.set()
        if self.automatic and len(self.outbox):
            self.start()

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

        What is not accepted goes into the outbox, to be sent again later.
        """
        source = iter(messages)
        first = next(source, None)
        if first is None:
            return 0
        source = chain((first,), source)
        accepted: list[Message] = []
        self._count(1)
        try:
            # It speaks to this machine only: no need to load all certificates first.
            async with (
                httpx.AsyncHTTPTransport(verify=False) as transport,
                anyio.create_task_group() as group,
            ):
                for _ in range(at_once):
                    group.start_soon(self._work, transport, source, accepted)
        finally:
            # Whoever was cut short leaves what it did not get to.
            for message in source:
                self.outbox.put_back(message)
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
            if message.subscription.status != ACTIVE:
                self.outbox.counts["unsubscribed"] += 1
                continue
            good = False
            try:
                good = await self._accepted(transport, message)
            finally:
                if not good:
                    self.outbox.again(message)
            if good:
                accepted.append(message)

    async def _accepted(self, transport: httpx.AsyncHTTPTransport, message: Message) -> bool:
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
