"""Guests are excluded, merged and erased."""

from __future__ import annotations

from pathlib import Path

import pytest
from inn import (
    Inn,
    asked,
    busy,
    guest,
    logged,
    metrics,
    opened,
    outcomes,
    stay,
    sync,
    written,
)

from frontdesk import Desk

pytestmark = pytest.mark.anyio


async def test_an_excluded_guest_is_held_back_until_the_state_clears(store: Path) -> None:
    inn = busy(1)
    inn.rows["stays"] = [stay("s", guest="rob")]
    inn.rows["guests"] = [guest("rob", robot=True)]
    await sync(store, inn)

    assert asked(store, "SELECT key, excluded FROM guests WHERE key = 'rob'") == [("rob", "robot")]
    assert (logged(store, 2), logged(store, 3)) == ([], [])
    # The guest's events are logged and counted; they flow when the state clears.
    assert metrics(store)["Booked Stay"] == 1
    assert outcomes(store)["guests", "skipped: robot"] == 1

    inn.rows["guests"] = [guest("rob", changed="2026-10-02T10:00:00Z")]
    await sync(store, inn)
    assert asked(store, "SELECT key, excluded FROM guests WHERE key = 'rob'") == [("rob", None)]
    assert (len(logged(store, 2)), len(logged(store, 3))) == (1, 1)


async def test_an_excluded_guests_opt_out_counts(store: Path) -> None:
    inn = Inn()
    inn.rows["guests"] = [guest("ada")]
    await sync(store, inn)
    inn.rows["guests"] = [guest("ada", robot=True, news=False, changed="2026-10-02T10:00:00Z")]
    await sync(store, inn)

    assert asked(store, "SELECT state FROM consents") == [("subscribed",), ("unsubscribed",)]


async def test_who_was_deleted_there_waits_for_a_person(store: Path) -> None:
    """Seen to fail when those who were forgotten are listed on."""
    inn = busy(3)
    await sync(store, inn)
    changed = {"changed": "2026-10-02T10:00:00Z"}
    inn.rows["guests"] = [guest("ada", deleted=True, **changed), guest("bob", erased=1, **changed)]
    await sync(store, inn)

    async with Desk(store) as desk:
        gone, (row,) = await desk.gone(), await desk.status()
        # Nothing is erased before that.
        before = metrics(store)["Booked Stay"], await desk.export_guest("ada")
        await desk.forget("ada")
        after, (later,) = await desk.gone(), await desk.status()

    assert [(one.guest, f"{one.since:%d %H}") for one in gone] == [("ada", "02 10")]
    assert (row.gone, later.gone, after) == (1, 0, [])
    assert before[0] == 3
    assert before[1]


async def test_a_merged_guest_leaves_its_profile_to_the_other(store: Path) -> None:
    inn = busy(0)
    await sync(store, inn)
    inn.rows["guests"][1] |= {"merged": "ada", "changed": "2026-10-02T10:00:00Z"}
    await sync(store, inn)

    question = "SELECT o.key, n.key FROM guests o JOIN guests n ON n.id = o.merged_into"
    assert asked(store, question) == [("bob", "ada")]
    assert logged(store, 5) == ['{"old":"bob","into":"ada"}']
    async with Desk(store) as desk:
        assert [row.guest for row in await desk.profiles()] == ["ada"]


async def test_an_erased_guests_older_profiles_are_blanked_where_they_stand(store: Path) -> None:
    """Seen to fail when ``_leave`` blanks nothing, and when what the same page logged before
    is written after the blanking.
    """
    inn = busy(0)
    inn.rows["guests"] = [
        guest("eva", name="Eva-CANARY"),
        guest("eva", name="Eva2-CANARY", changed="2026-10-02T10:00:00Z"),
        guest("ada"),
    ]
    await sync(store, inn)
    places = asked(store, "SELECT seq, kind FROM log ORDER BY seq")
    inn.rows["guests"] = [
        guest("eva", name="Eva3-CANARY", changed="2026-10-03T10:00:00Z"),
        {"id": "eva", "erased": True, "changed": "2026-10-04T10:00:00Z"},
    ]
    await sync(store, inn)

    assert [body for body in logged(store, 2) if "ada" not in body] == ["{}", "{}"]
    assert places == asked(store, "SELECT seq, kind FROM log ORDER BY seq")[: len(places)]
    (gone,) = logged(store, 6)
    assert gone.endswith(',"erase":true}')
    assert "eva" not in gone
    with opened(store) as db:
        db.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    assert b"CANARY" not in written(store)
