"""A hook that fails stops no other, and what it failed on can be tried again."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from inn import (
    FixedClock,
    Inn,
    altered,
    asked,
    busy,
    club,
    connected,
    guest,
    logged,
    metrics,
    quarantined,
    stay,
    stumbling,
    sync,
)

from frontdesk import Desk, Record

pytestmark = pytest.mark.anyio


async def test_a_failing_parse_event_stops_neither_profile_nor_consent(store: Path) -> None:
    """Seen to fail when ``_collect`` keeps all outputs of a failing record back."""
    inn = Inn()
    inn.rows["guests"] = [guest("x"), guest("ada")]

    report = await sync(store, inn, stumbling("parse_event"))

    assert quarantined(store) == [("x", "parse_event")]
    assert (report.profiles, report.consents, report.quarantined) == (2, 2, 1)
    async with Desk(store) as desk:
        rows = {row.guest: row.consent for row in await desk.profiles()}
    assert rows == {"ada": {"email": "subscribed"}, "x": {"email": "subscribed"}}


@pytest.mark.parametrize(
    ("hook", "kept"),
    [
        ("map_profile", {"profiles": 1, "consents": 1, "events": 4, "reservations": 3}),
        ("sync_consent", {"profiles": 2, "consents": 1, "events": 4, "reservations": 3}),
        ("map_reservation", {"profiles": 2, "consents": 2, "events": 4, "reservations": 2}),
        ("parse_event", {"profiles": 2, "consents": 2, "events": 3, "reservations": 3}),
    ],
)
async def test_the_other_hooks_outputs_are_kept(
    store: Path, hook: str, kept: dict[str, int]
) -> None:
    inn = busy(2)
    inn.rows["guests"] = [guest("x"), guest("ada")]
    inn.rows["stays"] = [stay("s1"), stay("s2"), stay("x")]
    inn.rows["clubs"] = [club("c")]

    report = await sync(store, inn, stumbling(hook))

    assert kept == {name: getattr(report, name) for name in kept}


async def test_an_opt_in_waits_while_nobody_knows_whether_its_guest_is_excluded(
    store: Path,
) -> None:
    """Law 4. Seen to fail when only an exclusion that is known keeps opt-ins back."""
    inn = Inn()
    inn.rows["guests"] = [guest("x", robot=True)]

    await sync(store, inn, stumbling("map_profile"))

    assert logged(store, 3) == []
    await sync(store, inn)
    assert logged(store, 3) == []
    assert asked(store, "SELECT key, excluded FROM guests") == [("x", "robot")]


async def test_a_version_a_hook_failed_on_is_not_what_the_next_is_compared_with(
    store: Path,
) -> None:
    """Seen to fail when a page's next version is compared with one that failed."""
    seen: list[tuple[str, str | None]] = []

    def parse_event(record: Record, previous: Record | None) -> Any:
        if record.stream == "stays":
            total = record.payload["total"]
            seen.append((total, previous.payload["total"] if previous else None))
            if len(seen) == 2:
                raise ValueError(total)
        return ()

    inn = Inn()
    inn.rows["stays"] = [
        stay("s", total="1"),
        stay("s", total="2", changed="2026-10-02T10:00:00Z"),
        stay("s", total="3", changed="2026-10-03T10:00:00Z"),
    ]
    await sync(store, inn, altered(parse_event=parse_event))

    assert seen[:3] == [("1", None), ("2", "1"), ("3", "1")]
    # The third version settled what the second left open.
    assert quarantined(store) == []


async def test_a_failed_version_is_tried_again_and_settled(store: Path) -> None:
    """Seen to fail when the stored version advances although a hook failed."""
    inn = busy(0)
    inn.rows["guests"] = [guest("x")]
    inn.rows["stays"] = [stay("x")]
    for _ in range(3):
        await sync(store, inn, stumbling("parse_event"))
    # The history and three rounds of changes.
    assert asked(store, "SELECT tries FROM quarantine") == [(4,), (4,)]
    assert [key for key, _ in quarantined(store) if key == "x"][:1] == ["x"]
    entries = len(logged(store, 2)), len(logged(store, 3)), len(logged(store, 4))
    assert entries == (1, 1, 1)

    async with Desk(store, clock=FixedClock()) as desk:
        connected(desk, inn)
        ids = [row.id for row in await desk.quarantine()]
        results = await desk.replay(*ids)
        again = await desk.replay(*ids)

    assert {"replayed"} == set(results.values())
    assert {"settled already: replayed"} == set(again.values())
    assert metrics(store)["Booked Stay"] == 1
    assert quarantined(store) == []
    assert entries == (len(logged(store, 2)), len(logged(store, 3)), len(logged(store, 4)))


async def test_a_replay_that_fails_again_says_why(store: Path) -> None:
    inn = busy(0)
    inn.rows["guests"] = [guest("x"), {"id": "y"}, {"nothing": 1}]
    await sync(store, inn, stumbling("parse_event"))

    async with Desk(store, clock=FixedClock()) as desk:
        connected(desk, inn, stumbling("parse_event"))
        results = await desk.replay(*sorted(row.id for row in await desk.quarantine()))

    reasons = " ".join(results.values())
    assert len([r for r in results.values() if r.startswith("still quarantined: ")]) == 3
    assert "ValueError in failing()" in reasons
    assert "missing field 'email'" in reasons
    assert "missing field 'id'" in reasons
    assert "CANARY" not in reasons


async def test_a_row_mended_in_the_connector_is_replayed(store: Path) -> None:
    inn = busy(0)
    inn.rows["guests"] = [{"guest_id": "zoe", "email": "zoe@example.com"}]
    await sync(store, inn)
    assert [(hooks,) for _, hooks in quarantined(store)] == [("fetch_history",)]

    def build_record(stream: str, row: Any) -> Record:
        return Record(stream, row["guest_id"], {**row, "id": row["guest_id"]})

    async with Desk(store, clock=FixedClock()) as desk:
        connected(desk, inn, altered(build_record=build_record))
        (entry,) = await desk.quarantine()
        assert {entry.id: "replayed"} == await desk.replay(entry.id)
        assert [row.guest for row in await desk.profiles()] == ["zoe"]
        assert await desk.quarantine() == []


async def test_a_merge_that_comes_again_and_again_is_logged_once(store: Path) -> None:
    inn = Inn()
    inn.rows["guests"] = [guest("x", merged="ada"), guest("ada")]
    for _ in range(3):
        await sync(store, inn, stumbling("parse_event"))

    assert logged(store, 5) == ['{"old":"x","into":"ada"}']
