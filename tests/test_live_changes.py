"""Changes of the sandbox, read into a store now and then: what the oracle says, and no more."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path
from random import Random
from typing import Any

import anyio
import oracle
import pytest

import frontdesk
from frontdesk.serving import served
from frontdesk_mews.sandbox import PREFIX, Options, Platform, faults

NOW = datetime(2026, 6, 1, 12, tzinfo=UTC)
START = NOW - timedelta(days=730)


def platform_of(**options: Any) -> Platform:
    return Platform(Options(now=NOW, reservations=250, rate_window=0, **options))


def connect(desk: frontdesk.Desk, platform: Platform, address: str) -> frontdesk.Connection:
    return desk.connect(
        "mews",
        name="lakes",
        client_token=platform.tokens.client,
        access_token=platform.tokens.portfolio.value,
        base_url=address.rstrip("/") + PREFIX,
    )


async def follow(store: Path, platform: Platform, address: str, rounds: int) -> timedelta:
    """Sync between bursts of changes; return the longest time without a sync."""
    chance, gap, last = Random(3), timedelta(), platform.now
    async with frontdesk.Desk(store) as desk:
        hotel = connect(desk, platform, address)
        await desk.sync(hotel)
        for _ in range(rounds):
            platform.play(chance.choice((1, 5, 30, 120)))
            # A window of changes ends before the present second.
            platform.advance(timedelta(seconds=1))
            await desk.sync(hotel)
            gap, last = max(gap, platform.now - last), platform.now
        report = await desk.quarantine()
        assert report == []
    return gap


async def event_ids(store: Path) -> set[bytes]:
    async with frontdesk.Desk(store) as desk:
        events = [row.event for row in await desk.events(limit=10**6)]
        # What a forgotten guest leaves has ids that nobody can tell apart.
        left = [event for event in events if not event["guest"].startswith("forgotten-")]
        return {bytes.fromhex(event["id"]) for event in left}


@pytest.mark.parametrize("keep_cancelled", [False, True])
def test_the_log_holds_what_the_journal_proves_and_nothing_that_never_happened(
    tmp_path: Path, keep_cancelled: bool
) -> None:
    """Seen to fail when core compared a restored stay with nothing."""
    platform, store = platform_of(keep_cancelled=keep_cancelled), tmp_path / "live.db"
    with served(platform.app) as address:
        gap = anyio.run(follow, store, platform, address, 12)
    due = oracle.expected(
        platform.journal,
        platform.stays(),
        read=NOW,
        gap=gap,
        start=START,
        forgotten=platform.forgotten(),
    )
    account = platform.world.chain
    logged = anyio.run(event_ids, store)

    assert set(oracle.ids(due.must, account)) - logged == set()
    assert logged - set(oracle.ids(due.may, account)) == set()
    assert len(due.must) < len(due.may)
    assert any(occurrence.startswith("restored") for _, _, occurrence in due.may)


@pytest.mark.parametrize("portfolio", [True, False])
@pytest.mark.parametrize("granted", [True, False])
def test_an_address_that_changed_alone_reaches_the_guests_profile(
    tmp_path: Path, portfolio: bool, granted: bool
) -> None:
    """Seen to fail when only the guests' own rows were asked for changes."""
    platform = platform_of(properties=2 if portfolio else 1)
    table = platform.world.addresses
    number, guest = next(
        (number, row.account_id)
        for number, row in enumerate(table)
        if (found := platform.world.customers.find(row.account_id))
        and found.is_active and found.email and not found.has_ota_email
        and found.classifications == ()
    )  # fmt: skip

    async def towns() -> list[str | None]:
        found = []
        async with frontdesk.Desk(tmp_path / "moved.db") as desk:
            hotel = connect(desk, platform, address)
            for _ in range(2):
                await desk.sync(hotel)
                rows = await desk.profiles(limit=10**6)
                found += [
                    row.profile["location"]["city"] for row in rows if row.profile["guest"] == guest
                ]
                platform.advance(timedelta(hours=1))
                platform.world.change(table, number, "address.updated", city="Elsewhere")
                platform.advance(timedelta(hours=1))
                if not granted:
                    platform.faults.add(faults.Ungranted(operation="addresses/getAll"))
        return found

    with served(platform.app) as address:
        before, after = anyio.run(towns)

    assert before not in (None, "Elsewhere")
    assert after == ("Elsewhere" if granted else before)
