"""What ingest promises, on each database a store can be in, and the same on both."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
import stores
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from inn import NOW, FixedClock, Inn, altered, busy, club, connected, guest, stay
from stores import asked, dump, sync, told

from frontdesk import Desk, Event
from frontdesk.errors import ConfigurationError, LeaseError, StoreError
from frontdesk.store.engine import open_engine, writing
from frontdesk.store.migrate import upgrade
from frontdesk.store.schema import metadata

pytestmark = pytest.mark.anyio
LATER = "2026-10-20T10:00:00Z"


def changed(house: Inn, stream: str, id: str, **more: Any) -> None:
    """Change a row as the platform does: with its time."""
    rows = house.rows[stream]
    rows[:] = [r | {"changed": LATER, **more} if row_id(r) == id else r for r in rows]


def row_id(row: Any) -> Any:
    return row["id"] if isinstance(row, dict) else None


def counters(url: str) -> dict[tuple[str, str], int]:
    rows = asked(
        url,
        "SELECT s.name, c.outcome, c.total FROM counters c JOIN streams s ON s.id = c.stream_id",
    )
    return {(stream, outcome): total for stream, outcome, total in rows}


async def test_history_fills_the_store(store_url: str) -> None:
    report = await sync(store_url, busy())

    assert (report.events, report.profiles, report.reservations) == (27, 2, 25)
    assert asked(store_url, "SELECT name, total FROM metrics ORDER BY name") == [
        ("Booked Stay", 25),
        ("Joined Club", 2),
    ]
    numbers = [seq for (seq,) in asked(store_url, "SELECT seq FROM log ORDER BY seq")]
    assert numbers == list(range(1, len(numbers) + 1))
    assert asked(store_url, "SELECT seq FROM connections") == [(len(numbers),)]


async def test_a_second_sync_leaves_the_same_log(store_url: str) -> None:
    house = busy()
    await sync(store_url, house)
    before = dump(store_url)

    report = await sync(store_url, house)

    assert (report.events, report.profiles, report.consents, report.reservations) == (0, 0, 0, 0)
    assert dump(store_url) == before


async def test_what_changed_is_logged_as_live(store_url: str) -> None:
    house = busy()
    await sync(store_url, house)
    last = asked(store_url, "SELECT max(seq) FROM log")[0][0]
    changed(house, "stays", "s1", cancelled="2026-10-20T09:00:00Z")
    changed(house, "guests", "ada", news=False)

    await sync(store_url, house)

    said = "SELECT kind, origin FROM log WHERE seq > :last ORDER BY kind"
    assert asked(store_url, said, last=last) == [(1, 1), (3, 1), (4, 1)]
    assert ("Cancelled Stay", 1) in asked(store_url, "SELECT name, total FROM metrics")
    assert ("unsubscribed",) in asked(store_url, "SELECT state FROM consents")


async def test_what_a_hook_fails_on_is_set_aside_and_replayed(store_url: str) -> None:
    house = busy(2)
    house.rows["stays"][0]["booked"] = "no time"
    report = await sync(store_url, house)
    assert report.quarantined == 1
    assert counters(store_url)["stays", "quarantined"] >= 1

    def parse_event(record: Any) -> list[Event]:
        return (
            [Event("Booked Stay", record.payload["guest"], NOW)] if record.stream == "stays" else []
        )

    async with Desk(store_url, clock=FixedClock()) as desk:
        connected(desk, house, altered(parse_event=parse_event))
        (entry,) = await desk.quarantine()
        assert await desk.replay(entry.id) == {entry.id: "replayed"}

    assert asked(store_url, "SELECT closed FROM quarantine") == [("replayed",)]
    assert asked(store_url, "SELECT total FROM metrics WHERE name = 'Booked Stay'") == [(2,)]


async def test_merges_and_erasure_by_the_platform_leave_no_profile(store_url: str) -> None:
    house = busy(3)
    await sync(store_url, house)
    changed(house, "guests", "bob", merged="ada")
    changed(house, "guests", "ada", erased=True)

    await sync(store_url, house)

    assert asked(store_url, "SELECT count(*) FROM profiles") == [(0,)]
    merged = "SELECT m.key FROM guests g JOIN guests m ON m.id = g.merged_into"
    ((erased_key,),) = asked(store_url, merged)
    assert erased_key.startswith("forgotten-")
    erased = (
        "SELECT b.body FROM log_bodies b JOIN log l USING (connection_id, seq)"
        " JOIN guests g ON g.id = l.guest_id WHERE g.key LIKE 'forgotten-%' AND l.kind = 2"
    )
    assert {bytes(body) for (body,) in asked(store_url, erased)} == {b"{}"}


async def test_the_excluded_are_noted_and_have_no_profile(store_url: str) -> None:
    house = busy(1)
    house.rows["guests"].append(guest("hal", robot=True))
    await sync(store_url, house)
    state = "SELECT excluded FROM guests WHERE key = 'hal'"
    assert asked(store_url, state) == [("robot",)]
    assert counters(store_url)["guests", "skipped: robot"] >= 1

    changed(house, "guests", "hal", robot=False)
    await sync(store_url, house)

    assert asked(store_url, state) == [(None,)]


async def test_a_full_scan_finds_what_is_missing_once(store_url: str) -> None:
    house = busy(1)
    house.rows["clubs"].append(club("c3"))
    await sync(store_url, house)
    house.rows["clubs"] = house.rows["clubs"][:1]

    await sync(store_url, house)
    await sync(store_url, house)

    assert asked(store_url, "SELECT total FROM metrics WHERE name = 'Left Club'") == [(2,)]
    assert asked(store_url, "SELECT count(*) FROM records WHERE deleted") == [(2,)]


@pytest.mark.parametrize("place", ["id", "guest", "email"])
async def test_text_that_one_database_cannot_hold_is_set_aside_in_both(
    store_url: str, place: str
) -> None:
    """Seen to fail when a NUL passes: the sync stops in PostgreSQL, for ever on that page."""
    house = busy(1)
    row = {"id": stay("a\0b"), "guest": stay("x", guest="a\0b")}.get(place)
    house.rows["stays"].append(row) if row else house.rows["guests"].append(guest("x", email="\0"))

    report = await sync(store_url, house)

    assert report.quarantined == 1


async def life(url: str) -> dict[str, list[tuple[Any, ...]]]:
    """Let an inn live through everything; return what the store says in the end."""
    house = busy(40)
    house.rows["guests"] += [guest("hal", robot=True), guest("zoë", email="ZOË@example.com")]
    house.rows["stays"] += [stay("odd", booked="no time"), stay("f", friend="bob"), "no row"]
    house.rows["stays"].append(stay("dear", total="0.123456789"))
    await sync(url, house)
    await sync(url, house)
    changed(house, "stays", "odd", booked="2026-09-02T10:00:00Z")
    changed(house, "stays", "s2", cancelled="2026-10-20T09:00:00+02:00")
    changed(house, "guests", "ada", news=False)
    changed(house, "guests", "hal", robot=False)
    changed(house, "guests", "zoë", erased=True)
    house.rows["clubs"].pop()
    await sync(url, house, clock=FixedClock(NOW))
    changed(house, "guests", "bob", merged="ada")
    await sync(url, house, page_size=3)
    return dump(url)


async def test_both_databases_say_the_same(new_store: Callable[..., str]) -> None:
    """Rounding of money, case, order and truth could differ."""
    sqlite, postgresql = [await life(new_store(name)) for name in stores.DATABASES]

    assert all(len(rows) > 0 for rows in sqlite.values())
    for table, rows in sqlite.items():
        assert rows == postgresql[table], table


def test_the_migrations_make_the_schema(store_url: str) -> None:
    """Seen to fail when a column is added to the schema and to no migration."""
    engine = open_engine(store_url)
    upgrade(engine)
    with engine.connect() as db:
        context = MigrationContext.configure(db)
        differences = compare_metadata(context, metadata)
    engine.dispose()

    assert differences == []


def test_many_may_create_one_store_at_once(new_store: Callable[..., str]) -> None:
    """On PostgreSQL they wait for each other."""
    from concurrent.futures import ThreadPoolExecutor
    from threading import Barrier

    for database in stores.DATABASES:
        url, together = new_store(database, "template1"), Barrier(4)

        def create(url: str = url, together: Barrier = together) -> None:
            engine = open_engine(url)
            together.wait()
            upgrade(engine)
            engine.dispose()

        with ThreadPoolExecutor(4) as pool:
            for made in [pool.submit(create) for _ in range(4)]:
                made.result()
        assert asked(url, "SELECT count(*) FROM alembic_version") == [(1,)]


async def test_connections_in_one_store_sync_side_by_side(store_url: str) -> None:
    houses = {name: Inn(name) for name in ("elm", "ash", "fir")}
    async with Desk(store_url, clock=FixedClock()) as desk:
        for name, house in houses.items():
            house.rows = busy(30).rows
            connected(desk, house, name=name)
        reports = await desk.sync_all()

    assert [report.events for report in reports if not isinstance(report, Exception)] == [32] * 3
    counted = "SELECT connection_id, count(*), min(seq), max(seq) FROM log GROUP BY connection_id"
    spans = asked(store_url, counted)
    assert len(spans) == 3
    assert all((low, high) == (1, count) for _, count, low, high in spans)


async def test_a_database_that_is_not_there_is_one_sentence(postgresql: Any) -> None:
    """Law 7: neither the password nor a traceback."""
    for url in ("postgresql://me:CANARY@127.0.0.1:1/nowhere", f"{postgresql.url}&dbname=nowhere"):
        with pytest.raises(StoreError) as caught:
            await Desk(url).status()
        assert "CANARY" not in f"{caught.value!r} {caught.value.__cause__!r}"
        assert "\n" not in str(caught.value)
        assert "failed" in str(caught.value)


async def test_rights_that_are_missing_are_one_sentence(new_store: Callable[..., str]) -> None:
    url = new_store("postgresql", "template1")
    told(url, "CREATE ROLE guest LOGIN")
    try:
        with pytest.raises(StoreError, match="permission denied"):
            async with Desk(url.replace("//postgres:@", "//guest@")):
                pass
    finally:
        told(url, "DROP ROLE guest")


async def test_a_missing_driver_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    import sys

    monkeypatch.setitem(sys.modules, "psycopg", None)

    with pytest.raises(ConfigurationError, match=r"pip install 'frontdesk\[postgres\]'"):
        await Desk("postgresql://me@host.example/x").status()


async def test_a_store_that_others_keep_locked_is_not_waited_for_without_end(
    store_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    await sync(store_url, busy(1))
    monkeypatch.setattr("frontdesk.store.engine.PATIENCE", 1)
    holding = open_engine(store_url)
    with writing(holding) as db:
        db.exec_driver_sql("UPDATE connections SET state = 'held'")
        with pytest.raises(StoreError, match="lock") as caught:
            await sync(store_url, busy(1))
    holding.dispose()

    assert not isinstance(caught.value, LeaseError)
