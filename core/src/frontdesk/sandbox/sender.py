"""Sends webhooks over real HTTP: at once when a test asks, or by itself in the background."""

from __future__ import annotations

import threading
from collections.abc import Iterable, Iterator, Mapping
from http import HTTPStatus
from itertools import chain
from typing import Any, Final, Generic, TypeVar

import anyio
import anyio.to_thread
import httpx

from frontdesk.sandbox.clock import ServerClock
from frontdesk.sandbox.options import here
from frontdesk.sandbox.outbox import Message, Outbox

_REDIRECTS: Final = (HTTPStatus.TEMPORARY_REDIRECT, HTTPStatus.PERMANENT_REDIRECT)
_HOPS: Final = 5
_LONGEST: Final = 60.0

M = TypeVar("M", bound=Message)
B = TypeVar("B", bound=Outbox[Any, Any])


class Sender(Generic[M, B]):
    """Sends what an outbox holds.

    A platform's says where it goes, who has accepted it, and hears what happens.

    httpx would log each URL, which may hold a secret; its transport alone logs none.
    """

    def __init__(self, outbox: B, clock: ServerClock) -> None:
        self.outbox = outbox
        self.clock = clock
        self._under_way = 0
        self._settled = threading.Condition()
        self._news = threading.Event()
        self._thread: threading.Thread | None = None

    def wanted(self, message: M) -> bool:
        """Say whether there is still anybody to send a message to."""
        del message
        return True

    async def accepted(self, transport: httpx.AsyncHTTPTransport, message: M) -> bool:
        """Send a message, and say whether it was accepted."""
        raise NotImplementedError

    def missed(self, message: M) -> None:
        """Draw the consequences for a message that was not accepted."""
        self.outbox.again(message)

    def notice(self) -> None:
        """Look at once whether something is due: there is more to send."""
        self._news.set()

    async def deliver_due(self) -> int:
        """Send what is due by the sandbox's clock; return how many were accepted."""
        return await self.send(self.outbox.take())

    async def flush(self) -> None:
        """Send all that waits, once, and wait for what is under way."""
        await self.send(self.outbox.take(everything=True))
        if self._under_way:
            await anyio.to_thread.run_sync(self.settle)

    async def send(self, messages: Iterable[M], *, at_once: int = 16) -> int:
        """Send messages in their order, so many under way at once; return how many were accepted.

        They are drawn as they leave. What is not accepted goes into the outbox, to be sent
        again later.
        """
        source = iter(messages)
        first = next(source, None)
        if first is None:
            return 0
        source = chain((first,), source)
        accepted: list[M] = []
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
            if isinstance(messages, list):
                # Whoever was cut short leaves what it did not get to.
                for message in source:
                    self.outbox.put_back(message)
            self._count(-1)
        return len(accepted)

    async def _work(
        self, transport: httpx.AsyncHTTPTransport, source: Iterator[M], accepted: list[M]
    ) -> None:
        for message in source:
            if not self.wanted(message):
                continue
            good = False
            try:
                good = await self.accepted(transport, message)
            finally:
                if not good:
                    self.missed(message)
            if good:
                accepted.append(message)

    def _count(self, more: int) -> None:
        with self._settled:
            self._under_way += more
            self._settled.notify_all()

    def settle(self) -> None:
        """Wait for what is under way."""
        with self._settled:
            self._settled.wait_for(lambda: not self._under_way)

    def start(self) -> None:
        """Let webhooks leave by themselves from now on."""
        if self._thread is None:
            self._thread = threading.Thread(target=self._run, name="webhooks", daemon=True)
            self._thread.start()

    def stop(self) -> None:
        """Let nothing leave by itself any more."""
        thread, self._thread = self._thread, None
        self.notice()
        if thread is not None:
            thread.join()

    def _run(self) -> None:
        while self._thread is threading.current_thread():
            self._news.clear()
            if messages := self.outbox.take():
                anyio.run(self.send, messages)
                continue
            due = self.outbox.next_due()
            wait = _LONGEST if due is None else due - self.clock.now.timestamp()
            # The clock tells whole seconds, so what is due "now" may take another moment.
            self._news.wait(min(max(wait, 0.05), _LONGEST))


async def told(
    transport: httpx.AsyncHTTPTransport,
    url: httpx.URL,
    body: bytes,
    *,
    method: str = "POST",
    headers: Mapping[str, str] | None = None,
) -> bool:
    """Send a body, follow redirects, and say whether it was accepted.

    Raises:
        ValueError: A redirect leads elsewhere, but webhooks stay on this machine.
    """
    for _ in range(_HOPS):
        request = httpx.Request(method, here(str(url)), headers=headers, content=body)
        response = await transport.handle_async_request(request)
        await response.aread()
        if response.status_code not in _REDIRECTS or "location" not in response.headers:
            return response.is_success
        url = url.join(response.headers["location"])
    return False
