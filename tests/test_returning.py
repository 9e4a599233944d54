"""Guests who leave and come back, whatever order their records arrive in, in both databases."""

from __future__ import annotations

from typing import Any

import acorn
import pytest
from inn import Inn, altered, guest
from stores import asked, dump, sync

from frontdesk import Desk, Gone, Merged

pytestmark = pytest.mark.anyio

MARKED = (
    "SELECT g.key, m.key, g.gone IS NOT NULL FROM guests g"
    " LEFT JOIN guests m ON m.id = g.merged_into ORDER BY g.key"
)
SAID = (
    "SELECT l.kind FROM log l JOIN guests g ON g.id = l.guest_id"
    " WHERE g.key = 'bob' AND l.kind IN (2, 5, 6) ORDER BY l.seq"
)
PROFILE, MERGED, GONE = 2, 5, 6


def at(hour: int) -> str:
    return f"2026-10-02T{hour:02}:00:00Z"


def map_profile(record: Any) -> Any:
    """Acorn's, where a guest may be gone without being erased, or be absorbed by another."""
    row = record.payload
    if row.get("gone"):
        return Gone(record.id)
    if row.get("absorbs"):
        return Merged(row["absorbs"], record.id)
    return acorn.map_profile(record)


def version(hour: int, **more: Any) -> dict[str, Any]:
    return guest("bob", changed=at(hour), **more)


async def live(url: str, *pages: list[dict[str, Any]]) -> None:
    """Show the platform's guests as they are at one moment after another."""
    house = Inn()
    # Whatever is asked for: a slow replica may show what is old.
    house.page = lambda stream, _: {  # type: ignore[method-assign]
        "items": house.rows[stream],
        "total": len(house.rows[stream]),
    }
    for rows in pages:
        house.rows["guests"] = rows
        await sync(url, house, altered(map_profile=map_profile))


async def listed(url: str) -> list[str]:
    async with Desk(url) as desk:
        return [row.guest for row in await desk.profiles()]


@pytest.mark.parametrize(("left", "kind"), [({"gone": True}, GONE), ({"merged": "ada"}, MERGED)])
async def test_who_comes_back_is_a_guest_again(
    store_url: str, left: dict[str, Any], kind: int
) -> None:
    """Seen to fail when a mark is never taken away."""
    ada = guest("ada")
    await live(store_url, [ada, version(1)], [ada, version(2, **left)])
    assert await listed(store_url) == ["ada"]
    assert asked(store_url, MARKED) != [("ada", None, 0), ("bob", None, 0)]

    await live(store_url, [ada, version(3)])

    assert asked(store_url, MARKED) == [("ada", None, 0), ("bob", None, 0)]
    assert asked(store_url, SAID) == [(PROFILE,), (kind,), (PROFILE,)]
    assert sorted(await listed(store_url)) == ["ada", "bob"]

    await live(store_url, [ada, version(4, **left)])
    assert await listed(store_url) == ["ada"]
    assert asked(store_url, SAID) == [(PROFILE,), (kind,), (PROFILE,), (kind,)]


@pytest.mark.parametrize("left", [{"gone": True}, {"merged": "ada"}])
async def test_the_last_word_of_a_page_counts(store_url: str, left: dict[str, Any]) -> None:
    """Also where it says nothing new. Seen to fail when no departure beside a profile counts."""
    ada = guest("ada")
    await live(store_url, [ada, version(1)], [version(3), version(2, **left), ada])

    assert asked(store_url, MARKED) == [("ada", None, 0), ("bob", None, 0)]
    assert asked(store_url, SAID)[-1] == (PROFILE,)
    assert sorted(await listed(store_url)) == ["ada", "bob"]

    await live(store_url, [ada, version(5, **left), version(4, name="Rob")])
    assert asked(store_url, SAID)[-1] != (PROFILE,)
    assert await listed(store_url) == ["ada"]


@pytest.mark.parametrize("back", [True, False])
async def test_without_versions_the_order_of_a_page_decides(store_url: str, back: bool) -> None:
    """Seen to fail when all departures of a page count as its last word."""
    rows = [guest("ada", absorbs="bob", changed=None), guest("bob", changed=None)]
    await live(store_url, rows if back else rows[::-1])

    assert asked(store_url, MARKED) == [("ada", None, 0), ("bob", None if back else "ada", 0)]
    assert await listed(store_url) == (["bob"] if back else [])


@pytest.mark.parametrize("together", [True, False])
@pytest.mark.parametrize("first", [0, 1])
async def test_an_older_profile_that_comes_later_brings_nobody_back(
    store_url: str, first: int, together: bool
) -> None:
    """Another record says that the guest was merged. Seen to fail when times are not compared."""
    absorbing = guest("ada", absorbs="bob", changed=at(2))
    rows = [absorbing, version(1)]
    rows = [rows[first], rows[1 - first]]
    pages = [rows] if together else [[row] for row in rows]
    await live(store_url, *pages)

    assert asked(store_url, MARKED) == [("ada", None, 0), ("bob", "ada", 0)]
    assert await listed(store_url) == []

    await live(store_url, [absorbing, version(3)])
    assert asked(store_url, MARKED) == [("ada", None, 0), ("bob", None, 0)]
    assert await listed(store_url) == ["bob"]


@pytest.mark.parametrize("earlier", [[], [version(1)]])
async def test_an_older_departure_that_comes_later_takes_nobody_away(
    store_url: str, earlier: list[dict[str, Any]]
) -> None:
    """A profile that says nothing new is not logged, and counts all the same. Seen to fail
    when the version of the last profile's record is not looked at.
    """
    absorbing = guest("ada", absorbs="bob", changed=at(2))
    await live(store_url, [guest("ada"), *earlier], [version(3)], [absorbing])

    assert asked(store_url, MARKED) == [("ada", None, 0), ("bob", None, 0)]
    assert "bob" in await listed(store_url)


async def test_who_was_erased_in_a_page_stays_erased(store_url: str) -> None:
    """What the page says of the guest besides is gone as well, until something changes."""
    await live(store_url, [version(1, name="Bobby")])
    await live(store_url, [{"id": "bob", "erased": True, "changed": at(2)}, version(3)])

    assert await listed(store_url) == []
    assert "Bobby" not in repr(dump(store_url))
    ((key, into, gone),) = asked(store_url, MARKED)
    assert (key.startswith("forgotten-"), into, gone) == (True, None, 1)

    await live(store_url, [guest("bob", changed="2026-11-02T10:00:00Z")])
    assert await listed(store_url) == ["bob"]
    assert ("bob", None, 0) in asked(store_url, MARKED)
