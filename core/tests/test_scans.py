"""What a full scan does not meet any more is mapped once as deleted."""

from __future__ import annotations

import itertools
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import acorn
import anyio
import pytest
from inn import (
    FixedClock,
    altered,
    asked,
    busy,
    club,
    connected,
    metrics,
    opened,
    quarantined,
    sync,
)

from frontdesk import Desk, Page, Purpose, Query, Record, Update

pytestmark = pytest.mark.anyio


async def test_what_a_full_scan_misses_is_mapped_once_as_deleted(store: Path) -> None:
    """Seen to fail when a later scan is not numbered anew: nothing is ever missed then."""
    inn = busy(0)
    await sync(store, inn)
    del inn.rows["clubs"][0]
    await sync(store, inn)

    assert metrics(store) == {"Joined Club": 2, "Left Club": 1}
    for _ in range(2):
        await sync(store, inn)
    assert metrics(store) == {"Joined Club": 2, "Left Club": 1}
    # It is back: another version, and its first event stands.
    inn.rows["clubs"].append(club("c1"))
    await sync(store, inn)
    assert asked(
        store,
        "SELECT deleted FROM records JOIN streams s ON s.id = stream_id WHERE s.name = 'clubs'",
    ) == [(0,), (0,)]


async def test_what_a_scan_meets_is_not_missing_whatever_becomes_of_it(store: Path) -> None:
    """Law 2 and 5. Seen to fail when only what is stored or unchanged counts as met."""
    inn = busy(0)
    await sync(store, inn)
    inn.rows["clubs"][0] |= {"joined": "never", "changed": "2026-10-02T10:00:00Z"}
    inn.rows["clubs"][1] |= {"changed": "2026-01-01T10:00:00Z", "id": "c2"}

    await sync(store, inn)

    assert metrics(store) == {"Joined Club": 2}
    assert quarantined(store) == [("c1", "parse_event")]


async def test_a_row_that_cannot_be_read_may_be_the_missing_one(store: Path) -> None:
    """Law 2. Seen to fail when a scan with unreadable rows still tells what is missing."""
    inn = busy(0)
    await sync(store, inn)
    inn.rows["clubs"][0] = {"ident": "c1", "guest": "ada"}

    await sync(store, inn)
    assert metrics(store) == {"Joined Club": 2}

    inn.rows["clubs"][0] = club("c1")
    inn.rows["clubs"].pop()
    await sync(store, inn)
    assert metrics(store) == {"Joined Club": 2, "Left Club": 1}


async def test_a_deletion_that_cannot_be_mapped_does_not_keep_the_sync_for_ever(
    store: Path,
) -> None:
    """Seen to fail (it never ended) when a failed deletion is not stamped as met."""

    def parse_event(record: Record, previous: Any, related: Any, context: Any) -> Any:
        if record.deleted:
            raise ValueError
        return acorn.parse_event(record, previous, related, context)

    inn = busy(0)
    await sync(store, inn)
    inn.rows["clubs"].clear()
    await sync(store, inn, altered(parse_event=parse_event))

    assert quarantined(store) == [("c1", "parse_event"), ("c2", "parse_event")]
    async with Desk(store, clock=FixedClock()) as desk:
        connected(desk, inn)
        await desk.replay(*(row.id for row in await desk.quarantine()))
    assert metrics(store) == {"Joined Club": 2, "Left Club": 2}


async def ends_once(client: Any, query: Query) -> AsyncIterator[Page]:
    """Read clubs in one page; behind it there is nothing."""
    if query.stream == "clubs" and query.purpose is Purpose.HISTORY and query.cursor is None:
        rows = (await client.get("clubs", params={"offset": 0, "size": 99}))["items"]
        records = [acorn.build_record("clubs", row) for row in rows]
        yield Page(records, {"v": 1, "end": True}, complete=True)


@pytest.mark.parametrize("after", range(1, 5))
async def test_a_scan_stopped_before_its_deletions_is_read_again(store: Path, after: int) -> None:
    """Law 1. Seen to fail when the cursor that ends a scan is committed before what the scan
    misses is mapped.
    """
    connector, inn = altered(fetch_history=ends_once), busy(0)
    await sync(store, inn, connector)
    with opened(store) as db:
        db.execute("DELETE FROM cursors")
    del inn.rows["clubs"][0]

    commits = itertools.count(1)
    async with Desk(store, clock=FixedClock()) as desk:
        connected(desk, inn, connector)
        with anyio.CancelScope() as scope:

            def stop(update: Update) -> None:
                if update.stream == "clubs" and next(commits) == after:
                    scope.cancel()

            unsubscribe = desk.subscribe(stop)
            await desk.sync("acorn")
        unsubscribe()
        await desk.sync("acorn")

    assert metrics(store) == {"Joined Club": 2, "Left Club": 1}
