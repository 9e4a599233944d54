"""Whatever ails the store: one clear sentence, a status, and nothing half-written."""

from __future__ import annotations

import shutil
import sqlite3
import sys
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any

import anyio
import pytest
from inn import FixedClock, Inn, asked, busy, connected, dump, opened, sync
from sqlalchemy import event

from frontdesk import Desk
from frontdesk.cli import main
from frontdesk.errors import StoreError
from frontdesk.store import engine, migrate

pytestmark = pytest.mark.anyio


def ran(monkeypatch: pytest.MonkeyPatch, *words: object) -> object:
    """Run a command in this process; return its status."""
    monkeypatch.setattr(sys, "argv", ["frontdesk", *map(str, words)])
    with pytest.raises(SystemExit) as ended:
        main()
    return ended.value.code


def complaint(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], where: object
) -> str:
    """Look into a store; return the one line it complains with, at status 1."""
    assert ran(monkeypatch, "metrics", "--store", where) == 1
    shown = capsys.readouterr()
    assert shown.out == ""
    assert shown.err.count("\n") == 1
    assert "Traceback" not in shown.err
    return shown.err.removesuffix("\n")


def test_a_file_that_is_no_database(
    store: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    store.write_bytes(b"a letter" * 1000)

    said = complaint(monkeypatch, capsys, store)

    assert said.endswith("file is not a database; name another file; this one is left as it is")
    assert store.read_bytes() == b"a letter" * 1000


def test_a_folder(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    assert "is a folder; name a file in it" in complaint(monkeypatch, capsys, tmp_path)


def test_a_store_of_a_newer_version_says_what_to_do(
    store: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    anyio.run(sync, store, busy(1))
    with opened(store) as db:
        db.execute("UPDATE alembic_version SET version_num = '9999'")
    before = dump(store)

    said = complaint(monkeypatch, capsys, store)

    assert "is of version '9999', newer than this frontdesk knows" in said
    assert "update frontdesk, or use another store" in said
    assert before == dump(store)
    assert not list(store.parent.glob("*.bak"))


def test_the_database_of_another_program_gets_no_tables_of_ours(
    store: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    with opened(store) as db:
        db.execute("CREATE TABLE log (words TEXT)")

    said = complaint(monkeypatch, capsys, store)

    assert "has a table 'log' of another program" in said
    assert asked(store, "SELECT name FROM sqlite_master") == [("log",)]


def test_a_file_that_is_cut_off(
    store: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    anyio.run(sync, store, busy(30))
    content = store.read_bytes()
    store.write_bytes(content[:8192] + b"\xff" * (len(content) - 8192))

    said = complaint(monkeypatch, capsys, store)

    assert "malformed" in said
    assert "frontdesk store restore FILE --replace" in said


async def test_a_store_that_may_only_be_read_can_be_looked_into(store: Path) -> None:
    """A file or disk that is read-only, as its mode makes it: root heeds no permission bits."""
    inn = busy(3)
    await sync(store, inn)
    desk = Desk(f"sqlite:///file:{store}?mode=ro&uri=true", clock=FixedClock())

    async with desk:
        assert len(await desk.metrics()) == 2
        with pytest.raises(StoreError, match="readonly database; make the file and its folder"):
            await desk.sync(connected(desk, inn))


async def test_a_locked_store_can_be_read_and_says_who_is_in_the_way(
    store: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Seen to fail when opening a store takes the lock for writing."""
    inn = busy(3)
    await sync(store, inn)
    before = dump(store)
    monkeypatch.setattr(engine, "PATIENCE", 0.05)
    with closing(sqlite3.connect(store, isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")

        assert len(await Desk(store).metrics()) == 2
        with pytest.raises(StoreError, match="is locked; another program keeps it locked"):
            await sync(store, inn)
        other.execute("ROLLBACK")

    assert before == dump(store)
    await sync(store, inn)


@contextmanager
def small_disk(desk: Desk, pages: int) -> Iterator[None]:
    """Let the store's file grow to a number of pages and no further."""

    def limit(connection: Any, _: object) -> None:
        connection.execute(f"PRAGMA max_page_count = {pages}")

    desk.store.engine.dispose()
    event.listen(desk.store.engine, "connect", limit)
    yield
    event.remove(desk.store.engine, "connect", limit)


@pytest.mark.parametrize("room", [1, 3, 10])
async def test_a_full_disk_leaves_nothing_half_written(store: Path, room: int) -> None:
    inn = busy(300)
    undisturbed = store.with_name("whole.db")
    await sync(undisturbed, inn, page_size=50)

    async with Desk(store, clock=FixedClock()) as desk:
        ((size,),) = asked(store, "PRAGMA page_count")
        with small_disk(desk, size + room), pytest.raises(StoreError, match="make room on the"):
            await desk.sync(connected(desk, inn, page_size=50))
    assert asked(store, "PRAGMA integrity_check") == [("ok",)]
    assert asked(store, "SELECT holder FROM connections") in ([], [(None,)])

    await sync(store, inn, page_size=50)

    assert dump(undisturbed) == dump(store)


# -- upgrades -----------------------------------------------------------------------------

NEXT = '''"""Another column."""

from alembic import op
import sqlalchemy as sa

revision = "9999"
down_revision = "%s"


def upgrade() -> None:
    op.add_column("brands", sa.Column("motto", sa.String()))
    %s
'''


LAST = migrate.HEAD


def newer(folder: Path, monkeypatch: pytest.MonkeyPatch, *, then: str = "") -> None:
    """Pretend that the next version of frontdesk is installed."""
    migrations = folder / "migrations"
    shutil.copytree(migrate._FOLDER, migrations)
    (migrations / "versions" / "9999_next.py").write_text(NEXT % (LAST, then))
    monkeypatch.setattr(migrate, "_FOLDER", migrations)
    monkeypatch.setattr(migrate, "HEAD", "9999")


async def test_an_upgrade_keeps_the_store_as_it_was(
    store: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    await sync(store, busy(3))
    before = dump(store)
    newer(tmp_path, monkeypatch)

    await Desk(store).status()

    kept = store.with_name("frontdesk.db.before-9999.bak")
    assert asked(store, "SELECT version_num FROM alembic_version") == [("9999",)]
    assert asked(kept, "SELECT version_num FROM alembic_version") == [(LAST,)]
    assert before == dump(kept) == dump(store)


async def test_an_upgrade_that_fails_changes_nothing_and_can_be_tried_again(
    store: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    await sync(store, busy(3))
    before = dump(store)
    with monkeypatch.context() as broken:
        newer(tmp_path / "a", broken, then="op.execute('SELECT x FROM nowhere')")
        with pytest.raises(StoreError, match="no such table: nowhere"):
            await Desk(store).status()

    assert before == dump(store)
    assert len(await Desk(store).status()) == 1

    newer(tmp_path / "b", monkeypatch)
    await Desk(store).status()
    assert len(list(store.parent.glob("frontdesk.db.before-9999*.bak"))) == 2


async def test_a_store_is_not_upgraded_where_no_backup_can_be_made(
    store: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    await sync(store, busy(3))
    newer(tmp_path, monkeypatch)

    def full(*_: object) -> None:
        raise StoreError("the backup: disk full")

    monkeypatch.setattr(migrate, "back_up", full)
    with pytest.raises(StoreError, match="the backup: disk full"):
        await Desk(store).status()

    assert asked(store, "SELECT version_num FROM alembic_version") == [(LAST,)]


async def test_a_new_store_needs_no_backup(store: Path) -> None:
    inn: Inn = busy(1)
    await sync(store, inn)

    assert not list(store.parent.glob("*.bak"))
