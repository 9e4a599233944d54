"""Guests that merge, hide, come late and go: one person stays one person."""

from __future__ import annotations

from pathlib import Path

import pytest
from inn import FixedClock, Inn, asked, club, guest, stay, sync

from frontdesk import Desk

pytestmark = pytest.mark.anyio


async def chained(store: Path, *links: tuple[str, str]) -> None:
    """Sync three guests with a club each, then merge them."""
    inn = Inn()
    names = ("ada", "bea", "cid")
    inn.rows["guests"] = [guest(name) for name in names]
    inn.rows["clubs"] = [club(f"c-{name}", guest=name) for name in names]
    await sync(store, inn)
    for day, (old, into) in enumerate(links, 2):
        row = {"id": old, "merged": into, "changed": f"2026-10-0{day}T10:00:00Z"}
        inn.rows["guests"] = [row if r["id"] == old else r for r in inn.rows["guests"]]
        await sync(store, inn)


@pytest.mark.parametrize(
    "links",
    [
        (("ada", "bea"), ("bea", "cid")),
        (("bea", "cid"), ("ada", "bea")),
        (("ada", "bea"), ("bea", "cid"), ("cid", "ada")),
    ],
    ids=["forwards", "backwards", "round"],
)
async def test_events_of_merged_guests_are_those_of_the_target(
    store: Path, links: tuple[tuple[str, str], ...]
) -> None:
    """A loop ends."""
    await chained(store, *links)

    async with Desk(store) as desk:
        for name in ("ada", "bea", "cid"):
            assert len(await desk.events(guest=name)) == 3
        (brand,) = (await desk.export_guest("cid"))["brands"]
        assert {one["guest"] for one in brand["guests"]} == {"ada", "bea", "cid"}
        (receipt,) = await desk.forget("bea")
        assert receipt.erased["acorn"]["guests"] == 3


async def test_an_exclusion_holds_a_guest_and_lets_go(store: Path) -> None:
    inn = Inn()
    inn.rows["guests"] = [guest("ada")]
    inn.rows["stays"] = [stay("s1")]
    for day, robot in enumerate([False, True, False], 1):
        changed = f"2026-10-0{day}T12:00:00Z"
        inn.rows["guests"] = [guest("ada", robot=robot, changed=changed)]
        await sync(store, inn)

        assert asked(store, "SELECT excluded FROM guests") == [("robot" if robot else None,)]
    async with Desk(store) as desk:
        assert len(await desk.events(guest="ada")) == 1


async def test_an_address_that_comes_late_is_that_guests(store: Path) -> None:
    inn = Inn()
    inn.rows["guests"] = [guest("ada", email=None)]
    inn.rows["stays"] = [stay("s1")]
    await sync(store, inn)
    inn.rows["guests"] = [guest("ada", changed="2026-10-02T10:00:00Z")]
    await sync(store, inn)

    async with Desk(store, clock=FixedClock()) as desk:
        (brand,) = (await desk.export_guest("ada@example.com"))["brands"]
    (one,) = brand["guests"]
    assert [entry["kind"] for entry in one["log"]].count("event") == 1
    assert one["profile"]["email"] == "ada@example.com"
