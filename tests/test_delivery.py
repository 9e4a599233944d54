"""Delivery in both databases: the same arrives, and what runs at once does not harm it."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import anyio
import pytest
from inn import Inn, busy, guest, stay
from pigeon import Loft
from post import Post, post
from stores import DATABASES, asked

from frontdesk.store import moving

pytestmark = pytest.mark.anyio


def varied() -> Inn:
    """An inn in which something is refused, dropped, held, skipped, opted out, in, and merged."""
    inn = busy(30)
    inn.rows["guests"] += [
        guest("cat", email="cat@dropped.test"),
        guest("bad", said=[["sms", "subscribed", None]], phone="+420777123456"),
        guest("dan", news=False, said=[["email", "unsubscribed", "2026-05-01T00:00:00Z"]]),
        guest("fay", robot=True),
        guest("gil", email="ADA@example.com", facts={"Diet": "none"}, address={"city": "Brno"}),
        {"id": "hal", "merged": "dan", "changed": "2026-10-02T00:00:00Z"},
    ]
    inn.rows["stays"] += [
        stay(f"{who}1", guest=who) for who in ("cat", "bad", "dan", "fay", "gil", "hal")
    ]
    return inn


async def change(oak: Post) -> None:
    """Let an hour pass in which things happen."""
    oak.clock.at += timedelta(hours=1)
    now, changed = oak.clock.at.isoformat(), "2026-11-01T13:00:00Z"
    rows = oak.inn.rows
    rows["stays"].append(stay("live", guest="dan", booked=now, changed=changed))
    rows["guests"][0].update(news=False, name="Adah", changed=changed)
    rows["guests"].append(guest("eve", changed=changed))
    await oak.both()


async def story(store: str) -> tuple[Any, list[str]]:
    """Return what the loft knows at the end of a history and an hour."""
    async with post(store, varied()) as oak:
        preview = await oak.desk.sync("acorn") and await oak.deliver(dry_run=True)
        report = await oak.deliver()
        assert (preview.sent, preview.left) == (report.sent, report.left)
        await change(oak)
        await oak.desk.redeliver("pigeon")
        await oak.deliver()
        await oak.desk.forget("bad@example.com")
        await oak.desk.redeliver("pigeon", refused=True)
        await oak.deliver()
        return oak.loft.state(), oak.loft.forgotten


async def test_both_databases_deliver_the_same(new_store: Callable[..., str]) -> None:
    """Seen to fail when PostgreSQL orders addresses in another way than they are cut."""
    first, second = [await story(new_store(database)) for database in DATABASES]

    assert first == second
    assert first[1] == ["+420777123456", "bad@example.com"]
    assert "dan@example.com" in first[0][0]


@pytest.mark.parametrize("database", DATABASES)
async def test_sync_delivery_and_forgetting_at_once(
    new_store: Callable[..., str], database: str
) -> None:
    """Nobody waits for ever, nothing is lost, and who is forgotten is gone at the end.

    Seen to fail when opt-outs that a destination tells are written after its row was locked.
    """
    store, loft = new_store(database), Loft()
    loft.optouts += [("email", f"x{n}@example.com", None) for n in range(20)]
    async with post(store, varied(), loft) as oak:
        await oak.both()
        for number in range(60):
            oak.inn.rows["stays"].append(
                stay(f"n{number}", guest="dan", changed="2026-11-01T13:00:00Z")
            )
        loft.optouts += [("email", f"y{n}@example.com", None) for n in range(20)]
        oak.clock.at += timedelta(hours=1)
        with anyio.fail_after(60):
            async with anyio.create_task_group() as group:
                group.start_soon(oak.sync)
                group.start_soon(oak.deliver)
                group.start_soon(oak.desk.forget, "ada@example.com")
        await oak.both()

        assert "ada@example.com" not in loft.profiles
        assert (
            sum(
                metric == "Booked Stay"
                for who, metric, _ in loft.events
                if who == "dan@example.com"
            )
            == 62
        )
        (left,) = asked(store, "SELECT count(*) FROM due_erasures")[0]
        assert left == 0


@pytest.mark.parametrize("database", DATABASES)
async def test_a_copied_store_sends_nothing_until_somebody_says_so(
    new_store: Callable[..., str], database: str, tmp_path: Any
) -> None:
    """Law 9. Seen to fail when only connections are held."""
    from frontdesk.errors import PausedError

    store, copy = new_store(database), str(tmp_path / "copy.db")
    loft = Loft()
    async with post(store, varied(), loft) as oak:
        await oak.both()
        now = oak.clock.now()
    moving.copy(store, copy, now)
    loft.batches.clear()
    async with post(copy, varied(), loft) as oak:
        with pytest.raises(PausedError, match="destination 'pigeon' is held"):
            await oak.deliver()
        assert not loft.batches

        await oak.desk.resume("pigeon")
        await oak.deliver()
    # The copy knows what was sent.
    assert not loft.batches
