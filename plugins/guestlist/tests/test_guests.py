"""A guest: the reservations of the same address, and being deleted."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import timedelta

import pytest
from guesthouse import NOW, TODAY, House, opened
from stores import _new_store, _postgresql, _store_url

from frontdesk.errors import ConfigurationError
from frontdesk_guestlist import adding, guests, listing
from frontdesk_guestlist.listing import Filters, Sort

__all__ = ["_new_store", "_postgresql", "_store_url"]

pytestmark = pytest.mark.anyio
MAIL = {"email": "ada@b.example"}
PAST = {"arrival": TODAY - timedelta(days=9), "departure": TODAY - timedelta(days=1)}


@pytest.fixture
def anyio_backend() -> str:
    return "asyncio"


@pytest.fixture(name="house")
async def _house(store_url: str) -> AsyncIterator[House]:
    async with opened(store_url) as house:
        yield house


async def one(house: House, uid: str) -> guests.Guest:
    found = await house.read(guests.get, uid)
    assert found is not None
    return found


async def test_reservations_of_one_address_stand_together_newest_first(house: House) -> None:
    uids = await house.put(
        {**MAIL, **PAST},
        {**MAIL, "email": "ADA@b.example"},
        {**MAIL, "arrival": None, "departure": None},
        {**MAIL, "hidden": NOW},
        {"email": "eve@b.example"},
        {"email": ""},
        {"email": ""},
    )
    guest = await one(house, uids[0])

    together = await house.read(guests.associated, guest)
    alone = await house.read(guests.associated, await one(house, uids[5]))

    assert [found.uid for found in together] == [uids[1], uids[0], uids[2]]
    assert [found.uid for found in alone] == [uids[5]]


async def test_a_deleted_guest_leaves_the_list_and_stays_known(house: House) -> None:
    [uid] = await house.put({**MAIL, **PAST})
    before = await one(house, uid)

    hidden = await house.write(guests.hide, uid, "Grace")

    everybody = await house.read(listing.page, Filters(emailable=False), Sort())
    after = await one(house, uid)
    assert everybody.rows == []
    assert (after.hidden, after.emailable) == (NOW, False)
    assert before.emailable
    assert hidden.comes_back
    assert "stays deleted whatever becomes of it in the list's source" in hidden.why
    assert await house.write(guests.hide, uid, "Grace") == hidden


async def test_deleting_says_whether_the_source_lists_the_guest_again(house: House) -> None:
    guest = await house.add(last_name="Ada")
    house.clock.at += timedelta(days=9)

    hidden = await house.write(guests.hide, guest.uid, "Grace")

    assert not hidden.comes_back
    assert "nothing brings the reservation back" in hidden.why


async def test_nobody_is_deleted_whose_stay_is_to_come_or_runs(house: House) -> None:
    """Any reservation of the address counts.

    Seen to fail when only the guest's own reservation is looked at.
    """
    last_day = {"arrival": TODAY - timedelta(days=2), "departure": TODAY}
    past, _ = await house.put({**MAIL, **PAST}, {**MAIL, **last_day, "number": "R7"})
    [nameless] = await house.put({"email": "", **last_day})

    for uid in (past, nameless):
        with pytest.raises(ConfigurationError, match="upcoming or running"):
            await house.write(guests.hide, uid, "Grace")
        assert (await one(house, uid)).hidden is None


@pytest.mark.parametrize("status", ["cancelled", "no_show", "departed"])
async def test_a_reservation_that_will_not_be_keeps_nobody(house: House, status: str) -> None:
    [uid] = await house.put({**MAIL, "status": status})

    await house.write(guests.hide, uid, "Grace")

    assert (await one(house, uid)).hidden == NOW


async def test_who_was_deleted_is_no_duplicate(house: House) -> None:
    await house.put({**MAIL, "hidden": NOW})
    draft = adding.read({**MAIL, "arrival": str(TODAY), "departure": str(TODAY)}, house.annex)

    assert await house.read(adding.duplicates, draft) == []


async def test_a_guest_of_another_property_is_not_found(house: House) -> None:
    [uid] = await house.put({"property": "spa"})

    assert await house.read(guests.get, uid) is None
    with pytest.raises(ConfigurationError, match="no such guest"):
        await house.write(guests.hide, uid, "Grace")
