"""The order of the log and who may write to it, with real transactions side by side."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path
from typing import Any, Self

import anyio
import inn
import pytest
from inn import NOW, FixedClock, Inn, busy, connected
from sqlalchemy import Connection, Engine, insert, select, update
from stores import asked, dump, engine_of, sync, told

from frontdesk import Desk
from frontdesk.errors import LeaseError
from frontdesk.store import leases
from frontdesk.store.engine import open_engine, reading, writing
from frontdesk.store.schema import connections, log

#: Nothing here waits for so long; a test that would hang fails instead.
LIMIT = 20
_WAITS = "SELECT count(*) FROM pg_stat_activity WHERE wait_event_type = 'Lock'"


def furnish(url: str) -> None:
    """Put two connections into a store, with a guest each."""

    async def make() -> None:
        async with Desk(url, clock=FixedClock()) as desk:
            for name in ("elm", "ash"):
                await desk.sync(connected(desk, Inn(name), name=name))

    anyio.run(make)
    told(url, "INSERT INTO guests (id, connection_id, key) SELECT id, id, name FROM connections")


@pytest.fixture(name="engine")
def _engine(store_url: str) -> Iterator[Engine]:
    """A store with two connections."""
    furnish(store_url)
    engine = open_engine(store_url)
    yield engine
    engine.dispose()


def leased(engine: Engine, name: str) -> leases.Lease:
    with writing(engine) as db:
        id: int = db.execute(
            select(connections.c.id).where(connections.c.name == name)
        ).scalar_one()
        return leases.take(db, id, f"{name}:1", NOW)


def draw(db: Connection, lease: leases.Lease, count: int) -> list[int]:
    """Append entries, as a commit does."""
    last, _ = leases.lock(db, lease)
    numbers = [last + n for n in range(1, count + 1)]
    db.execute(
        insert(log),
        [
            {"connection_id": lease.row, "seq": n, "kind": 1, "origin": 0}
            | {"guest_id": lease.row, "at": NOW, "logged": NOW}
            for n in numbers
        ],
    )
    db.execute(update(connections).where(connections.c.id == lease.row).values(seq=numbers[-1]))
    return numbers


class Reader:
    """Reads one connection's log from its own position on, as a destination does."""

    def __init__(self, engine: Engine, lease: leases.Lease) -> None:
        self._engine, self._connection = engine, lease.row
        self.numbers: list[int] = []
        self._ended = threading.Event()
        self._thread = threading.Thread(target=self._run)

    def look(self) -> None:
        position = self.numbers[-1] if self.numbers else 0
        asked = (
            select(log.c.seq)
            .where(log.c.connection_id == self._connection, log.c.seq > position)
            .order_by(log.c.seq)
        )
        with reading(self._engine) as db:
            self.numbers += db.execute(asked).scalars()

    def _run(self) -> None:
        while not self._ended.is_set():
            self.look()

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._ended.set()
        self._thread.join(LIMIT)
        self.look()


def waits(url: str, second: Future[Any]) -> bool:
    """Tell whether the second writer came to wait; on SQLite there is nobody to ask."""
    if "://" not in url:
        return not second.done()
    database = engine_of(url).url.database
    while not second.done():
        if asked(url, f"{_WAITS} AND datname = :name", name=database)[0][0]:
            return True
    return False


def test_who_draws_numbers_first_and_commits_last_hides_nothing(
    engine: Engine, store_url: str
) -> None:
    """Two writers for one connection. Seen to fail when ``leases.lock`` reads the number and
    locks nothing: the second draws the same numbers, or commits before the first and the
    reader has passed by when the first one's become visible.
    """
    lease = leased(engine, "elm")
    drawn = threading.Event()

    def late() -> list[int]:
        drawn.wait(LIMIT)
        with writing(engine) as db:
            return draw(db, lease, 3)

    with Reader(engine, lease) as reader, ThreadPoolExecutor(1) as pool:
        with writing(engine) as db:
            second = pool.submit(late)
            first = draw(db, lease, 3)
            drawn.set()
            assert waits(store_url, second)
            # Still nothing can be seen of either, nor can the second have numbers.
            assert reader.numbers == []
        assert second.result(LIMIT) == [4, 5, 6]

    assert first == [1, 2, 3]
    assert reader.numbers == [1, 2, 3, 4, 5, 6]


def test_a_reader_misses_nothing_while_many_write(engine: Engine) -> None:
    """Seen to fail when numbers are drawn from the log's own maximum without a lock."""
    lease = leased(engine, "elm")
    together = threading.Barrier(3)

    def write(count: int) -> None:
        together.wait(LIMIT)
        for _ in range(8):
            with writing(engine) as db:
                draw(db, lease, count)

    with Reader(engine, lease) as reader, ThreadPoolExecutor(3) as pool:
        for done in [pool.submit(write, count) for count in (1, 2, 3)]:
            done.result(LIMIT)

    assert reader.numbers == list(range(1, 8 * 6 + 1))


def test_connections_commit_without_waiting_for_each_other(
    new_store: Callable[..., str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Numbers are each connection's own. Seen to fail when ``lock`` locks the whole store."""
    monkeypatch.setattr("frontdesk.store.engine.PATIENCE", 1)
    url = new_store("postgresql")
    furnish(url)
    engine = open_engine(url)
    elm, ash = leased(engine, "elm"), leased(engine, "ash")

    with writing(engine) as slow:
        draw(slow, elm, 2)
        with writing(engine) as quick:
            draw(quick, ash, 3)
        seen = asked(url, "SELECT connection_id, seq FROM log ORDER BY seq")
    engine.dispose()

    assert seen == [(ash.row, n) for n in (1, 2, 3)]
    assert asked(url, "SELECT count(*) FROM log") == [(5,)]


_SLEEPER = """
import signal, sys, threading
import anyio, inn
from frontdesk import Desk
from frontdesk.ingest.session import Session

url = sys.argv[1]
house = inn.busy()
house.rows["stays"] = [row | {"total": "666.00"} for row in house.rows["stays"]]

def asleep_before(original):
    def sleep(*args):
        # The stays are the second page that brings anything.
        if "stays" in {kept.record.stream for kept in find(args).kept}:
            signal.pthread_kill(threading.get_ident(), signal.SIGSTOP)
        return original(*args)
    return sleep

find = lambda args: args[1]
Session.write = asleep_before(Session.write)

async def main():
    async with Desk(url, clock=inn.FixedClock()) as desk:
        await desk.sync(inn.connected(desk, house))

anyio.run(main)
"""


def asleep(url: str, program: str = _SLEEPER) -> subprocess.Popen[str]:
    """Start a process that syncs and stops itself; return it stopped."""
    path = os.pathsep.join([str(Path(inn.__file__).parent), *filter(None, sys.path)])
    command = [sys.executable, "-c", program, url]
    process = subprocess.Popen(
        command, stderr=subprocess.PIPE, text=True, env={**os.environ, "PYTHONPATH": path}
    )
    _, status = os.waitpid(process.pid, os.WUNTRACED)
    assert os.WIFSTOPPED(status), process.communicate()
    inn.Counting.others.add(url)
    return process


def woken(process: subprocess.Popen[str]) -> str:
    """Wake the process; return what it said in the end."""
    process.send_signal(signal.SIGCONT)
    _, said = process.communicate(timeout=LIMIT)
    assert process.returncode != 0
    return said


pytestmark = pytest.mark.skipif(os.name != "posix", reason="stops processes")


def test_a_process_that_slept_through_its_lease_leaves_nothing(
    store_url: str, new_store: Callable[..., str]
) -> None:
    """Laws 1 and 2. Seen to fail when ``leases._fenced`` does not compare epochs: the sleeper
    writes its page and puts its cursor over the other's.
    """
    process = asleep(store_url)
    told(store_url, "UPDATE connections SET lease_until = 0")
    anyio.run(sync, store_url, busy())
    before, cursors = dump(store_url), asked(store_url, "SELECT * FROM cursors")

    said = woken(process)

    assert "LeaseError" in said
    assert "lost to another process" in said
    assert dump(store_url) == before
    assert asked(store_url, "SELECT * FROM cursors") == cursors
    undisturbed = new_store("sqlite")
    anyio.run(sync, undisturbed, busy())
    assert before == dump(undisturbed)


def test_a_lease_that_has_not_ended_is_not_taken_from_a_process_that_sleeps(
    store_url: str,
) -> None:
    process = asleep(store_url)
    try:
        with pytest.raises(LeaseError, match=str(process.pid)):
            anyio.run(sync, store_url, busy())
    finally:
        process.kill()
        process.communicate()


def test_postgresql_is_told_to_end_transactions_nobody_goes_on_with(
    new_store: Callable[..., str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """A process asleep inside of one would keep its connection's row locked."""
    monkeypatch.setattr("frontdesk.store.engine.IDLE", 7)
    database = open_engine(new_store("postgresql"))
    with writing(database) as db:
        limit = db.exec_driver_sql("SHOW idle_in_transaction_session_timeout").scalar()
    database.dispose()

    assert limit == "7s"


_SLEEPER_INSIDE = """
import signal, sys, threading
import anyio, inn
from sqlalchemy import Engine, event
from frontdesk import Desk
from frontdesk.ingest.session import Session

url = sys.argv[1]
house = inn.busy()
house.rows["stays"] = [row | {"total": "666.00"} for row in house.rows["stays"]]
HUNDREDTH = (
    "SELECT set_config('idle_in_transaction_session_timeout', (10 * extract(epoch from"
    " current_setting('idle_in_transaction_session_timeout')::interval))::int::text, true)"
)

def has_stays(cursor):
    # Rows are copied past the events of SQLAlchemy.
    return cursor.connection.execute("SELECT count(*) FROM reservations").fetchone()[0]

@event.listens_for(Engine, "after_cursor_execute")
def sleep(connection, cursor, statement, *rest):
    # The page of stays has locked the connection's row, and written its events.
    if statement.startswith("UPDATE connections SET seq=") and has_stays(cursor):
        cursor.execute(HUNDREDTH)
        # This thread, or it might go on for a moment, and commit.
        signal.pthread_kill(threading.get_ident(), signal.SIGSTOP)

async def main():
    async with Desk(url, clock=inn.FixedClock()) as desk:
        await desk.sync(inn.connected(desk, house))

anyio.run(main)
"""


def test_a_process_that_sleeps_inside_its_transaction_blocks_nobody_for_ever(
    new_store: Callable[..., str],
) -> None:
    """PostgreSQL ends what a stopped process began, and with it the lock on the row.

    The limit is cut to a hundredth in the very transaction that falls asleep: a limit short
    enough to wait for would end a transaction of a process that is only slow, too.
    """
    url = new_store("postgresql")
    process = asleep(url, _SLEEPER_INSIDE)
    told(url, f"SET lock_timeout = '{LIMIT}s'; UPDATE connections SET lease_until = 0")
    anyio.run(sync, url, busy())
    before = dump(url)

    said = woken(process)

    # The end of its transaction, or that its lease is another's by now: whichever it meets first.
    assert "StoreError" in said or "LeaseError" in said
    assert "666.00" not in repr(before)
    assert dump(url) == before
    undisturbed = new_store("sqlite")
    anyio.run(sync, undisturbed, busy())
    assert before == dump(undisturbed)
