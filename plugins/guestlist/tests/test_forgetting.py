"""Who is forgotten leaves the list's own tables as well; nothing that protects is undone by it."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import anyio
import lodge
import pytest
from guesthouse import House, opened
from lodge import Lodge
from sqlalchemy import insert, select
from stores import _new_store, _postgresql, _store_url, asked

from frontdesk import jsons
from frontdesk_guestlist import activities, schema, stopping, subscribing
from frontdesk_guestlist.activities import Kind

__all__ = ["_new_store", "_postgresql", "_store_url"]

ADA = "ada.zanzibar@example.com"


@pytest.fixture
def anyio_backend() -> str:
    return "asyncio"


class Hotel:
    """A house that mirrors a lodge; one guest has done all that leaves a trace."""

    def __init__(self, house: House) -> None:
        self.house, self.lodge = house, Lodge()
        connected = {"lodge": "lodge-1", "transport": self.lodge.transport}
        house.desk.connect(lodge, name="lodge", **connected)
        self.lodge.person("ada", email=ADA, first_name="Zanzibara", last_name="Zanzibarlace")
        self.lodge.person("grace")
        self.lodge.stay("s1")
        self.lodge.stay("s2", guest="grace")

    async def sync(self) -> None:
        """Bring all up to date."""
        await self.house.desk.sync("lodge")
        await self.house.desk.sync("grand")

    async def act(self, address: str = ADA) -> int:
        """Let a guest leave traces everywhere; return the guest's row."""
        id = await self.house.annex.write(lambda db: _act(db, self.house, address))
        await self.sync()
        return id

    async def left(self) -> dict[str, int]:
        """Return how many rows each table has."""
        tables = (table for table in schema.metadata.sorted_tables if table.name in _TRACES)
        return {
            table.name.removeprefix("guestlist_"): await self.house.annex.read(
                lambda db, table=table: len(db.execute(select(table)).all())
            )
            for table in tables
        }


_TRACES = {
    f"guestlist_{name}"
    for name in (
        "guests", "activities", "stops", "subscribers", "exclusions", "mails", "answers",
        "orders", "rejects",
    )
}  # fmt: skip


def _act(db: Any, house: House, address: str) -> int:
    annex, now, property = house.annex, house.clock.now(), "grand"
    asked = select(schema.guests.c.id).where(schema.guests.c.address == address)
    id: int = db.execute(asked).scalar_one()
    subscribing.transfer(db, annex, [id], "Grace", subscribing.CAVEATS["en"])
    stopping.stop(db, annex, address, "guest", guest_id=id)
    activities.record(db, annex, id, Kind.CONCIERGE_OPENED, now)
    email = {"name": "Hello", "kind": "information", "phase": "pre-stay", "rules": b"{}"}
    times = {"created": now, "updated": now}
    made = insert(schema.emails).returning(schema.emails.c.id)
    row = db.execute(made, {"property": property, **email, **times}).scalar_one()
    of_guest = {"property": property, "guest_id": id}
    mail = {"uid": "m", "email_id": row, "occasion": "once", "state": "sent", "address": address}
    db.execute(insert(schema.mails), {**of_guest, **mail, "created": now})
    answer = {"uid": "a", "form": "check-in", "at": now, "fields": b'{"note": "zanzibar wish"}'}
    db.execute(insert(schema.answers), {**of_guest, **answer})
    offer = {"property": property, "texts": b"{}"}
    made = insert(schema.offers).returning(schema.offers.c.id)
    offered = db.execute(made, offer).scalar_one()
    order = {"uid": "o", "offer_id": offered, "note": "zanzibar note", "at": now, "changed": now}
    db.execute(insert(schema.orders), {**of_guest, **order})
    excluded = {"property": property, "kind": "address", "value": address}
    db.execute(insert(schema.exclusions), excluded)
    refused = {"uid": "r", "at": now, "name": "guests.csv", "content": f"x;{address}\n".encode()}
    db.execute(insert(schema.rejects), {"property": property, **refused})
    return id


@pytest.fixture(name="hotel")
async def _hotel(store_url: str) -> AsyncIterator[Hotel]:
    async with opened(store_url, source="lodge", campaigns=True) as house:
        made = Hotel(house)
        await made.sync()
        yield made


@pytest.mark.anyio
async def test_nothing_of_a_forgotten_guest_remains(hotel: Hotel) -> None:
    await hotel.act()
    before = await hotel.left()
    receipts = await hotel.house.desk.forget(ADA)
    after = await hotel.left()

    assert all(number > 0 for number in before.values())
    assert after == dict.fromkeys(before, 0) | {"guests": 1, "activities": 1}
    (receipt,) = receipts
    # Rows of the list: a guest and five activities among them.
    assert receipt.erased["grand"]["rows of its own"] == sum(before.values()) - 2


def test_not_a_byte_remains_in_the_file(tmp_path: Path) -> None:
    anyio.run(_come_and_go, tmp_path)
    content = b"".join(file.read_bytes() for file in tmp_path.iterdir())

    assert b"example.com" in content
    assert b"zanzibar" not in content.lower()


async def _come_and_go(tmp_path: Path) -> None:
    place = tmp_path / "frontdesk.db"
    async with opened(str(place), source="lodge", campaigns=True) as house:
        hotel = Hotel(house)
        await hotel.sync()
        await hotel.act()
        await house.desk.forget(ADA)


@pytest.mark.anyio
async def test_what_is_known_of_a_guest_is_exported(hotel: Hotel) -> None:
    await hotel.act()
    told = jsons.encode(await hotel.house.desk.export_guest(ADA)).decode()
    other = jsons.encode(await hotel.house.desk.export_guest("grace@example.com")).decode()

    for trace in ("zanzibar wish", "zanzibar note", "Grace", '"concierge_opened"', "Zanzibarlace"):
        assert trace in told
    assert "zanzibar" not in other.lower()


@pytest.mark.anyio
async def test_an_opt_out_outlasts_its_guest(hotel: Hotel) -> None:
    await hotel.act()
    await hotel.house.desk.forget(ADA)
    hotel.lodge.person("again", email=ADA)
    hotel.lodge.stay("s9", guest="again")
    await hotel.sync()
    stands = await hotel.house.read(stopping.standing, [ADA])
    found = await hotel.house.annex.read(
        lambda db: db.execute(select(schema.guests).where(schema.guests.c.address == ADA)).one()
    )
    refused = await hotel.house.write(
        subscribing.transfer, [found.id], "Grace", subscribing.CAVEATS["en"]
    )

    assert (stands[ADA].stopped, found.emailable) == ("elsewhere", False)
    assert refused.refused == [(found.id, subscribing.Refusal.OPTED_OUT)]


@pytest.mark.anyio
async def test_a_booking_that_was_forgotten_does_not_come_back(hotel: Hotel) -> None:
    await hotel.act()
    await hotel.house.desk.forget(ADA)
    hotel.lodge.stay("s1", amount="999.00", updated="2026-06-01T22:00:00Z")
    await hotel.sync()

    assert (await hotel.left())["guests"] == 1


@pytest.mark.anyio
async def test_whom_the_source_erased_leaves_list_and_frontdesk(hotel: Hotel) -> None:
    await hotel.act()
    hotel.lodge.rows["people"]["ada"] = {"id": "ada", "gone": "erased"}
    await hotel.sync()
    left = await hotel.left()
    known = await hotel.house.desk.profiles(limit=100)

    assert (left["guests"], left["answers"], left["mails"], left["orders"]) == (1, 0, 0, 0)
    assert not [row for row in known if row.profile and row.profile.get("email") == ADA]


@pytest.mark.anyio
async def test_somebody_else_with_the_address_keeps_all(hotel: Hotel) -> None:
    """Two people may share an address: who is forgotten by id takes nothing of the other's."""
    hotel.lodge.person("twin", email=ADA)
    hotel.lodge.stay("s3", guest="twin")
    await hotel.sync()
    asked_row = select(schema.guests.c.id).where(schema.guests.c.number == "S3")
    twin = await hotel.house.annex.read(lambda db: db.execute(asked_row).scalar_one())
    await hotel.house.write(stopping.stop, ADA, "guest", guest_id=twin)
    await hotel.house.desk.forget("ada")
    stands = await hotel.house.read(stopping.standing, [ADA])

    assert (await hotel.left())["guests"] == 2
    assert stands[ADA].stopped == "guest"


@pytest.mark.anyio
async def test_a_guest_added_by_hand_is_forgotten_by_address(hotel: Hotel) -> None:
    """Even before frontdesk was told of it."""
    await hotel.house.add(email="by.hand@example.com", last_name="Hand")
    await hotel.house.desk.forget("By.Hand@example.com")

    assert (await hotel.left())["guests"] == 2


@pytest.mark.anyio
async def test_another_brand_keeps_its_guests(hotel: Hotel, store_url: str) -> None:
    async with opened(store_url, name="other", property="other", brand="other") as other:
        await other.desk.sync("other")
        await other.add(email=ADA)
        await hotel.house.desk.forget("ada")
        found = asked(
            store_url, "SELECT property, count(*) FROM guestlist_guests GROUP BY property"
        )

    assert sorted(found) == [("grand", 1), ("other", 1)]
