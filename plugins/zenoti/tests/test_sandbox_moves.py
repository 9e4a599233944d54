"""What happens in the emulated Zenoti is seen over REST, journaled, and refused where it cannot be."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
import pytest

from frontdesk_zenoti.sandbox import PREFIX, Options, Platform
from frontdesk_zenoti.sandbox.moves import Moves
from frontdesk_zenoti.sandbox.refusal import Refusal

pytestmark = pytest.mark.anyio

NOW = datetime(2026, 6, 1, 12, tzinfo=UTC)
NOBODY = "00000000-0000-4000-8000-000000000000"


@pytest.fixture
def anyio_backend() -> str:
    return "asyncio"


@pytest.fixture(name="platform")
def _platform() -> Platform:
    return Platform(Options(now=NOW, groups=120, rate_window=0))


async def asked(platform: Platform, path: str, **query: Any) -> Any:
    transport = httpx.ASGITransport(platform.app)
    headers = {"Authorization": f"apikey {platform.keys.current}"}
    async with httpx.AsyncClient(transport=transport, base_url="http://zenoti.test") as client:
        return (await client.get(PREFIX + path, params=query, headers=headers)).json()


async def rows_of(platform: Platform, group: str) -> list[Any]:
    """Read the rows of a group out of its center's week."""
    found = platform.world.groups.find(group)
    assert found is not None
    center = platform.world.centers[found.center]
    day = datetime.fromtimestamp(found.visits[0].start, center.zone).date()
    rows = await asked(
        platform, "appointments", center_id=center.id, start_date=str(day),
        end_date=str(day + timedelta(days=2)), include_no_show_cancel="true",
    )  # fmt: skip
    return [row for row in rows if row["appointment_group_id"] == group]


async def test_a_visit_is_seen_at_each_step(platform: Platform) -> None:
    moves = platform.moves
    group = moves.book(moves.create_guest(), services=1)
    steps: list[Callable[[str], object]] = [
        moves.confirm, moves.check_in, moves.undo_check_in, moves.check_in, moves.start,
        moves.complete, moves.close,
    ]  # fmt: skip
    seen: list[tuple[int, int, bool]] = []
    for step in steps:
        step(group)
        (row,) = await rows_of(platform, group)
        seen.append((row["status"], row["progress"], row["checkin_time"] is not None))

    assert seen == [
        (4, 0, False),
        (2, 0, True),
        (0, 0, False),
        (2, 0, True),
        (2, 1, True),
        (2, 2, True),
        (1, 2, True),
    ]
    row = (await rows_of(platform, group))[0]
    assert row["actual_start_time"]
    assert row["actual_completed_time"]
    invoice = await asked(platform, f"invoices/{row['invoice_id']}")
    assert invoice["invoice"]["is_closed"]
    assert invoice["invoice"]["receipt_number"].startswith("R")


async def test_a_reschedule_moves_rows_and_money(platform: Platform) -> None:
    moves = platform.moves
    group = moves.book(moves.create_guest(), services=2)
    before = await rows_of(platform, group)
    moves.reschedule(group, timedelta(days=10))
    after = await rows_of(platform, group)

    assert [row["appointment_id"] for row in after] == [row["appointment_id"] for row in before]
    gone = datetime.fromisoformat(before[0]["start_time_utc"]) + timedelta(days=10)
    assert datetime.fromisoformat(after[0]["start_time_utc"]) == gone
    invoice = (await asked(platform, f"invoices/{after[0]['invoice_id']}"))["invoice"]
    assert invoice["invoice_date"] == after[0]["start_time"]


async def test_deleted_groups_and_guests_are_gone(platform: Platform) -> None:
    moves = platform.moves
    guest = moves.create_guest()
    group = moves.book(guest, services=1)
    (row,) = await rows_of(platform, group)
    moves.delete(group)
    moves.delete_guest(guest)

    assert await rows_of(platform, group) == []
    assert (await asked(platform, f"appointments/{row['appointment_id']}"))["error"]["code"] == 506
    assert (await asked(platform, f"guests/{guest}"))["error"]["code"] == 505


async def test_a_merge_is_in_the_history_of_merges(platform: Platform) -> None:
    moves, center = platform.moves, platform.world.centers[0].id
    old, into = moves.create_guest(), moves.create_guest()
    group = moves.book(old)
    moves.merge(old, into)
    today = str(NOW.date())
    window = {"center_id": center, "start_date": today, "end_date": today}
    merged = (await asked(platform, "guests/merge_history", **window))["guests"]
    groups = (await asked(platform, f"guests/{into}/appointments"))["appointments"]

    assert [(row["merged_guest_id"], row["guest"]["id"]) for row in merged] == [(old, into)]
    assert [row["appointment_group_id"] for row in groups] == [group]


async def test_memberships_and_packages_of_a_guest_change(platform: Platform) -> None:
    moves, center = platform.moves, platform.world.centers[0].id
    guest = moves.create_guest()
    member, package = moves.activate_membership(guest), moves.create_package(guest)
    moves.cancel_membership(member)
    moves.redeem(package)
    held = f"guests/{guest}/memberships"
    (row,) = (await asked(platform, held, center_id=center, is_active="false"))["guest_memberships"]
    benefits = await asked(platform, f"guests/{guest}/packages/{package}/benefits")
    packs = await asked(platform, f"guests/{guest}/packages", center_id=center)

    assert row["status"] == 4
    assert row["recurring_details"]["cancelled_date"]
    assert not (await asked(platform, held, center_id=center, is_active="true"))[
        "guest_memberships"
    ]
    assert (await asked(platform, held))["error"]["code"] == 502
    assert [line["used"] for line in benefits["benefits"]] == [1, 0]
    assert packs["packages"][0]["user_package_id"] == package


async def test_open_invoices_of_today_and_one_therapist_are_found(platform: Platform) -> None:
    moves, center = platform.moves, platform.world.centers[0]
    group = platform.world.groups.find(
        moves.book(moves.create_guest(), start=int(NOW.timestamp()) + 600, services=1)
    )
    assert group is not None
    todays = (await asked(platform, f"centers/{center.id}/invoices"))["todays_invoices"]
    therapist = center.staff[group.visits[0].therapist].id
    rows = await asked(
        platform, "appointments", center_id=center.id, start_date="2026-05-31",
        end_date="2026-06-03", therapist_id=therapist,
    )  # fmt: skip

    assert platform.world.invoices.rows[group.invoice].id in [row["id"] for row in todays]
    assert {row["therapist"]["id"] for row in rows} == {therapist}


async def test_statuses_nobody_expects_are_told_and_shown(platform: Platform) -> None:
    group = platform.moves.book(platform.moves.create_guest(), services=1)
    for status in (11, 20, 21, -3, 7, 8):
        platform.moves.break_status(group, status)
        (row,) = await rows_of(platform, group)
        assert row["status"] == status
    assert [a.kind for a in platform.journal][-1] == "group.odd"


def test_the_journal_tells_who_where_and_what(platform: Platform) -> None:
    moves = platform.moves
    guest = moves.create_guest(1)
    group = moves.book(guest)
    moves.cancel(group)
    *_, booked, cancelled = platform.journal

    assert (booked.kind, booked.id, booked.guest) == ("group.booked", group, guest)
    assert booked.center == platform.world.centers[1].id
    assert cancelled.facts["status"] == -1
    assert cancelled.event_type == "AppointmentGroup.Status"
    assert booked.time == NOW
    assert platform.journal.since(booked.number) == [cancelled]
    with pytest.raises(ValueError, match="cannot go back"):
        platform.advance(timedelta(seconds=-1))


REFUSED: dict[str, Callable[[Moves, str], object]] = {
    "unknown guest": lambda m, _: m.book(NOBODY),
    "unknown group": lambda m, _: m.confirm(NOBODY),
    "unknown invoice": lambda m, _: m.close_invoice(NOBODY),
    "unknown membership": lambda m, _: m.freeze(NOBODY),
    "unknown package": lambda m, _: m.redeem(NOBODY),
    "not checked in": lambda m, group: m.undo_check_in(group),
    "not started": lambda m, group: m.complete(group),
    "not cancelled": lambda m, group: m.restore(group),
    "not frozen": lambda m, _: m.unfreeze(next(h.id for h in m.world.memberships if h.status == 1)),
    "never redeemed": lambda m, _: m.reverse(
        next(p.id for p in m.world.packages if not p.redemptions)
    ),
    "the same guest": lambda m, _: m.merge(m.world.guests.rows[0].id, m.world.guests.rows[0].id),
    "no such booking": lambda m, _: m.book_class(m.world.guests.rows[0].id, "Eaten"),
    "no such class": lambda m, _: m.hold_class("Eaten"),
}


@pytest.mark.parametrize("move", REFUSED.values(), ids=REFUSED)
def test_what_cannot_be_is_refused_and_not_told(
    platform: Platform, move: Callable[[Moves, str], object]
) -> None:
    group = platform.moves.book(platform.moves.create_guest())
    before = len(platform.journal)

    with pytest.raises(Refusal):
        move(platform.moves, group)
    assert len(platform.journal) == before


def test_a_package_is_used_up_at_last(platform: Platform) -> None:
    package = platform.moves.create_package(platform.moves.create_guest())
    for _ in range(6):
        platform.moves.redeem(package)

    with pytest.raises(Refusal, match="no balance"):
        platform.moves.redeem(package)
    platform.moves.reverse(package)
    platform.moves.redeem(package)
