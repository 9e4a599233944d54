"""Kill the store's works at many moments; whatever the moments, the store must end the same.

::

    python benchmarks/kills.py --moments 50 --store sqlite

``sync`` and ``remap`` go on where they were killed: they are killed again and again in one
history. ``forget``, ``restore``, ``copy`` and every migration are one transaction: each
moment has a store of its own. A moment is drawn at random: a request that is not answered
(``sync``), a statement or commit of the database, or any time at all. After the kills the
work is started until it ends, and the store compared, row by row, with one nobody disturbed.
"""

from __future__ import annotations

import argparse
import itertools
import random
import shutil
import sqlite3
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, closing, contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import attrs

from frontdesk import jsons
from frontdesk.registry import load
from frontdesk.sandbox import ASGI
from frontdesk.serving import make_sandbox, served
from frontdesk.store import migrate, moving
from frontdesk.store.engine import open_engine

sys.path[:0] = [str(Path(__file__).parents[1] / part) for part in ("tests", "core/tests")]
from dying import NOW, Life, alembic  # noqa: E402  # needs the path above in its own process
from sqlalchemy import MetaData, insert, select, text  # noqa: E402
from stores import dump, engine_of  # noqa: E402

WORKS = ("sync", "remap", "forget", "migration", "restore", "copy")
#: Makes room for a store, empty or like another, and removes it afterwards.
Making = Callable[..., AbstractContextManager[str]]
#: The next version's migration: it adds a column, and fills it row by row.
_NEXT = '''"""Another column."""

from alembic import op
import sqlalchemy as sa

revision = "{new}"
down_revision = "{old}"


def upgrade() -> None:
    op.add_column("records", sa.Column("motto", sa.String()))
    db = op.get_bind()
    for (id,) in db.execute(sa.text("SELECT id FROM records ORDER BY id LIMIT 200")).all():
        db.execute(sa.text("UPDATE records SET motto = 'm' WHERE id = :id"), {{"id": id}})
    op.create_index("ix_records_motto", "records", ["motto"])
'''


class Hotel:
    """A sandbox that kills whoever asks once too often."""

    def __init__(self, app: ASGI) -> None:
        self._app = app
        self.answered = 0
        self.settings: dict[str, Any] = {}
        self._life: Life | None = None
        self._left: int | None = None

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        """Answer, unless this is the moment."""
        if self._left == 0 and self._life is not None:
            self._left = None
            self._life.kill()
            return
        self.answered += 1
        if self._left is not None:
            self._left -= 1
        await self._app(scope, receive, send)

    def refuse_after(self, left: int, life: Life) -> None:
        """Kill *life* before its request number *left* + 1 is answered."""
        self._left, self._life = left, life

    def forgive(self) -> None:
        """Kill nobody any more."""
        self._left = None


@contextmanager
def hotel(reservations: int) -> Iterator[Hotel]:
    """Serve a hotel that can kill."""
    now = datetime(2026, 11, 1, 12, tzinfo=UTC)
    options = {"reservations": reservations, "seed": 11, "now": now, "rate_window": 0.0}
    made = make_sandbox(load("mews"), options)
    killer = Hotel(made.app)
    with served(killer) as address:
        killer.settings = {"base_url": address + made.path, **made.settings}
        yield killer


@attrs.define
class Course:
    """How long a work takes when nobody disturbs it, and what was done to it since."""

    moments: int
    seconds: float
    killed: int = 0
    lives: int = 0


def run(work: str, store: str, given: dict[str, Any]) -> Course:
    """Do a work undisturbed."""
    life = Life(work, store, given)
    began = time.perf_counter()
    assert life.end(), f"{work} failed"
    return Course(life.moments, time.perf_counter() - began)


def disturbed(
    work: str, store: str, given: dict[str, Any], course: Course, chance: random.Random
) -> bool:
    """Do a work until a moment drawn by *chance*; tell whether it came to its end before."""
    course.lives += 1
    if chance.randrange(2):
        life = Life(work, store, given, chance.randint(1, max(1, course.moments)))
        ended = life.end()
    else:
        ended = Life(work, store, given).end(chance.random() * course.seconds)
    course.killed += not ended
    return ended


def finish(work: str, store: str, given: dict[str, Any], course: Course) -> None:
    """Do a work until its end."""
    course.lives += 1
    assert Life(work, store, given).end(), f"{work} cannot go on where it was killed"


# -- works that go on where they were killed ----------------------------------------------


def survive(work: str, house: Hotel, store: str, course: Course, *, kills: int, seed: int) -> None:
    """Do a work in as many lives as it takes, killed so many times on the way.

    Each life may get a small way further: where it ends before all moments have come, the
    rest of them fall upon a work that has nothing left to do.
    """
    given, chance = {"settings": house.settings}, random.Random(seed)
    course.moments = max(course.moments * 2 // kills, 8)
    course.seconds = max(course.seconds * 2 / kills, 0.05)
    while course.killed < kills and course.lives < 4 * kills:
        if work == "sync" and chance.randrange(3) == 0:
            course.lives += 1
            life = Life(work, store, given)
            house.refuse_after(chance.randrange(1, 1 + max(2, house.answered // kills)), life)
            course.killed += not life.end()
            house.forgive()
        else:
            disturbed(work, store, given, course, chance)
    finish(work, store, given, course)


def check_steady(
    work: str, house: Hotel, begin: Callable[[], AbstractContextManager[str]], kills: int, seed: int
) -> Course:
    """Compare a store that was killed with one that was not."""
    with begin() as undisturbed, begin() as store:
        course = run(work, undisturbed, {"settings": house.settings})
        survive(work, house, store, course, kills=kills, seed=seed)
        compare(work, store, undisturbed)
    return course


def compare(work: str, store: str, undisturbed: str) -> None:
    """Hold two stores to be the same.

    Raises:
        SystemExit: They differ.
    """
    left, right = contents(store), contents(undisturbed)
    different = [name for name in left if left[name] != right[name]]
    for name in different:
        for which, rows in (("disturbed", left), ("undisturbed", right)):
            other = right if rows is left else left
            only = [row for row in rows[name] if row not in other[name]]
            print(f"{name}, only in the {which} store: {len(only)} rows, like {only[:3]}")
    if different:
        sys.exit(f"after kills of {work} the stores differ in: {', '.join(different)}")


def contents(store: str) -> dict[str, list[tuple[Any, ...]]]:
    """Return what a store says, less digests each hashes with a key of its own.

    Those are of records that a guest whom the platform erased was cut out of.
    """
    found = dump(store)
    at, deleted, body = 4, 6, 8
    found["records"] = [
        row if row[at] == digest(row[body], row[deleted]) else (*row[:at], "", *row[at + 1 :])
        for row in found["records"]
    ]
    return found


def digest(body: str | None, deleted: bool) -> str:
    """Return what a record's digest is, unless it was hashed."""
    content = (body or "").encode("latin-1") + (b"-" if deleted else b"+")
    return jsons.digest(content).decode("latin-1")


# -- works of one transaction ------------------------------------------------------------


def check_whole(
    work: str,
    given: dict[str, Any],
    begin: Callable[[], AbstractContextManager[str]],
    *,
    kills: int,
    seed: int,
    more: Callable[[str], None] = lambda _: None,
) -> Course:
    """Kill each work once, at a store of its own, and compare; *more* looks at the store."""
    chance = random.Random(seed)
    with begin() as undisturbed:
        course = run(work, undisturbed, given)
        # Chance may draw a moment after the end.
        while course.killed < kills and course.lives < 6 * kills:
            with begin() as store:
                if not disturbed(work, store, given, course, chance):
                    finish_whole(work, store, given, course)
                compare(work, store, undisturbed)
                more(store)
    return course


def finish_whole(work: str, store: str, given: dict[str, Any], course: Course) -> None:
    """Finish: a copy that came to its end before it was killed refuses to be made again."""
    if work == "copy" and filled(store):
        return
    finish(work, store, given, course)


def filled(store: str) -> bool:
    """Tell whether a store has anything."""
    with engine_of(store).connect() as db:
        if not db.dialect.has_table(db, "connections"):
            return False
        return bool(db.execute(text("SELECT count(*) FROM connections")).scalar())


def erasures(store: str, where: str = "1 = 1") -> int:
    """Return how many erasures a store knows."""
    with engine_of(store).connect() as db:
        found = db.execute(text(f"SELECT count(*) FROM erasures WHERE {where}"))
        return int(found.scalar_one())


def is_clean(who: str, expected: int) -> Callable[[str], None]:
    """Return what looks for a forgotten guest: so many erasures, carried to their end."""

    def look(store: str) -> None:
        assert (erasures(store), erasures(store, "NOT settled")) == (expected, 0)
        if "://" not in store:
            files = Path(store).parent.glob(f"{Path(store).name}*")
            assert not [file for file in files if who.encode() in file.read_bytes()]

    return look


def someone(store: str) -> str:
    """Return the address of a guest of whom the store has much to say."""
    asked = (
        "SELECT p.email FROM profiles p JOIN log l ON l.guest_id = p.guest_id"
        " WHERE p.email IS NOT NULL GROUP BY p.email ORDER BY count(*) DESC, p.email"
    )
    with engine_of(store).connect() as db:
        return str(db.execute(text(asked)).scalars().first())


def next_version(folder: Path) -> Path:
    """Return a folder with all migrations and one more."""
    migrations = folder / "migrations"
    shutil.copytree(migrate._FOLDER, migrations)  # noqa: SLF001  # where they are
    text = _NEXT.format(old=migrate.HEAD, new="9999")
    (migrations / "versions" / "9999_next.py").write_text(text)
    return migrations


def revisions(migrations: Path) -> list[str]:
    """Return the migrations of a folder, first one first."""
    scripts = alembic.script.ScriptDirectory(str(migrations)).walk_revisions()
    return [script.revision for script in scripts][::-1]


def older(store: str, source: str, migrations: Path, revision: str) -> None:
    """Make a store as it was at an earlier migration, with what *source* has.

    A column that a later migration brought is left out.
    """
    engine = open_engine(store)
    with engine.begin() as db:
        config = migrate._config(db)  # noqa: SLF001  # a store half-way up
        config.set_main_option("script_location", str(migrations))
        alembic.command.upgrade(config, revision)
    tables, there = MetaData(), MetaData()
    tables.reflect(engine)
    with engine_of(source).connect() as old, engine.begin() as new:
        there.reflect(old)
        new.exec_driver_sql(
            "PRAGMA defer_foreign_keys = ON"
            if engine.dialect.name == "sqlite"
            else "SET session_replication_role = replica"
        )
        for table in tables.sorted_tables:
            if table.name == "alembic_version" or table.name not in there.tables:
                continue
            shared = [c.name for c in table.c if c.name in there.tables[table.name].c]
            rows = old.execute(select(*(there.tables[table.name].c[name] for name in shared)))
            if found := [dict(row) for row in rows.mappings()]:
                new.execute(insert(table), found)
    engine.dispose()


# -- all of it ---------------------------------------------------------------------------


def like(making: Making, store: str) -> Callable[[], AbstractContextManager[str]]:
    """Return what makes copies of a store."""

    @contextmanager
    def begin() -> Iterator[str]:
        with making(store) as copied:
            yield copied

    return begin


def in_files(folder: Path) -> Making:
    """Return what makes room for stores in SQLite."""
    numbers = itertools.count(1)

    @contextmanager
    def making(like: str | None = None) -> Iterator[str]:
        where = folder / f"store{next(numbers)}.db"
        if like is not None:
            with closing(sqlite3.connect(like)) as source, closing(sqlite3.connect(where)) as db:
                source.backup(db)
        yield str(where)
        for file in folder.glob(f"{where.name}*"):
            file.unlink()

    return making


def in_server(server: Any) -> Making:
    """Return what makes room for stores in PostgreSQL."""
    numbers = itertools.count(1)

    @contextmanager
    def making(like: str | None = None) -> Iterator[str]:
        name = f"killed{next(numbers)}"
        yield server.create(name, engine_of(like).url.database if like else "template1")
        server.drop(name)

    return making


def migrations_killed(
    making: Making, source: str, folder: Path, *, kills: int, seed: int
) -> Iterator[tuple[str, Course]]:
    """Kill every migration on the way from nothing to the next version."""
    migrations = next_version(folder)
    before: str | None = None
    for revision in revisions(migrations):
        given = {"migrations": str(migrations), "head": revision}
        part = folder / f"up-to-{revision}"
        shutil.copytree(migrations, part)
        drop_later(part, revision)
        with making() as start:
            if before is not None:
                older(start, source, migrations, before)
            begin = like(making, start) if before is not None else making
            course = check_whole(
                "upgrade", {**given, "migrations": str(part)}, begin, kills=kills, seed=seed
            )
        yield f"migration {revision}", course
        before = revision


def drop_later(part: Path, last: str) -> None:
    """Leave out the migrations after *last*."""
    scripts = alembic.script.ScriptDirectory(str(part))
    for script in list(scripts.walk_revisions()):
        if script.revision == last:
            return
        Path(script.path).unlink()


def check(
    making: Making,
    folder: Path,
    *,
    moments: int,
    seed: int,
    sizes: tuple[int, int],
    works: tuple[str, ...] = WORKS,
) -> Iterator[tuple[str, Course]]:
    """Kill each work *moments* times; yield what was killed, and how it went.

    Args:
        sizes: Reservations of the hotel that is killed in one history, and of the one whose
            stores are killed one by one.
    """
    with hotel(sizes[0]) as house, making() as full:
        for work in ("sync", "remap"):
            if work in works:
                begin = making if work == "sync" else like(making, full)
                if work == "remap":
                    run("sync", full, {"settings": house.settings})
                yield work, check_steady(work, house, begin, moments, seed)
    with hotel(sizes[1]) as house, making() as full:
        run("sync", full, {"settings": house.settings})
        yield from _check_whole(making, full, folder, works, kills=moments, seed=seed)


def _check_whole(
    making: Making, full: str, folder: Path, works: tuple[str, ...], **often: int
) -> Iterator[tuple[str, Course]]:
    if "forget" in works:
        who = someone(full)
        begin = like(making, full)
        clean = is_clean(who, erasures(full) + 1)
        yield "forget", check_whole("forget", {"who": who}, begin, more=clean, **often)
    if "migration" in works:
        yield from migrations_killed(making, full, folder, **often)
    if "restore" in works:
        backup = folder / "kept.bak"
        moving.copy(full, folder / "kept.db", NOW)
        moving.backup(folder / "kept.db", backup, NOW)
        given = {"backup": str(backup)}
        yield "restore", check_whole("restore", given, like(making, full), **often)
    if "copy" in works:
        yield "copy", check_whole("copy", {"source": full}, making, **often)


def main() -> None:
    """Read the command line, and say how it went."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--moments", type=int, default=50)
    parser.add_argument("--reservations", type=int, default=20_000)
    parser.add_argument("--seed", type=int, default=7)
    parser.add_argument("--store", choices=["sqlite", "postgresql"], default="sqlite")
    parser.add_argument("--work", choices=WORKS, action="append")
    chosen = parser.parse_args()
    sizes = chosen.reservations, max(100, chosen.reservations // 20)
    works = tuple(chosen.work or WORKS)
    with tempfile.TemporaryDirectory() as name, rooms(chosen.store, Path(name)) as making:
        checked = check(
            making, Path(name), moments=chosen.moments, seed=chosen.seed, sizes=sizes, works=works
        )
        for work, course in checked:
            told = f"killed {course.killed} times, {course.lives} processes"
            print(f"{chosen.store} {work}: {told}; the store is the same", flush=True)


@contextmanager
def rooms(database: str, folder: Path) -> Iterator[Making]:
    """Return what makes room for stores in the database that was asked for."""
    if database == "sqlite":
        yield in_files(folder)
        return
    from postgresql import server  # needs a library that SQLite does not

    with server() as running:
        yield in_server(running)


if __name__ == "__main__":
    main()
