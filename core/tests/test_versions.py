"""Each version of a record is compared with the one before, in whatever order they come."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import acorn
import pytest
from inn import (
    Inn,
    altered,
    asked,
    dump,
    guest,
    logged,
    metrics,
    outcomes,
    stay,
    sync,
)

from frontdesk import Page, Purpose, Record

pytestmark = pytest.mark.anyio


class Watching:
    """Acorn with a ``parse_event`` that notes what each version was compared with."""

    def __init__(self) -> None:
        self.seen: list[tuple[str, str | None, str | None]] = []

    def connector(self) -> Any:
        def parse_event(record: Record, previous: Record | None) -> Any:
            if record.stream == "stays":
                before = previous.payload.get("total") if previous else None
                self.seen.append((record.id, record.payload.get("total"), before))
            return ()

        return altered(parse_event=parse_event)


async def test_each_version_is_compared_with_the_one_before(store: Path) -> None:
    watching, inn = Watching(), Inn()
    inn.rows["stays"] = [stay("s", total="1")]
    await sync(store, inn, watching.connector())
    inn.rows["stays"] = [stay("s", total="2", changed="2026-10-02T10:00:00Z")]
    await sync(store, inn, watching.connector())

    assert watching.seen == [("s", "1", None), ("s", "2", "1")]


async def test_versions_in_one_page_follow_each_other_whatever_their_order(store: Path) -> None:
    watching, inn = Watching(), Inn()
    inn.rows["stays"] = [
        stay("s", total="3", changed="2026-10-03T10:00:00Z"),
        stay("s", total="1"),
        stay("s", total="2", changed="2026-10-02T10:00:00Z"),
        stay("s", total="3", changed="2026-10-03T10:00:00Z"),
    ]
    report = await sync(store, inn, watching.connector())

    assert watching.seen[:3] == [("s", "1", None), ("s", "2", "1"), ("s", "3", "2")]
    # Asked for what changed, the platform shows all of them once more.
    assert watching.seen[3:] == [("s", "1", None), ("s", "2", None)]
    expected = {"mapped": 3, "unchanged": 3, "superseded": 2}
    assert expected == {
        outcome: total for (stream, outcome), total in report.outcomes.items() if stream == "stays"
    }


async def test_a_late_older_version_is_mapped_for_its_events_and_replaces_nothing(
    store: Path,
) -> None:
    """Seen to fail when no version counts as late."""
    inn = Inn()
    inn.rows["guests"] = [guest("ada")]
    inn.rows["stays"] = [stay("s", total="2", changed="2026-10-09T10:00:00Z")]
    await sync(store, inn)
    before = dump(store)

    inn.rows["stays"] = [
        stay("s", total="1", cancelled="2026-10-02T10:00:00Z", changed="2026-10-09T09:00:00Z")
    ]
    inn.rows["stays"][0]["changed"] = "2026-10-09T09:59:00Z"
    inn.page = lambda stream, _: {"items": list(inn.rows[stream]), "total": len(inn.rows[stream])}  # type: ignore[method-assign]
    report = await sync(store, inn)
    after = dump(store)

    assert report.outcomes["stays", "superseded"] == 1
    assert metrics(store) == {"Booked Stay": 1, "Cancelled Stay": 1}
    assert (before["records"], before["reservations"]) == (after["records"], after["reservations"])


async def test_the_first_event_under_an_id_stands(store: Path) -> None:
    inn = Inn()
    inn.rows["guests"] = [guest("ada")]
    inn.rows["stays"] = [stay("s", total="1")]
    await sync(store, inn)
    first = logged(store, 1)
    inn.rows["stays"] = [stay("s", total="2", changed="2026-10-02T10:00:00Z")]
    await sync(store, inn)

    assert first == logged(store, 1)


async def test_a_partial_record_is_laid_over_what_is_stored(store: Path) -> None:
    """Seen to fail when the version or the completeness of a partial record gets lost."""
    seen: list[Record] = []

    def map_reservation(record: Record) -> None:
        if record.stream == "stays":
            seen.append(record)

    inn = Inn()
    inn.rows["stays"] = [
        {"id": "s", "partial": True, "note": "n", "guest": "ada", "booked": "2026-09-01T10:00:00Z"}
    ]
    await sync(store, inn, altered(map_reservation=map_reservation))
    inn.rows["stays"] = [stay("s", total="7")]
    await sync(store, inn, altered(map_reservation=map_reservation))
    inn.rows["stays"] = [{"id": "s", "partial": True, "total": "8"}]
    await sync(store, inn, altered(map_reservation=map_reservation))

    alone, whole, over = seen
    assert [alone.partial, whole.partial, over.partial] == [True, False, False]
    assert "note" not in whole.payload
    assert {**whole.payload, "partial": True, "total": "8"} == over.payload
    assert over.guests == ("ada",)
    assert whole.version == over.version


async def test_a_record_in_the_page_and_asked_for_at_once_is_taken_in_order(store: Path) -> None:
    """Seen to fail when what a take has mapped is forgotten between its rounds: the same
    version is mapped twice, and an older one that a slow replica gives wins.
    """
    inn = Inn()
    inn.rows["guests"] = [guest("ada")]
    await sync(store, inn)

    def fetch(client: Any, query: Any) -> Any:
        async def pages() -> Any:
            if query.purpose is Purpose.IDS:
                row = guest("eve", name="Old", changed="2026-10-02T10:00:00Z")
                yield Page([acorn.build_record("guests", row)])
            elif query.stream == "guests":
                row = guest("eve", name="New", changed="2026-10-03T10:00:00Z")
                asking = acorn.build_record("stays", stay("s", friend="eve", guest="ada"))
                yield Page([acorn.build_record("guests", row), asking], {"v": 1})

        return pages()

    async def fetch_history(client: Any, query: Any) -> Any:
        async for page in fetch(client, query):
            yield page

    await sync(store, inn, altered(fetch_history=fetch_history))

    names = dict(
        asked(store, "SELECT g.key, first_name FROM profiles JOIN guests g ON g.id = guest_id")
    )
    assert names == {"ada": "Ada", "eve": "New"}
    assert outcomes(store)["guests", "superseded"] == 1
