"""An account of the emulated platform, and the plugin that writes to it."""

from __future__ import annotations

import heapq
import json
import random
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import anyio
import attrs
import httpx
import pytest

from frontdesk.client import Client
from frontdesk.destination import Destination, connect
from frontdesk.model import Account
from frontdesk.outgoing import Batch, DeliveryContext, Item, Load, Outcome, Receipt
from frontdesk.registry import load_destination
from frontdesk_klaviyo.sandbox import Options, Platform

START = datetime(2026, 5, 4, 12, 0, tzinfo=UTC)


@pytest.fixture
def anyio_backend() -> str:
    return "asyncio"


@attrs.define
class JumpingClock:
    """Time jumps to the next one who wakes, once all others wait."""

    time: float = 1000.0
    waking: list[float] = attrs.field(factory=list[float])

    def monotonic(self) -> float:
        return self.time

    def now(self) -> datetime:
        return START + timedelta(seconds=self.time - 1000)

    async def sleep(self, seconds: float) -> None:
        wake = self.time + seconds
        heapq.heappush(self.waking, wake)
        while self.time < wake:
            await self._settled()
            if self.waking[0] == wake:
                self.time = max(self.time, wake)
        heapq.heappop(self.waking)

    async def _settled(self) -> None:
        """Let everybody who woke since time last moved get to where they wait again."""
        quiet, time = 0, self.time
        while quiet < 100:
            await anyio.lowlevel.checkpoint()
            quiet = quiet + 1 if self.time == time else 0
            time = self.time


@attrs.define
class Bench:
    """A destination whose platform is at hand."""

    platform: Platform
    clock: JumpingClock
    destination: Destination
    client: Client[Any]
    account: Account

    @property
    def context(self) -> DeliveryContext:
        return self.destination.context(self.account, self.clock.now())

    async def deliver(self, load: Load, *items: Item) -> dict[str, Receipt]:
        batch = Batch(load, items)
        receipts = await self.destination.hooks.deliver(self.client, batch, self.context)
        self.platform.drain()
        assert sorted(one.id for one in receipts) == sorted({item.id for item in items})
        return {one.id: one for one in receipts}

    def screen(self, load: Load, *items: Item) -> dict[str, Receipt]:
        receipts = self.destination.hooks.screen(Batch(load, items), self.context)
        assert all(one.outcome is not Outcome.ACCEPTED for one in receipts)
        return {one.id: one for one in receipts}

    def asked(self, endpoint: str) -> list[Any]:
        return self.platform.journal.of(endpoint)

    def statuses(self, endpoint: str) -> list[int]:
        return [asked.status for asked in self.asked(endpoint)]


@asynccontextmanager
async def opened(
    options: Options | None = None,
    *,
    wrap: Callable[[httpx.AsyncBaseTransport], httpx.AsyncBaseTransport] = lambda inner: inner,
    **settings: Any,
) -> AsyncIterator[Bench]:
    clock = JumpingClock()
    platform = Platform(options or Options(keep_bodies=True, rate_limits=False), clock=clock)
    values = {
        "api_key": platform.account.key.value,
        "erasure_key": platform.account.erasure_key.value,
        "base_url": "http://klaviyo.test/",
        **settings,
    }
    transport = wrap(httpx.ASGITransport(platform.app))
    destination = connect(load_destination("klaviyo"), "klaviyo", values, transport=transport)
    async with destination.client(clock=clock, jitter=random.Random(7)) as client:
        account = Account(platform.account.id, "Sandbox")
        yield Bench(platform, clock, destination, client, account)


@pytest.fixture(name="open_bench")
def _open_bench() -> Callable[..., Any]:
    return opened


@pytest.fixture
async def bench() -> AsyncIterator[Bench]:
    async with opened() as made:
        yield made


@pytest.fixture(scope="session")
def published() -> Callable[[str, Any], str | None]:
    """Tell what is wrong with a body, by the schemas Klaviyo publishes; nothing without them."""
    page = Path(__file__).parents[4] / "shared" / "reference" / "klaviyo-openapi.json"
    if not page.exists():
        return lambda name, body: None
    import jsonschema

    specification = json.loads(page.read_text("utf-8"))

    def fault(name: str, body: Any) -> str | None:
        schema = {**specification, "$ref": f"#/components/schemas/{name}"}
        validator = jsonschema.Draft202012Validator(schema)
        return next((error.message for error in validator.iter_errors(body)), None)

    return fault
