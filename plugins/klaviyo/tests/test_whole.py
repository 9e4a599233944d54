"""The whole way: every load of a delivery, over real HTTP, and through bad weather."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest

from frontdesk.client import Limits
from frontdesk.destination import connect
from frontdesk.errors import PlatformError
from frontdesk.model import Channel, ConsentState
from frontdesk.outgoing import (
    Batch,
    Load,
    Outcome,
    OutgoingConsent,
    OutgoingEvent,
    OutgoingProfile,
    Receipt,
)
from frontdesk.registry import load_destination
from frontdesk.serving import served
from frontdesk_klaviyo.sandbox import Options, Platform, faults

pytestmark = pytest.mark.anyio


def batches(now: datetime, list_id: str, guests: int) -> list[Batch]:
    """A history as core hands it on, and a little that is live."""
    old = now - timedelta(days=90)
    emails = [f"guest{n}@hotel.cz" for n in range(guests)]
    people = [
        OutgoingProfile(
            id=f"p{n}",
            email=email,
            phone_number=f"+42060200{n:04}" if n % 3 == 0 else None,
            attributes={"first_name": f"Guest {n}", "properties": {"Stays": n}},
            live=n % 50 == 0,
        )
        for n, email in enumerate(emails)
    ]

    def consent(n: int, state: ConsentState, **given: Any) -> OutgoingConsent:
        return OutgoingConsent(
            id=f"c{n}",
            channel=Channel.EMAIL,
            state=state,
            address=emails[n],
            integration="Mews",
            **given,
        )

    def events(metric: str, *, live: bool) -> tuple[OutgoingEvent, ...]:
        return tuple(
            OutgoingEvent(
                id=f"{metric}:{n}",
                metric=metric,
                time=now if live else old + timedelta(minutes=n),
                email=email,
                value=Decimal(n) / 4,
                currency="CZK",
                integration="Mews",
                site="Grand Hotel",
                body=b'{"Reservation Number":"%d","Name":"\xc5\xbdofie"}' % n,
                live=live,
            )
            for n, email in enumerate(emails)
        )

    opted_out = [consent(n, ConsentState.UNSUBSCRIBED) for n in range(0, guests, 10)]
    opted_in = [
        consent(n, ConsentState.SUBSCRIBED, history=True, at=old, subscribers=list_id)
        for n in range(1, guests, 10)
    ]
    return [
        Batch(Load.OPT_OUTS, tuple(opted_out)),
        Batch(Load.PROFILES, tuple(people)),
        Batch(Load.OPT_INS, tuple(opted_in)),
        Batch(Load.LIVE_EVENTS, events("Checked-In", live=True)[:10]),
        Batch(Load.HISTORY_EVENTS, events("Confirmed", live=False)),
    ]


async def test_everything_arrives_over_real_http(published: Any) -> None:
    platform = Platform(Options(job_delay=0.2, event_delay=0, consent_delay=0, keep_bodies=True))
    list_id = platform.account.lists.add("News", datetime.now(UTC), "single_opt_in").id
    values = {
        "api_key": platform.account.key.value,
        "erasure_key": platform.account.erasure_key.value,
        "account": platform.account.id,
    }
    plugin = load_destination("klaviyo")
    with served(platform.app) as url:
        destination = connect(plugin, "klaviyo", {**values, "base_url": url})
        async with destination.client() as client:
            account = await destination.hooks.open_account(client)
            receipts: list[Receipt] = []
            for batch in batches(datetime.now(UTC), list_id, 150):
                context = destination.context(account, datetime.now(UTC))
                assert destination.hooks.screen(batch, context) == ()
                receipts += await destination.hooks.deliver(client, batch, context)
            context = destination.context(account, datetime.now(UTC))
            pages = [p async for p in destination.hooks.read_consent(client, None, context)]
            said = await destination.hooks.preview(client, ["Confirmed"], [list_id], context)
            await destination.hooks.forget(client, "guest7@hotel.cz")

    platform.drain()
    assert {(one.outcome, one.reason) for one in receipts} == {(Outcome.ACCEPTED, "")}
    assert {asked.status for asked in platform.journal} <= {200, 201, 202}
    assert len(platform.account.events) == 158
    assert {e.backfill for e in platform.account.events.named("Checked-In")} == {False}
    assert {e.backfill for e in platform.account.events.named("Confirmed")} == {True}
    assert len(platform.account.profiles) == 149
    assert {one.address for page in pages for one in page.said} == {
        f"guest{n}@hotel.cz" for n in range(0, 150, 10)
    }
    assert said == (f"list {list_id} is 'News', single opt-in",)


async def test_checks_44_and_45_bad_weather_ends_in_the_same_state(open_bench: Any) -> None:
    """Checks 44 and 45: answers lost after the work was done, outages, resets, slowness.

    What is raised is sent again as it is, as core does.
    """
    weather = [
        faults.Status(status=503, probability=0.15, times=None),
        faults.Status(status=502, probability=0.1, times=None, processed=True),
        faults.Throttle(probability=0.05, times=None, seconds=3),
        faults.Slow(probability=0.1, times=None, seconds=30),
        faults.Twice(probability=0.1, times=None),
    ]
    states: list[Any] = []
    for storm in ([], weather):
        async with open_bench(Options()) as bench:
            made = bench.platform.account.lists.add("News", bench.clock.now(), "single_opt_in")
            work = batches(bench.clock.now(), made.id, 200)
            bench.platform.faults.add(*storm)
            for batch in work:
                for at in range(0, len(batch.items), 20):
                    await persist(bench, Batch(batch.load, batch.items[at : at + 20]))
            states.append(bench.platform.state())
            assert len(bench.platform.faults.happened) == (4 if storm else 0)

    assert states[0] == states[1]


async def persist(bench: Any, batch: Batch) -> None:
    """Deliver a batch, again and again."""
    for _ in range(50):
        try:
            receipts = await bench.destination.hooks.deliver(bench.client, batch, bench.context)
        except PlatformError:
            await bench.clock.sleep(60)
        else:
            assert {one.outcome for one in receipts} == {Outcome.ACCEPTED}
            return
    raise AssertionError(f"{batch.load} never arrived, with {Limits().attempts} attempts each")
