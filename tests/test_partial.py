"""Of some records only part ever came, and nobody takes it for the whole, in both databases."""

from __future__ import annotations

from typing import Any

import acorn
import attrs
import pytest
from inn import FixedClock, Inn, altered, connected, guest, stay
from stores import asked, sync

from frontdesk import Desk, Record, Ref, Related

pytestmark = pytest.mark.anyio

PARTIAL = {
    "id": "s",
    "partial": True,
    "note": "n",
    "guest": "ada",
    "booked": "2026-09-01T10:00:00Z",
}
"""What a delivery brings of a stay nobody has read yet."""


def watching(seen: list[tuple[Record, Record | None]]) -> Any:
    """Acorn that notes each stay, and what it is compared with."""

    def map_reservation(record: Record, previous: Record | None) -> None:
        if record.stream == "stays":
            seen.append((record, previous))

    return altered(map_reservation=map_reservation)


def with_guest(*stays: dict[str, Any]) -> Inn:
    house = Inn()
    house.rows["guests"], house.rows["stays"] = [guest("ada")], list(stays)
    return house


async def test_the_whole_is_compared_with_what_is_known_to_be_a_part(store_url: str) -> None:
    """Seen to fail when the store does not remember that a record is partial."""
    seen: list[tuple[Record, Record | None]] = []
    await sync(store_url, with_guest(PARTIAL), watching(seen))
    more = {**PARTIAL, "total": "3"}
    await sync(store_url, with_guest(more), watching(seen))
    await sync(store_url, with_guest(stay("s")), watching(seen))
    await sync(
        store_url, with_guest(stay("s", total="9", changed="2026-10-09T10:00:00Z")), watching(seen)
    )

    partial = [(record.partial, previous and previous.partial) for record, previous in seen]
    assert partial == [(True, None), (True, True), (False, True), (False, False)]
    assert asked(store_url, "SELECT count(*) FROM records WHERE partial") == [(0,)]


async def test_a_whole_that_says_no_more_than_the_part_is_news(store_url: str) -> None:
    """Seen to fail when the two have one digest."""
    seen: list[tuple[Record, Record | None]] = []
    alike = {key: value for key, value in stay("s").items() if key != "changed"}

    async def fetch_history(client: Any, query: Any) -> Any:
        async for page in acorn.fetch_history(client, query):
            part = query.stream == "stays" and not whole
            yield attrs.evolve(
                page, records=[attrs.evolve(record, partial=part) for record in page.records]
            )

    connector = watching(seen)
    vars(connector)["fetch_history"] = vars(altered(fetch_history=fetch_history))["fetch_history"]
    for said in (False, False, True, True):
        whole = said
        await sync(store_url, with_guest(alike), connector)

    assert [record.partial for record, _ in seen] == [True, False]


async def test_a_ref_is_answered_with_a_part_as_such(store_url: str) -> None:
    """Seen to fail when ``full_records`` takes every record for whole."""
    answers: list[Record | None] = []

    def parse_event(record: Record, related: Related) -> tuple[()]:
        if record.stream == "stays" and record.payload.get("friend"):
            answers.append(related[Ref("guests", "ada")])
        return ()

    house = Inn()
    house.rows["guests"] = [{**guest("ada"), "partial": True}]
    connector = altered(parse_event=parse_event)
    await sync(store_url, house, connector)
    house.rows["stays"] = [stay("s", friend="ada")]
    await sync(store_url, house, connector)

    (answer,) = answers
    assert answer is not None
    assert answer.partial


async def test_remapping_hands_on_a_part_as_such(store_url: str) -> None:
    seen: list[tuple[Record, Record | None]] = []
    await sync(store_url, with_guest(PARTIAL), watching(seen))
    async with Desk(store_url, clock=FixedClock()) as desk:
        await desk.remap(connected(desk, Inn(), watching(seen)))

    assert [record.partial for record, _ in seen] == [True, True]
