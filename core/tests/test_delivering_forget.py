"""Forgetting reaches every destination that knows of the guest, and nothing stays here."""

from __future__ import annotations

from pathlib import Path

import httpx
import pytest
from inn import busy, guest, stay, written
from pigeon import Loft
from post import Post, post

pytestmark = pytest.mark.anyio

PHONE = "+420777123456"


def inn_of_ada() -> object:
    inn = busy(12)
    inn.rows["guests"][0].update(
        email="ada.canary@example.com",
        name="Adacanary",
        phone=PHONE,
        said=[["sms", "subscribed", "2026-05-01T00:00:00Z"]],
    )
    return inn


def left(oak: Post) -> list[str]:
    """Return what the store's files still say of ada."""
    content = written(oak.store)
    return [word for word in ("canary", PHONE, "420777") if word.encode() in content]


async def test_a_destination_erases_whom_the_store_forgets(store: Path) -> None:
    """Check 46. Seen to fail when recipients keep their address."""
    async with post(store, inn_of_ada()) as oak:
        await oak.both()
        (receipt,) = await oak.desk.forget("ada.canary@example.com")

        assert receipt.destinations == {"pigeon": "the loft has forgotten"}
        # One identifier at a time.
        assert sorted(oak.loft.forgotten) == [PHONE, "ada.canary@example.com"]
        assert left(oak) == []
        assert oak.ask("SELECT count(*) FROM due_erasures") == [(0,)]

        oak.loft.batches.clear()
        await oak.both()
        await oak.desk.redeliver("pigeon")
        await oak.deliver()
    assert "canary" not in repr(oak.loft.batches)


async def test_whom_no_destination_knows_none_is_asked_to_erase(store: Path) -> None:
    async with post(store, inn_of_ada(), live=False) as oak:
        await oak.both()
        (receipt,) = await oak.desk.forget("ada.canary@example.com")

    assert (receipt.destinations, oak.loft.forgotten) == ({}, [])


async def test_a_destination_that_is_away_is_asked_with_the_next_delivery(store: Path) -> None:
    """Seen to fail when the address is given up before the destination has answered."""
    async with post(store, inn_of_ada()) as oak:
        await oak.both()
        oak.loft.before = lambda _: httpx.Response(503)
        (receipt,) = await oak.desk.forget("ada.canary@example.com")
        assert receipt.destinations["pigeon"].startswith("not erased yet: ")
        (row,) = await oak.desk.destination_status()
        assert row.erasures_due == 2

        oak.loft.before = lambda _: None
        await oak.deliver()
        (receipt,) = await oak.desk.receipts()
        assert receipt.destinations == {"pigeon": "the loft has forgotten"}
        assert left(oak) == []


async def test_what_one_refuses_keeps_no_other_from_being_erased(store: Path) -> None:
    async with post(store, inn_of_ada()) as oak:
        await oak.both()
        oak.loft.before = lambda request: (
            httpx.Response(400) if b"canary" in request.content else None
        )
        (receipt,) = await oak.desk.forget("ada.canary@example.com")
        assert oak.loft.forgotten == [PHONE]
        assert [row.erasures_due for row in await oak.desk.destination_status()] == [1]
        assert "canary" not in repr(receipt)
        assert receipt.destinations["pigeon"].startswith("not erased yet: ")


async def test_a_receipt_says_erased_only_once_every_address_is(store: Path) -> None:
    """Seen to fail when the last answer stands for all."""
    async with post(store, inn_of_ada()) as oak:
        await oak.both()
        oak.loft.before = lambda request: (
            httpx.Response(400) if PHONE.encode() in request.content else None
        )
        (receipt,) = await oak.desk.forget("ada.canary@example.com")

        assert oak.loft.forgotten == ["ada.canary@example.com"]
        assert receipt.destinations["pigeon"].startswith("not erased yet: ")


async def test_while_somebody_delivers_it_is_left_to_them(store: Path) -> None:
    async with post(store, inn_of_ada()) as oak:
        await oak.both()
        async with oak.desk._deliverer().opened(oak.desk.destinations["pigeon"]) as session:
            await oak.desk.forget("ada.canary@example.com")
            assert not oak.loft.forgotten
            from frontdesk.deliver.delivering import Delivery

            await Delivery(session).run()
            assert len(oak.loft.forgotten) == 2


async def test_nothing_of_a_forgotten_guest_waits_or_is_open(store: Path) -> None:
    """Outbox, open batches and refusals. Seen to fail when batches are not cut."""

    class Crash(BaseException):
        pass

    def crash(load: str) -> None:
        raise Crash

    async with post(store, inn_of_ada()) as oak:
        oak.loft.after = crash
        with pytest.raises(Crash):
            await oak.both()
        oak.loft.after = lambda _: None
        await oak.desk.forget("ada.canary@example.com")
        assert left(oak) == []

        oak.loft.batches.clear()
        await oak.deliver()
    assert "canary" not in repr(oak.loft.batches)
    assert set(oak.loft.profiles) == {"bob@example.com"}


async def test_a_booking_made_later_starts_a_new_guest_there_too(store: Path) -> None:
    async with post(store, inn_of_ada()) as oak:
        await oak.both()
        await oak.desk.forget("ada.canary@example.com")
        later = "2026-11-02T10:00:00Z"
        oak.inn.rows["guests"].append(guest("a2", email="ada.canary@example.com", changed=later))
        oak.inn.rows["stays"].append(stay("anew", guest="a2", booked=later, changed=later))
        await oak.both()

    known = {key for key in oak.loft.events if key[0] == "ada.canary@example.com"}
    assert len(known) == 1
    assert "ada.canary@example.com" in oak.loft.profiles


async def test_a_loft_that_was_never_opened_is_not_missed(store: Path) -> None:
    loft = Loft()
    async with post(store, inn_of_ada(), loft) as oak:
        await oak.sync()
        await oak.desk.forget("ada.canary@example.com")
        report = await oak.deliver()

    assert {who for _, items in loft.batches for item in items for who in [item["who"]]} == {
        "bob@example.com"
    }
    assert report.opt_outs == 0
