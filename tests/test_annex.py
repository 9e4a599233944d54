"""A connection's own part of the store: its tables, and what others of its brand brought."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path
from typing import Any

import attrs
import porter
import pytest
from inn import NOW, FixedClock, Inn, busy, connected, guest, stay
from sqlalchemy import MetaData

from frontdesk import Channel, Desk
from frontdesk.annex import Annex
from frontdesk.consent import effective
from frontdesk.errors import ConfigurationError, PausedError
from frontdesk.model import ConsentState
from frontdesk.store.states import hold_all

pytestmark = pytest.mark.anyio
EMPTY = 'revision, down_revision = "0001", None\ndef upgrade(): ...\n'


def beside(desk: Desk, house: Inn, **options: Any) -> tuple[Any, Annex]:
    """Connect an inn, and the porter beside it."""
    oak = connected(desk, house, name="oak")
    return oak, porter.connected(desk, **options)


async def test_what_is_written_is_there_and_becomes_records(store_url: str) -> None:
    async with Desk(store_url, clock=FixedClock()) as desk:
        _, annex = beside(desk, busy(2))
        assert (annex.name, annex.settings.house, annex.clock.now()) == ("parcels", "lodge", NOW)

        await annex.write(lambda db: porter.keep(db, "Ada", "ada@example.com", at=NOW))
        await annex.write(lambda db: porter.keep(db, "Bob", "b@example.com", at=NOW), durable=True)
        assert await annex.read(porter.names) == ["Ada", "Bob"]
        report = await desk.sync("parcels")
        again = await desk.sync("parcels")

        assert (report.events, report.profiles, again.records) == (2, 2, 0)
        with pytest.raises(ZeroDivisionError):
            await annex.write(lambda db: porter.keep(db, "Eve", "", at=NOW) and 1 / 0)
        assert await annex.read(porter.names) == ["Ada", "Bob"]


async def test_only_who_has_tables_has_an_annex(store_url: str) -> None:
    async with Desk(store_url, clock=FixedClock()) as desk:
        oak, _ = beside(desk, busy(1))

        for name in (oak, "nobody"):
            with pytest.raises(ConfigurationError, match=r"no connection '.*' that has tables"):
                desk.annex(name)
        assert oak.annex is None


async def test_keys_are_the_plugins_own_and_the_same_for_all(
    store_url: str, tmp_path: Path
) -> None:
    """Seen to fail when the key of the pages itself is handed out."""
    (tmp_path / "0001_none.py").write_text(EMPTY, "utf-8")
    tables = attrs.evolve(porter.TABLES, metadata=MetaData(), migrations=tmp_path)
    bellboy = porter.altered(tables=tables)
    bellboy.__name__ = "bellboy"
    keys = []
    for module in (porter, porter, bellboy):
        async with Desk(store_url, clock=FixedClock()) as desk:
            desk.connect(module, name="any")
            keys.append(await desk.annex("any").key())

    assert [len(key) for key in keys] == [32] * 3
    assert keys[0] == keys[1] != keys[2]


async def test_the_news_of_another_connection_are_read_once_and_in_order(store_url: str) -> None:
    """Seen to fail when events are among them, and when the number asked for is left out."""
    house = busy(3)
    house.rows["guests"].append(guest("kim", erased=True))
    async with Desk(store_url, clock=FixedClock()) as desk:
        oak, annex = beside(desk, house)
        with pytest.raises(
            ConfigurationError, match="knows no connection 'oak' of brand 'default'"
        ):
            await annex.read(lambda db: annex.news(db, "oak", 0))
        await desk.sync(oak)

        news = await annex.read(lambda db: annex.news(db, "oak", 0))
        half = await annex.read(lambda db: annex.news(db, "oak", news[2].seq))
        two = await annex.read(lambda db: annex.news(db, "oak", 0, limit=2))
        last = await annex.read(lambda db: annex.last(db, "oak"))

        assert (half, two) == (news[3:], news[:2])
        assert [one.seq for one in news] == sorted({one.seq for one in news})
        assert news[-1].seq <= last
        assert await annex.read(lambda db: annex.news(db, "oak", last)) == []
        booked = [one for one in news if one.subject == "reservation"]
        assert [one.record for one in booked] == ["s0", "s1", "s2"]
        assert all(one.stream == "stays" and one.reservation for one in booked)
        assert {one.subject for one in news} == {"reservation", "profile", "consent", "gone"}

        house.rows["stays"].append(stay("new", guest="bob", changed="2026-11-01T13:00:00Z"))
        await desk.sync(oak)
        (one,) = await annex.read(lambda db: annex.news(db, "oak", last))
        assert (one.subject, one.guest, one.record) == ("reservation", "bob", "new")
        assert one.reservation is not None
        assert (one.reservation.number, one.logged) == ("new", NOW)


async def test_who_feeds_on_others_is_synced_after_them(store_url: str) -> None:
    """Seen to fail when they come first: there is nothing to feed on yet."""
    async with Desk(store_url, clock=FixedClock()) as desk:
        porter.connected(desk, feeds_on="oak")
        connected(desk, busy(3), name="oak")

        parcels, oak = await desk.sync_all()

    assert not isinstance(oak, Exception)
    assert not isinstance(parcels, Exception), parcels
    assert parcels.events == 3


async def test_other_brands_are_not_seen(store_url: str) -> None:
    """Seen to fail when connections are found by their name alone."""
    async with Desk(store_url, clock=FixedClock()) as desk:
        await desk.sync(connected(desk, Inn("oak-1"), name="oak"))
        await desk.sync(connected(desk, Inn("elm-1"), name="elm", brand="others"))
        annex = porter.connected(desk)
        await desk.sync("parcels")

        sources = await annex.read(annex.sources)
        with pytest.raises(
            ConfigurationError, match=r"no connection 'elm' .*it knows oak, parcels"
        ):
            await annex.read(lambda db: annex.news(db, "elm", 0))

    assert [(one.name, one.connector, one.account) for one in sources] == [
        ("oak", "acorn", "oak-1"),
        ("parcels", "porter", "lodge"),
    ]
    assert sources[0].sites[0].time_zone == "Europe/Prague"


async def test_guests_are_known_through_merges_and_when_they_are_gone(store_url: str) -> None:
    """Seen to fail when merges are not followed."""
    house = Inn()
    late = {"changed": "2026-11-01T11:00:00Z"}
    house.rows["guests"] = [guest("ada"), guest("eva"), guest("zoe"), guest("bot", robot=True)]
    async with Desk(store_url, clock=FixedClock()) as desk:
        oak, annex = beside(desk, house)
        await desk.sync(oak)
        house.rows["guests"][0] = {"id": "ada", "merged": "eva", **late}
        house.rows["guests"][1] = {"id": "eva", "merged": "zoe", **late}
        house.rows["guests"].append(guest("kim"))
        await desk.sync(oak)
        house.rows["guests"][-1] = {"id": "kim", "deleted": True, **late}
        await desk.sync(oak)

        asked = ["ada", "zoe", "bot", "kim", "nobody"]
        known = await annex.read(lambda db: annex.known(db, "oak", asked))

    assert set(known) == {"ada", "zoe", "bot", "kim"}
    assert known["ada"] == known["zoe"]
    assert (known["ada"].key, known["bot"].excluded) == ("zoe", "robot")
    assert known["zoe"].profile is not None
    assert known["zoe"].profile.email == "zoe@example.com"
    assert (known["kim"].gone, known["kim"].profile, known["zoe"].gone) == (True, None, False)


async def test_the_ledger_speaks_of_addresses_and_of_the_forgotten_only_against(
    store_url: str,
) -> None:
    """Seen to fail when hashes are not looked for, and when an old opt-in of theirs counts."""
    house = Inn()
    house.rows["guests"] = [guest("ada"), guest("bob"), guest("eve")]
    async with Desk(store_url, clock=FixedClock()) as desk:
        oak, annex = beside(desk, house)
        await desk.sync(oak)
        changed = {"news": False, "changed": "2026-11-01T11:00:00Z"}
        house.rows["guests"][0] |= changed
        await desk.sync(oak)
        for who in ("ada", "bob"):
            await desk.forget(f"{who}@example.com")

        asked = ["Ada@example.com", "bob@example.com", "eve@example.com", "nobody@example.com"]
        said = await annex.read(lambda db: annex.said(db, Channel.EMAIL, asked))
        none = await annex.read(lambda db: annex.said(db, Channel.SMS, asked))

    assert not none
    assert {address: effective(some) for address, some in said.items()} == {
        "Ada@example.com": ConsentState.UNSUBSCRIBED,
        "eve@example.com": ConsentState.SUBSCRIBED,
    }
    assert said["eve@example.com"][0].evidence == "news"


async def test_what_somebody_did_is_noted(store_url: str) -> None:
    async with Desk(store_url, clock=FixedClock(NOW + timedelta(hours=1))) as desk:
        _, annex = beside(desk, Inn())
        await annex.write(lambda db: annex.note(db, "rosa", "parcel handed out", parcel=7))

        row, *_ = await desk.audit_trail()

    assert (row.at, row.user, row.action) == (NOW + timedelta(hours=1), "rosa", "parcel handed out")
    assert row.what == {"parcel": 7}


@pytest.mark.parametrize("how", ["paused", "held"])
async def test_nothing_leaves_while_a_person_stopped_it(store_url: str, how: str) -> None:
    """Law 9: pages are open in a copy, too. Seen to fail when only jobs look at the state."""
    async with Desk(store_url, clock=FixedClock()) as desk:
        _, annex = beside(desk, Inn())
        await annex.read(annex.refuse_stopped)
        await desk.sync("parcels")
        if how == "paused":
            await desk.pause("parcels")
        else:
            await desk.store.write(lambda db: hold_all(db, NOW))

        with pytest.raises(PausedError, match=f"'parcels' is {how}; resume it first"):
            await annex.read(annex.refuse_stopped)

        await desk.resume("parcels")
        await annex.read(annex.refuse_stopped)


async def test_nobody_hears_the_call_where_no_service_is(store_url: str) -> None:
    async with Desk(store_url, clock=FixedClock()) as desk:
        _, annex = beside(desk, Inn())

        assert not annex.call()
