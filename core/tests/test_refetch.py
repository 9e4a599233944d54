"""Reading an account again: nothing doubled, and what guests said stays said."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pytest
from inn import NOW, FixedClock, asked, busy, dump, opened, sync

from frontdesk import Desk
from frontdesk.errors import ConfigurationError, LeaseError

pytestmark = pytest.mark.anyio

HOUR = timedelta(hours=1)


async def test_what_is_fetched_again_adds_nothing(store: Path) -> None:
    """Laws 2 and 4. Seen to fail when refetch removes records along with the cursors."""
    inn = busy()
    await sync(store, inn)
    inn.rows["guests"][0] |= {"news": False, "changed": "2026-11-01T11:00:00Z"}
    inn.rows["guests"][1] |= {"erased": True, "changed": "2026-11-01T11:00:00Z"}
    del inn.rows["clubs"][0]
    await sync(store, inn)
    before, seq = dump(store), asked(store, "SELECT seq FROM connections")

    again = await Desk(store, clock=FixedClock()).refetch("acorn")
    assert asked(store, "SELECT * FROM cursors") == []
    inn.forget_requests()
    report = await sync(store, inn)

    assert again == ("guests", "stays", "clubs", "rooms")
    assert (report.events, report.profiles, report.consents, report.reservations) == (0, 0, 0, 0)
    assert before == dump(store)
    assert seq == asked(store, "SELECT seq FROM connections")
    assert inn.asked("stays")[0] == {"offset": "0", "size": "10"}


async def test_one_stream_alone_is_fetched_again(store: Path) -> None:
    inn = busy()
    await sync(store, inn)
    desk = Desk(store, clock=FixedClock())

    assert await desk.refetch("acorn", "stays") == ("stays",)
    inn.forget_requests()
    await sync(store, inn)

    assert "since" not in inn.asked("stays")[0]
    assert "since" in inn.asked("guests")[0]


async def test_what_there_is_not_is_refused_with_what_there_is(store: Path) -> None:
    await sync(store, busy(1))
    desk = Desk(store, clock=FixedClock())

    with pytest.raises(ConfigurationError, match="it has: guests, stays, clubs, rooms"):
        await desk.refetch("acorn", "ghosts")
    with pytest.raises(ConfigurationError, match="no connection 'oak'; it has: acorn"):
        await desk.refetch("oak")


async def test_a_sync_at_work_is_not_disturbed(store: Path) -> None:
    await sync(store, busy(1))
    until = int((NOW + HOUR).timestamp() * 1_000_000)
    with opened(store) as db:
        db.execute("UPDATE connections SET holder = 'elsewhere:1', lease_until = ?", (until,))

    with pytest.raises(LeaseError):
        await Desk(store, clock=FixedClock()).refetch("acorn")

    assert asked(store, "SELECT COUNT(*) FROM cursors") != [(0,)]


async def test_a_paused_connection_may_be_prepared(store: Path) -> None:
    await sync(store, busy(1))
    desk = Desk(store, clock=FixedClock())
    await desk.pause("acorn")

    await desk.refetch("acorn")

    assert asked(store, "SELECT state, holder FROM connections") == [("paused", None)]
