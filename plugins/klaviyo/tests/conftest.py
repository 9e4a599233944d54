"""An account of the emulated platform, and the plugin that writes to it."""

from __future__ import annotations

import importlib
import json
import random
import re
import warnings
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import attrs
import httpx
import jsonschema
import pytest
from jumping import JumpingClock

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


@pytest.fixture(autouse=True)
def _in_bulk(monkeypatch: pytest.MonkeyPatch) -> None:
    """Most tests look at requests in bulk, and make do with few events."""
    monkeypatch.setattr("frontdesk_klaviyo.events.ONE_BY_ONE", 0)


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
    clock = JumpingClock(START)
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
    """Tell what is wrong with a body: by the models of Klaviyo's own client, and by the
    schemas it publishes where those are at hand.
    """
    page = Path(__file__).parents[4] / "shared" / "reference" / "klaviyo-openapi.json"
    specification = json.loads(page.read_text("utf-8")) if page.exists() else None

    def fault(name: str, body: Any) -> str | None:
        wrong = by_model(name, body)
        if wrong or specification is None:
            return wrong
        schema = {**specification, "$ref": f"#/components/schemas/{name}"}
        validator = jsonschema.Draft202012Validator(schema)
        return next((error.message for error in validator.iter_errors(body)), None)

    return fault


def by_model(name: str, body: Any) -> str | None:
    """Tell what a model of Klaviyo's own client will not take, or does not know."""
    file = re.sub(r"(?<=[a-z])(?=[A-Z])", "_", name).lower()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        model = getattr(importlib.import_module(f"openapi_client.models.{file}"), name)
        try:
            made = model.from_dict(body)
        except ValueError as error:
            return str(error)
        return _lost(body, made.to_dict(), name)


def _lost(sent: Any, known: Any, where: str) -> str | None:
    """Tell which member a model has dropped: it knows none of that name."""
    if isinstance(sent, dict) and isinstance(known, dict):
        for key, value in sent.items():
            if key not in known:
                return f"{where}.{key} is unknown"
            if lost := _lost(value, known[key], f"{where}.{key}"):
                return lost
    if isinstance(sent, list) and isinstance(known, list):
        return next(
            filter(None, (_lost(a, b, where) for a, b in zip(sent, known, strict=True))), None
        )
    return None
