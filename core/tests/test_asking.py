"""What is not known yet is asked for: guests of events, reference data, answers to refs."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import acorn
import attrs
import pytest
from inn import (
    NOW,
    FixedClock,
    Inn,
    altered,
    asked,
    busy,
    guest,
    logged,
    quarantined,
    stay,
    sync,
)

from frontdesk import Event, Page, Query, Record, Ref

pytestmark = pytest.mark.anyio


async def test_guests_nobody_knows_are_fetched_in_batches_and_misses_remembered(
    store: Path,
) -> None:
    inn = Inn()
    inn.rows["stays"] = [stay(f"s{n}", guest=f"g{n}") for n in range(8)]
    original = inn.page

    def page(stream: str, params: Any) -> dict[str, Any]:
        # The list shows no guests, as if they were archived; by id, some are there.
        if stream == "guests" and "ids" in params:
            ids = [id for id in params["ids"].split(",") if id < "g6"]
            return {"items": [guest(id) for id in ids], "total": len(ids)}
        return original(stream, params)

    inn.page = page  # type: ignore[method-assign]
    await sync(store, inn)

    batches = [query["ids"] for query in inn.asked("guests") if "ids" in query]
    assert batches == ["g0,g1,g2", "g3,g4,g5", "g6,g7"]
    assert len(asked(store, "SELECT * FROM profiles")) == 6

    inn.rows["stays"] += [stay("more", guest="g7", changed="2026-10-05T10:00:00Z")]
    inn.forget_requests()
    await sync(store, inn)
    assert not [query for query in inn.asked("guests") if "ids" in query]

    # A day later, the platform may have heard of them.
    inn.rows["stays"] += [stay("later", guest="g7", changed="2026-10-06T10:00:00Z")]
    await sync(store, inn, clock=FixedClock(NOW + timedelta(days=1, seconds=1)))
    assert [query["ids"] for query in inn.asked("guests") if "ids" in query] == ["g7"]


async def test_lookups_are_answered_from_memory_and_the_store(store: Path) -> None:
    inn = busy()
    inn.rows["rooms"] = [{"id": f"r{n}", "name": f"Room {n}"} for n in range(3)]
    for number, row in enumerate(inn.rows["stays"]):
        row["room"] = f"r{number % 4}"  # r3 is not there

    await sync(store, inn)

    assert [query["ids"] for query in inn.asked("rooms")] == ["r0,r1", "r2,r3"]
    rooms = {
        (row[0], row[1])
        for row in asked(
            store,
            "SELECT s.name, key FROM records JOIN streams s ON s.id = stream_id WHERE s.name = 'rooms'",
        )
    }
    assert {("rooms", "r0"), ("rooms", "r1"), ("rooms", "r2")} == rooms

    inn.forget_requests()
    await sync(store, inn)
    assert [query["ids"] for query in inn.asked("rooms")] == ["r3"]

    inn.forget_requests()
    await sync(store, inn, clock=FixedClock(NOW + timedelta(days=2)))
    assert [query["ids"] for query in inn.asked("rooms")] == ["r0,r1", "r2,r3"]


async def test_a_hook_that_asks_without_end_is_quarantined(store: Path) -> None:
    """Law 5. Seen to fail when what still asks after three rounds counts as mapped."""

    def parse_event(record: Record, related: Any) -> list[Event]:
        if record.stream == "stays":
            for number in range(99):
                related[Ref("guests", f"{record.id}-{number}")]
        return []

    await sync(store, busy(1), altered(parse_event=parse_event))

    assert quarantined(store) == [("s0", "related")]


@pytest.mark.parametrize("ask", ["raise", "yield"])
async def test_asking_for_an_unknown_stream_is_a_fault_of_the_hook(store: Path, ask: str) -> None:
    def parse_event(record: Record, related: Any) -> Any:
        if record.stream == "stays":
            if ask == "raise":
                related[Ref("gusets", "ada")]
            yield Ref("gusets", "ada")

    await sync(store, busy(1), altered(parse_event=parse_event))

    assert quarantined(store) == [("s0", "parse_event")]


async def test_a_record_of_another_stream_is_no_answer(store: Path) -> None:
    """Its id may be the same. Seen to fail when answers are told apart by their ids alone."""
    inn = busy(1)
    inn.rows["guests"] += [guest("r1")]

    async def fetch_history(client: Any, query: Query) -> AsyncIterator[Page]:
        async for page in acorn.fetch_history(client, query):
            more = [acorn.build_record("guests", guest("r1"))] if query.stream == "rooms" else []
            yield attrs.evolve(page, records=[*page.records, *more])

    def parse_event(record: Record, related: Any) -> list[Event]:
        if record.stream != "stays":
            return []
        room = related[Ref("rooms", "r1", max_age=0)]
        told = {"Room": room.payload["name"]}
        return [Event("Booked Stay", "ada", NOW, properties=told, action="b")]

    await sync(store, inn, altered(fetch_history=fetch_history, parse_event=parse_event))

    assert quarantined(store) == []
    assert '"Room":"Blue"' in logged(store, 1)[0]
