"""The inbox on each database: its sums, its bounds, and what leaves it."""

from __future__ import annotations

from datetime import timedelta

import pytest
from hooked import about, hooked, row, signed
from inn import NOW, Counting, FixedClock, busy, connected, guest, stay
from stores import asked

from frontdesk import Desk, Webhook
from frontdesk.client import SystemClock
from frontdesk.ingest.draining import drain
from frontdesk.ingest.session import opened
from frontdesk.progress import Report
from frontdesk.servicing import ServiceSettings

pytestmark = pytest.mark.anyio


async def drained(desk: Desk) -> None:
    report = Report("oak", "acorn")
    async with opened(desk.connections["oak"], desk.store, SystemClock(), frozenset()) as session:
        while await drain(session, report):
            pass


async def test_an_inbox_lives_through_everything(store_url: str) -> None:
    """Stored, repeated, refused, forgotten, discarded, drained: the sums are right throughout."""
    Counting.others.add(store_url)
    clock = FixedClock()
    settings = ServiceSettings(inbox_deliveries=4)
    connector = hooked(Webhook.FACTS, webhook_discard=("news.row.passport",))
    statuses = []

    async def send(*news: object) -> None:
        headers, body = signed(*news)
        statuses.append((await desk.receive("oak", headers=headers, body=body)).status)

    async with Desk(store_url, clock=clock, service=settings) as desk:
        connected(desk, busy(2), connector, name="oak")
        await desk.sync("oak")
        await send(about("stays", "s0"))
        clock.at += timedelta(minutes=1)
        await send(row("guests", guest("zoe", email="zoe@example.com")))
        await send(row("guests", guest("zoe", email="zoe@example.com")))
        await send(row("stays", stay("new", guest="ada")), row("guests", guest("bob", name="B")))
        await send(row("guests", guest("ada", email="ada@example.com", name="CANARY")))
        await send(about("stays", "s1"))
        (box,) = await desk.inboxes()
        assert (box.received, box.duplicate, box.pending) == (5, 1, 4)
        assert box.oldest == NOW

        await desk.forget("ada@example.com")
        assert await desk.discard_deliveries(NOW + timedelta(seconds=1)) == {"oak": 1}
        await drained(desk)
        (box,) = await desk.inboxes()

    assert statuses == [200, 200, 200, 200, 200, 503]
    assert (box.discarded, box.pending, box.bytes) == (1, 0, 0)
    assert box.received == box.duplicate + box.drained + box.quarantined + box.discarded
    assert asked(store_url, "SELECT count(*) FROM deliveries") == [(0,)]
    payloads = asked(
        store_url, "SELECT body FROM payloads UNION ALL SELECT payload FROM quarantine"
    )
    assert not [body for (body,) in payloads if b"CANARY" in bytes(body)]
    (audit,) = await _audits(store_url)
    assert audit["deliveries"] == {"oak": 1}


async def _audits(store_url: str) -> list[dict[str, object]]:
    async with Desk(store_url) as desk:
        return await desk.audits()
