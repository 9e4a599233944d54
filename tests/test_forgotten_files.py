"""What PostgreSQL's own files say of a forgotten guest, and what it takes until they do not."""

from __future__ import annotations

import secrets
from collections.abc import Callable
from pathlib import Path
from typing import Any

import inn
import psycopg
import pytest
from inn import NOW, FixedClock, Inn, club, guest, stay
from psycopg import sql
from stores import asked, dump, engine_of, sync

from frontdesk import Desk
from frontdesk.store import moving

pytestmark = pytest.mark.anyio

#: What SECURITY.md tells an administrator to run where old bytes matter.
_RECIPE = """
    SELECT 'VACUUM FULL ' || quote_ident(relname) FROM pg_class
    WHERE relkind = 'r' AND (relnamespace = 'public'::regnamespace OR relname = 'pg_statistic')
"""


def planted(word: str) -> Inn:
    """An inn with a guest of whom every field says a word that is nowhere else."""
    house = inn.busy(5)
    house.rows["guests"].append(guest(f"{word}-1", email=f"{word}@example.com", name=f"A {word}"))
    house.rows["stays"] += [
        stay("z1", guest=f"{word}-1", remark=word),
        stay("z2", guest=f"{word}-1", remark=word, booked=None),
        stay("z3", guest="bob", note=f"with A {word}", friend=f"{word}-1"),
    ]
    house.rows["clubs"].append(club("z4", guest=f"{word}-1"))
    return house


def sampled(url: str, word: str) -> int:
    """Return how many columns the planner's samples show a word of."""
    question = (
        "SELECT count(*) FROM pg_stats WHERE schemaname = 'public' AND"
        " coalesce(most_common_vals::text, '') || coalesce(histogram_bounds::text, '') LIKE :like"
    )
    return int(asked(url, question, like=f"%{word}%")[0][0])


def files_saying(folder: Path, word: str) -> list[str]:
    """Return the files of a server that say a word."""
    wanted = word.encode()
    return [
        str(file.relative_to(folder))
        for file in folder.rglob("*")
        if file.is_file() and wanted in file.read_bytes()
    ]


def told(url: str, *statements: Any) -> None:
    """Run statements outside of any transaction."""
    with psycopg.connect(url, autocommit=True) as db:
        for statement in statements:
            db.execute(statement)


async def test_a_forgotten_guest_leaves_what_postgresql_samples_and_what_it_writes(
    new_store: Callable[..., str], postgresql: Any
) -> None:
    """Samples at once; files once the administrator has rewritten tables and log.

    Seen to fail where the server uses segments of its write-ahead log again.
    """
    word = f"canary{secrets.token_hex(6)}"
    url = new_store("postgresql")
    # A segment of the log that is used again shows what it held until that is overwritten.
    postgresql.tell(sql.SQL("ALTER SYSTEM SET wal_recycle = off"), _reload())
    folder = Path(asked(url, "SHOW data_directory")[0][0])
    await sync(url, planted(word))
    told(url, "ANALYZE", "CHECKPOINT")
    assert sampled(url, word) >= 2
    assert any(name.startswith("base/") for name in files_saying(folder, word))

    async with Desk(url, clock=FixedClock()) as desk:
        (receipt,) = await desk.forget(f"{word}@example.com")

    assert receipt.erased["acorn"]["guests"] == 1
    assert sampled(url, word) == 0
    with engine_of(url).connect() as db:
        rewrite = [row for (row,) in db.exec_driver_sql(_RECIPE)]
    told(url, *rewrite, "SELECT pg_switch_wal()", "CHECKPOINT", "CHECKPOINT")
    assert files_saying(folder, word) == []


def _reload() -> sql.SQL:
    return sql.SQL("SELECT pg_reload_conf()")


async def test_a_backup_put_back_into_postgresql_has_forgotten_whom_the_store_had(
    new_store: Callable[..., str], tmp_path: Path
) -> None:
    word = f"canary{secrets.token_hex(6)}"
    url, kept, backup = new_store("postgresql"), tmp_path / "kept.db", tmp_path / "kept.bak"
    house = planted(word)
    await sync(url, house)
    moving.copy(url, kept, NOW)
    moving.backup(kept, backup, NOW)
    async with Desk(url, clock=FixedClock()) as desk:
        await desk.forget(f"{word}@example.com")

    assert moving.restore(backup, url, NOW, replace=True) == 1

    async with Desk(url, clock=FixedClock()) as desk:
        connection = inn.connected(desk, house)
        await desk.resume(connection)
        await desk.refetch(connection)
        report = await desk.sync(connection)
    assert report.outcomes["guests", "skipped: forgotten"] >= 1
    assert "canary" not in repr(dump(url))
    assert asked(url, "SELECT count(*) FROM erasures") == [(1,)]
