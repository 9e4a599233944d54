"""The guest list mirrors a source: what becomes of a reservation there shows by itself."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import attrs
import lodge
import pytest
from guesthouse import House, opened
from lodge import Lodge
from sqlalchemy import select, update
from stores import _new_store, _postgresql, _store_url, asked

from frontdesk.errors import ConfigurationError
from frontdesk.model import Origin
from frontdesk_guestlist import activities, mirror, opening, rechecking, stopping
from frontdesk_guestlist.schema import guests

__all__ = ["_new_store", "_postgresql", "_store_url"]


@pytest.fixture
def anyio_backend() -> str:
    return "asyncio"


@attrs.frozen
class Mirrored:
    """A house whose list mirrors a lodge."""

    house: House
    lodge: Lodge
    url: str

    async def sync(self) -> None:
        """Bring the list up to date with the lodge."""
        await self.house.desk.sync("lodge")
        await self.house.desk.sync("grand")

    async def rows(self) -> list[dict[str, Any]]:
        """Return the rows of the list, by number."""
        asked = select(guests).order_by(guests.c.number)
        return await self.house.annex.read(
            lambda db: [dict(row) for row in db.execute(asked).mappings()]
        )

    async def row(self, number: str = "S1") -> dict[str, Any]:
        """Return the row of a reservation."""
        (found,) = [row for row in await self.rows() if row["number"] == number]
        return found

    async def timeline(self, number: str = "S1") -> list[activities.Activity]:
        """Return a guest's activities."""
        id = (await self.row(number))["id"]
        return await self.house.annex.read(lambda db: activities.timeline(db, id))


@asynccontextmanager
async def mirroring(url: str, **settings: Any) -> AsyncIterator[Mirrored]:
    """Open a house that mirrors a lodge with a guest and a stay."""
    there = Lodge()
    there.person("ada")
    there.stay("s1")
    async with opened(url, **({"source": "lodge"} | settings)) as house:
        house.desk.connect(lodge, name="lodge", lodge="lodge-1", transport=there.transport)
        yield Mirrored(house, there, url)


@pytest.fixture(name="mirrored")
async def _mirrored(store_url: str) -> AsyncIterator[Mirrored]:
    async with mirroring(store_url) as made:
        yield made


@pytest.mark.anyio
async def test_a_reservation_of_the_source_is_a_guest_of_the_list(mirrored: Mirrored) -> None:
    """GL-01: name and address are the guest's, days those of the property's zone."""
    mirrored.lodge.person("ada", phone="+33123456789", company="Engines", country="fr")
    mirrored.lodge.stay("s1", **{"from": "2026-06-02T22:30:00Z", "channel": "Direct"})
    await mirrored.sync()
    row = await mirrored.row()

    assert (row["first_name"], row["email"], row["phone"]) == (
        "Ada",
        "ada@example.com",
        "+33123456789",
    )
    assert (row["company"], row["country"], row["channel"]) == ("Engines", "FR", "Direct")
    # It is the third of June in Paris already.
    assert (row["arrival"], row["departure"], row["nights"]) == (
        date(2026, 6, 3),
        date(2026, 6, 5),
        2,
    )
    assert (row["amount"], row["currency"], row["status"]) == (Decimal(300), "EUR", "confirmed")
    assert row["emailable"]
    assert row["created"] == row["listed"] == datetime(2026, 1, 10, 10, tzinfo=UTC)
    assert row["modified"] is None
    assert (row["origin"], row["source"]) == ("source", "lodge:lodge-1")


@pytest.mark.anyio
async def test_a_change_in_the_source_shows_by_itself(mirrored: Mirrored) -> None:
    """GL-05, and it is told from a mere check-in."""
    await mirrored.sync()
    before = await mirrored.row()
    mirrored.lodge.stay("s1", to="2026-06-07T09:00:00Z", updated="2026-05-01T10:00:00Z")
    await mirrored.sync()
    moved = await mirrored.row()
    mirrored.lodge.stay("s1", status="arrived", updated="2026-06-02T14:00:00Z")
    await mirrored.sync()
    arrived = await mirrored.row()

    assert (moved["nights"], moved["departure"]) == (5, date(2026, 6, 7))
    assert moved["modified"] == moved["updated"] == datetime(2026, 5, 1, 10, tzinfo=UTC)
    assert (arrived["checked_in"], arrived["modified"]) == (True, moved["modified"])
    assert moved["uid"] == before["uid"]
    assert before["change"] < moved["change"] < arrived["change"]


@pytest.mark.anyio
async def test_a_cancellation_in_the_source_shows_by_itself(mirrored: Mirrored) -> None:
    await mirrored.sync()
    mirrored.lodge.stay("s1", status="cancelled", updated="2026-05-01T10:00:00Z")
    await mirrored.sync()
    row = await mirrored.row()

    assert (row["status"], row["emailable"]) == ("cancelled", False)
    assert row["modified"] == datetime(2026, 5, 1, 10, tzinfo=UTC)


@pytest.mark.anyio
async def test_a_repeated_reservation_is_marked(mirrored: Mirrored) -> None:
    mirrored.lodge.stay("s2", duplicate_of="S1")
    await mirrored.sync()
    row = await mirrored.row("S2")

    assert (row["duplicate_of"], row["emailable"]) == ("S1", False)


@pytest.mark.anyio
async def test_what_is_known_of_a_guest_reaches_all_reservations(mirrored: Mirrored) -> None:
    mirrored.lodge.stay("s2")
    await mirrored.sync()
    mirrored.lodge.person("ada", email="countess@example.com", locale="fr")
    await mirrored.sync()
    rows = await mirrored.rows()

    assert {row["address"] for row in rows} == {"countess@example.com"}
    assert {row["language"] for row in rows} == {"fr"}
    assert len({row["profile"] for row in rows}) == 1
    assert all(row["modified"] is None for row in rows)


@pytest.mark.anyio
async def test_an_address_that_is_none_makes_no_guest_emailable(mirrored: Mirrored) -> None:
    mirrored.lodge.person("ada", email="ada at home")
    await mirrored.sync()
    row = await mirrored.row()

    assert (row["address"], row["emailable"]) == ("", False)


@pytest.mark.anyio
async def test_merged_guests_are_one_here_as_well(mirrored: Mirrored) -> None:
    mirrored.lodge.person("augusta")
    mirrored.lodge.stay("s2", guest="augusta")
    await mirrored.sync()
    mirrored.lodge.person("augusta", into="ada")
    await mirrored.sync()
    first, second = await mirrored.rows()
    found = asked(
        mirrored.url,
        "SELECT count(*) FROM guests g JOIN connections c ON c.id = g.connection_id "
        "WHERE c.name = 'grand' AND g.merged_into IS NOT NULL",
    )

    assert first["profile"] == second["profile"]
    assert second["address"] == "ada@example.com"
    assert found == [(1,)]
    assert [one.kind for one in await mirrored.timeline("S2")] == ["guest_created"]


@pytest.mark.anyio
async def test_whom_the_source_keeps_back_stays_back(mirrored: Mirrored) -> None:
    mirrored.lodge.person("ada", agency=True)
    await mirrored.sync()
    row = await mirrored.row()
    kept = "SELECT excluded FROM guests g JOIN connections c ON c.id = g.connection_id WHERE c.name = 'grand'"
    held = asked(mirrored.url, kept)
    mirrored.lodge.person("ada", agency=False)
    await mirrored.sync()

    assert (row["excluded"], row["email"]) == ("agency", "")
    assert held == [("kept_back",)]
    assert (await mirrored.row())["email"] == "ada@example.com"
    assert asked(mirrored.url, kept) == [(None,)]


@pytest.mark.anyio
async def test_whom_the_source_keeps_back_from_now_on_is_kept_back_soon(mirrored: Mirrored) -> None:
    """No entry of the source's log says so: it is looked at again."""
    await mirrored.sync()
    mirrored.lodge.person("ada", agency=True)
    await mirrored.sync()
    before = await mirrored.row()
    await rechecking.work(mirrored.house.annex)
    after = await mirrored.row()
    await rechecking.work(mirrored.house.annex)
    await mirrored.sync()
    kept = (
        "SELECT g.excluded FROM guests g JOIN connections c ON c.id = g.connection_id "
        "WHERE c.name = 'grand'"
    )

    assert (before["excluded"], after["excluded"]) == ("", "agency")
    assert (await mirrored.row())["change"] == after["change"]
    assert asked(mirrored.url, kept) == [("kept_back",)]


@pytest.mark.anyio
async def test_only_one_site_is_mirrored_where_one_is_named(store_url: str) -> None:
    async with mirroring(store_url, source_site="north") as mirrored:
        mirrored.lodge.stay("s2", site="south")
        await mirrored.sync()
        assert [row["number"] for row in await mirrored.rows()] == ["S1"]
        mirrored.lodge.stay("s1", site="south")
        await mirrored.sync()
        assert (await mirrored.row())["status"] == "cancelled"


@pytest.mark.anyio
async def test_history_is_no_news(mirrored: Mirrored) -> None:
    """What was there when the list began is history, and carries its own time.

    Seen to fail when all is read as changes.
    """
    await mirrored.sync()
    mirrored.lodge.stay("s2", created="2026-06-01T22:00:00Z")
    await mirrored.sync()
    found = asked(
        mirrored.url,
        "SELECT l.origin, l.at FROM log l JOIN connections c ON c.id = l.connection_id "
        "WHERE c.name = 'grand' AND l.event_id IS NOT NULL ORDER BY l.seq",
    )
    first, second = (
        (origin, datetime(1970, 1, 1, tzinfo=UTC) + timedelta(microseconds=at))
        for origin, at in found
    )

    assert first[1] == datetime(2026, 1, 10, 10, tzinfo=UTC)
    assert second[1] == datetime(2026, 6, 1, 22, tzinfo=UTC)
    assert first[0] != second[0]
    assert [*Origin] == [Origin.HISTORY, Origin.LIVE]


@pytest.mark.anyio
async def test_a_guest_is_created_once(mirrored: Mirrored) -> None:
    """A guest that staff hid stays hidden when the source changes it, and is not new again."""
    await mirrored.sync()
    hidden = update(guests).values(hidden=mirrored.house.clock.now(), emailable=False)
    await mirrored.house.annex.write(lambda db: db.execute(hidden))
    mirrored.lodge.stay("s1", amount="400.00")
    await mirrored.sync()
    row = await mirrored.row()

    assert (row["hidden"] is None, row["emailable"], row["amount"]) == (False, False, Decimal(400))
    assert [one.kind for one in await mirrored.timeline()] == ["guest_created"]


@pytest.mark.anyio
async def test_an_opt_out_elsewhere_stops_the_address(mirrored: Mirrored) -> None:
    await mirrored.sync()
    mirrored.lodge.person("ada", news=False)
    await mirrored.sync()
    row = await mirrored.row()
    stands = await mirrored.house.read(stopping.standing, ["ada@example.com"])

    assert (row["stopped"], row["emailable"]) == ("elsewhere", False)
    assert stands["ada@example.com"].service_only
    mirrored.lodge.person("ada", news=True, said="2026-06-01T23:00:00Z")
    await mirrored.sync()
    assert (await mirrored.row())["emailable"]


@pytest.mark.anyio
async def test_opt_outs_of_connections_that_are_no_source_count_as_well(store_url: str) -> None:
    async with mirroring(store_url, source=None) as mirrored:
        ada = await mirrored.house.add(email="Ada@example.com")
        await mirrored.sync()
        mirrored.lodge.person("ada", news=False)
        await mirrored.sync()
        row = await mirrored.row(ada.number)

        assert (row["stopped"], row["emailable"]) == ("elsewhere", False)


@pytest.mark.anyio
async def test_another_source_leaves_old_guests_as_they_are(store_url: str) -> None:
    async with mirroring(store_url) as mirrored:
        await mirrored.sync()
    async with mirroring(store_url, source=None) as mirrored:
        mirrored.lodge.stay("s1", status="cancelled")
        mirrored.lodge.stay("s2")
        await mirrored.sync()
        assert [(row["number"], row["status"]) for row in await mirrored.rows()] == [
            ("S1", "confirmed")
        ]
    async with mirroring(store_url) as mirrored:
        mirrored.lodge.stay("s1", status="cancelled")
        await mirrored.sync()
        assert (await mirrored.row())["status"] == "cancelled"


@pytest.mark.anyio
async def test_an_unknown_source_is_said(store_url: str) -> None:
    async with mirroring(store_url, source="lodje") as mirrored:
        checked = await mirrored.house.desk.check("grand")
        await mirrored.sync()

        assert "lodje" in str(checked)
        assert await mirrored.rows() == []


@pytest.mark.anyio
async def test_pages_of_any_size_make_the_same_list(store_url: str, tmp_path: Path) -> None:
    """A guest and a reservation that change on one page, or each on a page of its own.

    Seen to fail when a reservation is compared with its row, and not with the page before it.
    """
    seen = []
    for url, limit in ((store_url, 1), (str(tmp_path / "other.db"), 1_000)):
        async with mirroring(url) as mirrored:
            for amount in ("310.00", "320.00", "300.00"):
                mirrored.lodge.stay("s1", amount=amount, updated=f"2026-05-01T10:00:{amount[1]}0Z")
                mirrored.lodge.stay("s2", status="cancelled" if amount == "320.00" else "confirmed")
                mirrored.lodge.person("ada", last_name=amount)
                await mirrored.house.desk.sync("lodge")
            mirrored.lodge.person("ada", into="grace")
            mirrored.lodge.person("grace")
            await mirrored.house.desk.sync("lodge")
            while await mirrored.house.write(mirror.advance, limit):
                pass
            rows = await mirrored.rows()
            seen.append(
                [{k: v for k, v in row.items() if k not in {"change", "id"}} for row in rows]
            )

    assert seen[0] == seen[1]
    assert [row["first_name"] for row in seen[0]] == ["Grace", "Grace"]
    assert all(row["modified"] is not None for row in seen[0])


@pytest.mark.anyio
async def test_a_page_is_taken_in_whole_or_not_at_all(
    mirrored: Mirrored, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Law 1."""

    def fall(*_: Any) -> int:
        raise RuntimeError("the power fails")

    with monkeypatch.context() as failing:
        failing.setattr(stopping, "refresh", fall)
        await mirrored.house.desk.sync("lodge")
        with pytest.raises(RuntimeError):
            await mirrored.house.write(mirror.advance)
    assert await mirrored.rows() == []
    await mirrored.sync()

    assert [row["number"] for row in await mirrored.rows()] == ["S1"]
    assert [one.kind for one in await mirrored.timeline()] == ["guest_created"]


@pytest.mark.anyio
async def test_events_have_the_same_ids_in_every_store(store_url: str, tmp_path: Path) -> None:
    """Law 2: neither names of connections, nor chance, nor when it was read are in them."""
    ids = []
    for url, name in ((store_url, "grand"), (str(tmp_path / "other.db"), "another")):
        async with mirroring(url, name=name) as mirrored:
            await mirrored.house.desk.sync("lodge")
            mirrored.house.clock.at += timedelta(days=1)
            await mirrored.house.desk.sync(name)
            ids.append([row.event["id"] for row in await mirrored.house.desk.events(limit=10)])

    assert ids[0] == ids[1]
    assert len(ids[0]) == 1


@pytest.mark.anyio
async def test_what_was_read_is_not_written_again(mirrored: Mirrored) -> None:
    """Nothing is written where nothing was logged: a list is looked at every few seconds."""
    await mirrored.sync()
    before = await mirrored.row()
    await mirrored.sync()
    pending = await mirrored.house.read(mirror.pending)

    assert not pending
    assert await mirrored.row() == before


@pytest.mark.parametrize(
    ("wrong", "said"),
    [({"time_zone": "Europe/Pariss"}, "IANA zone"), ({"property": " "}, "for good")],
)
@pytest.mark.anyio
async def test_what_is_wrong_in_the_settings_is_said(
    tmp_path: Path, wrong: dict[str, str], said: str
) -> None:
    async with opened(str(tmp_path / "frontdesk.db"), **wrong) as house:
        with pytest.raises(ConfigurationError, match=said):
            await house.desk.sync("grand")


def test_the_demo_has_a_list_where_there_is_a_hotel() -> None:
    made = opening.demo({"demo-zenoti": "zenoti", "demo-mews": "mews"})

    assert made is not None
    assert made["source"] == "demo-mews"
    assert opening.demo({"demo-zenoti": "zenoti"}) is None
