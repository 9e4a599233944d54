"""Months of a studio on a virtual clock: the service follows, and nobody waits for it.

The sandbox plays, its webhooks go to the service, and the service polls, reads history and
recent days again, all on one clock. What must be in the log in the end is written down from
the sandbox's journal, apart from the mapping.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any, Final
from unittest.mock import patch

import anyio
import attrs
import httpx
from stepping import SteppedClock

from frontdesk import Desk
from frontdesk.connection import Connection
from frontdesk.holding import HEARTBEAT
from frontdesk.ids import event_id
from frontdesk.ingest import following
from frontdesk.model import Account, Event, Record
from frontdesk.servicing import ServiceSettings
from frontdesk_mindbody import tables
from frontdesk_mindbody.sandbox import PREFIX, Platform, settings
from frontdesk_mindbody.sandbox.messages import Message

NAME = "studio"
_HOUR = timedelta(hours=1)
#: By what happened: the stream, and the metric.
TOLD: Final = {
    "appointment.booked": ("appointments", tables.SCHEDULED),
    "appointment.confirmed": ("appointments", tables.CONFIRMED),
    "appointment.arrived": ("appointments", tables.ARRIVED),
    "class.booked": ("visits", tables.BOOKED),
    "class.signed_in": ("visits", tables.SIGNED_IN),
    "class.late_cancelled": ("visits", tables.CANCELLED),
    "class.early_cancelled": ("visits", tables.CANCELLED),
    "waitlist.joined": ("waitlist_entries", tables.WAITLIST),
    "contract.sold": ("contracts", tables.CONTRACT),
    "sale.made": ("sales", tables.ORDER),
}


class Clock(SteppedClock):
    """A clock for whoever works for months: leases are not renewed every minute of them."""

    async def sleep(self, seconds: float) -> None:
        if seconds == HEARTBEAT:
            await anyio.sleep_forever()
        await super().sleep(seconds)


@contextmanager
def unhurried() -> Iterator[None]:
    """Let nobody look every two seconds whether another process received something."""
    with patch.object(following, "LOOK", 86_400.0):
        yield


@attrs.define
class Months:
    """A service that follows the sandbox."""

    platform: Platform
    desk: Desk
    connection: Connection
    clock: Clock
    #: The way to the service's own web server.
    http: httpx.AsyncClient
    received: int = 0

    async def hour(self, changes: int) -> None:
        """Let an hour pass in which so much happens."""
        began = self.platform.now
        if changes:
            self.platform.play(changes)
        await self.deliver()
        left = _HOUR - (self.platform.now - began)
        if left > timedelta(0):
            self.platform.advance(left)
        await self.clock.advance((self.platform.now - self.clock.now()).total_seconds())

    async def deliver(self) -> None:
        """Hand over what webhooks there are, as Mindbody would: what is refused waits."""
        async with anyio.create_task_group() as group:
            for message in self.platform.webhooks.outbox.take(everything=True):
                group.start_soon(self._deliver, message)

    async def _deliver(self, message: Message) -> None:
        headers = {"X-Mindbody-Signature": message.signature}
        answer = await self.http.post(
            "/webhooks/at/mindbody", headers=headers, content=message.body
        )
        if answer.is_success:
            self.received += 1
        else:
            self.platform.webhooks.outbox.again(message)

    async def days(self, number: int, changes: int) -> None:
        """Let days pass, with so many changes on each."""
        for hour in range(24 * number):
            await self.hour(changes * (hour + 1) // 24 - changes * hour // 24)


@asynccontextmanager
async def followed(
    platform: Platform, store: Path, key: str | None = None, **more: Any
) -> AsyncIterator[Months]:
    """Let a service follow *platform* until the block ends."""
    clock = Clock(platform.now)
    # Nobody listens there: what waits is handed over by hand.
    platform.webhooks.to = "http://127.0.0.1:1/"
    values = {**settings(platform), "base_url": f"http://mindbody.test{PREFIX}", **more}
    with unhurried():
        async with Desk(store, key=key, clock=clock, service=ServiceSettings(collect=3)) as desk:
            transport = httpx.ASGITransport(platform.app)
            made = desk.connect("mindbody", name=NAME, transport=transport, **values)
            app = httpx.ASGITransport(desk.asgi())
            async with (
                httpx.AsyncClient(transport=app, base_url="http://hooks.test") as http,
                desk.service(),
            ):
                months = Months(platform, desk, made, clock, http)
                await clock.advance(60)
                platform.advance(clock.now() - platform.now)
                yield months


def expected(platform: Platform, connector: str, account: Account, since: datetime) -> set[str]:
    """Return the ids of all events that the sandbox's journal proves."""
    found: set[str] = set()
    for action in platform.journal:
        if action.time < since or action.kind not in TOLD:
            continue
        stream, metric = TOLD[action.kind]
        record = Record(stream, str(action.id), {}, site=str(action.site))
        found.add(event_id(connector, account, record, Event(metric, "", since)).hex())
    return found


async def logged(desk: Desk) -> dict[str, str]:
    """Return the metrics of all events in the log, by their ids."""
    rows = await desk.events(limit=10_000_000)
    return {row.event["id"]: row.event["metric"] for row in rows}
